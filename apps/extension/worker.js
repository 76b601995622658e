//! Loads the vat and passes messages on. After the first trap it takes no further call: the vat's memory can't be trusted.
import init, { boot, copy, go_back, heard, history, restore, slices_ran } from './wasm/worker.js';
import { attach } from './guests/kernel.js';

const load = async () => attach(await init({ module_or_path: new URL('./wasm/worker_bg.wasm', import.meta.url) }), slices_ran);

let broken = false;

// A trap in a task of the vat's own arrives here; saying so and closing are the last things this Worker does.
function trapped(error) {
  if (broken) return;
  broken = true;
  self.postMessage(JSON.stringify({ trap: String(error?.message ?? error) }));
  self.close();
}

// What was kept could not be opened: another Worker would fare no better.
function refused(why) {
  broken = true;
  self.postMessage(JSON.stringify({ refused: String(why?.message ?? why) }));
}

// A Worker for this alone, without a vat.
async function files(wish) {
  try {
    await load();
    const boot = JSON.stringify({ journal: wish.journal });
    const work = {
      copy: () => copy(boot),
      restore: () => restore(new Uint8Array(wish.bytes), wish.folder),
      history: () => history(boot, wish.actor),
      back: () => go_back(boot, wish.actor, wish.place),
    };
    self.postMessage({ done: await work[wish.work]() });
  } catch (error) {
    self.postMessage({ failed: String(error?.message ?? error) });
  }
}

self.addEventListener('error', (event) => trapped(event.error ?? event.message));
self.addEventListener('unhandledrejection', (event) => trapped(event.reason));

self.addEventListener('message', async ({ data }) => {
  if (broken) return;
  if (typeof data !== 'string') return files(data);
  const message = JSON.parse(data);
  if (message.ping) return self.postMessage(JSON.stringify({ pong: message.ping }));
  try {
    if (!message.boot) return heard(data);
    await load();
    const journal = await boot(JSON.stringify(message.boot)).catch(refused);
    if (!broken) self.postMessage(JSON.stringify({ ready: true, journal }));
  } catch (error) {
    trapped(error);
  }
});
