//! What every AssemblyScript actor is compiled with: the guest ABI, JSON to and from typed values, and `ctx`.
//! A state at rest is [state] or [state, book], as a JavaScript actor's: the book has what the actor waits for, by the handlers that will get it.
//! Memory is never freed within a turn (runtime stub): the host puts all of it back behind each.

import { closed, Book, named, Waits } from "./book"
import {
  ALARM, BECOME, CALL, CANCEL_ALARM, CANCEL_CALL, CANCEL_TIMER, DEFER, emit, EXIT, FAIL, framed, KEEP, LINK, message, payload, post, reasonOf, REFUSE, refsOf,
  REPLY, REPORT, SEND, SPAWN, STOP, texts, TIMER, TRAP_EXITS, UNLINK, UNWATCH, WATCH,
} from "./outbox"
import { copy, get, Json, OWN, put, Reader, Ref, Text } from "./values"
export { get, put, Json, Reader, Ref, Text } from "./values"

// @ts-ignore: decorator
@external("peerd", "failed")
declare function unwind(): void

// The buffers lie below what the compiler places (--memoryBase).
export const peerd_state: i32 = 1024
export const peerd_message: i32 = 66576
const STATE_MAX: i32 = 65536
const HEADER: i32 = 40

const INIT = 0, MESSAGE = 1, ANSWER = 2, DOWN = 3, EXITED = 4, TIMED = 5, ALARMED = 6, RECOVERED = 7, MIGRATE = 8, TERMINATE = 9
const FIRST: i32 = 2

// Of the turn at hand.
let kind: i32 = 0, isCall: bool = false, isTaken: bool = false, isDeferred: bool = false, isUnchanged: bool = false
let stateRefs: i32 = 0, messageRefs: i32 = 0, nextRef: i32 = 0, seed: u64 = 0
/** The line of the author's statement that began last, and the file, for what the language's library refuses. */
// @ts-ignore: decorator
@global
export let __peerd_place: i32 = 0
let behaviour: Behaviour = changetype<Behaviour>(0)
let book: Book = new Book()

const SETTLES: string[] = ["timeout", "noproc", "noconnection", "exit", "noreply", "overloaded", "deadlock", "calling_self", "revoked", "parked", "expired"]
const REASONS: string[] = ["normal", "shutdown", "shutdown", "kill", "killed", "noproc", "noconnection", "crash", "other"]

function later<T>(op: i32, list: Waits[], ms: f64, handler: string, value: T): void {
  known(handler)
  let waits = named(list, handler)
  if (waits === null) {
    waits = new Waits(handler, book.next++)
    list.push(waits)
  }
  waits.keep = Json.of<T>(value).text
  emit(op, waits.key, <i64>max(ms, 0.0), 0, 0)
}

function never(op: i32, list: Waits[], handler: string): void {
  const waits = named(list, handler)
  if (waits === null) return
  closed(list, waits.key)
  emit(op, waits.key, 0, 0, 0)
}

function known(handler: string): void {
  if (!behaviour.handles(handler)) throw new TypeError("there is no handler " + handler)
}

/** What a turn may ask for. All of it happens when the turn has ended well, or nothing. */
// @ts-ignore: decorator
@global
export namespace ctx {
  // @ts-ignore: decorator
  @lazy export const self: Ref = Ref.__of(0)
  /** The turn's start in ms. */
  export let now: f64 = 0

  /** Who waits for an answer, to be kept: then nothing is answered until `reply` or `refuse`. */
  export function caller(): Ref {
    if (!isCall) throw new TypeError("nobody waits for an answer")
    isTaken = true
    return Ref.__of(1)
  }

  export function isCalled(): bool {
    return isCall
  }

  export function send<T>(to: Ref, handler: string, value: T): void {
    post(SEND, to, 0, framed(message<T>(handler, value, true)))
  }

  /** Without a value. */
  export function tell(to: Ref, handler: string): void {
    post(SEND, to, 0, framed(message<i32>(handler, 0, false)))
  }

  /** The handler named `then` gets {value} or {failed}, and `keep`. */
  export function call<T>(to: Ref, handler: string, value: T, then: string, within: f64 = 5000, keep: Json | null = null): u32 {
    return asked(to, message<T>(handler, value, true), then, within, keep)
  }

  export function ask(to: Ref, handler: string, then: string, within: f64 = 5000, keep: Json | null = null): u32 {
    return asked(to, message<i32>(handler, 0, false), then, within, keep)
  }

