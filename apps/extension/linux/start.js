//! A machine that obeys: resumed from what was kept of one that booted from the same image, or booted, and then kept.
import { Box } from './box.js';
import { about, forget, keep, kept, load } from './images.js';

/** `{box, how: "resumed" | "booted", ms, bytes}`: how long until it obeyed, and how large what is kept of it is. `options`: of `Box`. */
export async function start(name, options = {}) {
  const image = await about(name);
  if (!image) throw new Error(`this build carries no Linux image called ${name}`);
  const begun = performance.now();
  const [files, state] = await Promise.all([load(image), kept(image)]);
  if (state) {
    const bytes = state.bytes.byteLength;
    const box = new Box({ ...files, state }, options);
    try {
      await box.ready();
      return { box, how: 'resumed', ms: performance.now() - begun, bytes };
    } catch (error) {
      // What can't be gone on with is no use to the next one either.
      console.error(`the Linux machine was not resumed: ${error.message}`);
      await forget(image);
    }
  }
  const box = new Box(files, options);
  await box.ready();
  const ms = performance.now() - begun;
  const bytes = await box.save().then((saved) => keep(image, saved)).catch((error) => {
    // The disk may be full: the machine is there all the same, and the next one boots as this one did.
    console.error(`the Linux machine was not kept: ${error.message}`);
    return 0;
  });
  return { box, how: 'booted', ms, bytes };
}
