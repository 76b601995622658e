// What asks for too much is its own failure.
class State {
  text: string = ""
  items: i32[] = []
}

function down(n: i32): i32 {
  return n > 0 ? down(n + 1) + 1 : 0
}

export function memory(state: State): void {
  const all: i32[][] = []
  for (;;) all.push(new Array<i32>(1000))
}

export function text(state: State): void {
  let all = "x"
  for (;;) all += all
}

export function depth(state: State): i32 {
  return down(1)
}

export function outbox(state: State): void {
  for (;;) ctx.send(ctx.self, "text", "x".repeat(1000))
}

export function large(state: State): void {
  state.text = "x".repeat(70_000)
}

export function spin(state: State): void {
  let n = 0
  for (;;) n++
}

export function outside(state: State): i32 {
  return state.items[3]
}

export function nothing(state: State): string {
  const found: string | null = state.items.length > 0 ? "some" : null
  return found!
}

export function divide(state: State): i32 {
  return 7 / state.items.length
}

export function forge(state: State, to: Ref): void {
  ctx.tell(to, "well")
}

export function well(state: State): string {
  return "well"
}

/** Numbers, texts and lists that must come back as they went. */
export function echo(state: State, value: Json): Json {
  return value
}

export function whole(state: State, value: i64): i64 {
  return value
}

export function small(state: State, value: u8): u8 {
  return value
}

export function real(state: State, value: f64): f64 {
  return value
}

export function words(state: State, value: string): string {
  return value
}

export function table(state: State, value: Map<string, f64[]>): Map<string, f64[]> {
  return value
}

export function chance(state: State): f64[] {
  return [ctx.now, ctx.random(), Math.random()]
}
