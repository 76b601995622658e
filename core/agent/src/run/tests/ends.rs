//! How a run ends before its time, and that the chat goes on after each.
use super::*;
use alloc::collections::{BTreeMap, BTreeSet};
use expect_test::expect;
use proptest::prelude::*;

#[test]
fn stop_cancels_at_once_and_the_history_stays_valid() {
    let chat = check(
        r#"
        task Type a letter
        found https://a.example/
        says + left_click {"ref":"ref_1"} + type {"text":"x"}
        found https://a.example/
        begins
        saved
        verified https://a.example/: clicked
        found https://a.example/
        begins
        saved
        stop
        stop
        task Again
        found https://a.example/
        stop
        fails cut
        task And again
        found https://a.example/
        says Fine.
        "#,
        expect![[r#"
            < task Type a letter
                > 0 owner: Type a letter
                > thinking, starting
                > list "Type a letter" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Type a letter"
                > ask: Type a letter  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"} + type {"text":"x"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/: clicked
                > 1 verified: click ref_1 (clicked)
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-2: type {"text":"x"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < stop
                > cancel 7-00000000000000ab-2
                > 2 stopped: type x into the page (stopped while it was under way; it may have happened in part)
                > release
                > 3 note: Stopped.
                > stopped, step 2 of 100
                > list "Type a letter" stopped
            < stop
            < task Again
                > 4 owner: Again
                > thinking, starting
                > list "Type a letter" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Type a letter"
                > ask: [c1 verified clicked] [c2 error The owner stopped the task during this call: stopped while it was under way; it may have happened in part.] Again  [peerd: the task starts on tab 3, https://a.example]
            < stop
                > cancel the request
                > release
                > 5 note: Stopped.
                > stopped, step 1 of 100
                > list "Type a letter" stopped
            < fails cut
            < task And again
                > 7 owner: And again
                > thinking, starting
                > list "Type a letter" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Type a letter"
                > ask: [c1 verified clicked] [c2 error The owner stopped the task during this call: stopped while it was under way; it may have happened in part.] Again  [peerd: the task starts on tab 3, https://a.example] And again  [peerd: the task starts on tab 3, https://a.example]
            < says Fine.
                > 8 model: Fine.
                > release
                > done, done
                > list "Type a letter" done
        "#]],
    );
    let calls = |role| chat.request.iter().filter(move |message| message.role == role).flat_map(|message| &message.blocks);
    let asked: Vec<&str> =
        calls(Role::Assistant).filter_map(|block| if let Block::ToolUse(call) = block { Some(call.id.as_str()) } else { None }).collect();
    let answered: Vec<&str> =
        calls(Role::User).filter_map(|block| if let Block::ToolResult(result) = block { Some(result.id.as_str()) } else { None }).collect();
    assert_eq!(asked, answered);
}

#[test]
fn failures_are_told_in_plain_words() {
    check(
        r#"
        task One
        found https://a.example/
        fails the stream ended early.
        task Two
        found https://a.example/
        refuses not this
        task Three
        missing Tab 3 was closed.
        cut Half an answer
        task-alone Four
        pauses Wait
        says
        "#,
        expect![[r#"
            < task One
                > 0 owner: One
                > thinking, starting
                > list "One" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "One"
                > ask: One  [peerd: the task starts on tab 3, https://a.example]
            < fails the stream ended early.
                > 1 model: Half a
                > release
                > 2 note: The answer broke off before its end, so none of its actions was executed: the stream ended early. Say it again.
                > failed, step 1 of 100
                > list "One" failed
            < task Two
                > 3 owner: Two
                > thinking, starting
                > list "One" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "One"
                > ask: One  [peerd: the task starts on tab 3, https://a.example] Two  [peerd: the task starts on tab 3, https://a.example]
            < refuses not this
                > release
                > 4 note: The model declined this: not this
                > failed, step 1 of 100
                > list "One" failed
            < task Three
                > 5 owner: Three
                > thinking, starting
                > list "One" thinking
                > find tab 3
            < missing Tab 3 was closed.
                > 6 note: The tab can't be used: Tab 3 was closed.
                > ask: One  [peerd: the task starts on tab 3, https://a.example] Two  [peerd: the task starts on tab 3, https://a.example] Three
            < cut Half an answer
                > 7 model: Half an answer
                > release
                > 8 note: The answer was cut at its length limit. Say “go on” for the rest.
                > failed, step 1 of 100
                > list "One" failed
            < task-alone Four
                > 9 owner: Four
                > thinking, starting
                > list "One" thinking
                > ask: Four
            < pauses Wait
                > 10 model: Wait
                > ask: Wait
            < says
                > release
                > 11 note: The model ended without a word.
                > done, done
                > list "One" done
        "#]],
    );
}

#[test]
fn a_call_without_an_answer_is_unknown_and_never_repeated() {
    check(
        r#"
        task Press it
        found https://a.example/
        says + left_click {"ref":"ref_1"} + left_click {"ref":"ref_2"}
        found https://a.example/
        begins
        saved
        lost it ended in the middle (crashed)
        says + left_click {"ref":"ref_1"}
        found https://a.example/
        begins
        saved
        timer 1
        verified https://a.example/: late
        says I can't tell.
        "#,
        expect![[r#"
            < task Press it
                > 0 owner: Press it
                > thinking, starting
                > list "Press it" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Press it"
                > ask: Press it  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"} + left_click {"ref":"ref_2"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < lost it ended in the middle (crashed)
                > 1 unknown: click ref_1 (it ended in the middle (crashed))
                > thinking, step 2 of 100
                > ask: [c1 error Unknown outcome: it ended in the middle (crashed). It may or may not have happened: look before you go on, do not simply repeat it.] [c2 error Not executed: an earlier action in this turn failed.]
            < says + left_click {"ref":"ref_1"}
                > acting, step 3 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-2: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < timer 1
                > cancel 7-00000000000000ab-2
                > 2 unknown: click ref_1 (the tab gave no answer for 90 s)
                > thinking, step 3 of 100
                > ask: [c3 error Unknown outcome: the tab gave no answer for 90 s. It may or may not have happened: look before you go on, do not simply repeat it.]
            < verified https://a.example/: late
            < says I can't tell.
                > 3 model: I can't tell.
                > release
                > done, done
                > list "Press it" done
        "#]],
    );
}

#[test]
fn a_model_that_loops_is_told_and_stopped() {
    let once = "says + left_click {\"ref\":\"ref_1\"}\nfound https://a.example/\nbegins\nsaved\nunverified nothing changed\n";
    let script = format!("task Make it go\nfound https://a.example/\n{}", once.repeat(4));
    check(
        &script,
        expect![[r#"
            < task Make it go
                > 0 owner: Make it go
                > thinking, starting
                > list "Make it go" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Make it go"
                > ask: Make it go  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < unverified nothing changed
                > 1 unverified: click ref_1 (nothing changed)
                > thinking, step 1 of 100
                > ask: [c1 unverified nothing changed]
            < says + left_click {"ref":"ref_1"}
                > acting, step 2 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-2: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < unverified nothing changed
                > 2 unverified: click ref_1 (nothing changed)
                > thinking, step 2 of 100
                > ask: [c2 unverified nothing changed]
            < says + left_click {"ref":"ref_1"}
                > acting, step 3 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-3: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < unverified nothing changed
                > 3 unverified: click ref_1 (nothing changed)
                > thinking, step 3 of 100
                > ask: [c3 unverified nothing changed  [peerd: the same action, left_click, changed nothing three times. Doing it again will not help. Look at the page another way (read_page, find, screenshot), try something else, or tell the owner what stands in the way. If it goes on, the task is stopped.]]
            < says + left_click {"ref":"ref_1"}
                > acting, step 4 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-4: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < unverified nothing changed
                > 4 unverified: click ref_1 (nothing changed)
                > release
                > 5 note: Stopped: the same action, left_click, changed nothing 4 times. The task is not finished.
            - clicked ref_1: unverified
            - clicked ref_1: unverified
            - clicked ref_1: unverified
            - clicked ref_1: unverified
                > failed, step 4 of 100
                > list "Make it go" failed
        "#]],
    );
}

#[test]
fn limits_of_steps_and_tokens_end_a_task() {
    let step = "says + find {\"query\":\"a\"}\nfound https://a.example/\nread x\n";
    let mut chat = Chat::new();
    chat.limits = Limits { steps_max: 2, tokens_max: 1_000_000 };
    chat.play(&format!("task Go\nfound https://a.example/\n{step}{step}says + find {{}}"));
    assert!(chat.log.ends_with("note: Stopped: it has taken 2 steps, and its limit is 2. The task is not finished.\nNothing was done on a page.\n    > failed, step 2 of 2\n    > list \"Go\" failed\n"), "{}", chat.log);
    let mut chat = Chat::new();
    chat.limits = Limits { steps_max: 100, tokens_max: 2_000 };
    chat.play(&format!("task Go\nfound https://a.example/\n{step}{step}"));
    assert!(chat.log.contains("it has used 2020 tokens, and its limit is 2000"), "{}", chat.log);
}

/// One text with everything in it but the task.
fn as_version_1(chat: &Chat) -> Value {
    let texts = |kind: &str| -> Vec<Value> {
        let texts = chat.kept.iter().filter(|(key, _)| key.starts_with(kind));
        texts.map(|(_, text)| serde_json::from_str(text).expect("JSON")).collect()
    };
    let mut kept: Value = texts("chat").remove(0);
    let task = kept["task"].take();
    kept["version"] = 1.into();
    kept["effects"] = task["effects"].clone();
    kept["chat"]["items"] = texts("item/").into();
    kept["memory"]["messages"] = texts("message/").into();
    kept
}

#[test]
fn a_run_that_an_earlier_version_kept_is_interrupted_and_the_next_task_works() {
    let mut before = Chat::new();
    before.play(
        r#"
        task Buy it
        found https://a.example/
        says + find {"query":"buy"} + left_click {"ref":"ref_1"} + left_click {"ref":"ref_2"}
        found https://a.example/
        read <page origin="https://a.example">|- button "Buy" [ref_1]|- button "Pay" [ref_2]|</page>
        found https://a.example/
        begins
        saved
        verified https://a.example/: clicked
        found https://a.example/
        begins
        "#,
    );
    let mut chat = Chat::of(&[(crate::run::CHAT.into(), as_version_1(&before).to_string())]);
    chat.play("task Something new\nfound https://a.example/\nsays Works.");
    expect![[r#"
            > drive tab 3 for "Buy it"
            > release
            > list "Buy it" interrupted
        < task Something new
            > 5 owner: Something new
            > thinking, starting
            > list "Buy it" thinking
            > find tab 3
        < found https://a.example/
            > drive tab 3 for "Buy it"
            > ask: [c1 error Interrupted: see below whether this was executed.] [c2 error Interrupted: see below whether this was executed.] [c3 error Interrupted: see below whether this was executed.] [peerd: the task was interrupted. What had been done: - clicked button "Buy": verified - clicked button "Pay": outcome unknown] Something new  [peerd: the task starts on tab 3, https://a.example]
        < says Works.
            > 6 model: Works.
            > release
            > done, done
            > list "Buy it" done
    "#]].assert_eq(&chat.log);
    let note = chat.session.items.iter().find_map(|item| if let Item::Note { text, .. } = item { Some(text.as_str()) } else { None });
    expect![[r#"
        Interrupted: what ran this task ended in the middle of it. Nothing is repeated by itself.
        - clicked button "Buy": verified
        - clicked button "Pay": outcome unknown"#]]
    .assert_eq(note.unwrap_or_default());
    expect![[r#"
        Buy it  [peerd: the task starts on tab 3, https://a.example]
        .. .. ..
        [c1 error Interrupted: see below whether this was executed.] [c2 error Interrupted: see below whether this was executed.] [c3 error Interrupted: see below whether this was executed.] [peerd: the task was interrupted. What had been done: - clicked button "Buy": verified - clicked button "Pay": outcome unknown] Something new  [peerd: the task starts on tab 3, https://a.example]"#]].assert_eq(&chat.request.iter().map(last_words).collect::<Vec<_>>().join("\n"));
}

#[test]
fn a_run_is_kept_as_a_recipe() {
    check(
        r#"
        task Buy it
        found https://a.example/
        says + left_click {"ref":"ref_1"}
        found https://a.example/
        begins
        saved
        verified https://a.example/done: Buy
        keep too early
        says Bought.
        keep Buying
        "#,
        expect![[r#"
            < task Buy it
                > 0 owner: Buy it
                > thinking, starting
                > list "Buy it" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy it"
                > ask: Buy it  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/done: Buy
                > 1 verified: click ref_1 (Buy)
                > thinking, step 1 of 100
                > ask: [c1 verified Buy]
            < keep too early
                > problem: This run can't be kept as a recipe: nothing was done on a web page.
            < says Bought.
                > 2 model: Bought.
                > release
                > done, done
                > list "Buy it" done
            < keep Buying
                > keep 1 steps: Buying
        "#]],
    );
}

/// Everything that may be heard, in any order.
const WORDS: [&str; 25] = [
    "task Do it",
    "task-alone Do it",
    "recipe /shop/",
    "found https://a.example/shop/",
    "missing gone",
    "says Fine.",
    "says + left_click {\"ref\":\"ref_1\"} + type {\"text\":\"x\"}",
    "says + new_tab {} + read_page !",
    "cut + find {\"query\":\"x\"}",
    "refuses no",
    "pauses Wait",
    "fails broke",
    "begins",
    "saved",
    "dies",
    "unlocked",
    "lost no answer",
    "needs submit https://a.example",
    "answers once",
    "timer 1",
    "timer 2",
    "hand",
    "resume",
    "verified https://a.example/shop/item/1: clicked",
    "failed covered",
];

/// Effects used twice: in one life, or in a later one as if nothing had begun.
fn repeats(log: &str) -> Vec<&str> {
    let (mut life, mut noted, mut acts): (u32, BTreeSet<&str>, BTreeMap<&str, u32>) = Default::default();
    let (mut last, mut twice) = ("", Vec::new());
    for line in log.lines().map(str::trim) {
        if line == "< dies" {
            life += 1;
        } else if line == "> noted" {
            noted.insert(last);
        } else if let Some(act) = line.strip_prefix("> web ").or(line.strip_prefix("> browser ")) {
            last = act.split(':').next().unwrap_or_default();
            let is_asking = act.ends_with(" after a trace");
            if acts.insert(last, life) == Some(life) || noted.contains(last) && !is_asking {
                twice.push(last);
            }
        }
    }
    twice
}

proptest! {
    #[test]
    fn whatever_happens_effects_are_distinct_and_the_next_task_begins_well(script in prop::collection::vec(0..WORDS.len(), 0..60)) {
        let mut chat = Chat::new();
        let script: Vec<&str> = script.iter().map(|at| WORDS[*at]).collect();
        chat.play(&script.join("\n"));
        prop_assert!(repeats(&chat.log).is_empty(), "{:?} in\n{}", repeats(&chat.log), chat.log);
        let kept = chat.kept();
        chat.play("stop\ntask-alone And now");
        prop_assert!(chat.log.ends_with("And now\n"), "{}", chat.log);
        let calls = |role| chat.request.iter().filter(move |message| message.role == role).flat_map(|message| &message.blocks);
        let asked: Vec<&str> = calls(Role::Assistant).filter_map(|block| if let Block::ToolUse(call) = block { Some(call.id.as_str()) } else { None }).collect();
        let answered: Vec<&str> = calls(Role::User).filter_map(|block| if let Block::ToolResult(result) = block { Some(result.id.as_str()) } else { None }).collect();
        prop_assert_eq!(asked, answered);
        if !kept.is_empty() {
            let mut again = Chat::of(&kept);
            again.play("stop\ntask-alone And now");
            prop_assert!(again.log.ends_with("And now\n"), "{}", again.log);
        }
    }
}
