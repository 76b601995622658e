//! The tools for actors of the agent's own making, as the model is told of them.
use super::{fields_alone, integer, text, tool};
use crate::model::ToolSpec;
use serde_json::{Value, json};

pub const CREATE_ACTOR_CLASS: &str = "create_actor_class";
pub const START_ACTOR: &str = "start_actor";
pub const CALL_ACTOR: &str = "call_actor";
pub const SEND_TO_ACTOR: &str = "send_to_actor";
pub const LIST_ACTORS: &str = "list_actors";
pub const INSPECT_ACTOR: &str = "inspect_actor";
pub const TEST_ACTOR_CLASS: &str = "test_actor_class";
pub const UPGRADE_ACTOR_CLASS: &str = "upgrade_actor_class";
pub const STOP_ACTOR: &str = "stop_actor";
pub const SHARE_ACTOR: &str = "share_actor";
pub const DELETE_ACTOR_CLASS: &str = "delete_actor_class";

#[must_use]
pub fn is_of_actors(name: &str) -> bool {
    matches!(name, CREATE_ACTOR_CLASS | START_ACTOR | CALL_ACTOR | SEND_TO_ACTOR | LIST_ACTORS | INSPECT_ACTOR)
        || matches!(name, TEST_ACTOR_CLASS | UPGRADE_ACTOR_CLASS | STOP_ACTOR | SHARE_ACTOR | DELETE_ACTOR_CLASS)
}

pub(super) fn create() -> ToolSpec {
    tool(
        CREATE_ACTOR_CLASS,
        "Makes a class of actors: code that keeps a state and handles one message after another, for as long as the owner keeps this chat, also \
         over restarts of the browser. It runs by itself, reaches no page, file or network, and what goes wrong in one turn undoes that turn \
         alone. Give a test: what does not pass it is not made.",
        fields_alone(&[
            ("name", name("Of the class")),
            ("source", source()),
            ("language", language()),
            ("wasm", wasm()),
            ("args", args()),
            ("test", cases()),
        ]),
        &["name"],
    )
}

pub(super) fn start() -> ToolSpec {
    tool(
        START_ACTOR,
        "Starts an actor of a class under this chat's supervisor, which starts it again when it crashes, as it was after its last good turn. One \
         that was stopped goes on with what it knew.",
        fields_alone(&[
            ("class", name("Its class")),
            ("name", name("The actor's own name; that of its class when absent")),
            ("args", args()),
        ]),
        &["class"],
    )
}

pub(super) fn call() -> ToolSpec {
    tool(
        CALL_ACTOR,
        "Sends an actor a message and waits for its answer. A turn without end is killed; other actors go on meanwhile.",
        fields_alone(&[
            ("actor", actor()),
            ("message", message()),
            ("hex", hex()),
            ("time_s", integer("Waits so many seconds at most; 15 when absent", 1, 60)),
        ]),
        &["actor"],
    )
}

pub(super) fn send() -> ToolSpec {
    tool(
        SEND_TO_ACTOR,
        "Sends an actor a message and waits for nothing.",
        fields_alone(&[("actor", actor()), ("message", message()), ("hex", hex())]),
        &["actor"],
    )
}

pub(super) fn list() -> ToolSpec {
    tool(LIST_ACTORS, "The classes that were made in this chat, and the actors of each.", fields_alone(&[]), &[])
}

pub(super) fn inspect() -> ToolSpec {
    tool(
        INSPECT_ACTOR,
        "What an actor knows, what waits for it, what its code has used up, and how it crashed, with the places in its source.",
        fields_alone(&[("actor", name("Its name"))]),
        &["actor"],
    )
}

pub(super) fn test() -> ToolSpec {
    tool(
        TEST_ACTOR_CLASS,
        "Plays messages against an actor of a class that is started for it and thrown away, and compares what it answers.",
        fields_alone(&[("class", name("The class")), ("args", args()), ("test", cases())]),
        &["class", "test"],
    )
}

pub(super) fn upgrade() -> ToolSpec {
    tool(
        UPGRADE_ACTOR_CLASS,
        "Gives a class new code. Its actors take it over between two messages, with what they know. If the new code fails its test, or can't take \
         over what an actor knows, the old code stays.",
        fields_alone(&[
            ("class", name("The class")),
            ("source", source()),
            ("language", language()),
            ("wasm", wasm()),
            ("args", args()),
            ("test", cases()),
        ]),
        &["class"],
    )
}

