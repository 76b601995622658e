//! Values of AssemblyScript actors: JSON to and from what has a type, refs apart.

const REFS_MAX: i32 = 1024
/** Beyond every index: a ref in a text that was put together here has its own, not its place in a list. */
export const OWN: i64 = 1 << 40

/** Somebody to send to. It says nothing, and can't be made from a number. */
// @ts-ignore: decorator
@global
export class Ref {
  /** With what it lends in the high four bits. */
  private constructor(public __index: u32) {}

  // @ts-ignore: decorator
  @unsafe static __of(index: u32): Ref {
    return new Ref(index)
  }

  /** The same, with these rights only: 1 send, 2 watch, 4 link, 8 control. */
  lend(rights: u32): Ref {
    return new Ref((this.__index & 0x0fffffff) | rights << 28)
  }
}

/** Any value, as its text, until it is known what it is: `value.as<f64>()`, `value.get("name")`. */
// @ts-ignore: decorator
@global
export class Json {
  constructor(public text: string = "null") {}

  as<T>(): T {
    const from = Reader.own(this.text)
    const value = get<T>(from)
    if (from.wrong !== null) throw new TypeError(from.wrong!)
    return value
  }

  static of<T>(value: T): Json {
    const to = new Text(OWN)
    put<T>(value, to)
    return new Json(to.toString())
  }

  has(name: string): bool {
    return Reader.own(this.text).enter(name)
  }

  get(name: string): Json {
    const from = Reader.own(this.text)
    if (!from.enter(name)) return new Json()
    return get<Json>(from)
  }

  items(): Json[] {
    return this.as<Json[]>()
  }

  toString(): string {
    return this.text
  }
}

/** Why an actor ended: `why` is "normal", "crash" and so on, and a crash has a kind and a message. */
// @ts-ignore: decorator
@global
export class Reason {
  why: string = ""
  kind: string = ""
  message: string = ""

  __put(to: Text): void {
    to.utf8("\"why\":")
    to.quoted(this.why)
    to.utf8(",\"kind\":")
    to.quoted(this.kind)
    to.utf8(",\"message\":")
    to.quoted(this.message)
  }

  __get(name: string, from: Reader): bool {
    if (name == "why") this.why = from.string()
    else if (name == "kind") this.kind = from.string()
    else if (name == "message") this.message = from.string()
    else return false
    return true
  }
}

/** UTF-8, in the making; with the refs that go beside it. */
export class Text {
  at: usize = heap.alloc(256)
  length: i32 = 0
  room: i32 = 256
  refs: usize = 0
  count: i32 = 0

  /** `mode` OWN: refs are written as their own index. */
  constructor(public mode: i64 = 0) {}

  need(more: i32): usize {
    if (this.length + more > this.room) {
      this.room = max(this.room * 2, this.length + more)
      this.at = heap.realloc(this.at, this.room)
    }
    return this.at + this.length
  }

  byte(value: u8): void {
    store<u8>(this.need(1), value)
    this.length++
  }

  word(value: u32): void {
    store<u32>(this.need(4), value)
    this.length += 4
  }

  long(value: u64): void {
    store<u64>(this.need(8), value)
    this.length += 8
  }

  bytes(from: usize, length: i32): void {
    memory.copy(this.need(length), from, length)
    this.length += length
  }

  utf8(text: string): void {
    const length = text.length
    const at = this.need(length * 3)
    this.length += <i32>String.UTF8.encodeUnsafe(changetype<usize>(text), length, at)
  }

  /** A text of the kernel's: its length as a varint before it. */
  term(text: string): void {
    let left = <u32>String.UTF8.byteLength(text)
    while (left >= 0x80) {
      this.byte(<u8>(left | 0x80))
      left >>= 7
    }
    this.byte(<u8>left)
    this.utf8(text)
  }

