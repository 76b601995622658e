//! The pointer rests on something.
import { pointAt } from "./place.js";
import { moveTo } from "./pointer.js";
import { pause } from "./settle.js";

const REST_MS = 60; // Tooltips open a little after the pointer came.

export const hover = {
  locate: (act) => pointAt(act),
  async perform(act, place, handle) {
    moveTo(handle, place.hit, place);
    await pause(REST_MS);
    if (place.hit.isConnected) moveTo(handle, place.hit, { x: place.x + 1, y: place.y });
  },
};
