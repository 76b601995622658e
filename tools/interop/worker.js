//! The Worker that meets Goblins: plays cases, and stands between Goblins and whoever holds the other end of a port.
import { Far, open } from "/module/captp.js";
import { cases, play } from "./cases.js";

const does = {
  names: () => Object.keys(cases),
  play: ({ name, first, second }) => play(name, first, second),
  /** What the other end asks for is had from Goblins, and what it gives is given to them. */
  async stand(_, port) {
    const captp = await open();
    const ticket = captp.offer(Far("door", { enliven: (uri) => captp.enliven(uri) }));
    captp.connect(port);
    return ticket;
  },
};

self.onmessage = async ({ data: { id, call, words }, ports }) => {
  try {
    self.postMessage({ id, value: await does[call](words, ports[0]) });
  } catch (error) {
    self.postMessage({ id, error: String(error?.message ?? error) });
  }
};
