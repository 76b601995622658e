//! Trusted clicks and pictures by the debugger, where the manifest has it (dev). Attached late, let go when idle: Chrome shows
//! a banner meanwhile.
import { event } from './outbox.js';

const IDLE_MS = 10_000;
// What the page reports as trusted within this time after our own dispatch is ours.
const ECHO_MS = 500;

// Caches only: the first call after our death attaches again.
const attached = new Map();
const acting = new Map();

export const mayDebug = () => chrome.debugger !== undefined;

export const isTrustedAct = (request) => mayDebug() && request.act.kind === 'click';

export const isActing = (tab) => (acting.get(tab) ?? 0) > Date.now();

// The page aims, the debugger clicks, the page says what came of it.
export async function trustedAct(tab, request, ask) {
  await attach(tab);
  const aim = await ask(tab, { ...request, do: 'aim' });
  if (aim.x === undefined) return aim;
  acting.set(tab, Infinity);
  try {
    await click(tab, aim, request.act);
  } finally {
    acting.set(tab, Date.now() + ECHO_MS);
  }
  return ask(tab, { do: 'landed', effect: request.effect });
}

const BUTTONS = { left: 1, right: 2, middle: 4 };
const MODIFIERS = { alt: 1, ctrl: 2, meta: 4, shift: 8 };

async function click(tab, { x, y }, { button = 'left', count = 1, modifiers = [] }) {
  const keys = modifiers.reduce((sum, name) => sum | (MODIFIERS[name] ?? 0), 0);
  const send = (type, more) => command(tab, 'Input.dispatchMouseEvent', { type, x, y, modifiers: keys, ...more });
  await send('mouseMoved', { button: 'none' });
  for (let clickCount = 1; clickCount <= count; clickCount += 1) {
    await send('mousePressed', { button, buttons: BUTTONS[button], clickCount });
    await send('mouseReleased', { button, buttons: 0, clickCount });
  }
}

export async function capture(tab, quality) {
  await attach(tab);
  return (await command(tab, 'Page.captureScreenshot', { format: 'jpeg', quality })).data;
}

async function attach(tab) {
  clearTimeout(attached.get(tab));
  if (!attached.has(tab)) {
    await chrome.debugger.attach({ tabId: tab }, '1.3').catch((error) => {
      // By an earlier life of ours.
      if (!/already attached/i.test(error.message)) throw error;
    });
    await command(tab, 'Page.enable');
  }
  attached.set(tab, setTimeout(() => detach(tab), IDLE_MS));
}

async function detach(tab) {
  if (attached.delete(tab)) await chrome.debugger.detach({ tabId: tab }).catch(() => {});
}

const command = (tab, method, params) => chrome.debugger.sendCommand({ tabId: tab }, method, params);

export function watchDebugger() {
  if (!mayDebug()) return;
  chrome.debugger.onDetach.addListener(({ tabId }) => forgetDebugger(tabId));
  chrome.debugger.onEvent.addListener(({ tabId }, method, params) => {
    if (method !== 'Page.javascriptDialogOpening') return;
    // An open dialog stops the page and every call to it. Leaving a page is what the agent asked for; the rest is declined.
    command(tabId, 'Page.handleJavaScriptDialog', { accept: params.type === 'beforeunload' }).catch(() => {});
    event('dialog', { tab: tabId, text: params.message });
  });
}

export function forgetDebugger(tab) {
  clearTimeout(attached.get(tab));
  attached.delete(tab);
  acting.delete(tab);
}
