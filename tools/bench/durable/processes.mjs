//! Programs beside this one: what processor time they took, and what they say, a line for each line they are told.
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createInterface } from "node:readline";

/** Linux counts in hundredths. */
const TICKS = 100;

/** Seconds of processor time that the processes of a group have taken. Those that have ended count with whoever awaited them. */
export function cpu(group) {
  let ticks = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1).split(" ");
      if (Number(fields[2]) === group) ticks += Number(fields[11]) + Number(fields[12]);
    } catch {
      // It has just ended.
    }
  }
  return ticks / TICKS;
}

/** Starts one in a group of its own. `heard` is every line it says. */
export function start(program, words, heard) {
  const child = spawn(program, words, { detached: true, stdio: ["pipe", "pipe", "ignore"] });
  const lines = createInterface({ input: child.stdout });
  lines.on("line", heard);
  const ended = new Promise((done) => child.once("exit", done));
  const end = async () => {
    child.kill("SIGKILL");
    await ended;
  };
  process.once("exit", () => child.kill("SIGKILL"));
  return { pid: child.pid, say: (line) => child.stdin.write(`${line}\n`), end, ended };
}
