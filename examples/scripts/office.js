//! A bit of everything: it hires counters, asks them, watches them, waits, keeps callers and tells whoever listens.
export default {
  init({ ear }) {
    return { ear, staff: {}, waiting: [], log: [] }
  },
  handle: {
    hire(state, name, ctx) {
      const worker = ctx.spawn({ start: 10 }, { as: 'counter', label: name })
      ctx.watch(worker, 'left', { keep: name })
      ctx.send(worker, 'add', 5)
      state.staff[name] = worker
    },
    count(state, name, ctx) {
      ctx.call(state.staff[name], 'get', undefined, { then: 'counted', keep: { name, caller: ctx.caller } })
    },
    counted(state, { value, failed, keep }, ctx) {
      ctx.reply(keep.caller, failed ?? `${keep.name}: ${value}`)
    },
    break(state, name, ctx) {
      ctx.send(state.staff[name], 'crash')
    },
    left(state, { reason, keep }) {
      delete state.staff[keep]
      state.log.push(`${keep} left: ${reason.why} ${reason.kind}`)
    },
    remind(state, { ms, text }, ctx) {
      ctx.after(ms, 'reminded', text)
    },
    reminded(state, text, ctx) {
      state.log.push(`${text} at ${ctx.now}`)
      for (const caller of state.waiting) ctx.reply(caller, text)
      state.waiting = []
    },
    wait(state, _, ctx) {
      state.waiting.push(ctx.caller)
    },
    log: state => state.log,
    tell(state, value, ctx) {
      ctx.send(state.ear, 'heard', { value, staff: Object.values(state.staff), you: ctx.self.lend('send') })
    },
    async later(state, n) {
      const [a, b] = await Promise.all([Promise.resolve(n), (async () => n + 1)()])
      return a * b
    },
    never: () => new Promise(() => {}),
    shut(state, key, ctx) {
      if (state.open !== key) return ctx.defer()
      state.log.push('shut')
    },
    unlock(state, key, ctx) {
      state.open = key
      ctx.become(key)
    },
    leave(state, reason, ctx) {
      ctx.stop(reason)
    },
  },
  terminate(state, reason, ctx) {
    ctx.send(state.ear, 'heard', reason)
  },
}
