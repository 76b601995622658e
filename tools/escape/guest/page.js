//! A plain page that plays attempts in plain hosts: a Worker for each, which is ended when it does not come to an end.
const AT_ONCE = 4;
const PATIENCE_MS = 2_500;
/** Of one that said nothing. */
const NOTHING = { replies: [], other: [], lent: [], spawned: [], timers: [], tags: [], states: [], lengths: [], exports: [], asked: 0, bytes: 0 };

function one(attempt) {
  return new Promise((done) => {
    const worker = new Worker("/plain.js");
    const end = (facts) => {
      // What it began may still arrive.
      setTimeout(() => worker.terminate(), attempt.by === "facts" ? 0 : 400);
      clearTimeout(timer);
      done(facts);
    };
    const timer = setTimeout(end, PATIENCE_MS, { ...NOTHING, hung: true });
    worker.onmessage = ({ data }) => end(data);
    worker.onerror = (event) => end({ ...NOTHING, failed: event.message });
    const bytes = attempt.base64 && Uint8Array.from(atob(attempt.base64), (c) => c.charCodeAt(0));
    worker.postMessage({ ...attempt, bytes });
  });
}

globalThis.plainly = async (attempts) => {
  const told = {}, left = [...attempts];
  const work = async () => {
    for (let next = left.shift(); next; next = left.shift()) told[next.name] = await one(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return told;
};
