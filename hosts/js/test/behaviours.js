//! The actors of the cases. Loaded by the cases themselves, and by a vat's Worker.
import { Down, Exit, Reply, Start, Timer } from "peerd";

/** Adds numbers; `get` is answered, `fail` throws. */
export function counter(total, message, cx) {
  if (message instanceof Start) return message.args ?? 0;
  if (message === "get") cx.reply(total);
  if (message === "fail") throw new RangeError("told to fail");
  return typeof message === "number" ? total + message : total;
}

/** Keeps what it is sent, and gives it back. */
export function keeper(kept, message, cx) {
  if (message instanceof Start) return { kept: message.args ?? null };
  if (message.put !== undefined) return { kept: message.put };
  cx.reply(kept.kept);
  return kept;
}

/** Tells what happened, in order, to whoever calls it. */
export function witness(seen, message, cx) {
  if (message instanceof Start) return [];
  if (message === "what") {
    cx.reply(seen);
    return seen;
  }
  if (message.spawn) {
    const child = cx.spawn("counter", message.spawn);
    cx.watch(child);
    cx.send(child, 1);
    cx.call(child, "get");
    cx.send(child, "fail");
  }
  if (message.trap) {
    cx.trapExits();
    const child = cx.spawn("counter", 0, { link: true });
    cx.exit(child, message.trap);
  }
  if (message.arm) {
    cx.timer(1, message.arm);
    cx.timer(2, message.arm * 2);
    cx.timer(1, message.arm * 3);
  }
  if (message.half) {
    cx.send(message.half, 1);
    throw new Error("half done");
  }
  const word =
    message instanceof Reply ? `reply ${message.ok ? message.value : message.failed.type}`
    : message instanceof Down ? `down ${message.reason.type}`
    : message instanceof Exit ? `exit ${message.reason.type} ${message.reason.message ?? ""}`
    : message instanceof Timer ? `timer ${message.key} at ${cx.now}`
    : "message";
  return [...seen, word];
}

/** Tries what a ref must not allow. */
export function forger(state, message, cx) {
  if (message instanceof Start) return null;
  const attempt = (what) => {
    try {
      what();
      return "no error";
    } catch (error) {
      return error.constructor.name;
    }
  };
  const Made = cx.self.constructor;
  cx.reply([
    attempt(() => new Made()),
    attempt(() => new Made(Symbol("ref"), new Uint8Array(16))),
    attempt(() => cx.send({ "@": 0 }, "x")),
    attempt(() => cx.send(Object.create(Made.prototype), "x")),
    attempt(() => JSON.stringify({ ref: cx.self })),
    attempt(() => cx.send(structuredClone(cx.self), "x")),
  ]);
  return state;
}

/** Kills or links whom it is given, and says how that ended. */
export function attacker(state, message, cx) {
  if (message instanceof Start) return null;
  if (message instanceof Exit) {
    cx.send(state.tell, `exit ${message.reason.message}`);
    return state;
  }
  cx.trapExits();
  cx.exit(message.whom, "kill");
  cx.link(message.whom);
  return { tell: message.tell };
}

/** Promises are no states. */
export async function late() {
  return 1;
}

/** A message before it is open waits. */
export function gate(open, message, cx) {
  if (message instanceof Start) return false;
  if (message === "open") {
    cx.become(1);
    return true;
  }
  if (!open) cx.defer();
  else cx.reply(message);
  return open;
}
