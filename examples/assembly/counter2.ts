// The counter's next version: what its state lacks begins as a new one's, and the sum has another name.
class State {
  sum: f64 = 0
  count: i32 = 100
}

export function upgrade(old: Json): State {
  const state = new State()
  state.sum = old.get("total").as<f64>()
  return state
}

export function add(state: State, more: f64): f64 {
  state.sum += more
  state.count++
  return state.sum
}

export function get(state: State): f64[] {
  return [state.sum, state.count]
}
