//! A host without walls, in a Worker of a plain page: what an attempt does where nobody is in its way. It runs a module as it is, gives whatever it imports, takes
//! numbers for refs, executes what a turn asks for, and puts nothing back; actors in JavaScript share its realm.
const SECRET = 271_828_182;
/** So many children are enough to know that there would be more. */
const CHILDREN = 3_000;
/** A number that leads to another chat's actor. */
const OTHER = 7;

function facts() {
  return { replies: [], other: [], lent: [], spawned: [], timers: [], tags: [], states: [], lengths: [], asked: 0, bytes: 0, exports: [], moved: 0, shared: false, fuel: "0", failed: "" };
}

/** A module with a function that returns a secret: of what a host has in a table. */
function tabled() {
  const body = [0, 65, ...leb(SECRET), 173, 11];
  return Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 126, 3, 2, 1, 0, 7, 5, 1, 1, 102, 0, 0, 10, body.length + 2, 1, body.length, ...body]);
}
function leb(number) {
  const out = [];
  for (; number >= 64; number = Math.floor(number / 128)) out.push((number % 128) | 128);
  return [...out, number];
}

function module({ bytes, plays }) {
  const told = facts(), asked = [];
  let memory;
  const text = (at, length) => new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));
  const kernel = new WebAssembly.Memory({ initial: 1 });
  new DataView(kernel.buffer).setUint32(64, SECRET, true);
  const fuel = new WebAssembly.Global({ value: "i64", mutable: true }, 0n);
  const table = new WebAssembly.Table({ element: "anyfunc", initial: 1 });
  const given = {
    emit: (op, a, b, at, length) => asked.push([op, BigInt.asUintN(64, a), BigInt.asUintN(64, b), new Uint8Array(memory.buffer).slice(at, at + length)]),
    fetch: (at, length) => void fetch(text(at, length), { mode: "no-cors" }).catch(() => {}),
    socket: (at, length) => void new WebSocket(text(at, length)),
    evaluate: (at, length) => void (0, eval)(text(at, length)).catch(() => {}),
    importScripts: (at, length) => void importScripts(text(at, length)),
    worker: (at, length) => void new Worker(URL.createObjectURL(new Blob([text(at, length)]))),
    now: () => BigInt(Date.now()),
    random: () => BigInt(1 + Math.floor(Math.random() * 1e15)),
    yield: () => 1_000_000,
    get tag() {
      return new WebAssembly.Tag({ parameters: [] });
    },
    get table() {
      table.set(0, new WebAssembly.Instance(new WebAssembly.Module(tabled())).exports.f);
      return table;
    },
    kernel, fuel,
  };
  const imports = new Proxy({}, { get: () => given, has: () => true });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), imports);
  memory = exports.memory;
  told.exports = Object.keys(exports);
  told.shared = typeof SharedArrayBuffer === "function" ? memory.buffer instanceof SharedArrayBuffer : Object.prototype.toString.call(memory.buffer) === "[object SharedArrayBuffer]";
  // Children that are born begin at once, as anybody's do.
  const unborn = [];
  const turn = (body, state, kind = 1) => {
    const message = new Uint8Array(40 + body.length);
    message[0] = message[2] = kind;
    message.set(new TextEncoder().encode(body), 40);
    new Uint8Array(memory.buffer).set(state, exports.peerd_state.value);
    new Uint8Array(memory.buffer).set(message, exports.peerd_message.value);
    asked.length = 0;
    const length = exports.peerd_turn(state.length, message.length);
    let reply = "nothing";
    for (const [op, a, b, payload] of asked) {
      told.asked += 1;
      told.bytes += payload.length;
      const words = new DataView(payload.buffer);
      if (op === 4 && a === 1n) reply = new TextDecoder().decode(payload);
      else if (a === BigInt(OTHER)) told.other.push(op);
      else if (op === 20 && words.getUint32(0, true) === OTHER) told.other.push(op);
      if (op === 1 && b === 1n) told.lent.push(words.getUint32(0, true) & 0xfff_ffff);
      if (op === 6) {
        const length = words.getUint32(0, true);
        told.spawned.push(new TextDecoder().decode(payload.subarray(8, 8 + length)));
        unborn.push(new TextDecoder().decode(payload.subarray(8 + length)));
      }
      if (op === 13) told.timers.push(String(a));
      if (op === 17) told.tags.push(String(a));
    }
    const kept = new Uint8Array(memory.buffer).slice(exports.peerd_state.value, exports.peerd_state.value + Math.max(length, 0));
    told.states.push(kept.length);
    told.lengths.push(length);
    told.moved = exports.peerd_state.value;
    return [reply, kept];
  };
  for (const bodies of plays) {
    let state = new Uint8Array(), reply;
    const replies = [];
    for (const body of bodies) {
      try {
        [reply, state] = turn(String(body), state);
        replies.push(reply);
        while (unborn.length > 0 && told.spawned.length < CHILDREN) turn(unborn.shift(), new Uint8Array(), 0);
      } catch (error) {
        told.failed = String(error);
        replies.push(`crash ${error}`);
      }
    }
    told.replies.push(replies);
  }
  told.fuel = String(fuel.value);
  return told;
}

/** Actors of a class in JavaScript, all in this realm; a ref is \`{ \$ref: number }\`, and so is what looks like one. */
async function script({ source, plays }) {
  const told = facts();
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const { default: behaviour } = await import(url);
  const named = (ref, op) => {
    const number = typeof ref === "number" ? ref : ref?.$ref;
    told.asked += 1;
    if (number === OTHER) told.other.push(op);
  };
  const ctx = (state) => ({
    state, self: { $ref: 0 }, caller: { $ref: 1 }, name: "x", now: Date.now(),
    send(to, ...said) {
      named(to, "send");
      for (const ref of said.flatMap((it) => it?.refs ?? [])) named(ref, "lent");
    },
    call: (to) => named(to, "call"), reply: (to) => named(to, "reply"), refuse: (to) => named(to, "refuse"), watch: (to) => named(to, "watch"), link: (to) => named(to, "link"), exit: (to) => named(to, "exit"),
    after: () => told.timers.push("after"), spawn: (_, { as = "x" } = {}) => (told.spawned.push(as), { $ref: 100 }), log() {}, isRef: (it) => Number.isInteger(it?.$ref),
  });
  for (const messages of plays) {
    let state = behaviour.init ? behaviour.init() : {};
    const replies = [];
    for (const message of messages) {
      try {
        const on = ctx(state);
        const [name, value] = [...message];
        const answer = await behaviour.handle[name](state, value, on);
        state = JSON.parse(JSON.stringify(on.state ?? state) ?? "null");
        told.states.push(JSON.stringify(state).length);
        replies.push(JSON.stringify(answer ?? null));
        if (answer?.$ref === OTHER) told.other.push("answer");
      } catch (error) {
        told.failed = String(error);
        replies.push(`crash ${error}`);
      }
    }
    told.replies.push(replies);
  }
  return told;
}

onmessage = async ({ data }) => {
  try {
    postMessage(data.source === undefined ? module(data) : await script(data));
  } catch (error) {
    postMessage({ ...facts(), failed: String(error) });
  }
};
