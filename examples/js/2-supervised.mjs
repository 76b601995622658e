//! A supervisor starts its child anew, under the same ref. What the crash was is reported with the place in the source.
import { start } from "../../target/js/peerd.js";
import * as behaviours from "./counter.js";

const reported = ({ label, what }) => what.type === "crash" && console.log(`${label}: ${what.kind}: ${what.message}`);
const system = await start(behaviours, { reported });
const top = await system.supervise({ intensity: 3, periodMs: 5_000, children: [{ id: "clicks", behaviour: "counter", args: 7 }] });
const [{ ref: clicks }] = await system.whichChildren(top);
system.send(clicks, 1);
system.send(clicks, "fail");
console.log(await system.call(clicks, "get"));
system.stop();