  function asked(to: Ref, text: Text, then: string, within: f64, keep: Json | null): u32 {
    known(then)
    const waits = new Waits(then, book.next++)
    if (keep !== null) waits.keep = keep.text
    book.calls.push(waits)
    const ms: i64 = within >= 0 && within < 9e15 ? <i64>within : -1
    post(CALL, to, waits.key, framed(text, ms))
    return waits.key
  }

  export function cancelCall(mark: u32): void {
    closed(book.calls, mark)
    emit(CANCEL_CALL, mark, 0, 0, 0)
  }

  export function reply<T>(to: Ref, value: T): void {
    post(REPLY, to, 0, payload<T>(value))
  }

  export function refuse(to: Ref, why: string = "noreply"): void {
    const number = SETTLES.indexOf(why)
    if (number < 0 || why == "exit") throw new TypeError("no refusal: " + why)
    const term = new Text()
    term.byte(<u8>number)
    emit(REFUSE, to.__index & 0x0fffffff, 0, term.at, term.length)
  }

  /** A child, of this class or of the one named `as`. flags: 1 linked, 2 durable, 4 kept under its label. */
  export function spawn<T>(args: T, as: string = "", label: string = "", flags: i32 = 0): Ref {
    const value = new Text()
    put<T>(args, value)
    const name = as.length == 0 ? behaviour.name() : as
    const all = new Text()
    all.word(<u32>String.UTF8.byteLength(name))
    all.word(<u32>String.UTF8.byteLength(label))
    refsOf(value, all)
    all.utf8(name)
    all.utf8(label)
    all.word(value.length)
    all.bytes(value.at, value.length)
    all.word(value.count)
    emit(SPAWN, flags, value.count, all.at, all.length)
    return Ref.__of(nextRef++)
  }

  /** A timer, one for each handler. */
  export function after<T>(ms: f64, handler: string, value: T): void {
    later<T>(TIMER, book.timers, ms, handler, value)
  }

  export function cancel(handler: string): void {
    never(CANCEL_TIMER, book.timers, handler)
  }

  /** The same over an actor's lives. */
  export function alarm<T>(ms: f64, handler: string, value: T): void {
    later<T>(ALARM, book.alarms, ms, handler, value)
  }

  export function cancelAlarm(handler: string): void {
    never(CANCEL_ALARM, book.alarms, handler)
  }

  /** The handler gets {who, reason, keep} when that actor has ended. */
  export function watch(target: Ref, handler: string, keep: Json | null = null, identity: bool = false): u32 {
    known(handler)
    const waits = new Waits(handler, book.next++)
    if (keep !== null) waits.keep = keep.text
    book.watches.push(waits)
    emit(WATCH, target.__index & 0x0fffffff, <i64>waits.key + (identity ? 1 << 32 : 0), 0, 0)
    return waits.key
  }

  export function unwatch(mark: u32): void {
    closed(book.watches, mark)
    emit(UNWATCH, mark, 0, 0, 0)
  }

  export function link(to: Ref): void {
    emit(LINK, to.__index & 0x0fffffff, 0, 0, 0)
  }

  export function unlink(to: Ref): void {
    emit(UNLINK, to.__index & 0x0fffffff, 0, 0, 0)
  }

  export function trapExits(on: bool = true): void {
    emit(TRAP_EXITS, on ? 1 : 0, 0, 0, 0)
  }

  export function exit(to: Ref, reason: string = "normal"): void {
    const term = reasonOf(reason)
    emit(EXIT, to.__index & 0x0fffffff, 0, term.at, term.length)
  }

  export function stop(reason: string = "normal"): void {
    const term = reasonOf(reason)
    emit(STOP, 0, 0, term.at, term.length)
  }

  /** Sets the message aside until `become` names another tag than the present one. */
  export function defer(): void {
    isDeferred = true
    emit(DEFER, 0, 0, 0, 0)
  }

  export function become(tag: i32): void {
    emit(BECOME, tag & 0x7fffffff, 0, 0, 0)
  }

  /** A word for people. */
  export function log(text: string): void {
    texts(REPORT, "log", text)
  }

  /** 0 to 1, from the turn's seed. */
  export function random(): f64 {
    seed += 0x9e3779b97f4a7c15
    let z = (seed ^ (seed >> 30)) * 0xbf58476d1ce4e5b9
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb
    return <f64>((z ^ (z >> 31)) >> 11) * (1.0 / 9007199254740992.0)
  }
}

// ---- a turn ----

