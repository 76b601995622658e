//! Plays guests of a corpus on this browser's engine and says where it differs from what was told.

/** As `peerd_guestlab::engine` has them. */
const STATE = 0x1000, MESSAGE = 0x1_0000, NEW = 0x2_0000, OUT = 0x3_0000, TOLD = OUT - 8, OUT_BYTES = 0x1_0000, IMAGE = 0x5_0000;
const SLICE = 997;
const PAGE = 65_536;

const kernel = new WebAssembly.Memory({ initial: 32 });
const memories = new Map();

/** Zeros: a process has room for about a hundred memories, and there are thousands of guests. */
function memoryOf(pages) {
  if (!memories.has(pages)) memories.set(pages, new WebAssembly.Memory({ initial: pages, maximum: pages }));
  const memory = memories.get(pages);
  new Uint8Array(memory.buffer).fill(0);
  return memory;
}

function bytes(hex) {
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => parseInt(hex.substr(at * 2, 2), 16));
}

function hex(at, length) {
  return Array.from(new Uint8Array(kernel.buffer, at, length), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function put(at, what) {
  new Uint8Array(kernel.buffer).set(what, at);
}

function started(module, row, feed) {
  const memory = memoryOf(row.pages);
  const imports = { memory, kernel, yield: () => feed.next() };
  const { exports } = new WebAssembly.Instance(module, { peerd: imports });
  put(IMAGE, new Uint8Array(memory.buffer, 0, row.image));
  return exports;
}

function play(exports, row, fuel, feed, first) {
  put(STATE, row.stateBytes);
  put(MESSAGE, row.messageBytes);
  Object.assign(feed, { left: fuel - first, given: first });
  let outcome;
  let [state, outbox] = ["", ""];
  try {
    const length = exports.__turn(STATE, row.stateBytes.length, MESSAGE, row.messageBytes.length, first, OUT, OUT + OUT_BYTES, NEW, TOLD);
    outcome = `returned ${length}`;
    state = hex(NEW, Math.max(length, 0));
    outbox = hex(OUT, new DataView(kernel.buffer).getUint32(TOLD, true) - OUT);
  } catch (error) {
    if (!(error instanceof WebAssembly.RuntimeError)) return { outcome: String(error) };
    outcome = exports.__fuel.value < 0 ? "exhausted" : `crashed ${exports.__why.value}`;
  }
  const used = outcome.startsWith("crashed") ? 0 : feed.given - exports.__fuel.value;
  exports.__reset(IMAGE);
  return { fuel, outcome, used, state, outbox };
}

/** Where a row is not as told: at most one word of it. */
function differs(row) {
  Object.assign(row, { stateBytes: bytes(row.state), messageBytes: bytes(row.message) });
  for (const build of ["trap", "yielding"]) {
    const feed = {
      next() {
        const more = Math.min(this.left, SLICE);
        this.left -= more;
        this.given += more;
        return more;
      },
    };
    const exports = started(new WebAssembly.Module(bytes(row[build])), row, feed);
    for (const turn of row.turns) {
      const first = build === "trap" ? turn.fuel : Math.min(turn.fuel, SLICE);
      const found = play(exports, row, turn.fuel, feed, first);
      if (JSON.stringify(found) !== JSON.stringify(turn)) return `${row.name}, ${build}: ${JSON.stringify(found)} for ${JSON.stringify(turn)}`;
    }
  }
  return undefined;
}

async function run() {
  let [guests, turns] = [0, 0];
  const differences = [];
  for (let part = 0; ; part += 1) {
    const answer = await fetch(`/part/${part}`);
    if (answer.status !== 200) break;
    for (const line of (await answer.text()).split("\n")) {
      const row = JSON.parse(line);
      const difference = differs(row);
      if (difference) differences.push(difference);
      guests += 1;
      turns += 2 * row.turns.length;
    }
  }
  return { guests, turns, differences: differences.length, first: differences.slice(0, 3) };
}

run().catch((error) => ({ broken: String(error?.stack ?? error) })).then((told) => fetch("/told", { method: "POST", body: JSON.stringify(told) }));
