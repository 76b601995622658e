//! What the module promises, the same in node, on a page, and through a Worker. Each case gets a fresh system.
import * as behaviours from "./behaviours.js";

export { behaviours };

function same(found, wanted) {
  const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (one !== other) throw new Error(`${one}, not ${other}`);
}

async function fails(promise) {
  const error = await promise.then(() => undefined, (error) => error);
  if (!error) throw new Error("it did not fail");
  return error.why?.type ?? error.message;
}

/** On any host. */
export const cases = {
  async "what was sent is handled in order and a call is answered"({ system }) {
    const counter = await system.spawn("counter", 1);
    for (let n = 0; n < 1_000; n += 1) system.send(counter, n);
    same(await system.call(counter, "get"), 499_501);
  },

  async "a throw is a crash with kind, message and place, and is told once"({ system, reports }) {
    const counter = await system.spawn("counter", 1, { label: "mine" });
    const gone = system.watch(counter);
    system.send(counter, "fail");
    const reason = await gone;
    same([reason.type, reason.kind], ["crash", "RangeError"]);
    if (!/^told to fail \(behaviours\.js:\d+:\d+\)$/.test(reason.message)) throw new Error(reason.message);
    same(reports.map(({ label, what }) => [label, what.type]), [["mine", "crash"]]);
    same(await fails(system.call(counter, "get")), "noproc");
  },

  async "values of every form survive state and messages"({ system, Ref }) {
    const other = await system.spawn("counter", 5);
    const value = { "@": 1, nested: { "@": { "@": "x" } }, list: [null, true, -1.5, "\u2028"], "__proto__x": 1, who: other, bytes: new Uint8Array([0, 255]) };
    const keeper = await system.spawn("keeper");
    system.send(keeper, { put: value });
    const found = await system.call(keeper, "get");
    same([found["@"], found.nested, found.list, [...found.bytes]], [1, value.nested, value.list, [0, 255]]);
    if (!(found.who instanceof Ref) || !found.who.equals(other)) throw new Error("the ref is another");
    same(await system.call(found.who, "get"), 5);
  },

  async "what is no value is refused where it is sent"({ system }) {
    const keeper = await system.spawn("keeper");
    const cycle = {};
    cycle.cycle = cycle;
    for (const value of [NaN, () => 1, new Map(), 10n, Symbol("x"), cycle, new Date(0)]) {
      let error;
      try {
        system.send(keeper, { put: value });
      } catch (thrown) {
        error = thrown;
      }
      same(error?.constructor.name, "TypeError");
    }
  },

  async "a turn that throws has sent nothing"({ system }) {
    const [counter, witness] = [await system.spawn("counter", 0), await system.spawn("witness")];
    const gone = system.watch(witness);
    system.send(witness, { half: counter });
    await gone;
    same(await system.call(counter, "get"), 0);
  },

  async "spawn, watch and call settle inside an actor, the down last"({ system }) {
    const witness = await system.spawn("witness");
    system.send(witness, { spawn: 41 });
    same(await until(() => system.call(witness, "what"), (seen) => seen.length === 3), ["message", "reply 42", "down crash"]);
  },

  async "a linked child's end is an exit for who traps it"({ system }) {
    const witness = await system.spawn("witness");
    system.send(witness, { trap: "odd" });
    same(await until(() => system.call(witness, "what"), (seen) => seen.length === 2), ["message", "exit other odd"]);
  },

  async "a ref can't be made from text, bytes, prototypes or clones"({ system }) {
    const forger = await system.spawn("forger");
    same(await system.call(forger, "try"), ["TypeError", "TypeError", "TypeError", "TypeError", "TypeError", "TypeError"]);
  },

  async "a lent ref neither kills nor links unless that is named"({ system }) {
    const [victim, attacker, ear] = [await system.spawn("counter", 3), await system.spawn("attacker"), await system.spawn("keeper")];
    system.send(attacker, { whom: victim, tell: ear });
    same(await system.call(victim, "get"), 3);
    const gone = system.watch(victim);
    system.send(attacker, { whom: victim.lending("control"), tell: ear });
    same((await gone).type, "killed");
  },

  async "a deferred call waits until the state opens"({ system }) {
    const gate = await system.spawn("gate");
    const answers = [system.call(gate, "one"), system.call(gate, "two")];
    system.send(gate, "open");
    same(await Promise.all(answers), ["one", "two"]);
  },

  async "a supervisor starts a child anew under the same ref until it gives up"({ system }) {
    const children = [{ id: "a", behaviour: "counter", args: 7 }, { id: "inner", supervise: { children: [{ id: "b", behaviour: "counter" }] } }];
    const top = await system.supervise({ intensity: 2, periodMs: 60_000, children });
    const rows = await system.whichChildren(top);
    same(rows.map(({ id, state }) => [id, state]), [["inner", "running"], ["a", "running"]]);
    const { ref } = rows[1], gone = system.watch(top);
    for (let n = 0; n < 2; n += 1) {
      system.send(ref, 1);
      system.send(ref, "fail");
      same(await system.call(ref, "get"), 7);
    }
    system.send(ref, "fail");
    same((await gone).type, "shutdown");
  },

  async "children are started, stopped and forgotten by name"({ system }) {
    const top = await system.supervise({});
    const child = await system.startChild(top, { id: "late", behaviour: "counter", args: 1 });
    same(await system.call(child, "get"), 1);
    same(await fails(system.startChild(top, { id: "late", behaviour: "counter" })), "refused");
    await system.terminateChild(top, "late");
    same((await system.countChildren(top)).active, 0);
    await system.deleteChild(top, "late");
    same((await system.countChildren(top)).specs, 0);
  },

  async "a behaviour that returns a promise crashes"({ system, reports }) {
    const gone = system.watch(await system.spawn("late"));
    same((await gone).type === "noproc" || (await gone).kind === "TypeError", true);
    same(reports.length, 1);
  },

  async "a behaviour that is not there is a crash of its child"({ system }) {
    const nobody = await system.spawn("nobody");
    const reason = await system.watch(nobody);
    same(["noproc", "crash"].includes(reason.type), true);
  },
};

/** Where time is the test's. */
export const timed = {
  async "a timer set again comes once, at its later time"({ system }) {
    const witness = await system.spawn("witness");
    system.send(witness, { arm: 1_000 });
    system.advance(10_000);
    same(await system.call(witness, "what"), ["message", "timer 2 at 2000", "timer 1 at 3000"]);
  },

  async "a call that nobody answers times out"({ system }) {
    const gate = await system.spawn("gate");
    const answer = fails(system.call(gate, "x", { ms: 700 }));
    system.advance(700);
    same(await answer, "timeout");
  },
};

async function until(ask, holds) {
  for (;;) {
    const found = await ask();
    if (holds(found)) return found;
  }
}
