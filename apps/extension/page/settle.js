//! Waiting for the page: a frame, a moment, until its DOM keeps still.

/** After the next frame is drawn. A hidden tab draws none, so a timer stands in. */
export function frame() {
  return new Promise((resolve) => {
    const late = setTimeout(resolve, document.hidden ? 30 : 200);
    if (document.hidden) return;
    requestAnimationFrame(() => {
      clearTimeout(late);
      soon().then(resolve);
    });
  });
}

/** After the tasks already waiting; unlike a timer it isn't slowed down in hidden tabs. */
export function soon() {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
