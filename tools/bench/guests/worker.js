//! The kernel in a Worker with guests beside it. A line in, an answer out.
import { Guests, hop } from "/guests.js";

const GUESTS = ["hop", "being", "small", "hog", "service", "kernels", "counter"];
const guests = new Guests(() => exports.memory);
let exports;
let source;

async function start(module) {
  const imports = { page: { now: () => performance.now() * 1e6 }, guests: guests.imports };
  ({ exports } = await WebAssembly.instantiate(module, imports));
  guests.attach(exports);
  for (const name of GUESTS) {
    const bytes = new Uint8Array(await (await fetch(`/${name}.wasm`)).arrayBuffer());
    if (name === "kernels") source = await WebAssembly.compile(bytes);
    const answer = said(exports.load(write(new TextEncoder().encode(name), bytes)));
    if (answer !== "ok") throw new Error(answer);
  }
}

/** Puts both, one behind the other, where the module expects its line. The length of the first. */
function write(first, second = new Uint8Array()) {
  const at = exports.line(first.length + second.length);
  const line = new Uint8Array(exports.memory.buffer, at, first.length + second.length);
  line.set(first);
  line.set(second, first.length);
  return first.length;
}

function said(length) {
  return new TextDecoder().decode(new Uint8Array(exports.memory.buffer, exports.line(length), length).slice());
}

async function ask(line) {
  const [program, units] = line.split(" ");
  if (program === "hogs-p99") return hogs(Number(units));
  if (program === "agree") return agree(Number(units));
  if (program === "javascript") return javascript(Number(units));
  if (program === "assembly") return `ok ${short(exports.assembly_turns, Number(units)).join(" ")}`;
  if (program === "metering-overhead") return overhead(Number(units));
  write(new TextEncoder().encode(line));
  return said(exports.ask());
}

async function hogs(requests) {
  if (!exports.hogs_begin(requests)) return "failed the guests are not loaded";
  for (let isOver = false; !isOver; await hop()) {
    const end = performance.now() + 4;
    const goesOn = () => !(isOver ||= exports.hogs_step()) && performance.now() < end;
    while (goesOn()) await guests.slices(goesOn);
  }
  return `${said(exports.hogs_told())} ${guests.suspended}`;
}

async function agree(turns) {
  exports.agree_begin(turns);
  exports.agree_step();
  const thrown = new Error("nothing");
  const heard = await guests.slices(() => { throw thrown; }).catch((error) => error);
  if (heard !== thrown) return "failed what is thrown between two slices was not heard by who runs them";
  while (exports.agree_step()) await guests.slices(exports.agree_step);
  return said(exports.agree_told());
}

/** The nanoseconds of a short turn, of making a class, of loading the engine, and of a slice; a turn's fuel; long turns that were right. */
async function javascript(turns) {
  const engine = new Uint8Array(await (await fetch("/quickjs.wasm")).arrayBuffer());
  if (engine.length === 0) return "failed the engine is not built: ./x quickjs";
  const timed = (work) => {
    const begun = performance.now();
    const answer = said(work());
    if (answer !== "ok") throw new Error(answer);
    return (performance.now() - begun) * 1e6;
  };
  write(engine);
  const loading = timed(() => exports.script_load());
  // Two of them, and one that is refused.
  const making = timed(() => exports.script_prepare()) / 3;
  const [least, fuel] = short(exports.script_turns, turns);
  const LONG = 6;
  exports.script_begin(LONG);
  const begun = performance.now();
  let slices = 0;
  const goesOn = () => exports.script_step(LONG) && (slices += 1);
  while (goesOn()) await guests.slices(goesOn);
  const slice = ((performance.now() - begun) * 1e6) / slices;
  const right = said(exports.script_told());
  return right.startsWith("ok") ? `ok ${least} ${making} ${loading} ${slice} ${fuel} ${right.slice(3)}` : right;
}

/** The nanoseconds of a turn, the least of ten plays, and its fuel. */
function short(play, turns) {
  let least = Infinity;
  let fuel = 0;
  for (let run = 0; run < 10; run += 1) {
    const begun = performance.now();
    fuel = play(turns / 10);
    if (fuel < 0) throw new Error(`a turn ended with ${fuel}`);
    least = Math.min(least, ((performance.now() - begun) * 1e6) / (turns / 10));
  }
  return [least, fuel];
}

/** Which, and how often in one run: a few milliseconds each. */
const KERNELS = [
  ["sha256", 20_000],
  ["sort", 20],
  ["nbody", 20_000],
  ["json", 20],
  ["regex", 20],
  ["sieve", 60],
];

/** The source as it is, without a meter. Nothing puts it back but this: its memory is as large as the meter's, and as warm. */
function bare() {
  const { exports } = new WebAssembly.Instance(source, { peerd: { emit() {} } });
  const memory = new Uint8Array(exports.memory.buffer);
  const pristine = memory.slice();
  return { exports, restore: () => memory.set(pristine) };
}

/** The same turn on it. */
function plain({ exports: raw, restore }, which, times) {
  restore();
  const message = new DataView(raw.memory.buffer, raw.peerd_message.value);
  message.setUint16(0, 1, true);
  message.setUint32(40, which, true);
  message.setUint32(44, times, true);
  const begun = performance.now();
  if (raw.peerd_turn(8, 48) < 0) throw new Error("a kernel failed");
  return performance.now() - begun;
}

function metered(which, times) {
  const begun = performance.now();
  const fuel = exports.kernel(which, times);
  if (fuel < 0) throw new Error(`${KERNELS[which][0]} failed as a guest: ${fuel}`);
  return performance.now() - begun;
}

/** The geometric mean of time with the meter by time without it, then of each kernel. The least of so many runs of each, after as many. */
function overhead(runs) {
  const own = bare();
  const ratios = KERNELS.map(([, times], which) => {
    const least = [Infinity, Infinity];
    for (let run = 0; run < runs * 2; run += 1) {
      const both = [plain(own, which, times), metered(which, times)];
      if (run >= runs) both.forEach((ms, at) => (least[at] = Math.min(least[at], ms)));
    }
    return least[1] / least[0];
  });
  const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length);
  return `ok ${[mean, ...ratios].join(" ")}`;
}

self.onmessage = async ({ data }) => {
  try {
    if (data.module) await start(data.module);
    self.postMessage(data.line ? await ask(data.line) : "ok");
  } catch (error) {
    const panic = error instanceof WebAssembly.RuntimeError ? said(exports.panicked()) : "";
    self.postMessage(`failed ${[panic, String(error?.stack ?? error)].join(" ").replaceAll("\n", " | ")}`);
  }
};
