//! A counter, as examples/guests/guests/counter.rs is one.
export default {
  init({ start = 0 } = {}) {
    return { total: start }
  },
  handle: {
    add(state, more) {
      state.total += more
    },
    get: state => state.total,
    crash(state) {
      state.total.toUpperCase()
    },
  },
}
