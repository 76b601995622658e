//! A chat that dies with its Worker, and what its next life makes of what was kept.
use super::*;
use expect_test::expect;

#[test]
fn the_model_is_asked_the_same_again_and_paid_once() {
    let chat = check(
        r#"
        task Look
        found https://a.example/
        says + read_page {}
        found https://a.example/
        read <page>
        dies
        saved
        found https://a.example/
        says Seen.
        "#,
        expect![[r#"
            < task Look
                > 0 owner: Look
                > thinking, starting
                > list "Look" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Look"
                > ask: Look  [peerd: the task starts on tab 3, https://a.example]
            < says + read_page {}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: read_page {} on https://a.example
            < read <page>
                > 1 done: read the page (<page>)
                > thinking, step 1 of 100
                > ask: [c1 <page>]
            < dies
                > save, then say so
                > list "Look" thinking
            < saved
                > drive tab 3 for "Look"
                > find tab 3
            < found https://a.example/
                > 2 note: peerd was stopped in the middle of this task. It goes on where it was.
                > ask: [c1 <page>]
            < says Seen.
                > 3 model: Seen.
                > release
                > done, done
                > list "Look" done
        "#]],
    );
    let (once, kept) = (chat.session.spent.tokens(), chat.session.chat.run.usage.clone());
    assert_eq!((once, kept.tokens_in), (2_020, 2_000));
}

#[test]
fn an_act_that_may_have_begun_goes_back_with_its_trace_and_one_that_has_not_without() {
    check(
        r#"
        task Buy
        found https://a.example/
        says + left_click {"ref":"ref_1"}
        found https://a.example/
        dies
        saved
        found https://a.example/
        found https://a.example/
        begins
        dies
        saved
        found https://a.example/done
        found https://a.example/done
        saved
        verified https://a.example/done: Buy
        says Bought.
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < dies
                > save, then say so
                > list "Buy" acting
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < found https://a.example/
                > 2 note: peerd was stopped in the middle of this task. It goes on where it was.
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < dies
                > save, then say so
                > list "Buy" acting
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < found https://a.example/done
                > find tab 3
            < found https://a.example/done
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example after a trace
            < saved
                > noted
            < verified https://a.example/done: Buy
                > 1 verified: click ref_1 (Buy)
                > thinking, step 1 of 100
                > ask: [c1 verified Buy]
            < says Bought.
                > 3 model: Bought.
                > release
                > done, done
                > list "Buy" done
        "#]],
    );
}

#[test]
fn the_owner_is_asked_again_for_what_was_not_answered() {
    check(
        r#"
        task Buy
        found https://a.example/
        says + left_click {"ref":"ref_1"}
        found https://a.example/
        needs submit https://a.example
        dies
        saved
        found https://a.example/
        found https://a.example/
        needs submit https://a.example
        answers once
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < needs submit https://a.example
                > question 1 until 122000: Submit a form | https://a.example | https://a.example
                > waiting, waiting for your answer
            < dies
                > withdraw question 1
                > save, then say so
                > list "Buy" waiting
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < found https://a.example/
                > 2 note: peerd was stopped in the middle of this task. It goes on where it was.
                > acting, step 1 of 100
                > find tab 3
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < needs submit https://a.example
                > question 2 until 122000: Submit a form | https://a.example | https://a.example
                > waiting, waiting for your answer
            < answers once
        "#]],
    );
}

#[test]
fn a_tab_that_is_gone_is_told_and_what_was_begun_there_stays_unknown() {
    check(
        r#"
        task Buy
        found https://a.example/
        says + read_page {}
        found https://a.example/
        read https://a.example/cart: <page>
        says + left_click {"ref":"ref_1"}
        found https://a.example/cart
        begins
        saved
        dies
        saved
        gone
        gone
        says I could not tell.
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says + read_page {}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: read_page {} on https://a.example
            < read https://a.example/cart: <page>
                > 1 done: read the page (<page>)
                > thinking, step 1 of 100
                > ask: [c1 <page>]
            < says + left_click {"ref":"ref_1"}
                > acting, step 2 of 100
                > find the active tab
            < found https://a.example/cart
                > web 7-00000000000000ab-2: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < dies
                > save, then say so
                > list "Buy" acting
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < gone
                > 3 note: Tab 3 (https://a.example/cart) is gone since peerd was stopped.
                > 4 note: peerd was stopped in the middle of this task. It goes on where it was.
                > find tab 3
            < gone
                > 2 unknown: click ref_1 (there is no such tab)
                > thinking, step 2 of 100
                > ask: [c2 error Unknown outcome: there is no such tab. It may or may not have happened: look before you go on, do not simply repeat it.  [peerd: Tab 3 (https://a.example/cart) is gone since peerd was stopped; open it again with new_tab if it is still needed]]
            < says I could not tell.
                > 5 model: I could not tell.
                > release
                > done, done
                > list "Buy" done
        "#]],
    );
}

#[test]
fn a_paused_run_stays_paused_until_it_is_resumed() {
    check(
        r#"
        task Buy
        found https://a.example/
        says + read_page {}
        found https://a.example/
        hand
        read <page>
        dies
        saved
        found https://a.example/
        resume
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says + read_page {}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: read_page {} on https://a.example
            < hand
                > 2 note: You are using this tab yourself, so the task waits. Press Resume to go on.
                > paused, while you use the tab
            < read <page>
                > 1 done: read the page (<page>)
            < dies
                > save, then say so
                > list "Buy" paused
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < found https://a.example/
                > 3 note: peerd was stopped in the middle of this task. It goes on where it was.
            < resume
                > thinking, step 1 of 100
                > ask: [c1 <page>  [peerd: the owner used the page by hand meanwhile; it may have changed]]
        "#]],
    );
}

#[test]
fn locked_keys_are_waited_for() {
    check(
        r#"
        task Buy
        found https://a.example/
        dies
        saved
        found https://a.example/
        locked
        unlocked
        says Hello.
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < dies
                > save, then say so
                > list "Buy" thinking
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < found https://a.example/
                > 1 note: peerd was stopped in the middle of this task. It goes on where it was.
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < locked
                > 2 note: Your keys are locked, so the task waits. Unlock them and it goes on.
                > paused, until you unlock your keys
            < unlocked
                > thinking, step 1 of 100
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says Hello.
                > 3 model: Hello.
                > release
                > done, done
                > list "Buy" done
        "#]],
    );
}

#[test]
fn a_recipe_goes_on_at_its_step_wherever_the_page_is_by_then() {
    check(
        r#"
        recipe /shop/
        found https://a.example/shop/
        found https://a.example/shop/
        begins
        saved
        dies
        saved
        found https://a.example/shop/item/1
        found https://a.example/shop/item/1
        verified https://a.example/shop/item/1: clicked
        "#,
        expect![[r#"
            < recipe /shop/
                > 0 owner: Run the recipe “Order tea”.
                > thinking, starting
                > list "Run the recipe “Order tea”." thinking
                > find tab 3
            < found https://a.example/shop/
                > drive tab 3 for "Run the recipe “Order tea”."
                > acting, step 1 of 3
                > find tab 3
            < found https://a.example/shop/
                > web 7-00000000000000ab-1: left_click {"fingerprint":{"attrs":{},"label":"","name":"Tea","ord":0,"path":"","role":"link","tag":""}} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < dies
                > save, then say so
                > list "Run the recipe “Order tea”." acting
            < saved
                > drive tab 3 for "Run the recipe “Order tea”."
                > find tab 3
            < found https://a.example/shop/item/1
                > 2 note: peerd was stopped in the middle of this task. It goes on where it was.
                > find tab 3
            < found https://a.example/shop/item/1
                > web 7-00000000000000ab-1: left_click {"fingerprint":{"attrs":{},"label":"","name":"Tea","ord":0,"path":"","role":"link","tag":""}} on https://a.example after a trace
            < verified https://a.example/shop/item/1: clicked
                > 1 verified: Click "Tea" (link) (clicked)
                > find tab 3
        "#]],
    );
}

#[test]
fn a_run_that_comes_to_nothing_in_life_after_life_is_interrupted() {
    let mut chat = Chat::new();
    chat.play("task Buy\nfound https://a.example/");
    chat.play(&"dies\nsaved\n".repeat(4));
    assert!(chat.session.chat.run.phase.is_under_way());
    chat.play("dies");
    assert_eq!(chat.session.chat.run.phase, RunPhase::Interrupted);
}

/// Its first step is about to be done.
fn with_a_secret() -> Chat {
    let mut value = recipe("/shop/").to_value();
    value["slots"] = json!([{"name": "town", "label": "Town", "type": "secret"}]);
    let recipe = Recipe::from_value(&value).expect("valid");
    let mut chat = Chat::new();
    let slots = [("town".to_string(), "hunter2".to_string())].into();
    let mut out = Vec::new();
    chat.session.handle(2_000, Input::Recipe { recipe: Box::new(recipe), slots, tab: Some(3), seed: 1 }, &mut out);
    chat.tell(out);
    chat.play("found https://a.example/shop/\nfound https://a.example/shop/\nbegins");
    chat
}

#[test]
fn a_secret_that_was_typed_in_for_one_run_is_not_kept_and_the_run_ends_with_its_worker() {
    let mut chat = with_a_secret();
    assert!(chat.kept.values().all(|text| !text.contains("hunter2")));
    chat.play("dies");
    assert_eq!(chat.session.chat.run.phase, RunPhase::Interrupted);
}

#[test]
fn nor_is_it_kept_by_the_next_run_in_the_same_tab() {
    let mut chat = with_a_secret();
    chat.session.know(3, "https://a.example/shop/", "a page that shows hunter2");
    chat.play("stop\ntask Look\nfound https://a.example/shop/");
    assert!(chat.kept.keys().any(|key| key.starts_with("tab/")));
    assert!(chat.kept.values().all(|text| !text.contains("hunter2")), "{:?}", chat.kept);
}

#[test]
fn what_can_t_be_kept_first_is_not_done_and_ends_the_run() {
    check(
        r#"
        task Buy
        found https://a.example/
        says + left_click {"ref":"ref_1"}
        found https://a.example/
        begins
        unsaved there is no more room for it
        failed nothing was done
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < unsaved there is no more room for it
                > not noted
                > cancel 7-00000000000000ab-1
                > 1 stopped: click ref_1 (stopped while it was under way; it may have happened in part)
                > release
                > 2 note: Stopped: this chat can't be kept any more (there is no more room for it). Go on in a new one.
                > failed, step 1 of 100
                > list "Buy" failed
            < failed nothing was done
        "#]],
    );
}

#[test]
fn what_was_not_kept_is_kept_the_next_time() {
    let mut chat = Chat::new();
    chat.play("task Buy");
    let lost = core::mem::take(&mut chat.kept);
    chat.play("unsaved-later no answer came in time");
    assert!(chat.kept.is_empty(), "it is not tried again by itself, or it might be for ever");
    chat.play("found https://a.example/");
    assert!(lost.keys().all(|key| chat.kept.contains_key(key)), "{:?} of {:?}", chat.kept.keys(), lost.keys());
}

#[test]
fn a_chat_that_can_t_be_read_is_left_as_it_is() {
    let mut chat = Chat::new();
    chat.play("task Buy\nfound https://a.example/\nsays Done.");
    let head = chat.kept.get_mut("chat").expect("it is kept");
    *head = head.replace(r#""version":2"#, r#""version":3"#);
    let before = chat.kept.clone();
    chat.log.clear();
    chat.play("dies\ntask Again\nstop");
    assert_eq!(chat.kept, before);
    expect![[r#"
        < dies
        < task Again
            > problem: What was kept of this chat can't be read, and is left as it is. Open a new chat.
        < stop
    "#]]
    .assert_eq(&chat.log);
}

#[test]
fn a_run_that_is_paused_begins_nothing_in_its_next_life_until_it_is_resumed() {
    check(
        r#"
        task Buy
        found https://a.example/
        says + left_click {"ref":"ref_1"}
        hand
        dies
        saved
        found https://a.example/
        resume
        "#,
        expect![[r#"
            < task Buy
                > 0 owner: Buy
                > thinking, starting
                > list "Buy" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy"
                > ask: Buy  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"}
                > acting, step 1 of 100
                > find the active tab
            < hand
                > 2 note: You are using this tab yourself, so the task waits. Press Resume to go on.
                > paused, while you use the tab
            < dies
                > save, then say so
                > list "Buy" paused
            < saved
                > drive tab 3 for "Buy"
                > find tab 3
            < found https://a.example/
                > 3 note: peerd was stopped in the middle of this task. It goes on where it was.
            < resume
                > acting, step 1 of 100
                > find the active tab
        "#]],
    );
}

#[test]
fn an_act_of_an_earlier_life_may_have_happened_also_when_this_one_can_t_be_kept() {
    let mut chat = Chat::new();
    chat.play("task Buy\nfound https://a.example/\nsays + left_click {\"ref\":\"ref_1\"}\nfound https://a.example/\nbegins\nsaved");
    chat.log.clear();
    chat.play("dies\nunsaved there is no more room for it");
    assert!(chat.log.contains("it may have happened in part") && !chat.log.contains("not executed"), "{}", chat.log);
}
