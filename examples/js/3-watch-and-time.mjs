//! An actor that watches another and gives it a while: signals are told from messages by their class.
import { Down, Start, Timer, start } from "../../target/js/peerd.js";

const PATIENCE = 1;

function guard(state, message, cx) {
  if (message instanceof Start) {
    const guest = cx.spawn("guest");
    cx.watch(guest);
    cx.timer(PATIENCE, 100);
    return { guest, tell: message.args.tell };
  }
  // The ref of one's own child has all rights.
  if (message instanceof Timer) cx.exit(state.guest, "kill");
  if (message instanceof Down) {
    cx.send(state.tell, `${message.reason.type} at ${cx.now} ms`);
    cx.stop();
  }
  return state;
}

const guest = () => null;

function listener(said, message, cx) {
  if (message instanceof Start) return [];
  if (message === "what") cx.reply(said);
  return message === "what" ? said : [...said, message];
}

// Time passes only as told: the test of an hour takes no time.
const system = await start({ guard, guest, listener }, { manual: true, reported: () => {} });
const ear = await system.spawn("listener");
await system.spawn("guard", { tell: ear });
system.advance(3_600_000);
console.log(await system.call(ear, "what"));
system.stop();
