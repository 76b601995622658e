//! The first actor of each vat: does for the outside what only an actor can do, and answers through its port.
import { Down, Reply, Start } from "./events.js";
import { isRef } from "./ref.js";

export const ROOT = "root";

/** Messages are `{ op, n, .. }`; what is said through the port is `{ n, value | failed | reason }`. */
export function root(state, message, cx) {
  if (message instanceof Start) return { port: message.args, calls: {}, watches: {} };
  const { port, calls, watches } = state;
  const answer = (n, what) => cx.send(port, { n, ...what });
  if (message instanceof Reply) {
    const { [message.call]: n, ...others } = calls;
    answer(n, message.ok ? { value: message.value } : { failed: message.failed });
    return { ...state, calls: others };
  }
  if (message instanceof Down) {
    const { [message.watch]: n, ...others } = watches;
    answer(n, { reason: message.reason });
    return { ...state, watches: others };
  }
  const { op, n, to, options } = message;
  const passed = (value) => map(value, (ref) => ref.lending("link", "control"));
  switch (op) {
    case "spawn":
      answer(n, { value: cx.spawn(message.behaviour, passed(message.args), options).lending("link", "control") });
      return state;
    case "supervise":
      answer(n, { value: cx.supervise(passed(message.tree), options).lending("link", "control") });
      return state;
    case "send":
      cx.send(to, passed(message.message));
      return state;
    case "exit":
      cx.exit(to, message.reason);
      return state;
    case "watch":
      return { ...state, watches: { ...watches, [cx.watch(to, options)]: n } };
    case "call":
      return { ...state, calls: { ...calls, [cx.call(to, passed(message.message), options)]: n } };
    default:
      // What a supervisor is asked: the verb has the same name.
      return { ...state, calls: { ...calls, [cx[op](to, ...passed(message.rest), options)]: n } };
  }
}

/** With every ref as `each` makes it. */
function map(value, each) {
  if (isRef(value)) return each(value);
  if (Array.isArray(value)) return value.map((item) => map(item, each));
  if (value === null || typeof value !== "object" || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item, each)]));
}
