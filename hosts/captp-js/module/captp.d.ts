// Types of captp.js: CapTP in a page, a sandbox or a Worker.

/** What a call can carry. Numbers go as floats, BigInts as integers, symbols only if they are of `Symbol.for`. */
export type Passable =
  | undefined | null | boolean | number | bigint | string | symbol | Uint8Array | Error | Tagged | Sturdyref
  | readonly Passable[] | { readonly [key: string]: Passable } | Presence<any> | PromiseLike<any> | FarObject;

declare const REMOTE: unique symbol;
declare const FAR: unique symbol;

/** An object that is elsewhere: only `E` calls it. */
export class Presence<T = unknown> {
  private constructor();
  readonly [REMOTE]: T;
}

/** An object of this realm that others may call. */
export interface FarObject {
  readonly [FAR]?: true;
}

/** As others see what a method takes and gives: far objects are presences there. */
export type Away<T> =
  T extends PromiseLike<infer V> ? Away<V>
  : T extends Presence<any> ? T
  : T extends Uint8Array | Error | Tagged | Sturdyref ? T
  : T extends (...args: any[]) => any ? Presence<T>
  : T extends FarObject & infer M ? (HasMethods<M> extends true ? Presence<M> : Plain<T>)
  : Plain<T>;
type HasMethods<T> = T extends object ? (Extract<T[keyof T], (...args: any[]) => any> extends never ? false : true) : false;
type Plain<T> = T extends readonly (infer I)[] ? Away<I>[] : T extends object ? { [K in keyof T]: Away<T[K]> } : T;

/** A promise that can be called before it is kept. */
export type Eventual<T> = Promise<Away<T>>;

type Target<R> = R extends PromiseLike<infer V> ? Target<V> : R extends Presence<infer T> ? T : R;
type Method<F> = F extends (...args: infer A) => infer R ? (...args: { [K in keyof A]: A[K] | PromiseLike<A[K]> | Presence<A[K]> }) => Eventual<R> : never;
type Methods<T> = { readonly [K in keyof T as T[K] extends (...args: any[]) => any ? K : never]: Method<T[K]> } & (T extends (...args: any[]) => any ? Method<T> : unknown);
type Silent<T> = { readonly [K in keyof T]: T[K] extends (...args: infer A) => any ? (...args: A) => void : never };

export interface Eventually {
  /** `E(ref).method(..)`: a promise of what it gives. `ref` is a presence, a far object, or a promise of one. */
  <R>(ref: R): Methods<Target<R>>;
  /** The same, if nobody wants to know what comes of it. */
  sendOnly<R>(ref: R): Silent<Target<R>>;
  /** `E.get(promise).key`: a part of what it will be. */
  get<R>(ref: R): { readonly [K in keyof Awaited<R>]: Promise<Awaited<R>[K]> };
  when<R, A, B = never>(ref: R, kept?: (value: Awaited<R>) => A, broken?: (error: Error) => B): Promise<A | B>;
}
export const E: Eventually;

/** Makes an object callable by whoever it is given to: by its functions, or itself if it is one. Returns it. */
export function Far<T extends object>(label: string, target: T): T & FarObject;

export class Tagged {
  constructor(tag: string, value: Passable);
  readonly tag: string;
  readonly value: Passable;
}

/** A name of an object that outlives connections. Whoever has it has the object. */
export class Sturdyref {
  /** `ocapn://DESIGNATOR.TRANSPORT/s/SWISS?..` */
  constructor(uri: string);
  readonly uri: string;
}

/** Why a promise of the other side is broken. */
export class Broken extends Error {
  /** The connection is gone; the machine would not; or the other side said so: then `value` is what it said. */
  readonly kind: "disconnected" | "refused" | "told";
  readonly value: unknown;
}

export interface Connection {
  /** The object of a ticket that the other side has offered. */
  fetch<T = any>(ticket: Uint8Array): Promise<Presence<T>>;
  close(why?: string): void;
  /** Entries of its tables. */
  sizes(): { exports: number; imports: number; questions: number; answers: number };
}

export interface CapTP {
  /**
   * The other end of the port is another CapTP's. Each side connects its own end. A browser does not tell when the other end is gone with its
   * Worker or frame: whoever ends those closes the connection, or says for how long it may be silent.
   */
  connect(port: MessagePort, options?: { silentMs?: number }): Connection;
  /** Whoever has the ticket may have the object, over any connection of this CapTP. */
  offer(object: FarObject): Uint8Array;
  /** The ticket is good no more. Who has the object has it still. */
  withdraw(ticket: Uint8Array): void;
  /** The object that an URI names, over a WebSocket. */
  enliven<T = any>(sturdyref: Sturdyref | string): Promise<Presence<T>>;
  /** Gives an object back before the collector would. */
  release(presence: Presence<any>): void;
  /** Sends what was said so far at once: for code that may not come back to its event loop for long. */
  flush(): void;
  /** How many objects others may have, and how many of others are had here. */
  readonly counts: { readonly given: number; readonly had: number };
  /** Ends all connections. */
  stop(): void;
}

/** `module`: for who can't fetch the one beside this file, as in a sandbox of an opaque origin. */
export function open(options?: { module?: WebAssembly.Module }): Promise<CapTP>;