  /** In quotation marks. */
  quoted(text: string): void {
    this.byte(0x22)
    let from = 0
    const length = text.length
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      // One half of a pair has no UTF-8.
      const pairs = (unit & 0xfc00) == 0xd800 && i + 1 < length && (text.charCodeAt(i + 1) & 0xfc00) == 0xdc00
      if (pairs) {
        i++
        continue
      }
      const isHalf = (unit & 0xf800) == 0xd800
      if (unit >= 0x20 && unit != 0x22 && unit != 0x5c && !isHalf) continue
      this.piece(text, from, i)
      from = i + 1
      this.byte(0x5c)
      if (unit == 0x22 || unit == 0x5c) this.byte(<u8>unit)
      else if (unit == 0x0a) this.byte(0x6e)
      else if (unit == 0x0d) this.byte(0x72)
      else if (unit == 0x09) this.byte(0x74)
      else {
        this.byte(0x75)
        for (let shift = 12; shift >= 0; shift -= 4) {
          const digit = unit >> shift & 15
          this.byte(<u8>(digit < 10 ? 0x30 + digit : 0x57 + digit))
        }
      }
    }
    this.piece(text, from, length)
    this.byte(0x22)
  }

  private piece(text: string, from: i32, to: i32): void {
    if (to <= from) return
    const at = this.need((to - from) * 3)
    this.length += <i32>String.UTF8.encodeUnsafe(changetype<usize>(text) + (<usize>from << 1), to - from, at)
  }

  ref(index: u32): void {
    let place: i64 = 0
    if (this.mode == OWN) place = OWN + <i64>index
    else {
      while (place < this.count && this.refAt(<i32>place) != index) place++
      if (place == this.count) {
        if (place == REFS_MAX) throw new RangeError("more than 1024 refs")
        if (this.refs == 0) this.refs = heap.alloc(REFS_MAX * 4)
        store<u32>(this.refs + ((<usize>this.count) << 2), index)
        this.count++
      }
    }
    this.utf8("{\"$ref\":" + place.toString() + "}")
  }

  refAt(place: i32): u32 {
    return load<u32>(this.refs + ((<usize>place) << 2))
  }

  toString(): string {
    return String.UTF8.decodeUnsafe(this.at, this.length)
  }
}

/** A text of JSON, read once from its beginning. What is wrong with it is noted, and what is read from then on means nothing. */
export class Reader {
  wrong: string | null = null

  /** `base`: the index of the first of its `count` refs. */
  constructor(public at: usize, public end: usize, public base: i32, public count: i32) {}

  /** Of a text that was put together here. */
  static own(text: string): Reader {
    const length = <i32>String.UTF8.byteLength(text)
    const at = heap.alloc(length)
    String.UTF8.encodeUnsafe(changetype<usize>(text), text.length, at)
    return new Reader(at, at + length, 0, 0)
  }

  fail(why: string): void {
    if (this.wrong === null) this.wrong = why
    this.at = this.end
  }

  /** The next byte that is no space; 0 behind the end. */
  peek(): u8 {
    while (this.at < this.end) {
      const byte = load<u8>(this.at)
      if (byte > 0x20) return byte
      this.at++
    }
    return 0
  }

  take(byte: u8): bool {
    if (this.peek() != byte) return false
    this.at++
    return true
  }

  expect(byte: u8): void {
    if (!this.take(byte)) this.fail("it is no JSON, or not as it should be: " + String.fromCharCode(byte) + " is missing")
  }

  word(text: string): bool {
    this.peek()
    const length = text.length
    if (this.at + length > this.end) return false
    for (let i = 0; i < length; i++) if (load<u8>(this.at + i) != <u8>text.charCodeAt(i)) return false
    this.at += length
    return true
  }

  boolean(): bool {
    if (this.word("true")) return true
    if (!this.word("false")) this.wanted("true or false")
    return false
  }

