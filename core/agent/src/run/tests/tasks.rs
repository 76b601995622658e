//! Tasks of a model that go well, and what the owner is asked on the way.
use super::*;
use expect_test::expect;

#[test]
fn calls_run_in_order_and_results_go_back() {
    check(
        r#"
        task Order a lamp, please, on shop.example or wherever it is cheapest today
        found https://a.example/start?x=1
        says I'll look. + read_page {} + left_click {"ref":"ref_2"}
        found https://a.example/start
        read <page origin="https://a.example">|button "Buy" [ref_2]|</page>
        found https://a.example/start
        begins
        saved
        verified https://a.example/done: URL changed
        says Bought.
        "#,
        expect![[r#"
            < task Order a lamp, please, on shop.example or wherever it is cheapest today
                > 0 owner: Order a lamp, please, on shop.example or wherever it is cheapest today
                > thinking, starting
                > list "Order a lamp, please, on shop.example or…" thinking
                > find tab 3
            < found https://a.example/start?x=1
                > drive tab 3 for "Order a lamp, please, on shop.example or…"
                > ask: Order a lamp, please, on shop.example or wherever it is cheapest today  [peerd: the task starts on tab 3, https://a.example]
            < says I'll look. + read_page {} + left_click {"ref":"ref_2"}
                > 1 model: I'll look.
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/start
                > web 7-00000000000000ab-1: read_page {} on https://a.example https://shop.example
            < read <page origin="https://a.example">|button "Buy" [ref_2]|</page>
                > 2 done: read the page (<page origin="https://a.example">|button "Buy" [ref_2]|</page>)
                > find the active tab
            < found https://a.example/start
                > web 7-00000000000000ab-2: left_click {"ref":"ref_2"} on https://a.example https://shop.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/done: URL changed
                > 3 verified: click button "Buy" (URL changed)
                > thinking, step 2 of 100
                > ask: [c1 <page origin="https://a.example"> button "Buy" [ref_2] </page>] [c2 verified URL changed]
            < says Bought.
                > 4 model: Bought.
                > release
                > done, done
                > list "Order a lamp, please, on shop.example or…" done
        "#]],
    );
}

#[test]
fn after_a_failure_the_rest_of_the_turn_is_not_executed() {
    let chat = check(
        r#"
        task Try
        found https://a.example/
        says + left_click {"ref":"ref_9"} + type {"text":"x"} + fly {}
        found https://a.example/
        begins
        saved
        failed covered by "Cookies"
        says + fly {"high":true} + read_page !
        says + read_page !
        says It did not work.
        "#,
        expect![[r#"
            < task Try
                > 0 owner: Try
                > thinking, starting
                > list "Try" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Try"
                > ask: Try  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_9"} + type {"text":"x"} + fly {}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_9"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < failed covered by "Cookies"
                > 1 failed: click ref_9 (covered by "Cookies")
                > thinking, step 3 of 100
                > ask: [c1 error failed covered by "Cookies"] [c2 error Not executed: an earlier action in this turn failed.] [c3 error Not executed: an earlier action in this turn failed.]
            < says + fly {"high":true} + read_page !
                > acting, step 4 of 100
                > 2 failed: fly (There is no tool called "fly". There are: read_page, find, get_page_text, left_click, form_input, type, key, scroll, scroll_to, hover, left_click_drag, double_click, triple_click, right_click, select_text, navigate, screenshot, wait_for, run_javascript, run_command, write_file, read_file, create_actor_class, start_actor, call_actor, send_to_actor, list_actors, inspect_actor, test_actor_class, upgrade_actor_class, stop_actor, share_actor, delete_actor_class, notebook_run, notebook_edit, notebook_read, notebook_file, app_write, app_preview, app_read, app_keep, list_tabs, new_tab, switch_tab, close_tab.)
                > thinking, step 5 of 100
                > ask: [c4 error There is no tool called "fly". There are: read_page, find, get_page_text, left_click, form_input, type, key, scroll, scroll_to, hover, left_click_drag, double_click, triple_click, right_click, select_text, navigate, screenshot, wait_for, run_javascript, run_command, write_file, read_file, create_actor_class, start_actor, call_actor, send_to_actor, list_actors, inspect_actor, test_actor_class, upgrade_actor_class, stop_actor, share_actor, delete_actor_class, notebook_run, notebook_edit, notebook_read, notebook_file, app_write, app_preview, app_read, app_keep, list_tabs, new_tab, switch_tab, close_tab.] [c5 error Not executed: an earlier action in this turn failed.]
            < says + read_page !
                > acting, step 6 of 100
                > 3 failed: read the page (The arguments are not a JSON object.)
                > thinking, step 6 of 100
                > ask: [c6 error The arguments are not a JSON object.]
            < says It did not work.
                > 4 model: It did not work.
                > release
                > done, done
                > list "Try" done
        "#]],
    );
    assert_eq!(chat.session.chat.run.steps, 6);
}

#[test]
fn the_owner_is_asked_and_silence_denies() {
    check(
        r#"
        task Sign me up
        found https://a.example/
        says + left_click {"ref":"ref_1"} + navigate {"url":"https://evil.example/?q=1"}
        found https://a.example/
        begins
        saved
        needs submit https://a.example
        answers task
        needs submit https://a.example
        needs go javascript:alert(1)
        verified https://a.example/: sent
        found https://a.example/
        begins
        saved
        needs go https://evil.example/?q=1
        timer 18
        failed denied
        says The other site was not opened.
        "#,
        expect![[r#"
            < task Sign me up
                > 0 owner: Sign me up
                > thinking, starting
                > list "Sign me up" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Sign me up"
                > ask: Sign me up  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_1"} + navigate {"url":"https://evil.example/?q=1"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < needs submit https://a.example
                > question 1 until 122000: Submit a form | https://a.example | https://a.example
                > waiting, waiting for your answer
            < answers task
                > allow 7-00000000000000ab-1
                > acting, step 1 of 100
            < needs submit https://a.example
                > allow 7-00000000000000ab-1
            < needs go javascript:alert(1)
                > deny 7-00000000000000ab-1: javascript:alert(1) is not a plain web address, so it is not opened
            < verified https://a.example/: sent
                > 1 verified: click ref_1 (sent)
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-2: navigate {"url":"https://evil.example/?q=1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < needs go https://evil.example/?q=1
                > question 2 until 122000: Go to another site | https://evil.example | https://evil.example/?q=1
                > waiting, waiting for your answer
            < timer 18
                > withdraw question 2
                > deny 7-00000000000000ab-2: the owner did not answer within two minutes, which denies it
                > acting, step 2 of 100
            < failed denied
                > 2 failed: go to https://evil.example/?q=1 (denied)
                > thinking, step 2 of 100
                > ask: [c1 verified sent] [c2 error failed denied]
            < says The other site was not opened.
                > 3 model: The other site was not opened.
                > release
                > done, done
                > list "Sign me up" done
        "#]],
    );
}

#[test]
fn a_hand_pauses_and_the_model_is_told() {
    check(
        r#"
        task Search
        found https://a.example/
        hand
        says + left_click {"ref":"ref_1"}
        hand
        resume
        found https://a.example/
        begins
        saved
        hand
        verified https://a.example/: clicked
        resume
        says Done.
        "#,
        expect![[r#"
            < task Search
                > 0 owner: Search
                > thinking, starting
                > list "Search" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Search"
                > ask: Search  [peerd: the task starts on tab 3, https://a.example]
            < hand
                > 2 note: You are using this tab yourself, so the task waits. Press Resume to go on.
                > paused, while you use the tab
            < says + left_click {"ref":"ref_1"}
            < hand
            < resume
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_1"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < hand
                > 3 note: You are using this tab yourself, so the task waits. Press Resume to go on.
                > paused, while you use the tab
            < verified https://a.example/: clicked
                > 2 verified: click ref_1 (clicked)
            < resume
                > thinking, step 1 of 100
                > ask: [c1 verified clicked  [peerd: the owner used the page by hand meanwhile; it may have changed]]
            < says Done.
                > 4 model: Done.
                > release
                > done, done
                > list "Search" done
        "#]],
    );
}

#[test]
fn a_closed_tab_is_told_and_its_calls_fail() {
    check(
        r#"
        task Read
        found https://a.example/
        news Tab 3 was closed by the owner.
        says + read_page {}
        missing Tab 3 was closed.
        says It is gone.
        "#,
        expect![[r#"
            < task Read
                > 0 owner: Read
                > thinking, starting
                > list "Read" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Read"
                > ask: Read  [peerd: the task starts on tab 3, https://a.example]
            < news Tab 3 was closed by the owner.
                > 2 note: Tab 3 was closed by the owner.
            < says + read_page {}
                > acting, step 1 of 100
                > find the active tab
            < missing Tab 3 was closed.
                > 2 failed: read the page (Tab 3 was closed.)
                > thinking, step 1 of 100
                > ask: [c1 error Tab 3 was closed.  [peerd: Tab 3 was closed by the owner.]]
            < says It is gone.
                > 3 model: It is gone.
                > release
                > done, done
                > list "Read" done
        "#]],
    );
}

#[test]
fn usage_adds_up_and_old_pictures_go() {
    let chat = check(
        r#"
        task-alone Look
        says + screenshot {}
        found https://a.example/
        picture seen
        says + screenshot {}
        found https://a.example/
        picture seen
        says Two pictures.
        "#,
        expect![[r#"
            < task-alone Look
                > 0 owner: Look
                > thinking, starting
                > list "Look" thinking
                > ask: Look
            < says + screenshot {}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: screenshot {} on 
            < picture seen
                > 1 done: take a screenshot (seen)
                > thinking, step 1 of 100
                > ask: [c1 picture seen]
            < says + screenshot {}
                > acting, step 2 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-2: screenshot {} on 
            < picture seen
                > 2 done: take a screenshot (seen)
                > thinking, step 2 of 100
                > ask: [c2 picture seen]
            < says Two pictures.
                > 3 model: Two pictures.
                > release
                > done, done
                > list "Look" done
        "#]],
    );
    assert_eq!((chat.session.chat.run.usage.tokens_in, chat.session.chat.run.usage.micro_dollars), (3_000, None));
    let images = |message: &Message| {
        message.blocks.iter().map(|block| if let Block::ToolResult(result) = block { result.images.len() } else { 0 }).sum::<usize>()
    };
    assert_eq!(chat.request.iter().map(images).collect::<Vec<_>>(), [0, 0, 0, 0, 1]);
}

#[test]
fn a_picture_that_a_provider_refuses_is_not_sent_again() {
    let mut chat = Chat::new();
    chat.play("task-alone Look\nsays + screenshot {}\nfound https://a.example/\npicture seen");
    let pictures = |chat: &Chat| {
        let blocks = chat.request.iter().flat_map(|message| &message.blocks);
        blocks.map(|block| if let Block::ToolResult(result) = block { result.images.len() } else { 0 }).sum::<usize>()
    };
    assert_eq!(pictures(&chat), 1);
    chat.play("rejects it can't be read\ntask-alone Go on");
    let told = last_words(chat.request.last().expect("asked"));
    assert_eq!(
        (pictures(&chat), told.as_str()),
        (0, "[c1 picture seen (The picture is left out: the request with it was refused.)] Go on")
    );
    // And it is kept so.
    chat.play("says Well\ndies\ntask-alone Again");
    assert_eq!(pictures(&chat), 0);
}

#[test]
fn what_is_taken_back_in_the_middle_is_unknown_once_it_may_have_begun_and_not_executed_before() {
    check(
        r#"
        task Buy tea
        found https://a.example/
        says + left_click {"ref":"ref_2"}
        found https://a.example/
        revoked
        says + left_click {"ref":"ref_2"}
        found https://a.example/
        begins
        saved
        revoked
        says Then not.
        "#,
        expect![[r#"
            < task Buy tea
                > 0 owner: Buy tea
                > thinking, starting
                > list "Buy tea" thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Buy tea"
                > ask: Buy tea  [peerd: the task starts on tab 3, https://a.example]
            < says + left_click {"ref":"ref_2"}
                > acting, step 1 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-1: left_click {"ref":"ref_2"} on https://a.example
            < revoked
                > 1 denied: click ref_2 (the owner has taken it back from this chat)
                > thinking, step 1 of 100
                > ask: [c1 error Not executed: the owner has taken it back from this chat.]
            < says + left_click {"ref":"ref_2"}
                > acting, step 2 of 100
                > find the active tab
            < found https://a.example/
                > web 7-00000000000000ab-2: left_click {"ref":"ref_2"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < revoked
                > 2 unknown: click ref_2 (the owner took it back while it was under way)
                > thinking, step 2 of 100
                > ask: [c2 error Unknown outcome: the owner took it back while it was under way. It may or may not have happened: look before you go on, do not simply repeat it.]
            < says Then not.
                > 3 model: Then not.
                > release
                > done, done
                > list "Buy tea" done
        "#]],
    );
}
