//! What a turn asks for, as entries of its outbox: see `peerd_actor::wire`.

import { put, Ref, Text } from "./values"

// @ts-ignore: decorator
@external("peerd", "emit")
export declare function emit(op: i32, a: i64, b: i64, at: usize, length: i32): void

export const SEND = 1, CALL = 2, CANCEL_CALL = 3, REPLY = 4, REFUSE = 5, SPAWN = 6, WATCH = 7, UNWATCH = 8, LINK = 9, UNLINK = 10, TRAP_EXITS = 11
export const EXIT = 12, TIMER = 13, CANCEL_TIMER = 14, ALARM = 15, CANCEL_ALARM = 16, BECOME = 17, DEFER = 18, STOP = 19, KEEP = 20, REPORT = 21, FAIL = 22

/** What stands before a body that is no call's. */
const NO_TIME: i64 = -2

export function payload<T>(value: T): Text {
  const text = new Text()
  put<T>(value, text)
  return framed(text)
}

/** JSON as actors send it: its length, the text, how many refs. Of a call the milliseconds stand before it, -1 for no deadline. */
export function framed(value: Text, ms: i64 = NO_TIME): Text {
  const all = new Text()
  if (ms != NO_TIME) all.long(<u64>ms)
  refsOf(value, all)
  all.word(value.length)
  all.bytes(value.at, value.length)
  all.word(value.count)
  all.count = value.count
  return all
}

export function refsOf(value: Text, all: Text): void {
  for (let i = 0; i < value.count; i++) all.word(value.refAt(i))
}

export function message<T>(handler: string, value: T, hasValue: bool): Text {
  const text = new Text()
  text.byte(0x5b)
  text.quoted(handler)
  if (hasValue) {
    text.byte(0x2c)
    put<T>(value, text)
  }
  text.byte(0x5d)
  return text
}

export function post(op: i32, to: Ref, mark: u32, text: Text): void {
  emit(op, to.__index & 0x0fffffff, <i64>text.count | <i64>mark << 32, text.at, text.length)
}

export function texts(op: i32, kind: string, text: string): void {
  const all = new Text()
  all.utf8(kind)
  const length = all.length
  all.utf8(text)
  emit(op, length, 0, all.at, all.length)
}

export function reasonOf(why: string): Text {
  const term = new Text()
  if (why == "normal") term.byte(0)
  else if (why == "shutdown") term.byte(1)
  else if (why == "kill") term.byte(3)
  else {
    term.byte(8)
    term.term(why)
  }
  return term
}
