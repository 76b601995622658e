//! What an actor waits for, kept in its state beside what it is itself.

import { copy, get, Json, Reader, Text } from "./values"

/** A promise of an answer that a handler gets. */
export class Waits {
  handler: string = ""
  keep: string = "null"
  key: u32 = 0

  constructor(handler: string, key: u32) {
    this.handler = handler
    this.key = key
  }
}

/** What the actor waits for, by marks; timers and alarms by handlers. */
export class Book {
  next: u32 = 1
  calls: Waits[] = []
  watches: Waits[] = []
  timers: Waits[] = []
  alarms: Waits[] = []

  isEmpty(): bool {
    return this.calls.length + this.watches.length + this.timers.length + this.alarms.length == 0
  }

  put(to: Text): void {
    to.utf8("{\"next\":" + this.next.toString())
    putWaits("calls", this.calls, to)
    putWaits("watches", this.watches, to)
    putWaits("timers", this.timers, to)
    putWaits("alarms", this.alarms, to)
    to.byte(0x7d)
  }

  get(from: Reader): void {
    if (!from.take(0x7b)) return from.wanted("a book")
    do {
      const key = from.string()
      from.expect(0x3a)
      if (key == "next") this.next = <u32>from.number()
      else getWaits(key == "calls" ? this.calls : key == "watches" ? this.watches : key == "timers" ? this.timers : this.alarms, from)
      if (from.wrong !== null) return
    } while (from.take(0x2c))
    from.expect(0x7d)
  }
}

/** [[key, handler, keep], ..] */
function putWaits(name: string, list: Waits[], to: Text): void {
  if (list.length == 0) return
  to.utf8(",\"" + name + "\":[")
  for (let i = 0; i < list.length; i++) {
    if (i > 0) to.byte(0x2c)
    to.utf8("[" + list[i].key.toString() + ",")
    to.quoted(list[i].handler)
    to.byte(0x2c)
    copy(Reader.own(list[i].keep), to)
    to.byte(0x5d)
  }
  to.byte(0x5d)
}

function getWaits(list: Waits[], from: Reader): void {
  from.expect(0x5b)
  do {
    from.expect(0x5b)
    const key = <u32>from.number()
    from.expect(0x2c)
    const waits = new Waits(from.string(), key)
    from.expect(0x2c)
    waits.keep = get<Json>(from).text
    from.expect(0x5d)
    if (from.wrong !== null) return
    list.push(waits)
  } while (from.take(0x2c))
  from.expect(0x5d)
}

export function closed(list: Waits[], key: u32): Waits | null {
  for (let i = 0; i < list.length; i++) if (list[i].key == key) return list.splice(i, 1)[0]
  return null
}

export function named(list: Waits[], handler: string): Waits | null {
  for (let i = 0; i < list.length; i++) if (list[i].handler == handler) return list[i]
  return null
}
