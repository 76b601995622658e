//! What is asked before it is done, and what happens when the answer is no.
use super::*;

const EVIL: &str = r#"{"tab":7,"url":"https://evil.example/x","title":"","loading":false}"#;

#[test]
fn a_page_of_another_origin_is_not_even_read_without_a_word() {
    check(
        "read_page",
        json!({}),
        &[to("tab", EVIL), Deny],
        expect![[r#"
        > tab
        ? Act { origin: "https://evil.example" } https://evil.example/x
        = denied error: read the page / acting on https://evil.example: denied by its owner
        failed: acting on https://evil.example was not allowed: denied by its owner. Nothing of that kind was done; do not try again unless your owner asks for it
    "#]],
    );
}

#[test]
fn the_fence_covers_what_was_allowed_and_nothing_more() {
    check(
        "left_click",
        json!({"coordinate": [1, 2]}),
        &[to("tab", EVIL), Allow],
        expect![[r#"
        > tab
        ? Act { origin: "https://evil.example" } https://evil.example/x
        > fence ["https://shop.example","https://evil.example"]
    "#]],
    );
}

#[test]
fn another_origin_is_asked_for_with_its_full_address() {
    let url = "https://evil.example/take?word=PELICAN";
    check(
        "navigate",
        json!({ "url": url }),
        &[to("tab", TAB), Deny],
        expect![[r#"
        > tab
        ? Navigate { url: "https://evil.example/take?word=PELICAN" } https://evil.example/take?word=PELICAN
        = denied error: go to https://evil.example/take?word=PELICAN / going to https://evil.example: denied by its owner
        failed: going to https://evil.example was not allowed: denied by its owner. Nothing of that kind was done; do not try again unless your owner asks for it
    "#]],
    );
    let loaded = [
        r#"{"event":"committed","url":"https://evil.example/take?word=PELICAN"}"#,
        r#"{"event":"loaded","url":"https://evil.example/take?word=PELICAN"}"#,
    ];
    let says = [
        to("tab", TAB),
        Allow,
        to("fence", "{}"),
        to("navigate", "{}"),
        Event(loaded[0]),
        Event(loaded[1]),
        elsewhere("1 0 0 {\"role\":\"main\"}", url),
    ];
    check(
        "navigate",
        json!({ "url": url }),
        &says,
        expect![[r#"
            > tab
            ? Navigate { url: "https://evil.example/take?word=PELICAN" } https://evil.example/take?word=PELICAN
            > fence ["https://shop.example","https://evil.example"]
            > navigate https://evil.example/take?word=PELICAN "e2"
            > wake in 1000
            < committed
            < loaded
            > page snapshot
            = verified changed step: go to https://evil.example/take?word=PELICAN / now at https://evil.example/take?word=PELICAN
            verified: the page was loaded
            <page origin="https://evil.example">
            url: https://evil.example/take?word=PELICAN
            title: Shop
            viewport: 1280x720, scrolled to 0,0 of 1280x720
            [ref_4] main
            </page>
        "#]],
    );
}

#[test]
fn a_submit_is_asked_for_and_the_page_looked_at_again() {
    let needs = r#"{"status":"needs","needs":[{"kind":"submit","value":"Buy","url":"https://shop.example/order"}]}"#;
    let says = [to("page act", needs), Allow, to("fence", "{}"), page(PAGE), to("page act", DONE), to("tab", TAB), page(PAGE)];
    check(
        "left_click",
        click(),
        &then(until_act(), says),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
            ? Submit { origin: "https://shop.example" } Buy → https://shop.example/order
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2.2" allow ["submit"]
            > tab
            > page snapshot
            = verified changed step: click "Buy" (button) / 2 changes on the page
            verified: 2 changes on the page
        "#]],
    );
}

#[test]
fn a_button_that_changed_while_its_owner_thought_is_not_pressed() {
    let needs = r#"{"status":"needs","needs":[{"kind":"submit","value":"Buy"}]}"#;
    let says = [to("page act", needs), Allow, to("fence", "{}"), page(&PAGE.replace("Buy", "Buy all"))];
    check(
        "left_click",
        click(),
        &then(until_act(), says),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        ? Submit { origin: "https://shop.example" } Buy
        > fence ["https://shop.example"]
        > page snapshot
        = failed error: click "Buy" (button) / button "Buy" changed while its owner was asked
        failed: nothing was done: stale_ref: the element changed before it could be acted on
        <page origin="https://shop.example">
        button "Buy" changed while its owner was asked
        </page>
    "#]],
    );
}

#[test]
fn several_needs_are_asked_one_by_one_and_granted_origins_are_not() {
    let needs = r#"{"status":"needs","needs":[{"kind":"secret","field":"Password"},{"kind":"navigate","url":"https://shop.example/in"},{"kind":"navigate","url":"https://other.example/in"}]}"#;
    let says = [to("page act", needs), Allow, Allow, to("fence", "{}"), page(PAGE)];
    check(
        "left_click",
        click(),
        &then(until_act(), says),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
            ? Secret { origin: "https://shop.example", field: "Password" } Password
            ? Navigate { url: "https://other.example/in" } https://other.example/in
            > fence ["https://shop.example","https://other.example"]
            > page snapshot
            > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2.2" allow ["navigate:https://shop.example","secret","navigate:https://other.example"]
        "#]],
    );
}

#[test]
fn a_need_that_is_not_known_is_never_met() {
    let needs = r#"{"status":"needs","needs":[{"kind":"navigate","url":"javascript:1"}]}"#;
    check(
        "left_click",
        click(),
        &then(until_act(), [to("page act", needs)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        = failed error: click "Buy" (button) / the page wants to do something that is never allowed: navigate
        failed: the page wants to do something that is never allowed
    "#]],
    );
}

#[test]
fn a_redirect_held_back_by_the_fence_is_shown_in_full_and_followed_only_when_allowed() {
    let blocked = r#"{"event":"blocked","url":"https://evil.example/stolen?who=me"}"#;
    let start = || [to("tab", TAB), to("fence", "{}"), to("navigate", "{}"), Event(blocked)];
    let input = || json!({"url": "https://shop.example/offer"});
    check(
        "navigate",
        input(),
        &then(start().into(), [Allow, to("fence", "{}")]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > navigate https://shop.example/offer "e2"
        > wake in 1000
        < blocked
        ? Navigate { url: "https://evil.example/stolen?who=me" } https://evil.example/stolen?who=me
        > fence ["https://shop.example","https://evil.example"]
        > navigate https://evil.example/stolen?who=me "e2.2"
    "#]],
    );
    // The browser still shows the shop, or a page of its own in its place: then back to the shop.
    check(
        "navigate",
        input(),
        &then(start().into(), [Deny, to("tab", TAB)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > navigate https://shop.example/offer "e2"
        > wake in 1000
        < blocked
        ? Navigate { url: "https://evil.example/stolen?who=me" } https://evil.example/stolen?who=me
        > tab
        = denied error: go to https://shop.example/offer / following the page to https://evil.example: denied by its owner
        failed: following the page to https://evil.example was not allowed: denied by its owner. Nothing of that kind was done; do not try again unless your owner asks for it
    "#]],
    );
    check(
        "navigate",
        input(),
        &then(start().into(), [Deny, to("tab", EVIL)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > navigate https://shop.example/offer "e2"
        > wake in 1000
        < blocked
        ? Navigate { url: "https://evil.example/stolen?who=me" } https://evil.example/stolen?who=me
        > tab
        ! navigate back "e2.back"
        = denied error: go to https://shop.example/offer / following the page to https://evil.example: denied by its owner
        failed: following the page to https://evil.example was not allowed: denied by its owner. Nothing of that kind was done; do not try again unless your owner asks for it
    "#]],
    );
}
