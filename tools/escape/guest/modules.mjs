//! What a module that means harm tries, as an actor: each is a real module of the guest ABI, or one that lies about that, made by binaryen from its text.
//!
//! `plays`: bytes of messages, a list for each of the class's actors. `did(facts)`: of what plain.js, a host without walls, saw, whether it did what it says.
//! What stands against it as it is shipped is one of these:
//!   refused   the class is not made, and why
//!   crash     a turn of it fails: words of the reason
//!   held      of all that its actors answered, whether nothing came of it
import binaryen from "binaryen";

export const SECRET = 271_828_182;
const STATE_AT = 1_024, MESSAGE_AT = 2_048, BODY_AT = MESSAGE_AT + 40, STATE_MAX = 512;

const u32 = (...numbers) => new Uint8Array(new Uint32Array(numbers).buffer);
/** Says a number: the answer to whoever called. */
const SAY = `
  (func $say (param $n i64) (local $at i32)
    (local.set $at (i32.const 500))
    (loop $l
      (local.set $at (i32.sub (local.get $at) (i32.const 1)))
      (i32.store8 (local.get $at) (i32.wrap_i64 (i64.add (i64.const 48) (i64.rem_u (local.get $n) (i64.const 10)))))
      (local.set $n (i64.div_u (local.get $n) (i64.const 10)))
      (br_if $l (i64.ne (local.get $n) (i64.const 0))))
    (call $emit (i32.const 4) (i64.const 1) (i64.const 0) (local.get $at) (i32.sub (i32.const 500) (local.get $at))))`;
/** A turn: only a message with the byte \`1\`, \`2\` .. has it do something; $is is that byte. */
const turn = (body) => `
  (func (export "peerd_turn") (param $sl i32) (param $ml i32) (result i32)
    (local $is i32) (local $i i32) (local $l i64) (local $x f64)
    (if (i32.ne (i32.load16_u (i32.const ${MESSAGE_AT})) (i32.const 1)) (then (return (i32.const 0))))
    (local.set $is (i32.sub (i32.load8_u (i32.const ${BODY_AT})) (i32.const 48)))
    ${body}
    (i32.const 0))`;
const on = (message, body) => `(if (i32.eq (local.get $is) (i32.const ${message})) (then ${body}))`;
const say = (number) => `(call $say ${number})`;
const secret = `(i64.const ${SECRET})`;