  wanted(what: string): void {
    const byte = this.peek()
    const found = byte == 0 ? "nothing" : byte == 0x22 ? "a text" : byte == 0x7b ? "an object" : byte == 0x5b ? "a list" : byte == 0x6e ? "null" : byte == 0x74 || byte == 0x66 ? "a truth value" : "a number"
    this.fail(what + " was expected, not " + found)
  }

  number(): f64 {
    const first = this.peek()
    if (first != 0x2d && (first < 0x30 || first > 0x39)) {
      this.wanted("a number")
      return 0
    }
    const start = this.at
    let whole: i64 = 0, digits = 0
    if (first == 0x2d) this.at++
    while (this.at < this.end) {
      const byte = load<u8>(this.at)
      if (byte < 0x30 || byte > 0x39) break
      whole = whole * 10 + (byte - 0x30)
      digits++
      this.at++
    }
    if (digits == 0) {
      this.fail("a number has no digits")
      return 0
    }
    const next: u8 = this.at < this.end ? load<u8>(this.at) : 0
    // 15 digits are exact.
    if (next != 0x2e && (next | 0x20) != 0x65 && digits <= 15) return first == 0x2d ? -<f64>whole : <f64>whole
    while (this.at < this.end) {
      const byte = load<u8>(this.at)
      if ((byte < 0x30 || byte > 0x39) && byte != 0x2e && byte != 0x2b && byte != 0x2d && (byte | 0x20) != 0x65) break
      this.at++
    }
    return parseFloat(String.UTF8.decodeUnsafe(start, this.at - start))
  }

  whole(least: i64, most: i64): i64 {
    const start = this.at
    const value = this.number()
    if (this.wrong !== null) return 0
    if (value != Math.floor(value) || value < <f64>least || value > <f64>most) {
      this.fail("a whole number from " + least.toString() + " to " + most.toString() + " was expected")
      return 0
    }
    // Beyond what a float has exactly.
    if (value >= 9007199254740992.0 || value <= -9007199254740992.0) {
      const text = String.UTF8.decodeUnsafe(start, this.at - start).trim()
      if (!text.includes(".") && !text.includes("e") && !text.includes("E")) return I64.parseInt(text)
    }
    return <i64>value
  }

  string(): string {
    if (this.peek() != 0x22) {
      this.wanted("a text")
      return ""
    }
    let from = ++this.at
    let text = ""
    while (this.at < this.end) {
      const byte = load<u8>(this.at)
      if (byte == 0x22) {
        const last = String.UTF8.decodeUnsafe(from, this.at - from)
        this.at++
        return text.length == 0 ? last : text + last
      }
      if (byte != 0x5c) {
        this.at++
        continue
      }
      text += String.UTF8.decodeUnsafe(from, this.at - from)
      if (this.at + 1 >= this.end) break
      const escape = load<u8>(this.at + 1)
      this.at += 2
      let unit: i32 = escape
      if (escape == 0x6e) unit = 0x0a
      else if (escape == 0x74) unit = 0x09
      else if (escape == 0x72) unit = 0x0d
      else if (escape == 0x62) unit = 0x08
      else if (escape == 0x66) unit = 0x0c
      else if (escape == 0x75) {
        if (this.at + 4 > this.end) break
        unit = 0
        for (let i = 0; i < 4; i++) {
          const digit = load<u8>(this.at++)
          unit = unit << 4 | (digit <= 0x39 ? digit - 0x30 : (digit | 0x20) - 0x57)
        }
      }
      text += String.fromCharCode(unit & 0xffff)
      from = this.at
    }
    this.fail("a text does not end")
    return ""
  }

