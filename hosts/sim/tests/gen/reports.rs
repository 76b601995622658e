//! What a person reads after a crash (G04, G14, semantics 7.1).
use crate::{
    kit::{Play, call, cast, exit, start_with},
    server::{Ask, Obedient, Tell},
};
use expect_test::expect;
use peerd_otp::{
    crash_report::{Limits, line, page},
    gen_server,
};
use peerd_vat::Reason;

fn crashes() -> Play {
    let mut play = Play::new(vec![gen_server::behaviour::<Obedient>()]);
    play.desk([start_with("counter", "obedient", b"", &[]), call("counter", &Ask::Add(7))]);
    play.advance(250);
    play.desk([call("counter", &Ask::Crash)]);
    play.desk([start_with("counter", "obedient", b"crash", &[])]);
    play.desk([start_with("c", "obedient", b"", &[]), cast("c", &Tell::Sleep)]);
    play.desk([exit("c", Reason::Other("fault(in([deep, {deeper}]))".into()))]);
    play
}

#[test]
fn a_page_tells_who_what_on_which_message_for_whom_and_what_was_dropped() {
    let pages: Vec<String> = crashes().reports.iter().map(|report| page(report, Limits { depth: 2, ..Limits::default() })).collect();
    expect![[r#"
        0.250 counter (obedient, 1.1, life 1)
          crashed    told: crashed as told
          handling   a call of 1 bytes
          called by  0.1
          state      ae2436c63a5ec0a3, 10 bytes
          dropped    1 effect of the turn
        0.250 counter (obedient, 1.2, life 1)
          crashed    init: no start
          handling   init
        0.250 c (obedient, 1.3, life 1)
          ended      fault(in([…]))
          handling   an exit signal from 0.1
          state      02a170e15672d2eb, 10 bytes"#]]
    .assert_eq(&pages.join("\n"));
}

#[test]
fn a_line_and_a_page_are_never_longer_than_asked() {
    for report in &crashes().reports {
        for characters in 0..200 {
            assert!(line(report, characters).chars().count() <= characters);
            assert!(page(report, Limits { characters, depth: 10 }).chars().count() <= characters);
        }
        assert_eq!(line(report, 10_000).lines().count(), 1);
    }
    let lines: Vec<String> = crashes().reports.iter().map(|report| line(report, 70)).collect();
    expect![[r#"
        0.250 counter (obedient, 1.1, life 1): crashed "crashed as told", han…
        0.250 counter (obedient, 1.2, life 1): crashed "no start", handling i…
        0.250 c (obedient, 1.3, life 1): fault(in([deep, {deeper}])), handlin…"#]]
    .assert_eq(&lines.join("\n"));
}
