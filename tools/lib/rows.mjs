//! Cases and their rows: one line each for a person, one JSON object each for a program.
import { writeFileSync } from "node:fs";

/** Limit: a case that takes longer hangs. */
const CASE_MS = 150_000;

export class Rows {
  constructor(check) {
    this.check = check;
    this.rows = [];
  }

  add(name, result, why = "") {
    this.rows.push({ check: this.check, case: name, result, why });
    console.log(`${result === "passed" ? "ok  " : result === "failed" ? "FAIL" : "skip"}  ${name}${why ? `  ${why}` : ""}`);
  }

  /** Runs one case; what it throws is why it failed, and a text that it returns is a figure to be seen. */
  async run(name, work) {
    const begun = performance.now();
    try {
      const figure = await within(CASE_MS, work());
      const took = `(${((performance.now() - begun) / 1000).toFixed(1)} s)`;
      this.add(name, "passed", typeof figure === "string" ? `${took} ${figure}` : took);
      return true;
    } catch (error) {
      this.add(name, "failed", String(error?.message ?? error).split("\n").slice(0, 6).join(" | "));
      if (process.env.PEERD_TRACE) console.error(error);
      return false;
    }
  }

  count(result) {
    return this.rows.filter((row) => row.result === result).length;
  }

  /** Writes the file, says the last line and answers the exit code. */
  end(file) {
    if (file) writeFileSync(file, this.rows.map((row) => JSON.stringify(row) + "\n").join(""));
    console.log(`${this.count("passed")} passed, ${this.count("failed")} failed, ${this.count("skipped")} skipped`);
    return this.count("failed") === 0 && this.count("passed") > 0 ? 0 : 1;
  }
}

function within(ms, work) {
  let timer;
  const late = new Promise((_, failed) => {
    timer = setTimeout(() => failed(new Error(`it hung: no end within ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** `--name VALUE` and `--flag` out of the words; a word nobody knows is an error. */
export function options(words, { flags = [], values = [], rest }) {
  const out = rest ? { [rest]: [] } : {};
  for (let i = 0; i < words.length; i++) {
    const [name, joined] = words[i].split(/=(.*)/s);
    const key = name.replace(/^--/, "");
    if (flags.includes(key)) out[key] = true;
    else if (values.includes(key) && (joined !== undefined || i + 1 < words.length)) out[key] = joined ?? words[++i];
    else if (rest && !name.startsWith("--")) out[rest].push(name);
    else {
      console.error(`what is \`${words[i]}\`? --help says what there is`);
      process.exit(2);
    }
  }
  return out;
}