  /** One value, over it. */
  skip(): void {
    const byte = this.peek()
    if (byte == 0x22) {
      this.string()
    } else if (byte == 0x7b || byte == 0x5b) {
      let depth = 0
      do {
        const next = this.peek()
        if (next == 0) return this.fail("a value does not end")
        if (next == 0x22) {
          this.string()
          continue
        }
        if (next == 0x7b || next == 0x5b) depth++
        if (next == 0x7d || next == 0x5d) depth--
        this.at++
      } while (depth > 0)
    } else if (byte == 0x74 || byte == 0x66 || byte == 0x6e) {
      if (!this.word("true") && !this.word("false") && !this.word("null")) this.fail("no JSON")
    } else this.number()
  }

  ref(): Ref {
    const isOne = this.take(0x7b) && this.string() == "$ref" && this.take(0x3a)
    const n = isOne ? <i64>this.number() : -1
    if (!isOne || !this.take(0x7d)) {
      this.fail("a ref was expected")
      return Ref.__of(0)
    }
    // Only texts of ours are read with none of their own.
    if (this.base == 0 && n >= OWN) return Ref.__of(<u32>(n - OWN))
    if (n < 0 || n >= this.count) this.fail("there is no such ref")
    return Ref.__of(this.base + <i32>n)
  }

  /** To the value of this name, if this is an object with one. */
  enter(name: string): bool {
    if (!this.take(0x7b) || this.take(0x7d)) return false
    do {
      const key = this.string()
      this.expect(0x3a)
      if (this.wrong !== null) return false
      if (key == name) return true
      this.skip()
    } while (this.take(0x2c))
    return false
  }
}

// ---- values ----

export function put<T>(value: T, to: Text): void {
  if (isNullable<T>()) {
    if (changetype<usize>(value) == 0) return to.utf8("null")
    put<NonNullable<T>>(<NonNullable<T>>value, to)
  } else if (isBoolean<T>()) {
    to.utf8(value ? "true" : "false")
  } else if (isInteger<T>()) {
    // @ts-ignore: a number
    to.utf8(value.toString())
  } else if (isFloat<T>()) {
    putNumber(<f64>value, to)
  } else if (isString<T>()) {
    to.quoted(changetype<string>(value))
  } else if (idof<T>() == idof<Ref>()) {
    to.ref(changetype<Ref>(value).__index)
  } else if (idof<T>() == idof<Json>()) {
    copy(Reader.own(changetype<Json>(value).text), to)
  } else if (isArray<T>()) {
    to.byte(0x5b)
    // @ts-ignore: a list
    for (let i = 0, n: i32 = value.length; i < n; i++) {
      if (i > 0) to.byte(0x2c)
      // @ts-ignore: a list
      put<valueof<T>>(value[i], to)
    }
    to.byte(0x5d)
  } else if (value instanceof Map) {
    to.byte(0x7b)
    // @ts-ignore: a map
    const keys = value.keys()
    for (let i = 0, n = keys.length; i < n; i++) {
      if (i > 0) to.byte(0x2c)
      // @ts-ignore: a map
      to.quoted(keys[i].toString())
      to.byte(0x3a)
      // @ts-ignore: a map
      put<valueof<T>>(value.get(keys[i]), to)
    }
    to.byte(0x7d)
    // @ts-ignore: what the compiler adds to a class
  } else if (isDefined(value.__put)) {
    to.byte(0x7b)
    // @ts-ignore: what the compiler adds to a class
    value.__put(to)
    to.byte(0x7d)
  } else ERROR("a value of this type can't be kept or sent: numbers, bool, string, arrays, Map<string, ..>, Ref, Json and classes of your own can")
}

function putNumber(value: f64, to: Text): void {
  if (value == Math.floor(value) && Math.abs(value) < 9007199254740992.0) return to.utf8((<i64>value).toString())
  to.utf8(isFinite(value) ? value.toString() : "null")
}

