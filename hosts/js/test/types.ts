//! What the types allow and what they do not: compiled, never run. Each `@ts-expect-error` must be one.
import { type Behaviour, Down, Ref, Reply, Start, Timer, open, start } from "../../../target/js/peerd.js";

type Order = { readonly add: number } | { readonly ask: Ref } | "get";

export const adder: Behaviour<{ total: number; peers: Ref[] }, Order> = (state, message, cx) => {
  if (message instanceof Start) return { total: 0, peers: [] };
  if (message instanceof Down) return { ...state, peers: state.peers.filter((peer) => !peer.equals(message.ref)) };
  if (message instanceof Reply) return message.ok ? state : { ...state, total: -1 };
  if (message instanceof Timer) return { ...state, total: state.total + message.key };
  if (message === "get") {
    cx.reply(state.total);
    return state;
  }
  // Signals are told apart by class: what else has no `reason` is a message.
  if ("add" in message) return { ...state, total: state.total + message.add };
  if ("ask" in message) {
    const call: number = cx.call(message.ask, { from: cx.self }, { ms: 100 });
    cx.timer(call, 10);
    return { ...state, peers: [...state.peers, message.ask] };
  }
  return state;
};

// @ts-expect-error a behaviour returns its state, not a promise of it
export const late: Behaviour<number, "get"> = async (state) => state;

export async function outside(): Promise<void> {
  const system = await start({ adder }, { manual: true, seed: 1, reported: ({ what }) => what.type });
  const ref: Ref = await system.spawn("adder", null, { label: "a" });
  const total: number = await system.call<number>(ref, "get", { ms: 10 });
  const reason = await system.watch(ref);
  if (reason.type === "crash") reason.message.toUpperCase();
  const top = await system.supervise({
    strategy: "rest_for_one",
    children: [{ id: "a", behaviour: "adder", restart: "transient", shutdown: "infinity" }, { id: "b", supervise: { children: [] } }],
  });
  const rows = await system.whichChildren(top);
  rows.map((row) => row.ref?.lending("link"));
  system.send(ref, { add: total, bytes: new Uint8Array(1), nested: [null, { ref }] });
  // @ts-expect-error a function can't be sent
  system.send(ref, { add: () => 1 });
  // @ts-expect-error nor can a map
  system.send(ref, new Map());
  // @ts-expect-error a ref is not made
  new Ref();
  // @ts-expect-error there is no such right
  ref.lending("everything");
  // @ts-expect-error there is no such strategy
  await system.supervise({ strategy: "all_for_one" });
  // @ts-expect-error a child has a behaviour or children of its own
  await system.supervise({ children: [{ id: "a" }] });
  (await open(new URL("behaviours.js", "http://localhost/"))).stop();
}
