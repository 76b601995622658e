//! Plays programs of storage and alarms on Durable Objects and tells what happened. The words are those of text.rs.
//!
//! ```text
//! POST [program, ..] ─▶ Play (one program) ─▶ Thing.handle, Thing.alarm ─▶ World.out
//!                         ◀── entries [who, what], in order, in the program's Play: all share this module
//! ```
import { DurableObject, WorkerEntrypoint } from "cloudflare:workers";

const SOON_MS = 20;
const HOUR_MS = 3_600_000;
// Two failures of an alarm take up to seven and a half seconds.
const PATIENCE_MS = 20_000;

const plays = new Map();

class Play {
  constructor(text) {
    this.base = Date.now();
    this.entries = [];
    this.handlers = [];
    this.objects = new Map();
    this.steps = [];
    // Calls that an object has begun to handle.
    this.begun = new Set();
    this.isWaiting = false;
    // An alarm was tried again before the program waited for that: this machine was too slow.
    this.late = false;
    this.stuck = false;
    for (const line of text.split("\n")) {
      const first = line.split(" ", 1)[0];
      const rest = line.slice(first.length + 1);
      if (first === ">") this.steps.push(rest.split(" "));
      else if (first >= "a" && first <= "z") {
        const alarm = rest === "-" ? [] : rest.split(",").map(Number);
        // Runs of its alarm that ended, and as many as there must be before it is at rest.
        this.objects.set(first, { alarm, runs: 0, wanted: 0, isRunning: false, hasFailed: false });
      } else this.handlers.push(handlerOf(rest));
    }
  }

  say(who, what) {
    this.entries.push([who, what]);
  }

  time(when) {
    switch (when) {
      case "past":
        return Date.now() - 5_000;
      case "now":
        return Date.now();
      case "soon":
        return Date.now() + SOON_MS;
      default:
        return this.base + Number(when.slice("far".length)) * HOUR_MS;
    }
  }

  told(time) {
    if (time === null) return "none";
    const hours = (time - this.base) / HOUR_MS;
    return hours < 0.5 ? "due" : `far${hours}`;
  }
}

function handlerOf(text) {
  const end = ["throw", "abort"].find((word) => text.endsWith(` ! ${word}`)) ?? "ok";
  const body = end === "ok" ? text : text.slice(0, -` ! ${end}`.length);
  const segments = body.split(" | ").map((segment) => {
    const fate = /^(commit|throw|rollback|sync-commit|sync-throw): /.exec(segment);
    const ops = segment.slice(fate ? fate[0].length : 0).split("; ");
    return { fate: fate?.[1] ?? "", ops: ops.map((op) => op.split(" ")) };
  });
  return { segments, end };
}

const keyOf = (word) => (word === "~" ? "" : word);
const valueOf = (word) => (word.startsWith("*") ? "x".repeat(Number(word.slice(1))) : word);
const toldValue = (value) => (value === undefined ? "-" : value.length > 100 ? `*${value.length}` : value);
const toldEntries = (entries) => `[${[...entries].map(([key, value]) => `${key || "~"}=${toldValue(value)}`).join(",")}]`;

const MANNERS = {
  "": undefined,
  "+a": undefined,
  "+u": { allowUnconfirmed: true },
  "+n": { noCache: true },
  "+c": { allowConcurrency: true },
};

function rangeOf(words) {
  const names = { start: "start", after: "startAfter", end: "end", prefix: "prefix" };
  const range = {};
  for (const word of words) {
    const at = word.indexOf("=");
    const [name, bound] = at < 0 ? [word, ""] : [word.slice(0, at), word.slice(at + 1)];
    if (name === "reverse") range.reverse = true;
    else if (name === "limit") range.limit = Number(bound);
    else range[names[name]] = keyOf(bound);
  }
  return range;
}

export class World extends WorkerEntrypoint {
  out(id, who, number) {
    plays.get(id).say(`${who} out`, number);
  }
}

export class Thing extends DurableObject {
  constructor(ctx, env) {
    super(ctx, env);
    [this.id, this.who] = ctx.id.name.split(" ");
  }

