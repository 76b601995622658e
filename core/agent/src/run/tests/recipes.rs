//! Replays: each step verified, the first difference named, nothing asked of a model or the owner.
use super::*;
use expect_test::expect;

#[test]
fn a_recipe_runs_to_its_end() {
    check(
        r#"
        recipe /shop/
        found https://a.example/shop/?seed=2
        found https://a.example/shop/?seed=2
        begins
        saved
        verified https://a.example/shop/item/9: clicked
        found https://a.example/shop/item/9
        begins
        saved
        verified https://a.example/shop/item/9: set
        found https://a.example/shop/item/9
        begins
        saved
        needs submit https://a.example
        verified https://a.example/shop/order/5: clicked
        found https://a.example/shop/order/5
        read <page>Order received</page>
        "#,
        expect![[r#"
            < recipe /shop/
                > 0 owner: Run the recipe “Order tea”.
                > thinking, starting
                > list "Run the recipe “Order tea”." thinking
                > find tab 3
            < found https://a.example/shop/?seed=2
                > drive tab 3 for "Run the recipe “Order tea”."
                > acting, step 1 of 3
                > find tab 3
            < found https://a.example/shop/?seed=2
                > web 7-00000000000000ab-1: left_click {"fingerprint":{"attrs":{},"label":"","name":"Tea","ord":0,"path":"","role":"link","tag":""}} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/shop/item/9: clicked
                > 1 verified: Click "Tea" (link) (clicked)
                > find tab 3
            < found https://a.example/shop/item/9
                > web 7-00000000000000ab-2: form_input {"fingerprint":{"attrs":{},"label":"","name":"Town","ord":0,"path":"","role":"textbox","tag":""},"value":"Bruges"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/shop/item/9: set
                > 2 verified: Set "Town" (textbox) to {town} (set)
                > find tab 3
            < found https://a.example/shop/item/9
                > web 7-00000000000000ab-3: left_click {"fingerprint":{"attrs":{},"label":"","name":"Order","ord":0,"path":"","role":"button","tag":""}} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < needs submit https://a.example
                > allow 7-00000000000000ab-3
            < verified https://a.example/shop/order/5: clicked
                > 3 verified: Click "Order" (button) (clicked)
                > find tab 3
            < found https://a.example/shop/order/5
                > web 7-00000000000000ab-4: wait_for {"ms":5000,"text":"Order received"} on https://a.example
            < read <page>Order received</page>
                > release
                > 4 note: “Order tea” ran to its end: 3 steps, each verified.
                > done, done
                > list "Run the recipe “Order tea”." done
        "#]],
    );
}

#[test]
fn a_page_that_arrives_late_is_waited_for_and_one_that_never_does_is_a_drift() {
    let start =
        "recipe /shop/\nfound https://a.example/\nfound https://a.example/\nbegins\nsaved\nverified https://a.example/shop/: loaded\n";
    let late = "found https://a.example/login\ntimer 2\nfound https://a.example/shop/\nbegins\nsaved\nverified https://a.example/shop/: clicked\ntimer 2\n";
    check(
        &format!("{start}{late}found https://a.example/shop/item/1"),
        expect![[r#"
            < recipe /shop/
                > 0 owner: Run the recipe “Order tea”.
                > thinking, starting
                > list "Run the recipe “Order tea”." thinking
                > find tab 3
            < found https://a.example/
                > drive tab 3 for "Run the recipe “Order tea”."
                > acting, step 1 of 3
                > find tab 3
            < found https://a.example/
                > web 7-00000000000000ab-1: navigate {"url":"https://a.example/shop/"} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/shop/: loaded
                > 1 verified: Go to https://a.example/shop/ (loaded)
                > find tab 3
            < found https://a.example/login
            < timer 2
                > find tab 3
            < found https://a.example/shop/
                > web 7-00000000000000ab-2: left_click {"fingerprint":{"attrs":{},"label":"","name":"Tea","ord":0,"path":"","role":"link","tag":""}} on https://a.example
            < begins
                > save, then say so
            < saved
                > noted
            < verified https://a.example/shop/: clicked
                > 2 verified: Click "Tea" (link) (clicked)
            < timer 2
                > find tab 3
            < found https://a.example/shop/item/1
                > find tab 3
        "#]],
    );
    let mut chat = Chat::new();
    chat.play(&format!("{start}{}", "found https://a.example/login\ntimer 2\n".repeat(26)));
    assert!(
        chat.log.contains("Stopped at step 1 of 3, “Click \"Tea\" (link)”: the page is at /login, not at /shop/. Nothing more was done."),
        "{}",
        chat.log
    );
    assert_eq!(chat.phase, RunPhase::Failed);
}

#[test]
fn the_first_difference_stops_it() {
    let start = "recipe /shop/\nfound https://a.example/shop/\nfound https://a.example/shop/\nbegins\nsaved\n";
    for (line, why) in [
        ("failed no link \"Tea\" on this page", "it could not be done: no link \"Tea\" on this page"),
        ("unverified nothing changed", "nothing could be seen to change: nothing changed"),
        ("lost no answer came in time", "what came of it is not known: no answer came in time"),
    ] {
        let mut chat = Chat::new();
        chat.play(&format!("{start}{line}"));
        assert!(chat.log.contains(&format!("note: Stopped at step 1 of 3, “Click \"Tea\" (link)”: {why}.")), "{}", chat.log);
        assert_eq!(chat.phase, RunPhase::Failed);
    }
}

#[test]
fn what_a_recipe_does_not_carry_is_denied_without_asking() {
    check(
        r#"
        recipe /shop/
        found https://a.example/shop/
        found https://a.example/shop/
        begins
        saved
        needs go https://evil.example/
        failed denied
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
            < needs go https://evil.example/
                > deny 7-00000000000000ab-1: the recipe may not do this: Go to another site (https://evil.example https://evil.example/)
            < failed denied
                > 1 failed: Click "Tea" (link) (denied)
                > release
                > 2 note: Stopped at step 1 of 3, “Click "Tea" (link)”: it could not be done: denied. Nothing more was done.
                > failed, step 1 of 3
                > list "Run the recipe “Order tea”." failed
        "#]],
    );
}

#[test]
fn a_recipe_of_a_site_does_not_start_elsewhere() {
    check(
        "recipe /shop/\nfound about:blank",
        expect![[r#"
            < recipe /shop/
                > 0 owner: Run the recipe “Order tea”.
                > thinking, starting
                > list "Run the recipe “Order tea”." thinking
                > find tab 3
            < found about:blank
                > drive tab 3 for "Run the recipe “Order tea”."
                > release
                > 1 note: The recipe did not start: open the page this recipe is for first: it starts on the site of the tab you are on.
                > failed, starting
                > list "Run the recipe “Order tea”." failed
        "#]],
    );
}
