// A counter, as examples/scripts/counter.js is one.
class State {
  total: f64 = 0
}

class Args {
  start: f64 = 0
}

export function init(args: Args | null): State {
  const state = new State()
  if (args) state.total = args.start
  return state
}

export function add(state: State, more: f64): void {
  state.total += more
}

export function get(state: State): f64 {
  return state.total
}

export function crash(state: State): void {
  throw new Error("no more of " + state.total.toString())
}
