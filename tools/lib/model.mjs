//! The scripted model: npm's aimock speaks both dialects on the wire, a policy decides what it says.
import { LLMock } from "@copilotkit/aimock";
import { wire } from "./wire.mjs";

/**
 * `policy(view)` answers what the model says next: `{text, calls: [{name, input}]}`, or an aimock response as it is.
 * `view`: `messages` (as in Chat Completions), `task` (the owner's last words), `results` (texts of tool results since then, oldest
 * first), `last` (the newest of them), `turn` (how many times the model has spoken since then).
 */
export async function scripted(policy, { spoil } = {}) {
  const mock = new LLMock({ port: 0, host: "127.0.0.1", journalMaxEntries: 0, chunkSize: 12 });
  const views = [];
  let called = 0;
  mock.on({ predicate: () => true }, async (request) => {
    const view = look(request);
    views.push(view);
    const said = await policy(view);
    if (said.error || said.blocks || said.toolCalls || said.content) return said;
    const blocks = [];
    if (said.text) blocks.push({ type: "text", text: said.text });
    for (const call of said.calls ?? []) {
      blocks.push({ type: "toolCall", id: call.id ?? `call_${++called}`, name: call.name, arguments: JSON.stringify(call.input ?? {}) });
    }
    return blocks.some((block) => block.type === "toolCall") ? { blocks } : { content: said.text ?? "" };
  });
  const target = await mock.start();
  const relay = await wire(target, { spoil });
  return {
    mock, views, entries: relay.entries, url: relay.url,
    /** What the owner types as the base URL. */
    base: (dialect) => (dialect === "anthropic" ? relay.url : `${relay.url}/v1`),
    async stop() {
      await relay.stop();
      // A policy that was left waiting would hold it for ever.
      await Promise.race([mock.stop(), new Promise((done) => setTimeout(done, 1_000).unref())]);
    },
  };
}

const words = (content) => (typeof content === "string" ? content : (content ?? []).map((part) => part.text ?? "").join(""));

function look(request) {
  const messages = request.messages ?? [];
  const at = messages.findLastIndex((message) => message.role === "user" && words(message.content).trim() && !message.tool_call_id);
  const since = messages.slice(at + 1);
  const results = since.filter((message) => message.role === "tool").map((message) => words(message.content));
  return {
    request, messages, task: at < 0 ? "" : words(messages[at].content), results, last: results.at(-1) ?? "",
    turn: since.filter((message) => message.role === "assistant").length,
  };
}

/** A policy that says these things one after another, then the last text again. */
export function inTurn(...steps) {
  return async (view) => {
    const step = steps[Math.min(view.turn, steps.length - 1)];
    return typeof step === "function" ? step(view) : step;
  };
}

/** The ref of the line that holds all the words, in any result so far (the newest first). */
export function refOf(view, ...parts) {
  for (const result of [...view.results].reverse()) {
    for (const line of result.split("\n")) {
      const ref = /\[(ref_\d+)\]/.exec(line)?.[1];
      if (ref && parts.every((part) => line.includes(part))) return ref;
    }
  }
  throw new Error(`no line with ${parts.join(" and ")} in the results so far`);
}
