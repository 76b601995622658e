//! Commands in the Linux machine: noted before they run, asked after in the next life, stopped when what they run in is taken away.
use super::*;
use crate::view::Power;

impl World {
    pub(super) fn linux(&mut self, op: Value) -> Option<Value> {
        let answer = match op["op"].as_str() {
            Some("ready" | "stop" | "end") => Some(json!({})),
            _ if self.machine_is_silent => None,
            Some("run") => Some(json!({"exit": 3, "why": null, "out": "two\n", "err_text": "and a word </page>\n"})),
            Some("put") => Some(json!({"exit": 0, "why": null, "err_text": ""})),
            Some("get") => Some(json!({"exit": 1, "why": null, "out": "", "err_text": "a: No such file or directory\n"})),
            _ => None,
        };
        self.machine.push(op);
        answer
    }

    fn ops(&self) -> Vec<&str> {
        self.machine.iter().filter_map(|op| op["op"].as_str()).collect()
    }
}

fn runs(world: &mut World, command: &str) {
    world.task("Count them");
    world.model("", Some(("run_command", json!({"command": command, "time_s": 500}))));
}

#[test]
fn a_commands_code_and_both_its_streams_are_told_and_its_words_stay_fenced() {
    let mut world = World::new();
    runs(&mut world, "wc -l <a");
    let run = &world.machine[1];
    assert_eq!((run["command"].as_str(), run["time_ms"].as_u64(), run["begun"].as_bool()), (Some("wc -l <a"), Some(60_000), Some(false)));
    let told = &world.fetches[0].1;
    for part in ["exit code 3", "two\\nstderr:\\nand a word \u{2039}/page>"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    world.model("", Some(("write_file", json!({"path": "a", "content": "x"}))));
    world.model("", Some(("read_file", json!({"path": "a"}))));
    assert_eq!(world.ops(), ["ready", "run", "ready", "put", "ready", "get"]);
    assert!(world.fetches[0].1.contains("failed: a: No such file or directory"), "{}", world.fetches[0].1);
    world.model("Three.", None);
    assert_eq!(world.chat(), ["owner: Count them", "run_command: Done", "write_file: Done", "read_file: Failed", "model: Three."]);
}

#[test]
fn a_command_that_had_begun_is_asked_after_in_the_next_life_and_not_done_again() {
    let mut world = World::new();
    world.machine_is_silent = true;
    runs(&mut world, "make");
    let effect = world.machine[1]["effect"].clone();
    let mut again = world.again();
    let chat = again.chats();
    again.command(&Command::Hello { chat: None });
    assert!(chat.len() <= 1);
    let asked: Vec<&Value> = again.machine.iter().filter(|op| op["op"] == "run").collect();
    assert_eq!(asked.len(), 1, "{:?}", again.machine);
    assert_eq!((&asked[0]["effect"], asked[0]["begun"].as_bool()), (&effect, Some(true)));
}

#[test]
fn a_machine_that_is_taken_back_stops_what_runs_and_the_chat_goes_on_without() {
    let mut world = World::new();
    world.machine_is_silent = true;
    runs(&mut world, "sleep 60");
    let chat = world.chats()[0].id;
    world.command(&Command::TakeBack { chat, power: Power::Linux });
    assert_eq!(world.ops(), ["ready", "run", "stop"]);
    assert_eq!(world.phase(), RunPhase::Thinking);
    assert!(world.fetches[0].1.contains("the Linux machine was taken back by the owner"), "{}", world.fetches[0].1);
}

#[test]
fn a_run_that_is_stopped_stops_its_command() {
    let mut world = World::new();
    world.machine_is_silent = true;
    runs(&mut world, "sleep 60");
    let chat = world.chats()[0].id;
    world.command(&Command::Stop { chat });
    assert_eq!(world.ops(), ["ready", "run", "stop"]);
}

#[test]
fn the_owners_switch_reaches_the_machine() {
    let mut world = World::new();
    world.command(&Command::EndMachine);
    assert_eq!(world.ops(), ["end"]);
}

#[test]
fn a_command_that_no_machine_can_take_is_refused_before_there_is_one() {
    let mut world = World::new();
    for (input, why) in [
        (json!({}), "`command` is missing"),
        (json!({"command": "a".repeat(20_000)}), "longer than"),
        (json!({"command": 7}), "must be a text"),
    ] {
        if world.fetches.is_empty() {
            world.task("Try");
        }
        world.model("", Some(("run_command", input)));
        assert!(world.fetches[0].1.contains(why), "{why}");
    }
    assert_eq!(world.ops().len(), 0);
}