/** What is made of an author's file. */
export abstract class Behaviour {
  abstract name(): string
  abstract handles(handler: string): bool
  abstract init(from: Reader): void
  /** false: there is no such handler. */
  abstract handle(handler: string, from: Reader): bool
  abstract put(to: Text): void
  abstract get(from: Reader): void
  exit(from: Reader): bool { return false }
  terminate(from: Reader): bool { return false }
  recovered(): bool { return false }
  upgrade(from: Reader): bool { return false }
}

/** What a handler returned. */
export function answer<T>(value: T): void {
  if (isCall && !isTaken && !isDeferred) post(REPLY, Ref.__of(1), 0, payload<T>(value))
}

/** undefined. */
export function done(): void {
  if (isCall && !isTaken && !isDeferred) post(REPLY, Ref.__of(1), 0, framed(new Text()))
}

function malformed(why: string): void {
  isUnchanged = true
  // Somebody else's mistake: it must not end this actor. A caller is told that nobody answers.
  texts(REPORT, "malformed", why)
}

/** Failed: its words, and nothing else of the turn. */
// @ts-ignore: decorator
@global
function __peerd_abort(text: string | null, file: string | null, line: u32, column: u32): void {
  const what = text === null ? "it failed" : text
  let where = file === null ? "" : ", at " + file + ":" + line.toString() + ":" + column.toString()
  if (file !== null && file.startsWith("~lib/") && __peerd_place > 0) where = ", at " + behaviour.name() + ".ts:" + __peerd_place.toString()
  texts(FAIL, "Error", what + where)
  unwind()
}

// @ts-ignore: decorator
@global
function __peerd_seed(): f64 {
  return ctx.random()
}

function reading(at: usize, length: i32, base: i32, count: i32): Reader {
  return new Reader(at, at + length, base, count)
}

/** The body's value; null: it is none. */
function body(length: i32): Reader | null {
  const at: usize = peerd_message + HEADER
  if (length == 0) return reading(at, 0, 0, 0)
  if (length < 8) return null
  const text = load<i32>(at)
  if (text < 0 || text > length - 8 || 8 + text != length || load<i32>(at + 4 + text) != messageRefs) return null
  return reading(at + 4, text, FIRST + stateRefs, messageRefs)
}

class Term {
  at: usize = peerd_message + HEADER

  byte(): u8 {
    return load<u8>(this.at++)
  }

