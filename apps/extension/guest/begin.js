//! How a sandbox's Worker begins: its realm is narrowed, and the one way out that is left leads to its host.
import { open } from 'captp';
import { narrow } from './realm.js';

/** Before any code that is not ours. `work(host, captp)` is done when the host can be spoken to. */
export function begin(work) {
  // Kept here, and taken out of the realm.
  const post = self.postMessage.bind(self);
  const wire = {
    postMessage: (data, transfer) => post(data, transfer ?? []),
    set onmessage(heard) {
      self.onmessage = heard;
    },
    close() {},
  };
  narrow(self);
  self.onmessage = async ({ data: { wasm, ticket } }) => {
    // What comes while the module is compiled.
    const early = [];
    self.onmessage = (event) => early.push(event);
    const captp = await open({ module: await WebAssembly.compile(wasm) });
    const connection = captp.connect(wire);
    for (const event of early) self.onmessage(event);
    work(connection.fetch(Uint8Array.from(ticket.match(/../g), (pair) => parseInt(pair, 16))), captp);
  };
}
