//! A person's own hand on the page: told to the service worker, never our events and never the debugger's during an act.

const EVENTS = ["pointerdown", "keydown", "wheel", "input", "drop"];
const KEY = Symbol.for("peerd.page.hand");
const QUIET_MS = 1_000; // One message a second says enough.

const state = (globalThis[KEY] ??= { on: false, acting: 0, told: 0 });

/** An act begins; call what it returns when it is over. */
export function acting() {
  state.acting++;
  let over = false;
  return () => {
    if (!over) state.acting--;
    over = true;
  };
}

export function hand({ on }) {
  if (on === state.on) return {};
  state.on = on;
  for (const type of EVENTS) window[on ? "addEventListener" : "removeEventListener"](type, notice, { capture: true, passive: true });
  return {};
}

function notice(event) {
  if (!event.isTrusted || state.acting > 0) return;
  const now = performance.now();
  if (state.told && now - state.told < QUIET_MS) return;
  state.told = now;
  // The extension may have been updated under the page: then there is nobody to tell.
  globalThis.chrome?.runtime?.sendMessage?.({ hand: true })?.catch?.(() => {});
}