/** The bytes of a module of these fields. */
function assembled({ fields, imports = "", memory = `(memory (export "memory") 1)`, abi = u32(1, STATE_MAX, 1_024), globals }) {
  const buffers = globals ?? `(global (export "peerd_state") i32 (i32.const ${STATE_AT})) (global (export "peerd_message") i32 (i32.const ${MESSAGE_AT}))`;
  const text = `(module (import "peerd" "emit" (func $emit (param i32 i64 i64 i32 i32))) ${imports} ${memory} ${buffers} ${fields.includes("$say") ? SAY : ""} ${fields})`;
  const module = binaryen.parseText(text, binaryen.Features.All);
  // What no browser reads yet.
  module.setFeatures(binaryen.Features.All & ~binaryen.Features.CompactImports);
  try {
    if (abi) module.addCustomSection("peerd.abi", abi);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

const one = (name, wall, parts, judge) => ({ name, wall, by: "facts", plays: [[1]], module: () => assembled(typeof parts === "string" ? { fields: parts } : parts), ...judge });
/** Reaches a listener by what a host gave it. */
const reaches = (name, given, port_at, judge = {}) => ({ name, wall: "imports", by: "tcp", plays: [[1]], refused: /imports .*a guest may import/, did: () => false, module: (port) => {
  const text = port_at(port);
  return assembled({ imports: `(import "env" "${given}" (func $out (param i32 i32)))`, fields: `(data (i32.const 4096) "${text.replaceAll('"', "\\22")}") ${turn(`(call $out (i32.const 4096) (i32.const ${text.length}))`)}` });
}, ...judge });

const hears = (number) => (facts) => facts.replies.flat().includes(String(number));
const said = (number) => (answers) => !answers.flat().some((it) => it.includes(String(number)));
/** The first actor leaves its secret somewhere; the next one of the class looks there. */
const left = (name, spoil, look, more = {}, judge = {}) => one(name, "reset", { fields: `${more.fields ?? ""} ${turn(`${on(1, spoil)} ${on(2, say(look))}`)}`, ...more.parts }, { plays: [[1], [2]], did: hears(SECRET), held: said(SECRET), ...judge });
const hidden = (name, fields, spoil, look, refused, judge = {}) => left(name, spoil, look, { fields }, { refused, held: undefined, ...judge });
/** Does not come to an end; whoever hosts it is held up. */
const endless = (name, body, fields = "", judge = {}) => one(name, "meter", `${fields} ${turn(body)}`, { did: (facts) => facts.hung, crash: /killed: a turn used up all the fuel/, ...judge });
/** Names somebody whom nobody told it of: number 7 is another chat's actor, where numbers are all there is. */
const forges = (name, op, { a = 7, b = 0, payload = "\\01", crash = /\bref\b|named a ref/, did = (facts) => facts.other.includes(op) } = {}) =>
  one(name, "refs", `(data (i32.const 4096) "${payload}") ${turn(`(call $emit (i32.const ${op}) (i64.const ${a}) (i64.const ${b}) (i32.const 4096) (i32.const ${payload.split("\\").length - 1}))`)}`, { did, crash });
/** Is refused for what it is; \`body\` runs where nobody refuses. */
const odd = (name, wall, parts, refused, did) => one(name, wall, parts, { refused, did });

const SPAWN = (name) => `\\${name.length.toString(16).padStart(2, "0")}\\00\\00\\00\\00\\00\\00\\00${[...name].map((c) => `\\${c.charCodeAt(0).toString(16)}`).join("")}`;

export const MODULES = [
  // Imports: what a host that gives whatever is asked for would give.
  reaches("imports-fetch", "fetch", (port) => `http://127.0.0.1:${port}/`),
  reaches("imports-a-socket", "socket", (port) => `ws://127.0.0.1:${port}/`),
  reaches("imports-an-evaluator", "evaluate", (port) => `fetch('http://127.0.0.1:${port}/', { mode: 'no-cors' })`),
  reaches("imports-scripts", "importScripts", (port) => `http://127.0.0.1:${port}/`),
  reaches("imports-a-worker", "worker", (port) => `fetch('http://127.0.0.1:${port}/', { mode: 'no-cors' })`),
  odd("imports-a-clock", "imports", { imports: `(import "env" "now" (func $now (result i64)))`, fields: turn(say("(call $now)")) }, /imports env\.now/, (facts) => Number(facts.replies[0][0]) > 1e12),
  odd("imports-randomness", "imports", { imports: `(import "env" "random" (func $random (result i64)))`, fields: turn(say("(call $random)")) }, /imports env\.random/, (facts) => Number(facts.replies[0][0]) > 0),
  odd("imports-the-kernels-memory", "imports", { imports: `(import "peerd" "kernel" (memory $k 1))`, fields: `(func (export "peerd_turn") (param i32 i32) (result i32) (i32.load $k (i32.const 64)))` }, /imports|no valid module/, (facts) => facts.lengths.includes(SECRET)),
  odd("imports-the-kernels-memory-for-its-own", "imports", { imports: `(import "peerd" "kernel" (memory $k 1))`, memory: `(export "memory" (memory $k))`, fields: turn(say("(i64.load32_u (i32.const 64))")) }, /imports/, hears(SECRET)),
  odd("imports-the-yield-that-gives-fuel", "imports", { imports: `(import "peerd" "yield" (func $yield (result i32)))`, fields: turn(say("(i64.extend_i32_u (call $yield))")) }, /imports peerd\.yield/, hears(1_000_000)),
  odd("imports-the-hosts-counter", "imports", { imports: `(import "peerd" "fuel" (global $fuel (mut i64)))`, fields: turn("(global.set $fuel (i64.const 1000000000000))") }, /imports peerd\.fuel/, (facts) => facts.fuel === "1000000000000"),
  odd("imports-a-table-of-the-hosts-functions", "imports", { imports: `(import "env" "table" (table $t 1 funcref)) (type $f (func (result i64)))`, fields: turn(say("(call_indirect $t (type $f) (i32.const 0))")) }, /imports env\.table/, hears(SECRET)),
  odd("imports-a-tag-to-catch-the-hosts-exceptions", "imports", { imports: `(import "env" "tag" (tag $t))`, fields: turn(`(block $caught (try_table (catch $t $caught) (throw $t))) ${say("(i64.const 5)")}`) }, /imports env\.tag/, hears(5)),

  // What is said of a module, and is not so.
  odd("no-word-of-the-abi", "abi", { abi: null, fields: turn(say("(i64.const 5)")) }, /guest ABI asks for/, hears(5)),
  odd("another-version-of-the-abi", "abi", { abi: u32(2, STATE_MAX, 1_024), fields: turn(say("(i64.const 5)")) }, /version 2 of the guest ABI/, hears(5)),
  odd("a-state-buffer-beyond-the-memory", "abi", { abi: u32(1, 70_000, 1_024), fields: turn(say("(i64.const 5)")) }, /guest ABI asks for/, hears(5)),
  odd("buffers-that-overlap-the-end", "abi", { globals: `(global (export "peerd_state") i32 (i32.const 65500)) (global (export "peerd_message") i32 (i32.const ${MESSAGE_AT}))`, fields: turn(say("(i64.const 5)")) }, /guest ABI asks for/, hears(5)),
  odd("a-buffer-that-moves-later", "abi", { globals: `(global $s (export "peerd_state") (mut i32) (i32.const ${STATE_AT})) (global (export "peerd_message") i32 (i32.const ${MESSAGE_AT}))`, fields: turn("(global.set $s (i32.const 8192))") }, /guest ABI asks for/, (facts) => facts.moved === 8_192),
  odd("a-reset-of-its-own", "abi", `(func (export "__reset") (param i32)) ${turn("")}`, /exports __reset/, (facts) => facts.exports.includes("__reset")),
  odd("a-turn-of-its-own-making", "abi", `(func (export "__turn") (result i32) (i32.const 0)) ${turn("")}`, /exports __turn/, (facts) => facts.exports.includes("__turn")),
  odd("a-counter-of-its-own", "abi", `(global (export "__fuel") (mut i32) (i32.const 2147483647)) ${turn("")}`, /exports __fuel/, (facts) => facts.exports.includes("__fuel")),

  // What nobody has counted, and what outlives a reset.
  hidden("a-second-memory-to-hide-in", "(memory $m 1)", `(i64.store $m (i32.const 0) ${secret})`, "(i64.load $m (i32.const 0))", /no valid module|has no rule|memor/),
  hidden("a-table-entry-to-hide-in", `(type $f (func (result i64))) (table $t 2 funcref) (elem (i32.const 0) $zero $told) (func $zero (result i64) (i64.const 0)) (func $told (result i64) ${secret})`,
    "(table.set $t (i32.const 0) (table.get $t (i32.const 1)))", "(call_indirect $t (type $f) (i32.const 0))", /Table(Set|Get) at byte \d+ has no rule/),
  hidden("a-table-copied-to-hide-in", `(type $f (func (result i64))) (table $t 2 funcref) (elem (i32.const 0) $zero $told) (func $zero (result i64) (i64.const 0)) (func $told (result i64) ${secret})`,
    "(table.copy $t $t (i32.const 0) (i32.const 1) (i32.const 1))", "(call_indirect $t (type $f) (i32.const 0))", /TableCopy at byte \d+ has no rule/),
  hidden("a-table-that-grows-to-tell", `(table $t 1 funcref) (func $f) (elem declare func $f)`, `(drop (table.grow $t (ref.func $f) (i32.const ${SECRET % 1_000_000})))`, `(i64.add (i64.extend_i32_u (i32.sub (table.size $t) (i32.const 1))) (i64.const ${SECRET - (SECRET % 1_000_000)}))`, /has no rule/),
  hidden("a-segment-dropped-to-tell", `(data $d "\\01")`, "(data.drop $d)", `(block (result i64) (memory.init $d (i32.const 9000) (i32.const 0) (i32.const 1)) (i64.const 0))`, /DataDrop at byte \d+ has no rule/, { did: (facts) => facts.replies[1][0].startsWith("crash") }),
  hidden("a-reference-kept-in-a-global", `(global $g (mut funcref) (ref.null func)) (func $f) (elem declare func $f)`, "(global.set $g (ref.func $f))", `(select ${secret} (i64.const 0) (i32.eqz (ref.is_null (global.get $g))))`, /has no rule|no valid module/),
  left("a-global-left-behind", `(global.set $g ${secret})`, "(global.get $g)", { fields: "(global $g (mut i64) (i64.const 0))" }),
  left("memory-left-behind", `(i64.store (i32.const 9000) ${secret})`, "(i64.load (i32.const 9000))"),
  left("memory-left-behind-across-two-granules", `(i64.store (i32.const 8190) ${secret})`, "(i64.load (i32.const 8190))"),
  left("memory-left-behind-at-the-end", `(i64.store (i32.const 65528) ${secret})`, "(i64.load (i32.const 65528))"),
  left("memory-left-behind-by-a-copy", `(i64.store (i32.const 9000) ${secret}) (memory.copy (i32.const 20477) (i32.const 9000) (i32.const 8)) (i64.store (i32.const 9000) (i64.const 0))`, "(i64.load (i32.const 20477))"),
  left("memory-left-behind-by-a-segment", "(memory.init $d (i32.const 30000) (i32.const 0) (i32.const 8))", "(i64.load (i32.const 30000))", { fields: `(data $d "\\${[...u32(SECRET, 0)].map((byte) => byte.toString(16).padStart(2, "0")).join("\\")}")` }),
  left("memory-left-behind-by-a-fill", "(memory.fill (i32.const 40000) (i32.const 1) (i32.const 3200))", `(select ${secret} (i64.const 0) (i32.load8_u (i32.const 41000)))`),
  left("memory-left-behind-by-a-turn-that-trapped", `(i64.store (i32.const 9000) ${secret}) unreachable`, "(i64.load (i32.const 9000))"),
  left("memory-left-behind-by-a-turn-that-never-ended", `(i64.store (i32.const 9000) ${secret}) (local.set $i (i32.const 60000)) (loop $l (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))`, "(i64.load (i32.const 9000))"),
  left("grown-memory-left-behind", `(drop (memory.grow (i32.const 2)))`, `(select ${secret} (i64.const 0) (i32.gt_u (memory.size) (i32.const 1)))`, { parts: { memory: `(memory (export "memory") 1 8)` } }),
  left("an-answer-left-in-the-state-buffer", `(i64.store (i32.const ${STATE_AT + 256}) ${secret})`, `(i64.load (i32.const ${STATE_AT + 256}))`),
  one("a-message-of-the-actor-before", "reset", turn(`${on(2, say(`(i64.load (i32.const ${BODY_AT + 8}))`))}`), { plays: [["1" + "7".repeat(40)], [2]], did: (facts) => facts.replies.flat().includes("3978709506094217015"), held: said("3978709506094217015") }),

  // What the numbers tell.
  one("a-nans-bits-as-a-channel", "numbers", turn(`(i64.store (i32.const 9000) (i64.const 0x7ff4000000000abc)) (f64.store (i32.const 9016) (f64.load (i32.const 9000))) (f64.store (i32.const 9024) (f64.reinterpret_i64 (i64.const 0x7ff8000000000abc))) ${say("(i64.and (i64.load (i32.const 9024)) (i64.const 0xfff))")}`), { did: hears(0xabc), held: said(0xabc) }),
  one("a-nans-sign-as-a-channel", "numbers", turn(say(`(select ${secret} (i64.const 0) (f64.lt (f64.copysign (f64.const 1) (f64.reinterpret_i64 (i64.const 0xfff8000000000000))) (f64.const 0)))`)), { did: hears(SECRET), held: said(SECRET) }),
  odd("vectors", "rules", turn(say("(i64x2.extract_lane 0 (v128.const i64x2 5 5))")), /V128\w+ at byte \d+ has no rule|no valid module/, hears(5)),
  odd("relaxed-vectors-that-tell-processors-apart", "rules", turn(say("(i64.extend_i32_u (i32x4.extract_lane 0 (i32x4.relaxed_trunc_f32x4_s (v128.const f32x4 5 5 5 5))))")), /has no rule|no valid module/, hears(5)),
  odd("collected-memory-outside-its-quota", "rules", `(type $a (array (mut i64))) ${turn(say("(i64.extend_i32_u (array.len (array.new_default $a (i32.const 5000000))))"))}`, /has no rule|no valid module/, hears(5_000_000)),
  odd("a-shared-memory", "rules", { memory: `(memory (export "memory") 1 1 shared)`, fields: turn(say("(i64.extend_i32_u (i32.atomic.rmw.add (i32.const 9000) (i32.const 0)))")) }, /no valid module/, (facts) => facts.shared),
  odd("a-wait-that-stops-its-thread", "rules", { memory: `(memory (export "memory") 1 1 shared)`, fields: turn("(drop (memory.atomic.wait32 (i32.const 9000) (i32.const 0) (i64.const -1)))") }, /no valid module|has no rule/, (facts) => facts.hung),
  odd("a-memory-of-64-bits", "rules", { memory: `(memory (export "memory") i64 1)`, fields: `(func (export "peerd_turn") (param i32 i32) (result i32) (drop (i64.load (i64.const 9000))) (i32.const 0))` }, /no valid module/, (facts) => facts.replies.length === 1 && !facts.failed),
  odd("tail-calls-for-a-loop", "rules", `(func $f (return_call $f)) ${turn("(call $f)")}`, /ReturnCall at byte \d+ has no rule|no valid module/, (facts) => facts.hung),
  odd("a-function-without-end-by-reference", "rules", `(type $f (func)) (func $f (type $f) (return_call_ref $f (ref.func $f))) (elem declare func $f) ${turn("(call $f)")}`, /has no rule|no valid module/, (facts) => facts.hung),

  // More than its share.
  odd("more-pages-than-a-class-has", "limits", { memory: `(memory (export "memory") 100)`, fields: turn(say("(i64.extend_i32_u (memory.size))")) }, /100 pages/, hears(100)),
  one("memory-grown-past-its-quota", "limits", { memory: `(memory (export "memory") 1)`, fields: turn(`(loop $l (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) ${say("(i64.extend_i32_u (memory.size))")}`) }, { did: (facts) => facts.hung || Number(facts.replies[0]?.[0]) > 1_000, held: (answers) => Number(/\d+/.exec(answers[0][0])) <= 16 }),
  odd("a-table-of-ten-million", "limits", `(table 10000000 funcref) ${turn(say("(i64.const 5)"))}`, /10000000 .*at most/, hears(5)),
  odd("locals-without-number", "limits", `(func $f ${"(local i64)".repeat(20_000)}) ${turn(`(call $f) ${say("(i64.const 5)")}`)}`, /at most/, hears(5)),
  odd("exceptions-that-hold-the-ones-before", "limits", `(tag $none) (tag $one (param exnref))
    (func $chain (local $e exnref) (local $n i32)
      (local.set $e (block $c (result exnref) (try_table (catch_all_ref $c) (throw $none)) (unreachable)))
      (local.set $n (i32.const 1000))
      (loop $l
        (local.set $e (block $c (result exnref) (try_table (catch_all_ref $c) (throw $one (local.get $e))) (unreachable)))
        (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))))
    ${turn(`(call $chain) ${say("(i64.const 5)")}`)}`, /an exception that holds another/, hears(5)),
  odd("functions-without-number", "limits", `${Array.from({ length: 12_000 }, (_, n) => `(func $f${n})`).join("")} ${turn(`(call $f11999) ${say("(i64.const 5)")}`)}`, /at most/, hears(5)),
  odd("globals-without-number", "limits", `${Array.from({ length: 12_000 }, (_, n) => `(global $g${n} (mut i32) (i32.const ${n}))`).join("")} ${turn(say("(i64.extend_i32_u (global.get $g11999))"))}`, /at most/, hears(11_999)),
  odd("a-state-larger-than-there-may-be", "limits", { memory: `(memory (export "memory") 16)`, abi: u32(1, 600_000, 1_024), globals: `(global (export "peerd_state") i32 (i32.const 131072)) (global (export "peerd_message") i32 (i32.const ${MESSAGE_AT}))`, fields: turn(say("(i64.const 5)")) }, /state/, hears(5)),
  one("a-state-longer-than-its-buffer", "limits", turn("").replace(/\(i32\.const 0\)\)$/, "(i32.const 60000))"), { did: (facts) => facts.states.some((bytes) => bytes > 512), crash: /state/ }),
  one("an-outbox-without-end", "limits", turn("(local.set $i (i32.const 100000)) (loop $l (call $emit (i32.const 21) (i64.const 1) (i64.const 0) (i32.const 4096) (i32.const 8)) (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))"), { did: (facts) => facts.asked >= 100_000, crash: /outbox/ }),
  one("one-entry-larger-than-an-outbox", "limits", { memory: `(memory (export "memory") 4)`, fields: turn("(call $emit (i32.const 21) (i64.const 1) (i64.const 0) (i32.const 0) (i32.const 200000))") }, { did: (facts) => facts.bytes >= 200_000, crash: /outbox/ }),
  one("a-hundred-children-in-a-turn", "limits", `(data (i32.const 4096) "${SPAWN("fork")}") ${turn("(local.set $i (i32.const 100)) (loop $l (call $emit (i32.const 6) (i64.const 0) (i64.const 0) (i32.const 4096) (i32.const 12)) (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))")}`, { called: "fork", did: (facts) => facts.spawned.length >= 100, crash: /spawn: .*64/ }),
  // The first one has children, each of which begins with having as many; what the second one asks for is one too many.
  one("children-that-have-children", "limits", `(data (i32.const 4096) "${SPAWN("bomb")}x")
    (func (export "peerd_turn") (param $sl i32) (param $ml i32) (result i32) (local $i i32)
      (if (i32.gt_u (i32.load16_u (i32.const ${MESSAGE_AT})) (i32.const 1)) (then (return (i32.const 0))))
      (if (i32.and (i32.eqz (i32.load16_u (i32.const ${MESSAGE_AT}))) (i32.ne (i32.load8_u (i32.const ${BODY_AT})) (i32.const 120))) (then (return (i32.const 0))))
      (local.set $i (i32.const 60))
      (loop $l (call $emit (i32.const 6) (i64.const 0) (i64.const 0) (i32.const 4096) (i32.const 13)) (br_if $l (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (i32.const 0))`, { called: "bomb", plays: [[1], [2]], did: (facts) => facts.spawned.length >= 2_000, crash: /spawn: / }),

  // Without end.
  endless("a-loop", "(loop $l (br $l))"),
  endless("a-loop-of-a-table-of-branches", "(loop $l (br_table $l $l $l (local.get $i)))"),
  endless("a-loop-of-calls", "(loop $l (call $f) (br $l))", "(func $f)"),
  endless("a-loop-that-catches-everything", "(loop $again (block $caught (try_table (catch_all $caught) (loop $l (br $l)))) (br $again))"),
  endless("a-loop-of-exceptions", "(loop $l (block $caught (try_table (catch $t $caught) (call $thrower))) (br $l))", "(tag $t) (func $thrower (throw $t))"),
  endless("a-loop-of-bulk-work", "(loop $l (memory.fill (i32.const 4096) (i32.const 1) (i32.const 60000)) (br $l))"),
  endless("a-loop-of-growing-by-nothing", "(loop $l (drop (memory.grow (i32.const 0))) (br $l))"),
  endless("a-loop-by-a-table", "(loop $l (call_indirect (type $f) (i32.const 0)) (br $l))", "(type $f (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (type $f))"),
  one("throws-what-it-never-caught", "meter", `(func $f (local $e exnref) (throw_ref (local.get $e))) ${turn("(call $f)")}`, { did: (facts) => facts.failed, crash: /unreachable|gave up/ }),
  one("recursion-without-end", "meter", `(func $f (param i32) (result i32) (if (result i32) (i32.eq (local.get 0) (i32.const 5000)) (then (i32.const 0)) (else (i32.add (i32.const 1) (call $f (i32.add (local.get 0) (i32.const 1))))))) ${turn(say("(i64.extend_i32_u (call $f (i32.const 0)))"))}`, { did: hears(5_000), crash: /depth/ }),
  one("recursion-by-a-table", "meter", `(type $f (func (param i32) (result i32))) (table 1 funcref) (elem (i32.const 0) $f) (func $f (type $f) (if (result i32) (i32.eq (local.get 0) (i32.const 5000)) (then (i32.const 0)) (else (i32.add (i32.const 1) (call_indirect (type $f) (i32.add (local.get 0) (i32.const 1)) (i32.const 0)))))) ${turn(say("(i64.extend_i32_u (call $f (i32.const 0)))"))}`, { did: hears(5_000), crash: /depth/ }),
  one("a-start-that-never-ends", "meter", `(func $f (loop $l (br $l))) (start $f) ${turn("")}`, { did: (facts) => facts.hung, refused: /takes too long/ }),

  // What it was not given.
  forges("sends-to-whom-it-was-not-told-of", 1),
  forges("calls-whom-it-was-not-told-of", 2, { payload: "\\e8\\03\\00\\00\\00\\00\\00\\00\\01" }),
  forges("answers-in-anothers-place", 4),
  forges("refuses-in-anothers-place", 5, { payload: "\\00" }),
  forges("watches-whom-it-was-not-told-of", 7),
  forges("links-whom-it-was-not-told-of", 9),
  forges("ends-whom-it-was-not-told-of", 12, { payload: "\\02" }),
  forges("keeps-whom-it-was-not-told-of", 20, { a: 0, payload: "\\07\\00\\00\\00" }),
  forges("lends-whom-it-was-not-told-of", 1, { a: 0, b: 1, payload: "\\07\\00\\00\\f0\\01", did: (facts) => facts.lent.includes(7) }),
  forges("spawns-one-of-the-hosts-own-classes", 6, { a: 0, payload: SPAWN("linux"), crash: /spawn/, did: (facts) => facts.spawned.includes("linux") }),
  forges("spawns-another-chats-class", 6, { a: 0, payload: SPAWN("guest 1/x"), crash: /spawn/, did: (facts) => facts.spawned.includes("guest 1/x") }),
  forges("an-operation-of-its-own", 99, { a: 7, crash: /entry/, did: (facts) => facts.other.includes(99) }),
  forges("a-timer-with-a-key-of-the-kernels", 13, { a: "0x8000000000000001", crash: /entry/, did: (facts) => facts.timers.includes("9223372036854775809") }),
  forges("a-tag-of-the-kernels", 17, { a: "0x80000001", crash: /entry/, did: (facts) => facts.tags.includes("2147483649") }),
];
