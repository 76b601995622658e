// Types of peerd.js: actors in JavaScript.

/** What can be kept in a state and sent in a message. `undefined` in an object is left out. */
export type Value = null | boolean | number | string | Ref | Uint8Array | readonly Value[] | { readonly [key: string]: Value | undefined };

/** What an actor may reach. Comes by spawn, in a message or as an endowment; can't be made, nor written as JSON. */
export class Ref {
  private constructor();
  /** The same ref; put in a message it keeps these rights too. Without, it can be sent to and watched. */
  lending(...rights: Array<"link" | "control">): Ref;
  equals(other: unknown): boolean;
  toJSON(): never;
}

export type Reason =
  | { readonly type: "normal" | "kill" | "killed" | "noproc" | "noconnection" }
  | { readonly type: "shutdown"; readonly message?: string }
  /** A behaviour threw: the error's name, and its message with file, line and column. */
  | { readonly type: "crash"; readonly kind: string; readonly message: string }
  | { readonly type: "other"; readonly message: string };

/** Why a call has no value. `timeout` means that the outcome is unknown. */
export type Failed =
  | { readonly type: "timeout" | "noproc" | "noconnection" | "noreply" | "overloaded" | "deadlock" | "calling_self" | "revoked" | "parked" | "expired" }
  | { readonly type: "exit"; readonly reason: Reason }
  /** A supervisor would not. */
  | { readonly type: "refused"; readonly message: string };

/** The first turn. Return the first state. */
export class Start<A = any> {
  constructor(args: A);
  readonly args: A;
}

/** A call of this actor settled. */
export class Reply<V = any> {
  constructor(call: number, value: V | undefined, failed?: Failed);
  readonly call: number;
  readonly value: V | undefined;
  readonly failed: Failed | undefined;
  readonly ok: boolean;
}

/** A watched actor ended. */
export class Down {
  constructor(watch: number, ref: Ref, reason: Reason);
  readonly watch: number;
  readonly ref: Ref;
  readonly reason: Reason;
}

/** An exit signal, for an actor that traps exits. */
export class Exit {
  constructor(from: Ref, reason: Reason);
  readonly from: Ref;
  readonly reason: Reason;
}

/** The timer of this key. */
export class Timer {
  constructor(key: number);
  readonly key: number;
}

export type Signal = Start | Reply | Down | Exit | Timer;

/** The code of an actor: synchronous, called once per turn; what it returns is the new state. A throw is a crash. */
export type Behaviour<S = any, M = any> = (state: S, message: M | Signal, cx: Context) => S;

export interface SpawnOptions {
  /** A name for people. */
  readonly label?: string;
  /** Linked to the spawner. */
  readonly link?: boolean;
}

export interface CallOptions {
  /** 5 000 if nothing is said. */
  readonly ms?: number;
}

export interface Tree {
  readonly strategy?: "one_for_one" | "one_for_all" | "rest_for_one";
  /** Restarts allowed within `periodMs`: 1 in 5 000 ms if nothing is said. */
  readonly intensity?: number;
  readonly periodMs?: number;
  readonly autoShutdown?: "never" | "any_significant" | "all_significant";
  /** In the order of their start. */
  readonly children?: readonly Child[];
}

export type Child = {
  readonly id: string;
  readonly restart?: "permanent" | "transient" | "temporary";
  /** Milliseconds to stop in. */
  readonly shutdown?: number | "brutal_kill" | "infinity";
  readonly significant?: boolean;
} & ({ readonly behaviour: string; readonly args?: Value } | { readonly supervise: Tree });

export interface ChildRow {
  readonly id: string;
  readonly state: "running" | "restarting" | "stopped" | "parked";
  readonly behaviour: string;
  readonly ref: Ref | null;
}

export interface Count {
  readonly specs: number;
  readonly active: number;
  readonly supervisors: number;
  readonly workers: number;
}

