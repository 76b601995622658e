// A bit of everything, as examples/scripts/office.js: it hires counters, asks them, watches them, waits, keeps callers and tells whoever listens.
class State {
  ear: Ref | null = null
  staff: Map<string, Ref> = new Map()
  waiting: Ref[] = []
  log: string[] = []
  open: string = ""
}

class Args {
  ear: Ref | null = null
}

class Start {
  constructor(public start: f64 = 0) {}
}

class Asked {
  constructor(public name: string = "", public caller: Ref | null = null) {}
}

class Counted {
  value: f64 = 0
  failed: string | null = null
  keep: Asked = new Asked()
}

class Left {
  reason: Reason = new Reason()
  keep: string = ""
}

class Reminder {
  ms: f64 = 0
  text: string = ""
}

class News {
  constructor(public value: Json = new Json(), public staff: Ref[] = [], public you: Ref = ctx.self) {}
}

export function init(args: Args): State {
  const state = new State()
  state.ear = args.ear
  return state
}

export function hire(state: State, name: string): void {
  const worker = ctx.spawn(new Start(10), "counter", name)
  ctx.watch(worker, "left", Json.of(name))
  ctx.send(worker, "add", 5)
  state.staff.set(name, worker)
}

export function count(state: State, name: string): void {
  ctx.ask(state.staff.get(name), "get", "counted", 5000, Json.of(new Asked(name, ctx.caller())))
}

export function counted(state: State, answer: Counted): void {
  const text = answer.failed ? answer.failed! : answer.keep.name + ": " + (<i32>answer.value).toString()
  ctx.reply(answer.keep.caller!, text)
}

export function fire(state: State, name: string): void {
  ctx.tell(state.staff.get(name), "crash")
}

export function left(state: State, worker: Left): void {
  state.staff.delete(worker.keep)
  state.log.push(worker.keep + " left: " + worker.reason.why + " " + worker.reason.kind)
}

export function remind(state: State, reminder: Reminder): void {
  ctx.after(reminder.ms, "reminded", reminder.text)
}

export function reminded(state: State, text: string): void {
  state.log.push(text + " at " + (<i32>ctx.now).toString())
  for (let i = 0; i < state.waiting.length; i++) ctx.reply(state.waiting[i], text)
  state.waiting = []
}

export function wait(state: State): void {
  state.waiting.push(ctx.caller())
}

export function log(state: State): string[] {
  return state.log
}

export function tell(state: State, value: Json): void {
  ctx.send(state.ear!, "heard", new News(value, state.staff.values(), ctx.self.lend(1)))
}

export function shut(state: State, key: string): void {
  if (state.open != key) return ctx.defer()
  state.log.push("shut")
}

export function unlock(state: State, key: string): void {
  state.open = key
  ctx.become(1)
}

export function leave(state: State, reason: string): void {
  ctx.stop(reason)
}

export function terminate(state: State, reason: Reason): void {
  ctx.send(state.ear!, "heard", reason)
}
