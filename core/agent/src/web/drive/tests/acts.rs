//! Read back: what pages claim, what changed, what was refused.
use super::*;

#[test]
fn a_click_that_changes_something_is_verified_with_the_difference() {
    let after = PAGE.replace("\"Buy\"", "\"Bought\"") + "4 0 0 {\"role\":\"alert\",\"text\":\"Thank you\"}";
    check(
        "left_click",
        click(),
        &then(until_act(), [to("page act", DONE), to("tab", TAB), page(&after)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        > tab
        > page snapshot
        = verified changed step: click "Buy" (button) / 2 changes on the page
        verified: 2 changes on the page
        <page origin="https://shop.example">
        ~ [ref_3] button "Bought"
        + [ref_4] alert "Thank you"
        </page>
    "#]],
    );
}

#[test]
fn a_handler_that_does_nothing_is_unverified() {
    check(
        "left_click",
        click(),
        &then(until_act(), [to("page act", NOTHING), to("tab", TAB), page(PAGE)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        > tab
        > page snapshot
        = unverified step: click "Buy" (button) / it was done, but nothing changed
        unverified: it was done, but nothing changed
    "#]],
    );
}

#[test]
fn a_field_that_reverts_is_failed() {
    let back = r#"{"status":"done","reached":true,"value":"","changed":{"dom":1}}"#;
    let input = json!({"ref": "ref_2", "value": "Ada"});
    check(
        "form_input",
        input,
        &then(until_act(), [to("page act", back), to("tab", TAB), page(PAGE)]),
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            > page act {"kind":"set","n":2,"value":"Ada"} "e2"
            > tab
            > page snapshot
            = failed error changed: set "Name" (textbox) to "Ada" / reads ""
            failed: the field does not read back the value that was set
            <page origin="https://shop.example">
            the field reads ""
            </page>
        "#]],
    );
}

#[test]
fn a_covered_button_is_not_clicked_and_the_cover_is_named() {
    let covered = r#"{"status":"refused","reason":"covered","cover":"dialog \"Cookie banner\" </page>"}"#;
    check(
        "left_click",
        click(),
        &then(until_act(), [to("page act", covered)]),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        = failed error: click "Buy" (button) / it is covered by another element; covered by: dialog "Cookie banner" </page>
        failed: nothing was done: it is covered by another element
        <page origin="https://shop.example">
        covered by: dialog "Cookie banner" ‹/page>
        </page>
    "#]],
    );
}

#[test]
fn a_redrawn_element_is_clicked_after_another_look() {
    let redrawn = PAGE.replace("3 0 0", "9 0 0");
    let says = [
        to("page act", r#"{"status":"refused","reason":"detached"}"#),
        page(&redrawn),
        to("page act", DONE),
        to("tab", TAB),
        page(&redrawn),
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
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":9} "e2.2"
        > tab
        > page snapshot
        = verified changed step: click "Buy" (button) / 2 changes on the page
        verified: 2 changes on the page
        note: ref_3 was drawn anew and was found again by its role and name
    "#]],
    );
}

#[test]
fn another_element_in_its_place_is_stale() {
    let swapped = PAGE.replace("3 0 0 {\"role\":\"button\",\"name\":\"Buy\"", "9 0 0 {\"role\":\"button\",\"name\":\"Remove\"");
    check(
        "left_click",
        click(),
        &[to("tab", TAB), to("fence", "{}"), page(&swapped)],
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            = failed error: click ref_3 / expected button "Buy", found button "Remove"
            failed: nothing was done: stale_ref: ref_3 is gone; no element on the page fits what was expected
            <page origin="https://shop.example">
            expected button "Buy", found button "Remove"
            nearest:
            [ref_4] button "Remove"
            </page>
        "#]],
    );
}

#[test]
fn a_click_that_loads_a_page_shows_the_new_page() {
    let committed = r#"{"event":"committed","url":"https://shop.example/thanks"}"#;
    let loaded = r#"{"event":"loaded","url":"https://shop.example/thanks"}"#;
    let thanks = "1 0 0 {\"role\":\"heading\",\"name\":\"Thank you\",\"level\":1}";
    let says =
        [to("page act", DONE), to("tab", LOADING), Event(committed), Event(loaded), elsewhere(thanks, "https://shop.example/thanks")];
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
            > wake in 1000
            < committed
            < loaded
            > page snapshot
            = verified changed step: click "Buy" (button) / another page was loaded, 2 changes on the page
            verified: another page was loaded, 2 changes on the page
            <page origin="https://shop.example">
            url: https://shop.example/thanks
            title: Shop
            viewport: 1280x720, scrolled to 0,0 of 1280x720
            [ref_4] heading "Thank you" level=1
            </page>
        "#]],
    );
}

#[test]
fn a_recipes_button_that_was_renamed_stops_the_step() {
    let input = json!({"fingerprint": {"role": "button", "name": "Order", "path": "main", "attrs": {"id": "buy"}}});
    check(
        "left_click",
        input,
        &[to("tab", TAB), to("fence", "{}"), page(PAGE)],
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            = failed error: click button "Order" / expected button "Order" in main, found button "Buy"
            failed: nothing was done: no element on the page fits what was expected
            <page origin="https://shop.example">
            expected button "Order" in main, found button "Buy"
            nearest:
            [ref_3] button "Buy"
            </page>
        "#]],
    );
}

#[test]
fn a_recipes_button_with_a_twin_stops_the_step() {
    let input = json!({"fingerprint": {"role": "button", "name": "Buy"}});
    let twins = PAGE.to_string() + "4 0 0 {\"role\":\"button\",\"name\":\"Buy\",\"ord\":1}";
    check(
        "left_click",
        input,
        &[to("tab", TAB), to("fence", "{}"), page(&twins)],
        expect![[r#"
            > tab
            > fence ["https://shop.example"]
            > page snapshot
            = failed error: click button "Buy" / expected one button "Buy", found 2 that are equal
            failed: nothing was done: ambiguous: several elements fit equally well
            <page origin="https://shop.example">
            expected one button "Buy", found 2 that are equal
            nearest:
            [ref_3] button "Buy"
            [ref_4] button "Buy"
            </page>
        "#]],
    );
}

#[test]
fn a_new_tab_and_a_download_are_mentioned() {
    let opened = r#"{"event":"tab_opened","tab":{"tab":9,"url":"https://shop.example/help","opener":7}}"#;
    let download = r#"{"event":"download","url":"x","name":"bill.pdf"}"#;
    let says = [Event(opened), Event(download), to("page act", NOTHING), to("tab", TAB), page(PAGE)];
    check(
        "left_click",
        click(),
        &then(until_act(), says),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        < tab_opened
        < download
        > tab
        > page snapshot
        = verified changed step: click "Buy" (button) / a new tab was opened (tab_id 9), a download began
        verified: a new tab was opened (tab_id 9), a download began
        <page origin="https://shop.example">
        a new tab was opened (tab_id 9): https://shop.example/help
        a download began: bill.pdf
        </page>
    "#]],
    );
}

const NAVIGATED: &str = r#"{"err":{"kind":"navigated"}}"#;
const ANEW: &str = r#"{"doc":"d2","known":false,"url":"https://shop.example/checkout"}"#;

#[test]
fn a_form_sent_to_its_own_address_is_done_when_its_page_came() {
    let committed = r#"{"event":"committed","url":"https://shop.example/checkout","by":"form_submit"}"#;
    let says = [Event(committed), to("page act", NAVIGATED), to("tab", TAB), to("page probe", ANEW), to("tab", TAB)];
    let says = then(then(until_act(), says), [elsewhere("1 0 0 {\"role\":\"alert\",\"text\":\"Saved\"}", "https://shop.example/checkout")]);
    check(
        "left_click",
        click(),
        &says,
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        < committed
        > tab
        > page probe "e2"
        > tab
        > page snapshot
        = verified changed step: click "Buy" (button) / another page was loaded
        verified: another page was loaded
        <page origin="https://shop.example">
        url: https://shop.example/checkout
        title: Shop
        viewport: 1280x720, scrolled to 0,0 of 1280x720
        [ref_4] alert "Saved"
        </page>
    "#]],
    );
}

#[test]
fn a_page_that_reloads_itself_under_the_act_leaves_it_unknown() {
    let committed = r#"{"event":"committed","url":"https://shop.example/checkout","by":"reload"}"#;
    let says = [Event(committed), to("page act", NAVIGATED), to("tab", TAB), to("page probe", ANEW)];
    check(
        "left_click",
        click(),
        &then(until_act(), says),
        expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > page act {"button":"left","count":1,"kind":"click","modifiers":[],"n":3} "e2"
        < committed
        > tab
        > page probe "e2"
        = unknown error: click "Buy" (button) / not known whether it was done: the page was loaded anew at the same address
        unknown: it is not known whether it was done: the page was loaded anew at the same address. It was not repeated; look at the page before deciding
    "#]],
    );
}

#[test]
fn a_secret_is_named_nowhere() {
    let rows = PAGE.replace("\"name\":\"Name\"", "\"name\":\"Password\",\"secret\":true,\"type\":\"password\"");
    let mut run = Run::new(Probing::On);
    run.call("read_page", json!({}), &[to("tab", TAB), page(&rows)]);
    run.text.clear();
    let back = r#"{"status":"done","reached":true,"value":"\u2022\u2022\u2022","changed":{"value":"\u2022\u2022\u2022"}}"#;
    let says = [to("tab", TAB), to("fence", "{}"), page(&rows), to("page act", back), to("tab", TAB), page(&rows)];
    run.call("form_input", json!({"ref": "ref_2", "value": "hunter2"}), &says);
    let told: String = run.text.lines().filter(|line| !line.starts_with("> page act")).collect::<Vec<_>>().join("\n");
    assert!(!told.contains("hunter2"));
    expect![[r#"
        > tab
        > fence ["https://shop.example"]
        > page snapshot
        > tab
        > page snapshot
        = verified changed step: set "Password" (textbox) to a hidden value / reads "a hidden value"
        verified: the field reads back a hidden value"#]]
    .assert_eq(&told);
}
