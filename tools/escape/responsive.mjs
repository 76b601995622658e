//! Whether a host answers while it is attacked.

/** Asks the vat for everything it shows, again and again from now on. Answers who tells the 99th percentile and the longest of its answers, in ms. */
export async function asking({ page }) {
  await page.evaluate(() => {
    const channel = new BroadcastChannel("peerd"), took = [];
    let asked = performance.now(), waits = false;
    channel.onmessage = ({ data }) => {
      if (!waits || !data.includes('"Settings"')) return;
      waits = false;
      took.push(performance.now() - asked);
    };
    const ask = () => {
      if (waits) return;
      [asked, waits] = [performance.now(), true];
      channel.postMessage(JSON.stringify({ command: { Hello: { chat: null } } }));
    };
    globalThis.took = () => [...took, ...(waits ? [performance.now() - asked] : [])];
    setInterval(ask, 100);
  });
  return async () => {
    const took = (await page.evaluate("took()")).sort((a, b) => a - b);
    return [took[Math.floor(took.length * 0.99)] ?? 0, took.at(-1) ?? 0];
  };
}
