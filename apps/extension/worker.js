//! Loads the vat and passes messages on. After the first trap it takes no further call: the vat's memory can't be trusted.
import init, { boot, heard } from './wasm/worker.js';

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

self.addEventListener('error', (event) => trapped(event.error ?? event.message));
self.addEventListener('unhandledrejection', (event) => trapped(event.reason));

self.addEventListener('message', async ({ data }) => {
  if (broken) return;
  const message = JSON.parse(data);
  if (message.ping) return self.postMessage(JSON.stringify({ pong: message.ping }));
  try {
    if (!message.boot) return heard(data);
    await init({ module_or_path: new URL('./wasm/worker_bg.wasm', import.meta.url) });
    await boot(JSON.stringify(message.boot)).catch(refused);
    if (!broken) self.postMessage(JSON.stringify({ ready: true }));
  } catch (error) {
    trapped(error);
  }
});
