//! Key chords: each goes down, does what the browser does with it unless the page took it, and comes up.
import { chordsOf } from "./chords.js";
import { keyDefault } from "./keydefaults.js";
import { Refused } from "./refused.js";
import { isTextField } from "./roles.js";
import { soon } from "./settle.js";
import { focused } from "./tree.js";
import { keyInit, keyPress } from "./type.js";

const REPEAT_MAX = 100; // A person holds a key for some seconds at most.

export const key = {
  locate(act) {
    if (!chordsOf(act.keys)) throw new Refused("no_such");
    return { el: focused() ?? document.body };
  },
  async perform(act, place, handle) {
    const chords = chordsOf(act.keys);
    for (let round = 0; round < Math.min(REPEAT_MAX, Math.max(1, act.repeat ?? 1)); round++) {
      for (const chord of chords) {
        press(handle, chord);
        await soon();
      }
    }
  },
};

function press(handle, chord) {
  const target = focused() ?? document.body;
  const init = keyInit(chord, target);
  const char = [...chord.key].length === 1 || chord.key === "Enter";
  let free = handle.fire(target, new KeyboardEvent("keydown", init));
  const at = focused() ?? target;
  if (free && char && !chord.ctrlKey && !chord.metaKey && !chord.altKey) free = keyPress(handle, at, init);
  // Space presses a button when it comes up; all else acts when it goes down.
  const late = chord.key === " " && !isTextField(at);
  if (free && !late) keyDefault(handle, at, init);
  const up = focused() ?? at;
  if (handle.fire(up, new KeyboardEvent("keyup", init)) && free && late) keyDefault(handle, up, init);
}
