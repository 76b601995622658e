//! What stands between the engine and a behaviour: from a turn's header to a handler, from what a handler asks for to the outbox.
//! `host` is engine.c's. A state at rest is [state] or [state, book]: what the actor waits for, by the handlers that will get it.
(host, global) => {
  'use strict'
  const SEND = 1, CALL = 2, CANCEL_CALL = 3, REPLY = 4, REFUSE = 5, WATCH = 7, UNWATCH = 8, LINK = 9, UNLINK = 10, TRAP_EXITS = 11
  const EXIT = 12, TIMER = 13, CANCEL_TIMER = 14, ALARM = 15, CANCEL_ALARM = 16, BECOME = 17, DEFER = 18, STOP = 19, REPORT = 21
  const KINDS = ['init', 'message', 'reply', 'down', 'exit', 'timer', 'alarm', 'recovered', 'migrate', 'terminate']
  const REASONS = ['normal', 'shutdown', 'shutdown', 'kill', 'killed', 'noproc', 'noconnection', 'crash', 'other']
  const SETTLES = ['timeout', 'noproc', 'noconnection', 'exit', 'noreply', 'overloaded', 'deadlock', 'calling_self', 'revoked', 'parked', 'expired']
  const CALL_MS = 5000
  const NONE = {}
  const { hasOwn, freeze, keys } = Object

  let definition, handle, name, file
  // Of the turn at hand.
  let kind, isCall, state, book, isTaken, isDeferred, isUnchanged

  const text = value => {
    if (typeof value === 'string') return value
    try {
      return value instanceof Error ? describe(value).join(': ') : JSON.stringify(value) ?? String(value)
    } catch {
      return String(value)
    }
  }
  const note = (what, ...values) => host.note(REPORT, what, values.map(text).join(' ').slice(0, 4096))

  const opened = part => {
    book ??= { next: 1 }
    return book[part] ??= {}
  }
  const closed = (part, key) => {
    const entries = book?.[part]
    if (!entries || !hasOwn(entries, key)) return undefined
    const entry = entries[key]
    delete entries[key]
    return entry
  }
  const named = handler => {
    if (typeof handler !== 'string' || !hasOwn(handle, handler)) throw new TypeError(`there is no handler ${text(handler)}`)
    return handler
  }
  // Where a number may stand too, the engine takes one: what is no ref must not become one by being read as a number.
  const known = ref => {
    if (!host.isRef(ref)) throw new TypeError('this is no ref')
    return ref
  }
  // One that has bytes in place of a value.
  const isRaw = value => value instanceof Uint8Array || value?.bytes instanceof Uint8Array
  const bytesOf = value => value instanceof Uint8Array ? value : value.bytes
  const refsOf = value => value instanceof Uint8Array ? undefined : value.refs

  const post = (op, to, mark, ms, value) =>
    isRaw(value) ? host.raw(op, to, mark, ms, bytesOf(value), refsOf(value)) : host.post(op, to, mark, ms, value)
  const word = (message, value) => typeof message === 'string' ? (value === undefined ? [message] : [message, value]) : message

  const reasonWords = reason => {
    if (reason === undefined || reason === 'normal') return [0]
    if (reason === 'shutdown') return [1]
    if (reason === 'kill') return [3]
    return [8, text(reason)]
  }
  const tagOf = tag => {
    if (Number.isInteger(tag) && tag >= 0 && tag < 2 ** 31) return tag
    let hash = 0x811c9dc5
    for (const unit of String(tag)) hash = Math.imul(hash ^ unit.codePointAt(0), 0x01000193)
    return hash & 0x7fffffff
  }
  const later = (op, part, ms, handler, value) => {
    const entries = opened(part)
    const key = hasOwn(entries, named(handler)) ? entries[handler][0] : book.next++
    entries[handler] = value === undefined ? [key] : [key, value]
    host.plain(op, key, ms)
  }
  const never = (op, part, handler) => {
    const entry = closed(part, handler)
    if (entry) host.plain(op, entry[0], 0)
  }

  const ctx = freeze({
    get self() { return host.ref(0) },
    get name() { return name },
    get now() { return now },
    get state() { return state },
    set state(value) { state = value },
    get caller() {
      if (!isCall) return undefined
      isTaken = true
      return host.ref(1)
    },
    send(to, message, value) { post(SEND, to, 0, 0, word(message, value)) },
    call(to, message, value, { then, keep, within = CALL_MS } = NONE) {
      const mark = (book ??= { next: 1 }).next++
      const question = word(message, value)
      if (then !== undefined) opened('calls')[mark] = [named(then), isRaw(question) ? 1 : 0, keep]
      post(CALL, to, mark, within, question)
      return mark
    },
    cancelCall(mark) {
      closed('calls', mark)
      host.plain(CANCEL_CALL, mark, 0)
    },
    reply(caller, value) { post(REPLY, caller, 0, 0, value) },
    refuse(caller, why = 'noreply') {
      const number = SETTLES.indexOf(why)
      if (number < 0 || why === 'exit') throw new TypeError(`no refusal: ${text(why)}`)
      host.term(REFUSE, known(caller), number)
    },
    spawn(args, { as = name, label = '', linked, durable, kept } = NONE) {
      const flags = (linked ? 1 : 0) | (durable ? 2 : 0) | (kept ? 4 : 0)
      return isRaw(args) ? host.spawn(flags, as, label, undefined, bytesOf(args), refsOf(args)) : host.spawn(flags, as, label, args)
    },
    after(ms, handler, value) { later(TIMER, 'timers', ms, handler, value) },
    cancel(handler) { never(CANCEL_TIMER, 'timers', handler) },
    alarm(ms, handler, value) { later(ALARM, 'alarms', ms, handler, value) },
    cancelAlarm(handler) { never(CANCEL_ALARM, 'alarms', handler) },
    watch(target, handler, { keep, identity } = NONE) {
      known(target)
      const watches = opened('watches')
      const mark = book.next++
      watches[mark] = keep === undefined ? [named(handler)] : [named(handler), keep]
      host.plain(WATCH, target, mark + (identity ? 2 ** 32 : 0))
      return mark
    },
    unwatch(mark) {
      closed('watches', mark)
      host.plain(UNWATCH, mark, 0)
    },
    link(to) { host.plain(LINK, known(to), 0) },
    unlink(to) { host.plain(UNLINK, known(to), 0) },
    trapExits(on = true) { host.plain(TRAP_EXITS, on ? 1 : 0, 0) },
    exit(to, reason) { host.term(EXIT, known(to), ...reasonWords(reason)) },
    stop(reason) { host.term(STOP, 0, ...reasonWords(reason)) },
    become(tag) { host.plain(BECOME, tagOf(tag), 0) },
    defer() {
      isDeferred = true
      host.plain(DEFER, 0, 0)
    },
    log(...values) { note('log', ...values) },
    isRef(value) { return host.isRef(value) },
  })
  let now = 0

  const words = {}
  for (const level of ['log', 'info', 'warn', 'error', 'debug']) words[level] = (...values) => note(level, ...values)
  Object.defineProperty(global, 'console', { value: words, writable: true, configurable: true })

  // Terms of the kernel's: a number, then texts with their lengths.
  const reader = () => {
    const bytes = host.bytes()
    let at = 0
    return {
      byte: () => bytes[at++],
      text() {
        let length = 0
        for (let shift = 0; ; shift += 7) {
          const byte = bytes[at++]
          length |= (byte & 0x7f) << shift
          if (byte < 0x80) break
        }
        at += length
        return host.text(at - length, length)
      },
    }
  }
  const reason = from => {
    const number = from.byte()
    const why = REASONS[number]
    if (number === 7) return { why, kind: from.text(), message: from.text() }
    return number === 2 || number === 8 ? { why, message: from.text() } : { why }
  }
  const settle = from => {
    const why = SETTLES[from.byte()]
    return why === 'exit' ? { failed: why, reason: reason(from) } : { failed: why }
  }

  const run = (handler, value) => {
    if (hasOwn(handle, handler)) return handle[handler](state, value, ctx)
    isUnchanged = true
    note('unknown', `there is no handler ${handler}`)
  }
  // What the kernel says and no handler was named for.
  const told = (method, value) => definition[method] ? definition[method](state, value, ctx) : void (isUnchanged = true)

  const message = () => {
    const value = host.value(NONE)
    if (Array.isArray(value) && typeof value[0] === 'string' && value.length <= 2 && hasOwn(handle, value[0])) {
      return handle[value[0]](state, value[1], ctx)
    }
    isTaken = true
    if (definition.bytes && (value === NONE || value === undefined)) {
      isTaken = false
      return definition.bytes(state, { bytes: host.bytes(), refs: host.refs() }, ctx)
    }
    isUnchanged = true
    // Somebody else's mistake: it must not end this actor. A caller is told that nobody answers.
    note('malformed', value === NONE ? 'a message could not be read' : `there is no handler for ${text(value)}`.slice(0, 200))
  }

  const entryOf = (part, key) => {
    const entries = book?.[part]
    for (const handler in entries) if (entries[handler][0] === key) return [handler, closed(part, handler)[1]]
    return undefined
  }

  const begin = (number, flags, mark, key, time, before) => {
    kind = KINDS[number]
    now = time
    isCall = (flags & 1) !== 0
    isTaken = isDeferred = isUnchanged = false
    if (number !== 0 && Array.isArray(before)) {
      state = before[0]
      book = before[1]
    }
    switch (kind) {
      case 'init': {
        const value = host.value(NONE)
        const args = value === NONE ? { bytes: host.bytes(), refs: host.refs() } : value
        return definition.init ? definition.init(args, ctx) : args ?? {}
      }
      case 'message': return message()
      case 'reply': {
        const [then, raw, keep] = closed('calls', mark) ?? NONE_WAITS
        if (then === undefined) return void (isUnchanged = true)
        let answer
        if (flags & 2) answer = settle(reader())
        else if (raw) answer = { bytes: host.bytes(), refs: host.refs() }
        else {
          const value = host.value(NONE)
          answer = value === NONE ? { bytes: host.bytes(), refs: host.refs() } : { value }
        }
        if (keep !== undefined) answer.keep = keep
        return run(then, answer)
      }
      case 'down': {
        const [handler, keep] = closed('watches', mark) ?? NONE_WAITS
        if (handler === undefined) return void (isUnchanged = true)
        const said = { who: host.refs()[0], reason: reason(reader()) }
        if (keep !== undefined) said.keep = keep
        return run(handler, said)
      }
      case 'exit': return told('exit', { who: host.refs()[0], reason: reason(reader()) })
      case 'timer': {
        const found = entryOf('timers', key)
        return found ? run(found[0], found[1]) : void (isUnchanged = true)
      }
      case 'alarm': {
        const found = entryOf('alarms', key)
        return found ? run(found[0], found[1]) : void (isUnchanged = true)
      }
      case 'recovered': {
        // Calls, timers and watches ended with the life before; alarms did not.
        if (book) book = book.alarms ? { next: book.next, alarms: book.alarms } : undefined
        return definition.recovered?.(state, undefined, ctx)
      }
      case 'migrate': {
        const bytes = host.bytes()
        const number32 = at => bytes[at] | bytes[at + 1] << 8 | bytes[at + 2] << 16 | bytes[at + 3] << 24
        const length = number32(4)
        const old = { version: number32(0), name: host.text(8, length), extra: host.text(8 + length, bytes.length - 8 - length) }
        if (!Array.isArray(before)) {
          if (!definition.upgrade) throw new TypeError(`the state is not one of a JavaScript actor, and there is no upgrade`)
          state = before
          book = undefined
        }
        return definition.upgrade ? definition.upgrade(state, old, ctx) : undefined
      }
      case 'terminate': return told('terminate', reason(reader()))
    }
  }
  const NONE_WAITS = []

  const isEmpty = entries => {
    for (const key in entries) return false
    return true
  }
  const finish = result => {
    if (kind === 'init') {
      state = result
    } else if (kind === 'migrate') {
      if (result !== undefined) state = result
    } else if (isCall && !isTaken && !isDeferred) {
      post(REPLY, host.ref(1), 0, 0, result)
    } else if (kind === 'message' && !isCall && typeof result === 'object' && result !== null && result !== state) {
      // It is meant as the new state, as likely as not.
      note('returned', 'nobody waits for what a handler returned: it changes its state in place, or sets ctx.state')
    }
    if (isUnchanged || isDeferred) return undefined
    if (state === undefined) state = null
    if (book) {
      for (const part of ['calls', 'watches', 'timers', 'alarms']) if (book[part] && isEmpty(book[part])) delete book[part]
      if (book.calls || book.watches || book.timers || book.alarms) return [state, book]
    }
    return [state]
  }

  // The kind of an error, and what it says with the places in the behaviour where it was.
  const describe = error => {
    if (!(error instanceof Error)) return ['throw', text(error).slice(0, 4096)]
    const places = []
    for (const line of String(error.stack).split('\n')) {
      const found = /^\s*at (?:(.*) \()?([^()\s]+:\d+(?::\d+)?)\)?$/.exec(line)
      if (found && found[2].startsWith(file + ':') && places.length < 5) {
        places.push(found[1] && found[1] !== '<anonymous>' && found[1] !== '<eval>' ? `${found[2]} in ${found[1]}` : found[2])
      }
    }
    const where = places.length ? `, at ${places.join(', from ')}` : ''
    return [String(error.name).slice(0, 64) || 'Error', String(error.message).slice(0, 4096) + where]
  }

  const METHODS = ['init', 'bytes', 'exit', 'recovered', 'upgrade', 'terminate']
  // With a name: of the class, and with a definition: it is the behaviour from now on. Without: what it handles.
  const handled = (value, named) => {
    if (named !== undefined) {
      name = named
      file = named + '.js'
    }
    if (value === undefined) return definition ? keys(handle) : []
    if (value === null || typeof value !== 'object') throw new TypeError('a behaviour is export default { init, handle: { .. } }')
    for (const key of keys(value)) {
      if (key === 'handle') continue
      if (!METHODS.includes(key)) throw new TypeError(`a behaviour has no ${key}: it has handle, ${METHODS.join(', ')}`)
      if (typeof value[key] !== 'function') throw new TypeError(`${key} is no function`)
    }
    const handlers = value.handle ?? {}
    if (typeof handlers !== 'object') throw new TypeError('handle is no object')
    for (const key of keys(handlers)) if (typeof handlers[key] !== 'function') throw new TypeError(`handle.${key} is no function`)
    definition = value
    handle = handlers
  }

  return { begin, finish, describe, handled }
}
