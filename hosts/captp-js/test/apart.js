//! What captp.js promises between realms that can't reach each other but by a port: this page, and a sandbox or a Worker.
import { E, Far, open } from "captp";

const READY_MS = 5_000;

/** A guest is started and says what it is. `end` takes it away, whatever it does. */
async function start(where, options) {
  const captp = await open(), { port1, port2 } = new MessageChannel();
  let ticket;
  const guest = new Promise((here) => (ticket = captp.offer(Far("host", { here }))));
  const { post, end } = await (where === "worker" ? worker() : sandbox());
  const connection = captp.connect(port1, options);
  post({ port: port2, ticket }, [port2]);
  return { captp, connection, guest: await guest, end };
}

async function worker() {
  const worker = new Worker("/test/guest.js", { type: "module" });
  await new Promise((ready) => worker.addEventListener("message", ready, { once: true }));
  return { post: (message, ports) => worker.postMessage(message, ports), end: () => worker.terminate() };
}

async function sandbox() {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  const ready = new Promise((done, fail) => {
    addEventListener("message", ({ source }) => source === frame.contentWindow && done());
    setTimeout(fail, READY_MS, new Error("the sandbox did not start"));
  });
  frame.src = "/test/sandbox.html";
  document.body.append(frame);
  await ready;
  return { post: (message, ports) => frame.contentWindow.postMessage(message, "*", ports), end: () => frame.remove() };
}

const sums = new Map();
function purse(sum) {
  const it = Far("purse", {
    balance: () => sums.get(it),
    take(from, sum) {
      if (!sums.has(from) || sums.get(from) < sum) throw new Error("not so much is there");
      sums.set(from, sums.get(from) - sum);
      sums.set(it, sums.get(it) + sum);
    },
  });
  sums.set(it, sum);
  return it;
}

export const apart = {
  async it_is_called_and_calls_back(where) {
    const { captp, guest, end } = await start(where);
    const origin = await E(guest).origin();
    if ((where === "sandbox") !== (origin === "null")) return `its origin is ${origin}`;
    if ((await E(guest).double(21)) !== 42) return "it can't double";
    const [its, ours] = [purse(10n), purse(0n)];
    const left = await E(guest).spend(its, ours, 4n);
    if (left !== 6n || sums.get(ours) !== 4n) return `it has ${left}, we ${sums.get(ours)}`;
    const error = await E(guest).spend(its, ours, 7n).catch((error) => error);
    if (error.kind !== "told" || !/not so much/.test(error.message)) return `it was refused with ${error}`;
    captp.stop();
    end();
  },

  async when_it_is_taken_away_what_waits_is_broken(where) {
    const { connection, guest, end } = await start(where);
    const waits = E(guest).stuck();
    end();
    connection.close();
    const { kind } = await waits.catch((error) => error);
    return kind === "disconnected" ? undefined : `broken by ${kind}`;
  },

  async who_is_silent_for_too_long_is_taken_for_gone(where) {
    const { guest, end } = await start(where, { silentMs: 200 });
    await new Promise((done) => setTimeout(done, 600));
    if ((await E(guest).double(2)) !== 4) return "it was taken for gone though it answers";
    // A sandbox may share this page's thread: there a guest that never returns is for others to end.
    const promises = [E(guest).stuck(), where === "worker" ? E(guest).spin() : E(guest).stuck()];
    if (where === "sandbox") end();
    const errors = await Promise.all(promises.map((promise) => promise.catch((error) => error)));
    const kinds = errors.map((error) => error.kind);
    end();
    return kinds.every((kind) => kind === "disconnected") ? undefined : `broken by ${kinds}`;
  },
};
