//! Answers that are lost with the service worker: looked for, never guessed, never repeated when unclear.
use super::*;

fn probed(answer: &str) -> Vec<Say<'_>> {
    then(until_act(), [to("page act", LOST), to("tab", TAB), to("page probe", answer)])
}

#[test]
fn a_lost_click_that_was_done_is_not_repeated() {
    let known = r#"{"doc":"d1","known":true,"answer":{"status":"done","reached":true,"changed":{"dom":1}}}"#;
    check(
        "left_click",
        click(),
        &then(probed(known), [to("tab", TAB), page(PAGE)]),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
            > tab
            > page probe "e2"
            > tab
            > page snapshot
            = verified changed step: click "Buy" (button) / 1 change on the page
            verified: 1 change on the page
        "#]],
    );
}

#[test]
fn a_lost_click_that_never_began_is_done_once_more_with_an_effect_of_its_own() {
    let says = then(probed(r#"{"doc":"d1","known":false}"#), [to("page act", DONE), to("tab", TAB), page(PAGE)]);
    check(
        "left_click",
        click(),
        &says,
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        > tab
        > page probe "e2"
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2.2"
        > tab
        > page snapshot
        = verified changed step: click "Buy" (button) / 2 changes on the page
        verified: 2 changes on the page
    "#]],
    );
}

#[test]
fn a_lost_click_is_taken_as_done_when_the_page_moved_on() {
    let moved = r#"{"doc":"d2","known":false,"url":"https://shop.example/thanks"}"#;
    let thanks = TAB.replace("checkout", "thanks");
    let says = then(probed(moved), [to("tab", &thanks), elsewhere("1 0 0 {\"role\":\"main\"}", "https://shop.example/thanks")]);
    check(
        "left_click",
        click(),
        &says,
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
            > tab
            > page probe "e2"
            > tab
            > page snapshot
            = verified changed step: click "Buy" (button) / another page was loaded
            verified: another page was loaded
            note: its answer was lost; that the page moved on shows that it was done
            <page origin="https://shop.example">
            url: https://shop.example/thanks
            title: Shop
            viewport: 1280x720, scrolled to 0,0 of 1280x720
            [ref_4] main
            </page>
        "#]],
    );
}

#[test]
fn a_lost_click_on_a_page_loaded_anew_is_unknown() {
    let anew = r#"{"doc":"d2","known":false,"url":"https://shop.example/checkout"}"#;
    check(
        "left_click",
        click(),
        &probed(anew),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        > tab
        > page probe "e2"
        = unknown error: click "Buy" (button) / not known whether it was done: the page was loaded anew at the same address
        unknown: it is not known whether it was done: the page was loaded anew at the same address. It was not repeated; look at the page before deciding
    "#]],
    );
}

#[test]
fn the_probe_itself_may_be_lost_too() {
    let known = r#"{"doc":"d1","known":true,"answer":{"status":"done","reached":true,"changed":{"dom":1}}}"#;
    let says = [
        to("page act", LOST),
        to("tab", LOST),
        Late,
        to("tab", TAB),
        to("page probe", LOST),
        Late,
        to("page probe", known),
        to("tab", LOST),
        Late,
        to("tab", TAB),
        page(PAGE),
    ];
    check(
        "left_click",
        click(),
        &then(until_act(), says),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
            > tab
            > wake in 150
            > tab
            > page probe "e2"
            > wake in 300
            > page probe "e2"
            > tab
            > wake in 450
            > tab
            > page snapshot
            = verified changed step: click "Buy" (button) / 1 change on the page
            verified: 1 change on the page
        "#]],
    );
}

#[test]
fn without_probing_a_lost_click_is_simply_done_again() {
    let mut run = Run::new(Probing::Off);
    run.call("left_click", click(), &then(until_act(), [to("page act", LOST), to("page act", DONE), to("tab", TAB), page(PAGE)]));
    expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2.2"
        > tab
        > page snapshot
        = verified changed step: click "Buy" (button) / 2 changes on the page
        verified: 2 changes on the page
    "#]]
    .assert_eq(&run.text);
}

#[test]
fn a_lost_load_is_repeated_only_when_the_browser_never_began_it() {
    let input = || json!({"url": "https://shop.example/slow"});
    let start = || [to("tab", TAB), to("fence", "{}"), to("navigate", LOST)];
    check(
        "navigate",
        input(),
        &then(start().into(), [to("probe", r#"{"state":"unknown"}"#), to("fence", "{}")]),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > navigate https://shop.example/slow "e2"
            > probe "e2"
            > fence ["https://shop.example"]
            > navigate https://shop.example/slow "e2.2"
        "#]],
    );
    let there = TAB.replace("checkout", "slow");
    let slow = || elsewhere("1 0 0 {\"role\":\"main\"}", "https://shop.example/slow");
    check(
        "navigate",
        input(),
        &then(start().into(), [to("probe", r#"{"state":"begun","before":{}}"#), Late, to("tab", &there), slow()]),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > navigate https://shop.example/slow "e2"
            > probe "e2"
            > wake in 1000
            > tab
            > page snapshot
            = verified changed step: go to https://shop.example/slow / now at https://shop.example/slow
            verified: the page was loaded
            <page origin="https://shop.example">
            url: https://shop.example/slow
            title: Shop
            viewport: 1280x720, scrolled to 0,0 of 1280x720
            [ref_4] main
            </page>
        "#]],
    );
}

#[test]
fn a_load_that_began_and_led_nowhere_is_unknown() {
    let says = [
        to("tab", TAB),
        to("fence", "{}"),
        to("navigate", LOST),
        to("probe", LOST),
        Late,
        to("probe", r#"{"state":"begun"}"#),
        Late,
        to("tab", TAB),
    ];
    check(
        "navigate",
        json!({"url": "https://shop.example/slow"}),
        &says,
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > navigate https://shop.example/slow "e2"
            > probe "e2"
            > wake in 150
            > probe "e2"
            > wake in 1000
            > tab
            = unknown error: go to https://shop.example/slow / not known whether it was done: the tab is not where the load would have led
            unknown: it is not known whether it was done: the tab is not where the load would have led. It was not repeated; look at the page before deciding
        "#]],
    );
}

#[test]
fn a_browser_that_dies_for_good_ends_the_call() {
    let says = then([to("tab", LOST)].into(), (0..6).flat_map(|_| [Late, to("tab", LOST)]));
    check(
        "read_page",
        json!({}),
        &says,
        expect![[r#"
            > tab
            > wake in 150
            > tab
            > wake in 300
            > tab
            > wake in 450
            > tab
            > wake in 600
            > tab
            > wake in 750
            > tab
            > wake in 900
            > tab
            = failed error: read the page / the browser's side died again and again
            failed: the tab does not answer: the browser's side died again and again
        "#]],
    );
}