  text(): string {
    let length = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte()
      length |= <i32>(byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    this.at += length
    return String.UTF8.decodeUnsafe(this.at - length, length)
  }

  reason(to: Text): void {
    const number = this.byte()
    to.utf8("{\"why\":\"" + REASONS[number] + "\"")
    if (number == 7) {
      to.utf8(",\"kind\":")
      to.quoted(this.text())
    }
    if (number == 2 || number == 7 || number == 8) {
      to.utf8(",\"message\":")
      to.quoted(this.text())
    }
    to.byte(0x7d)
  }
}

function run(handler: string, from: Reader): void {
  if (!behaviour.handle(handler, from)) return malformed("there is no handler " + handler)
  if (from.wrong !== null) malformed("the value of " + handler + " could not be read: " + from.wrong!)
}

function told(text: Text): Reader {
  return reading(text.at, text.length, 0, 0)
}

function heard(length: i32): void {
  const from = body(length)
  if (from === null || !from.take(0x5b) || from.peek() != 0x22) return misheard()
  const handler = from.string()
  if (from.wrong !== null) return misheard()
  if (!behaviour.handles(handler)) {
    isTaken = true
    return malformed("there is no handler " + handler)
  }
  if (from.take(0x2c)) {
    from.peek()
    from.end--
  } else from.end = from.at
  run(handler, from)
}

function misheard(): void {
  isTaken = true
  malformed("a message could not be read")
}

/** An answer's value and what was kept. */
function answered(waits: Waits, flags: i32, length: i32): void {
  const text = new Text(OWN)
  if (flags & 2) {
    const term = new Term()
    const number = term.byte()
    text.utf8("{\"failed\":\"" + SETTLES[number] + "\"")
    if (number == 3) {
      text.utf8(",\"reason\":")
      term.reason(text)
    }
  } else {
    const from = body(length)
    if (from === null) return malformed("an answer could not be read")
    text.byte(0x7b)
    text.utf8("\"value\":")
    if (from.peek() == 0) text.utf8("null")
    else copy(from, text)
    if (from.wrong !== null) return malformed("an answer could not be read")
  }
  kept(waits, text)
  run(waits.handler, told(text))
}

function kept(waits: Waits, text: Text): void {
  text.utf8(",\"keep\":")
  text.utf8(waits.keep)
  text.byte(0x7d)
}

function ended(): Text {
  const text = new Text(OWN)
  text.utf8("{\"who\":")
  text.ref(FIRST + stateRefs)
  text.utf8(",\"reason\":")
  new Term().reason(text)
  return text
}

function timed(list: Waits[], key: u32): void {
  const waits = closed(list, key)
  if (waits === null) isUnchanged = true
  else run(waits.handler, Reader.own(waits.keep))
}

function begin(length: i32, flags: i32): void {
  const mark = load<u32>(peerd_message + 12), key = <u32>load<u64>(peerd_message + 16)
  switch (kind) {
    case MESSAGE:
      return heard(length)
    case ANSWER: {
      const waits = closed(book.calls, mark)
      if (waits === null) isUnchanged = true
      else answered(waits, flags, length)
      return
    }
    case DOWN: {
      const waits = closed(book.watches, mark)
      if (waits === null) {
        isUnchanged = true
        return
      }
      const text = ended()
      kept(waits, text)
      return run(waits.handler, told(text))
    }
    case EXITED: {
      const text = ended()
      text.byte(0x7d)
      isUnchanged = !behaviour.exit(told(text))
      return
    }
    case TIMED:
      return timed(book.timers, key)
    case ALARMED:
      return timed(book.alarms, key)
    case RECOVERED: {
      // Calls, timers and watches ended with the life before; alarms did not.
      const alarms = book.alarms
      const next = book.next
      book = new Book()
      book.next = next
      book.alarms = alarms
      behaviour.recovered()
      return
    }
    case TERMINATE: {
      const text = new Text(OWN)
      new Term().reason(text)
      isUnchanged = !behaviour.terminate(told(text))
      return
    }
  }
}

function crash(kind: string, why: string): i32 {
  texts(FAIL, kind, why)
  return -1
}

/** [state, book], read: what is wrong with it. */
function restore(length: i32): string | null {
  const from = reading(peerd_state, length, FIRST, stateRefs)
  if (kind == MIGRATE) {
    // Its own handler reads it as it lies there.
    const old = reading(peerd_state, length, FIRST, stateRefs)
    if (old.take(0x5b) && behaviour.upgrade(old)) {
      if (old.wrong !== null) return old.wrong
      from.expect(0x5b)
      from.skip()
      if (from.take(0x2c)) book.get(from)
      return from.wrong
    }
  }
  from.expect(0x5b)
  if (from.wrong === null) behaviour.get(from)
  if (from.wrong === null && from.take(0x2c)) book.get(from)
  from.expect(0x5d)
  return from.wrong
}

function keep(stateLength: i32): i32 {
  const text = new Text()
  text.byte(0x5b)
  behaviour.put(text)
  if (!book.isEmpty()) {
    text.byte(0x2c)
    book.put(text)
  }
  text.byte(0x5d)
  if (text.length > STATE_MAX) return crash("state", "the state has outgrown its buffer of " + STATE_MAX.toString() + " bytes")
  memory.copy(peerd_state, text.at, text.length)
  let isSame = text.count == stateRefs
  for (let i = 0; i < text.count; i++) if (text.refAt(i) != <u32>(FIRST + i)) isSame = false
  if (!isSame) {
    const refs = new Text()
    refsOf(text, refs)
    emit(KEEP, 0, 0, refs.at, refs.length)
  }
  return text.length
}

export function turn(whose: Behaviour, stateLength: i32, length: i32): i32 {
  behaviour = whose
  if (length < HEADER) return crash("host", "no header")
  const first = load<u32>(peerd_message)
  kind = first & 0xffff
  const flags = <i32>(first >> 16)
  stateRefs = load<i32>(peerd_message + 4)
  messageRefs = load<i32>(peerd_message + 8)
  nextRef = FIRST + stateRefs + messageRefs
  ctx.now = <f64>load<u64>(peerd_message + 24)
  seed = load<u64>(peerd_message + 32)
  isCall = (flags & 1) != 0
  isTaken = isDeferred = isUnchanged = false
  if (kind == INIT) {
    const from = body(length - HEADER)
    if (from === null) return crash("arguments", "the arguments are no JSON")
    if (from.peek() == 0) from.at = from.end
    behaviour.init(from)
    if (from.wrong !== null) return crash("arguments", "the arguments could not be read: " + from.wrong!)
    return keep(stateLength)
  }
  const wrong = restore(stateLength)
  if (wrong !== null) return crash("state", "what the actor knows could not be read: " + wrong)
  begin(length - HEADER, flags)
  return isUnchanged || isDeferred ? stateLength : keep(stateLength)
}