pub(super) fn stop() -> ToolSpec {
    tool(
        STOP_ACTOR,
        "Stops an actor, whatever it does. What it knows is kept for start_actor, or deleted with it.",
        fields_alone(&[
            ("actor", name("Its name")),
            ("delete", json!({"type": "boolean", "description": "Also what it knows; false when absent"})),
        ]),
        &["actor"],
    )
}

pub(super) fn share() -> ToolSpec {
    tool(
        SHARE_ACTOR,
        "A link to an actor: whoever is given it, in another chat, calls the actor by it in place of a name, and can do nothing else with it.",
        fields_alone(&[
            ("actor", name("Its name")),
            ("stop", json!({"type": "boolean", "description": "Takes the link back from all who have it"})),
        ]),
        &["actor"],
    )
}

pub(super) fn delete() -> ToolSpec {
    tool(
        DELETE_ACTOR_CLASS,
        "Forgets a class that has no actors: those that it has, running or stopped, are deleted with stop_actor first.",
        fields_alone(&[("class", name("The class"))]),
        &["class"],
    )
}

fn name(what: &str) -> Value {
    json!({"type": "string", "pattern": "^[a-z][a-z0-9-]{0,31}$", "description": what})
}

fn actor() -> Value {
    text("Its name, or a link that was shared, \"peerd-actor:..\"")
}

fn source() -> Value {
    text(
        "In JavaScript: an ES module without imports, `export default { init(args) { return state }, handle: { name(state, value, ctx) { .. } } }`. A \
         message [\"name\", value] goes to the handler of that name, which changes the state, plain JSON, in place; what it returns is the answer. \
         A throw undoes the turn. No fetch and no timers but ctx.after(ms, \"name\", value); `upgrade(state)` may return the state of an older version anew",
    )
}

fn language() -> Value {
    json!({
        "type": "string",
        "enum": ["javascript", "assemblyscript"],
        "description": "Of source; JavaScript when absent. AssemblyScript is TypeScript with strict types that is compiled: many times as fast, and what \
            does not fit is told with its line before it runs. `class State { total: f64 = 0 }` is what is kept; `export function init(args: Args): \
            State` if it begins with something; each other exported function handles the message of its name: `export function add(state: State, \
            more: f64): f64 { state.total += more; return state.total }` is called by [\"add\", 2], and what it returns is the answer. Values are f64, \
            i32, bool, string, T[], Map<string, T>, Ref, Json (any value: value.get(\"x\").as<f64>()), T | null, and classes with such fields. \
            ctx.send(to, \"add\", value); ctx.call(to, \"get\", value, \"got\") and `got(state: State, answer: Got)` has value or failed; ctx.caller(), \
            ctx.reply(caller, value); ctx.spawn(args); ctx.after(ms, \"name\", value); ctx.self, ctx.now, ctx.log(text). `throw new Error(text)` undoes \
            the turn. No imports, no try, no closures over locals, no for..of, no unions but with null. `export function upgrade(old: Json): State` \
            if fields have changed their meaning; a new field begins as in a new State",
    })
}

fn wasm() -> Value {
    text("In place of source: a WebAssembly module of the guest ABI, in base64")
}

fn args() -> Value {
    json!({"description": "What an actor of it begins with; null when absent"})
}

fn message() -> Value {
    json!({"description": "[\"handler\", value] for JavaScript and AssemblyScript; else any JSON value, null when absent"})
}

fn hex() -> Value {
    text("In place of message, for a class that takes no JSON: bytes as hexadecimal digits")
}

fn cases() -> Value {
    json!({
        "type": "array",
        "maxItems": 50,
        "description": "Messages in order, with what is expected of each",
        "items": {
            "type": "object",
            "properties": {
                "message": {"description": "As for call_actor"},
                "reply": {"description": "What it must answer, exactly; absent: anything or nothing"},
                "crash": {"type": "string", "description": "It must fail on it, with these words in what it says; empty: with any"},
            },
            "required": ["message"],
            "additionalProperties": false,
        },
    })
}