  get play() {
    return plays.get(this.id);
  }

  get mine() {
    return this.play.objects.get(this.who);
  }

  async handle(number, token) {
    this.play.begun.add(token);
    await this.perform(number, number, (isDue) => {
      if (isDue && !this.mine.hasFailed) this.mine.wanted = this.mine.runs + 1;
    });
  }

  async alarm({ scheduledTime, isRetry }) {
    // One of a program that is over.
    if (!this.play) return;
    const { mine, play } = this;
    if (isRetry && !play.isWaiting) play.late = true;
    this.firing = scheduledTime;
    Object.assign(mine, { isRunning: true, hasFailed: false });
    const ended = (isDue, hasFailed) => {
      mine.runs += 1;
      if (isDue) mine.wanted = mine.runs + 1;
      Object.assign(mine, { isRunning: false, hasFailed });
      this.firing = undefined;
    };
    const number = mine.alarm[mine.runs];
    if (number === undefined) {
      play.say(this.who, "alarm");
      ended(false, false);
    } else await this.perform(number, `alarm ${number}`, ended);
  }

  // `ended` is called when all is done but what comes of it: whether an alarm is due then, and whether this failed.
  async perform(number, title, ended) {
    const { segments, end } = this.play.handlers[number];
    const told = [];
    let sent = [];
    for (const { fate, ops } of segments) {
      if (told.length > 0) {
        // What comes next may be undone, and this not.
        await Promise.all(sent);
        await this.ctx.storage.sync();
      }
      const results = [];
      told.push(results);
      sent = [];
      if (fate === "") await this.ops(this.ctx.storage, ops, results, sent);
      else await this.transaction(fate, ops, results);
    }
    const isDue = this.play.told(await this.ctx.storage.getAlarm()) === "due";
    this.play.say(this.who, `${title} ${told.map((results) => results.join(" ")).join(" | ")} ${end}`);
    ended(isDue && end !== "abort", end !== "ok");
    if (end === "abort") this.ctx.abort("abort");
    await Promise.all(sent);
    if (end === "throw") throw new Error("throw");
  }

  async transaction(fate, ops, results) {
    const { storage } = this.ctx;
    try {
      if (fate.startsWith("sync-")) {
        storage.transactionSync(() => {
          for (const op of ops) results.push(this.now(op));
          if (fate === "sync-throw") throw new Error(fate);
        });
      } else {
        await storage.transaction(async (transaction) => {
          await this.ops(transaction, ops, results, []);
          if (fate === "rollback") transaction.rollback();
          if (fate === "throw") throw new Error(fate);
        });
      }
    } catch (error) {
      if (error.message !== fate) results.push(`!${error.message}`);
    }
  }

  // A due time that is the time of the alarm that runs would be no new one.
  time(when) {
    const time = this.play.time(when);
    return this.firing === undefined ? time : Math.max(time, this.firing + 1);
  }

  now([verb, ...words]) {
    const { kv } = this.ctx.storage;
    switch (verb) {
      case "get":
        return toldValue(kv.get(keyOf(words[0])));
      case "put":
        kv.put(keyOf(words[0]), valueOf(words[1]));
        return "+";
      case "delete":
        return String(kv.delete(keyOf(words[0])));
      case "list":
        return toldEntries(kv.list(rangeOf(words)));
      case "set":
        this.ctx.storage.setAlarm(this.time(words[0]));
        return "+";
      case "unset":
        this.ctx.storage.deleteAlarm();
        return "+";
    }
  }

  async ops(storage, ops, results, sent) {
    for (const op of ops) {
      try {
        results.push(await this.op(storage, op, sent));
      } catch (error) {
        results.push(`!${error.message}`);
      }
    }
  }

