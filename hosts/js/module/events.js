//! What a behaviour is given besides messages. A message can't look like one: they are told apart by class.

/** The first turn: `args` are what the actor was spawned with. Return the first state. */
export class Start {
  constructor(args) { this.args = args; }
}

/** A call of this actor settled: by `value`, or by `failed`, which says why. */
export class Reply {
  constructor(call, value, failed) { this.call = call; this.value = value; this.failed = failed; }
  get ok() { return this.failed === undefined; }
}

/** A watched actor ended. The last word from it. */
export class Down {
  constructor(watch, ref, reason) { this.watch = watch; this.ref = ref; this.reason = reason; }
}

/** An exit signal, for an actor that traps exits. */
export class Exit {
  constructor(from, reason) { this.from = from; this.reason = reason; }
}

/** The timer of this key. */
export class Timer {
  constructor(key) { this.key = key; }
}
