//! A person's hand in a driven tab, and the recording of what a person does: both are scripts in the page that have to be
//! put back into each new document.
import { event } from './outbox.js';
import { ask, inject, run } from './pages.js';
import { isActing } from './trusted.js';
import { change, read } from './session.js';
import { seen } from './tabs.js';

const RECORDER = 'page/recorder.js';

export async function watchHand({ tab, on }) {
  await mark('watched', tab, on);
  // A page that can't be spoken to now is spoken to when its next document comes.
  await ask(tab, { do: 'hand', on }).catch(() => {});
  return {};
}

export async function recordStart({ tab }) {
  await inject(tab, RECORDER);
  await mark('recorded', tab, true);
  const { url, title } = seen(await chrome.tabs.get(tab));
  return { url, title };
}

export async function recordStop({ tab }) {
  await mark('recorded', tab, false);
  const stop = () => {
    globalThis.peerdRecorder?.stop();
    return true;
  };
  await run(tab, stop).catch(() => {});
  const { url, title } = seen(await chrome.tabs.get(tab));
  return { url, title };
}

// Another life of the vat knows of no recording: nobody would be told what a person does.
export async function recordingsLost() {
  for (const tab of await read('recorded', [])) await recordStop({ tab }).catch(() => {});
}

export async function hand(tab) {
  // What the debugger sends is trusted too; it is the agent's.
  if (!isActing(tab) && (await read('watched', [])).includes(tab)) event('hand', { tab });
}

// A new document came. At once: what a person does in it before the recorder is there is not recorded.
export async function reattach(tab) {
  const [recorded, watched] = await Promise.all([read('recorded', []), read('watched', [])]);
  await Promise.allSettled([recorded.includes(tab) && inject(tab, RECORDER), watched.includes(tab) && ask(tab, { do: 'hand', on: true })]);
}

export async function forgetTab(tab) {
  await mark('watched', tab, false);
  await mark('recorded', tab, false);
}

function mark(key, tab, on) {
  return change(key, [], (tabs) => {
    if (tabs.includes(tab) === on) return undefined;
    return on ? [...tabs, tab] : tabs.filter((each) => each !== tab);
  });
}