/** One turn of one actor. What is asked for happens when the turn returns, in order; nothing of it if the turn throws. */
export interface Context {
  readonly self: Ref;
  /** Where the call at hand is answered, now or in a later turn, here or by another actor. */
  readonly caller: Ref | undefined;
  /** Milliseconds of the vat's clock, constant within the turn. */
  readonly now: number;
  readonly tag: number;
  /** From 0 to 1, seeded per turn. */
  random(): number;

  send(to: Ref, message: Value): void;
  reply(value: Value): void;
  /** Settles once, as a `Reply` with this number. */
  call(to: Ref, message: Value, options?: CallOptions): number;
  cancelCall(call: number): void;

  spawn(behaviour: string, args?: Value, options?: SpawnOptions): Ref;
  supervise(tree: Tree, options?: SpawnOptions): Ref;
  whichChildren(of: Ref, options?: CallOptions): number;
  countChildren(of: Ref, options?: CallOptions): number;
  startChild(of: Ref, child: Child, options?: CallOptions): number;
  restartChild(of: Ref, id: string, options?: CallOptions): number;
  terminateChild(of: Ref, id: string, options?: CallOptions): number;
  deleteChild(of: Ref, id: string, options?: CallOptions): number;

  /** One `Down` with this number. */
  watch(ref: Ref, options?: { readonly identity?: boolean }): number;
  unwatch(watch: number): void;
  link(ref: Ref): void;
  unlink(ref: Ref): void;
  trapExits(on?: boolean): void;
  exit(to: Ref, reason?: string): void;

  timer(key: number, ms: number): void;
  cancelTimer(key: number): void;

  become(tag: number): void;
  defer(): void;
  stop(reason?: string): void;
  report(kind: string, text: string): void;
}

export interface Report {
  readonly time: number;
  readonly actor: string;
  readonly label: string;
  readonly behaviour: string;
  readonly what: Reason | { readonly type: string };
  readonly message: string;
}

export interface Row {
  readonly id: string;
  readonly parent: string | null;
  readonly label: string;
  readonly behaviour: string;
  readonly state: "runnable" | "waiting" | "suspended" | "ended" | "buried";
  readonly queued: number;
  readonly stateBytes: number;
  readonly turns: number;
  readonly restarts: number;
}

/** Why a call of `System` was rejected. */
export class CallFailed extends Error {
  readonly why: Failed;
}

/** A vat from the outside. */
export class System {
  private constructor();
  spawn(behaviour: string, args?: Value, options?: SpawnOptions): Promise<Ref>;
  supervise(tree: Tree, options?: SpawnOptions): Promise<Ref>;
  send(to: Ref, message: Value): void;
  call<V = any>(to: Ref, message: Value, options?: CallOptions): Promise<V>;
  /** Resolves when the actor ends. */
  watch(to: Ref, options?: { readonly identity?: boolean }): Promise<Reason>;
  exit(to: Ref, reason?: string): void;

  whichChildren(of: Ref, options?: CallOptions): Promise<ChildRow[]>;
  countChildren(of: Ref, options?: CallOptions): Promise<Count>;
  startChild(of: Ref, child: Child, options?: CallOptions): Promise<Ref | null>;
  restartChild(of: Ref, id: string, options?: CallOptions): Promise<Ref | null>;
  terminateChild(of: Ref, id: string, options?: CallOptions): Promise<null>;
  deleteChild(of: Ref, id: string, options?: CallOptions): Promise<null>;

  rows(): Row[] | Promise<Row[]>;
  /** Only in a system that was started with `manual`. */
  advance(ms: number): void;
  stop(): void;
}

export interface StartOptions {
  /** Crashes and notes, for people. `console.error` if nothing is said. */
  readonly reported?: (report: Report) => void;
  /** Time passes only by `advance`: for tests. */
  readonly manual?: boolean;
  /** The same seed gives the same run, if time is manual. */
  readonly seed?: number;
}

/** A vat on this thread. Behaviours are functions by name: the exports of a module will do. */
export function start(behaviours: object, options?: StartOptions): Promise<System>;

/** A vat in a Worker of its own, with the behaviours that the module at `url` exports. */
export function open(url: string | URL, options?: { readonly reported?: (report: Report) => void }): Promise<System>;
