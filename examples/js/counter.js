//! An actor is a function: (state, message, cx) => the new state. This one counts; a call "get" is answered.
import { Start } from "../../target/js/peerd.js";

/** @type {import("../../target/js/peerd.js").Behaviour<number, number | "get" | "fail">} */
export function counter(total, message, cx) {
  if (message instanceof Start) return message.args ?? 0;
  if (message === "get") {
    cx.reply(total);
    return total;
  }
  if (message === "fail") throw new RangeError("told to fail");
  return typeof message === "number" ? total + message : total;
}