  async op(storage, [first, ...words], sent) {
    const verb = first.replace(/\+.$/, "");
    const manner = first.slice(verb.length);
    const options = MANNERS[manner];
    const done = async (promise) => {
      if (manner === "+a") await promise;
      return "+";
    };
    switch (verb) {
      case "get":
        return toldValue(await storage.get(keyOf(words[0]), options));
      case "gets":
        return toldEntries(await storage.get(words[0].split(",").map(keyOf), options));
      case "put":
        return done(storage.put(keyOf(words[0]), valueOf(words[1]), options));
      case "puts": {
        const entries = words[0].split(",").map((entry) => entry.split("="));
        return done(storage.put(Object.fromEntries(entries.map(([key, value]) => [keyOf(key), valueOf(value)])), options));
      }
      case "delete":
        return String(await storage.delete(keyOf(words[0]), options));
      case "deletes":
        return String(await storage.delete(words[0].split(",").map(keyOf), options));
      case "list":
        return toldEntries(await storage.list({ ...rangeOf(words), ...options }));
      case "clear":
        await storage.deleteAll();
        return "+";
      case "set":
        return done(storage.setAlarm(this.time(words[0]), options));
      case "alarm":
        return this.play.told(await storage.getAlarm(options));
      case "unset":
        return done(storage.deleteAlarm(options));
      case "out":
        sent.push(this.env.WORLD.out(this.id, this.who, words[0]));
        return "+";
      case "tell":
        sent.push(call(this.env, this.id, words[0], Number(words[1])));
        return "+";
    }
  }

  abort() {
    this.ctx.abort("restart");
  }

  async rest() {
    const { storage } = this.ctx;
    return [toldEntries(await storage.list()), this.play.told(await storage.getAlarm())].join(" ");
  }
}

// A life that is over may still be on its way out: what it did not begin is asked of the next one.
async function call(env, id, who, number) {
  const { begun } = plays.get(id);
  const token = crypto.randomUUID();
  while (!begun.has(token)) await env.THINGS.getByName(`${id} ${who}`).handle(number, token).catch(() => {});
}

async function rest(env, id, who) {
  for (;;) {
    const told = await env.THINGS.getByName(`${id} ${who}`).rest().catch(() => undefined);
    if (told !== undefined) return told;
  }
}

async function play(env, id, text) {
  const played = new Play(text);
  plays.set(id, played);
  const objects = [...played.objects.values()];
  const until = async (holds) => {
    const end = Date.now() + PATIENCE_MS;
    for (let ms = 1; !(await holds()); ms = Math.min(2 * ms, 40)) {
      if (Date.now() > end) played.stuck = true;
      if (played.stuck) return;
      await scheduler.wait(ms);
    }
  };
  const settle = async () => {
    await until(() => objects.every(({ runs, wanted, isRunning }) => runs >= wanted && !isRunning));
    await scheduler.wait(1);
  };
  const restart = async () => {
    for (const who of played.objects.keys()) await env.THINGS.getByName(`${id} ${who}`).abort().catch(() => {});
  };
  // Nothing will be tried again, because somebody called it off. What is about to run reads as unset, but not for long.
  const isOff = async (who) => {
    const reads = async () => !(await rest(env, id, who)).endsWith(" due");
    return (await reads()) && (await scheduler.wait(10), await reads());
  };
  const wait = async () => {
    played.isWaiting = true;
    while (objects.some(({ hasFailed }) => hasFailed) && !played.stuck) {
      for (const [who, mine] of played.objects) {
        await until(async () => !mine.hasFailed || ((await isOff(who)) && mine.hasFailed));
        if (!mine.isRunning && mine.hasFailed && (await isOff(who))) mine.hasFailed = false;
      }
      await settle();
    }
    played.isWaiting = false;
  };
  const told = [];
  for (const [first, number] of played.steps) {
    if (first === "wait") await wait();
    else if (first === "restart") await restart();
    else {
      await call(env, id, first, Number(number));
      await settle();
    }
    told.push(played.entries.splice(0));
  }
  await wait();
  await restart();
  for (const who of played.objects.keys()) played.say(who, await rest(env, id, who));
  told.push(played.entries.splice(0));
  plays.delete(id);
  return { steps: told, isLate: played.late, isStuck: played.stuck };
}

export default {
  // Programs that are played at once, and names for them that were never used before.
  async fetch(request, env) {
    const { ids, programs } = await request.json();
    const stories = await Promise.all(programs.map((text, at) => play(env, ids[at], text)));
    return Response.json(stories);
  },
};
