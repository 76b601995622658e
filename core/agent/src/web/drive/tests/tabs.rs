//! The life of the tab around a call: loading, stopping, closing, crashing.
use super::*;

#[test]
fn a_page_that_never_finishes_loading_is_read_as_it_is_and_said_so() {
    let mut says = Vec::from([to("tab", LOADING)]);
    for _ in 0..15 {
        says.extend([Late, to("tab", LOADING)]);
    }
    says.push(page("1 0 0 {\"role\":\"heading\",\"name\":\"Still coming\"}"));
    let mut run = Run::new(Probing::On);
    run.call("read_page", json!({}), &says);
    let waits = run.text.matches("> wake").count();
    let rest: String = run.text.lines().filter(|line| !line.starts_with("> ")).collect::<Vec<_>>().join("\n");
    assert_eq!(waits, 15);
    expect![[r#"
        = done changed: read the page / read
        note: the page has not finished loading within 15 s
        <page origin="https://shop.example">
        url: https://shop.example/checkout
        title: Shop
        viewport: 1280x720, scrolled to 0,0 of 1280x720
        [ref_1] heading "Still coming"
        </page>"#]]
    .assert_eq(&rest);
    // It is not waited for a second time.
    run.text.clear();
    run.call("read_page", json!({}), &[to("tab", LOADING), page(PAGE)]);
    assert!(!run.text.contains("> wake"), "{}", run.text);
}

#[test]
fn a_load_that_fails_says_why() {
    let failed = r#"{"event":"nav_failed","url":"https://shop.example/x","why":"net::ERR_CONNECTION_REFUSED"}"#;
    let says = [to("tab", TAB), to("fence", "{}"), to("navigate", "{}"), Event(failed), Late, to("tab", TAB)];
    check(
        "navigate",
        json!({"url": "shop.example/x"}),
        &says,
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > navigate https://shop.example/x "e2"
        > wake in 1000
        < nav_failed
        > wake in 150
        > tab
        = failed error: go to https://shop.example/x / the page could not be loaded: net::ERR_CONNECTION_REFUSED
        failed: the page could not be loaded
        <page origin="https://shop.example">
        net::ERR_CONNECTION_REFUSED
        </page>
    "#]],
    );
}

#[test]
fn stop_silences_the_page_at_once() {
    check(
        "type",
        json!({"ref": "ref_2", "text": "a long letter"}),
        &then(until_act(), [Cancel]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"kind":"type","n":2,"text":"a long letter"} "e2"
        ! page cancel "e2"
        = stopped error: type "a long letter" into "Name" (textbox) / stopped in the middle
        stopped: stopped in the middle
    "#]],
    );
}

#[test]
fn a_closed_tab_ends_the_call_and_the_actor() {
    check(
        "left_click",
        click(),
        &then(until_act(), [Event(r#"{"event":"tab_closed"}"#)]),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
            < tab_closed
            = unknown error: click "Buy" (button) / not known whether it was done: the tab was closed
            unknown: it is not known whether it was done: the tab was closed. It was not repeated; look at the page before deciding
            = stop
        "#]],
    );
}

#[test]
fn a_crashed_page_is_for_the_supervisor() {
    let crashed = r#"{"event":"crashed","url":"https://shop.example/checkout"}"#;
    check(
        "left_click",
        click(),
        &then(until_act(), [Event(crashed)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        < crashed
        = crash: the page crashed at https://shop.example/checkout
    "#]],
    );
}

#[test]
fn after_a_crash_the_page_is_loaded_again_and_old_refs_are_stale() {
    let mut run = Run { drive: Drive::new(7, Probing::On), text: String::new(), waiting: None, call: 0 };
    run.step(Input::Adopt { url: "https://shop.example/checkout".into(), restarts: 1, driven: true, salt: 0xabc });
    run.call("left_click", click(), &[to("tab", TAB), to("fence", "{}"), page(PAGE)]);
    run.call("read_page", json!({}), &[to("tab", TAB), page(PAGE)]);
    expect![[r#"
        ! navigate https://shop.example/checkout "reload-7-abc"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        = failed error: click ref_3 / ref_3 belongs to a page that is gone
        failed: nothing was done: stale_ref: ref_3 belongs to a page that is gone; read_page shows this one
        note: the page crashed and was loaded again; refs shown before are stale
        <page origin="https://shop.example">
        ref_3 belongs to a page that is gone
        </page>
        > tab
        > page snapshot
        = done changed: read the page / read
        <page origin="https://shop.example">
        url: https://shop.example/checkout
        title: Shop
        viewport: 1280x720, scrolled to 0,0 of 1280x720
        [ref_100001] heading "Checkout" level=1
        [ref_100002] textbox "Name"
        [ref_100003] button "Buy"
        </page>
    "#]]
    .assert_eq(&run.text);
}

#[test]
fn a_picture_that_is_refused_says_why() {
    let refused = r#"{"err":{"kind":"background","text":"only the tab in front can be pictured"}}"#;
    check(
        "screenshot",
        json!({}),
        &[to("tab", TAB), to("screenshot", refused)],
        expect![[r#"
        > tab
        > screenshot
        = failed error: take a picture / only the tab in front can be pictured
        failed: no picture: only the tab in front can be pictured
    "#]],
    );
}

#[test]
fn waiting_ends_with_what_came_of_it() {
    let after = PAGE.to_string() + "4 0 0 {\"role\":\"alert\",\"text\":\"Saved\"}";
    check(
        "wait_for",
        json!({"text": "Saved"}),
        &[to("tab", TAB), to("page wait", r#"{"met":true,"ms":300}"#), page(&after)],
        expect![[r#"
            > tab
            > page wait {"text":"Saved"}
            > page snapshot
            = done changed: wait / waited
            done: waited
            <page origin="https://shop.example">
            + [ref_4] alert "Saved"
            </page>
        "#]],
    );
    check(
        "wait_for",
        json!({"gone": "Busy", "ms": 900}),
        &[to("tab", TAB), to("page wait", r#"{"met":false,"ms":900}"#)],
        expect![[r#"
            > tab
            > page wait {"gone":"Busy"}
            = failed error: wait / what was waited for did not come
            failed: what was waited for did not come within 900 ms
        "#]],
    );
    check(
        "wait_for",
        json!({"ms": 500}),
        &[to("tab", TAB), Late, page(PAGE)],
        expect![[r#"
            > tab
            > wake in 500
            > page snapshot
            = done: wait / waited
            done: waited
        "#]],
    );
}

#[test]
fn a_wrong_input_costs_no_request() {
    check(
        "left_click",
        json!({}),
        &[],
        expect![[r#"
        = failed error: left_click / left_click needs a ref such as "ref_12", as read_page or find shows them
        failed: left_click needs a ref such as "ref_12", as read_page or find shows them
    "#]],
    );
}

#[test]
fn a_browser_page_can_not_be_read() {
    check(
        "find",
        json!({"query": "x"}),
        &[to("tab", r#"{"tab":7,"url":"chrome://settings","loading":false}"#)],
        expect![[r#"
        > tab
        = failed error: find "x" / no web page here: chrome://settings
        failed: this tab shows no web page that can be read or acted on; navigate to one first
    "#]],
    );
}

#[test]
fn back_to_the_empty_page_a_tab_began_with_is_no_way() {
    let (blank, there) = (r#"{"event":"moved","url":"about:blank"}"#, r#"{"event":"moved","url":"https://shop.example/checkout"}"#);
    let says = [to("tab", TAB), to("fence", "{}"), to("navigate back", "{}"), Event(blank), to("navigate forward", "{}"), Event(there)];
    check(
        "navigate",
        json!({"url": "back"}),
        &says,
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > navigate back "e2"
            > wake in 1000
            < moved
            > navigate forward "e2.2"
            > wake in 1000
            < moved
            = failed error: go back / there is no page in that direction
            failed: there is no page in that direction
        "#]],
    );
}
