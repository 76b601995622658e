//! Spawn, send, call. Run: ./x js, then node examples/js/1-counter.mjs
import { start } from "../../target/js/peerd.js";
import * as behaviours from "./counter.js";

const system = await start(behaviours);
const counter = await system.spawn("counter", 40);
system.send(counter, 2);
console.log(await system.call(counter, "get"));
system.stop();