/** With refs by the list of `to`. */
export function copy(from: Reader, to: Text): void {
  const byte = from.peek()
  if (byte == 0x22) to.quoted(from.string())
  else if (byte == 0x5b) {
    from.at++
    to.byte(0x5b)
    if (!from.take(0x5d)) {
      do {
        copy(from, to)
        if (from.peek() == 0x2c) to.byte(0x2c)
      } while (from.take(0x2c))
      from.expect(0x5d)
    }
    to.byte(0x5d)
  } else if (byte == 0x7b) {
    const start = from.at
    from.at++
    if (from.take(0x7d)) return to.utf8("{}")
    let key = from.string()
    if (key == "$ref") {
      from.at = start
      return to.ref(from.ref().__index)
    }
    to.byte(0x7b)
    for (;;) {
      to.quoted(key)
      from.expect(0x3a)
      to.byte(0x3a)
      copy(from, to)
      if (!from.take(0x2c)) break
      to.byte(0x2c)
      key = from.string()
    }
    from.expect(0x7d)
    to.byte(0x7d)
  } else {
    const start = from.at
    from.skip()
    if (from.wrong === null) to.bytes(start, <i32>(from.at - start))
  }
}

export function get<T>(from: Reader): T {
  if (isNullable<T>()) {
    if (from.peek() == 0 || from.word("null")) return changetype<T>(0)
    return <T>get<NonNullable<T>>(from)
  } else if (isBoolean<T>()) {
    return <T>from.boolean()
  } else if (isInteger<T>()) {
    const bits = <i64>sizeof<T>() * 8
    if (isSigned<T>()) return <T>from.whole((<i64>-1) << (bits - 1), i64.MAX_VALUE >> (64 - bits))
    return <T>from.whole(0, bits == 64 ? i64.MAX_VALUE : (1 << bits) - 1)
  } else if (isFloat<T>()) {
    return <T>from.number()
  } else if (isString<T>()) {
    return changetype<T>(from.string())
  } else if (idof<T>() == idof<Ref>()) {
    return changetype<T>(from.ref())
  } else if (idof<T>() == idof<Json>()) {
    if (from.peek() == 0) return changetype<T>(new Json())
    const to = new Text(OWN)
    copy(from, to)
    return changetype<T>(new Json(to.toString()))
  } else if (isArray<T>()) {
    const list = instantiate<T>()
    if (!from.take(0x5b)) {
      from.wanted("a list")
      return list
    }
    if (from.take(0x5d)) return list
    do {
      const item = get<valueof<T>>(from)
      if (from.wrong !== null) return list
      // @ts-ignore: a list
      list.push(item)
    } while (from.take(0x2c))
    from.expect(0x5d)
    return list
  } else {
    const value = instantiate<T>()
    if (value instanceof Map) {
      if (!from.take(0x7b)) {
        from.wanted("an object")
        return value
      }
      if (from.take(0x7d)) return value
      do {
        const key = from.string()
        from.expect(0x3a)
        const item = get<valueof<T>>(from)
        if (from.wrong !== null) return value
        // @ts-ignore: a map
        if (isString<indexof<T>>()) value.set(changetype<indexof<T>>(key), item)
        // @ts-ignore: a map
        else value.set(<indexof<T>>parseFloat(key), item)
      } while (from.take(0x2c))
      from.expect(0x7d)
      // @ts-ignore: what the compiler adds to a class
    } else if (isDefined(value.__get)) {
      if (!from.take(0x7b)) {
        from.wanted("an object")
        return value
      }
      if (from.take(0x7d)) return value
      do {
        const key = from.string()
        from.expect(0x3a)
        if (from.wrong !== null) return value
        // @ts-ignore: what the compiler adds to a class
        if (!value.__get(key, from)) from.skip()
        if (from.wrong !== null) {
          // @ts-ignore: known
          if (!from.wrong!.startsWith("`")) from.wrong = "`" + key + "`: " + from.wrong!
          return value
        }
      } while (from.take(0x2c))
      from.expect(0x7d)
    } else ERROR("a value of this type can't be kept or received: numbers, bool, string, arrays, Map<string, ..>, Ref, Json and classes of your own can")
    return value
  }
}
