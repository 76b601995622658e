//! What may leave and what may not, as tables: an address in any spelling, a redirect to anywhere, a log that stays small.
use peerd_egress::{Ask, Audit, Fetch, Grant, Methods, REDIRECTS_MAX, Refusal, Special, Target, Verdict};
use proptest::prelude::*;

/// "public ORIGIN", "private ORIGIN" with what it is, or why it is no address.
fn seen(text: &str) -> String {
    match Target::parse(text) {
        Err(refusal) => format!("{refusal:?}"),
        Ok(target) => match target.special() {
            None => format!("public {}", target.origin()),
            Some(special) => format!("{special:?} {}", target.origin()),
        },
    }
}

fn check(table: &[(&str, &str)]) {
    for (text, expect) in table {
        assert_eq!(&seen(text), expect, "{text}");
    }
}

#[test]
fn an_address_is_what_a_browser_takes_it_for() {
    check(&[
        ("https://a.example.com/x?y#z", "public https://a.example.com"),
        ("HTTPS://A.Example.COM:443", "public https://a.example.com"),
        ("http://a.example.com:8080/", "public http://a.example.com:8080"),
        ("https:a.example.com", "public https://a.example.com"),
        ("https:\\\\a.example.com\\x", "public https://a.example.com"),
        ("  https://a.exa\tmple.com\n", "public https://a.example.com"),
        ("https://a.example.com@b.example.com/", "Credentials"),
        ("https://:pw@a.example.com/", "Credentials"),
        ("https://a.example.com./", "NotAnAddress"),
        ("https://127.0.0.1./", "Loopback https://127.0.0.1"),
        ("/relative", "NotAnAddress"),
        ("https://", "NotAnAddress"),
        ("https://a b.example.com", "NotAnAddress"),
        ("ftp://a.example.com/", "Scheme"),
        ("ws://a.example.com/", "Scheme"),
        ("data:text/plain,x", "Scheme"),
        ("blob:https://a.example.com/1", "Scheme"),
        ("file:///etc/passwd", "Scheme"),
        ("javascript:1", "Scheme"),
        ("chrome-extension://abc/x", "Scheme"),
    ]);
}

#[test]
fn this_machine_is_known_in_every_spelling() {
    let spellings = [
        "127.0.0.1",
        "127.1",
        "127.0.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "017700000001",
        "0",
        "0.0.0.0",
        "127.255.255.254",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[::127.0.0.1]",
        "[64:ff9b::127.0.0.1]",
        "[2002:7f00:1::]",
        "[::ffff:0:127.0.0.1]",
        "localhost",
        "LOCALHOST",
        "a.localhost",
        "%6cocalhost",
        "１２７.０.０.１",
        "localtest.me",
        "a.b.lvh.me",
    ];
    for host in spellings {
        let seen = seen(&format!("http://{host}:8000/"));
        // Without Unicode's tables a wide digit is no digit, which is as good.
        assert!(seen.starts_with("Loopback ") || (!host.is_ascii() && seen == "NotAnAddress"), "{host}: {seen}");
    }
}

#[test]
fn what_is_not_the_public_internet_is_special() {
    let table = [
        ("10.1.2.3", Special::Private),
        ("172.16.0.1", Special::Private),
        ("172.31.255.255", Special::Private),
        ("192.168.1.1", Special::Private),
        ("100.64.0.1", Special::Private),
        ("169.254.169.254", Special::LinkLocal),
        ("192.0.0.8", Special::Reserved),
        ("198.18.0.1", Special::Reserved),
        ("198.51.100.7", Special::Reserved),
        ("203.0.113.9", Special::Reserved),
        ("224.0.0.251", Special::Multicast),
        ("239.255.255.250", Special::Multicast),
        ("255.255.255.255", Special::Multicast),
        ("240.0.0.1", Special::Reserved),
        ("[fc00::1]", Special::Private),
        ("[fd12:3456::1]", Special::Private),
        ("[fe80::1]", Special::LinkLocal),
        ("[fec0::1]", Special::Private),
        ("[ff02::1]", Special::Multicast),
        ("[2001:db8::1]", Special::Reserved),
        ("[2001::1]", Special::Reserved),
        ("[100::1]", Special::Reserved),
        ("[64:ff9b:1::1]", Special::Private),
        ("[::ffff:10.0.0.1]", Special::Private),
        ("[::ffff:8.8.8.8]", Special::Reserved),
        ("[2002:a00:1::]", Special::Private),
        ("[4000::1]", Special::Reserved),
        ("[64:ff9b::a9fe:a9fe]", Special::LinkLocal),
        ("router", Special::Private),
        ("printer.local", Special::Private),
        ("metadata.google.internal", Special::Private),
        ("nas.lan", Special::Private),
        ("box.home.arpa", Special::Private),
        ("10.0.0.1.nip.io", Special::Private),
        ("a.test", Special::Reserved),
        ("a.invalid", Special::Reserved),
        ("0xa9fea9fe", Special::LinkLocal),
        ("012.1", Special::Private),
    ];
    for (host, special) in table {
        let target = Target::parse(&format!("http://{host}/")).unwrap_or_else(|why| panic!("{host}: {why:?}"));
        assert_eq!(target.special(), Some(special), "{host}");
    }
    for host in [
        "1.1.1.1",
        "9.9.9.9",
        "172.15.0.1",
        "172.32.0.1",
        "100.128.0.1",
        "192.0.1.1",
        "[2606:4700::1111]",
        "[64:ff9b::8.8.8.8]",
        "example.com",
        "notlocal.com",
        "mylocalhost.com",
    ] {
        assert_eq!(Target::parse(&format!("http://{host}/")).expect("an address").special(), None, "{host}");
    }
}

fn granted(origins: &[&str]) -> Vec<Grant> {
    origins.iter().map(|origin| Grant::anywhere(origin).expect("an address")).collect()
}

fn get(url: &str) -> Ask {
    Ask { url: url.into(), ..Ask::default() }
}

#[test]
fn nothing_leaves_without_a_grant_for_its_very_origin() {
    let grants = granted(&["https://a.example.com", "http://127.0.0.1:9000"]);
    let may = |url: &str| Fetch::begin(get(url), &grants).map(|(_, hop)| hop.url);
    assert_eq!(may("https://a.example.com/x?q=1#f"), Ok("https://a.example.com/x?q=1".into()));
    assert_eq!(may("http://2130706433:9000/"), Ok("http://127.0.0.1:9000/".into()), "what is judged is what is fetched");
    let origin = |text: &str| Err(Refusal::Origin(text.into()));
    assert_eq!(may("http://a.example.com/"), origin("http://a.example.com"));
    assert_eq!(may("https://a.example.com:8443/"), origin("https://a.example.com:8443"));
    assert_eq!(may("https://sub.a.example.com/"), origin("https://sub.a.example.com"));
    assert_eq!(may("https://a.example.com.evil.com/"), origin("https://a.example.com.evil.com"));
    assert_eq!(may("http://127.0.0.1:9001/"), Err(Refusal::Special(Special::Loopback)));
    assert_eq!(may("http://169.254.169.254/latest/meta-data"), Err(Refusal::Special(Special::LinkLocal)));
    assert_eq!(Fetch::begin(get("https://a.example.com/"), &[]).unwrap_err(), Refusal::Origin("https://a.example.com".into()));
    // A private place is granted by name, and by who was shown that it is one.
    assert_eq!(Grant::public("http://192.168.0.1/").unwrap_err(), Refusal::Special(Special::Private));
    assert_eq!(Grant::anywhere("http://192.168.0.1/").map(|grant| grant.special()), Ok(Some(Special::Private)));
}

#[test]
fn each_redirect_is_judged_like_the_first() {
    let grants = granted(&["https://a.example.com", "https://b.example.com"]);
    let begin = || Fetch::begin(get("https://a.example.com/dir/x"), &grants).expect("it is granted").0;
    let led = |location: &str| begin().redirected(302, Some(location), &grants).map(|hop| hop.url);
    assert_eq!(led("y"), Ok("https://a.example.com/dir/y".into()));
    assert_eq!(led("//b.example.com/z"), Ok("https://b.example.com/z".into()));
    assert_eq!(led("http://a.example.com/"), Err(Refusal::Origin("http://a.example.com".into())));
    assert_eq!(led("https://c.example.com/"), Err(Refusal::Origin("https://c.example.com".into())));
    assert_eq!(led("http://[::ffff:127.0.0.1]/"), Err(Refusal::Special(Special::Loopback)));
    assert_eq!(led("file:///etc/passwd"), Err(Refusal::Scheme));
    assert_eq!(led("https://u:p@a.example.com/"), Err(Refusal::Credentials));
    assert_eq!(begin().redirected(302, None, &grants), Err(Refusal::HiddenRedirect));
    // Taken back in the middle.
    assert_eq!(begin().redirected(302, Some("/y"), &[]), Err(Refusal::Origin("https://a.example.com".into())));
    let mut around = begin();
    for _ in 0..REDIRECTS_MAX {
        around.redirected(307, Some("/again"), &grants).expect("not yet too often");
    }
    assert_eq!(around.redirected(307, Some("/again"), &grants), Err(Refusal::Redirects));
}

#[test]
fn a_post_that_is_led_away_is_a_get_or_stays_itself() {
    let mut grants = granted(&["https://a.example.com"]);
    let post = Ask {
        method: "post".into(),
        headers: vec![("Content-Type".into(), "text/plain".into())],
        body: b"x".to_vec(),
        ..get("https://a.example.com/")
    };
    assert_eq!(Fetch::begin(post.clone(), &grants).unwrap_err(), Refusal::Method("POST".into()));
    grants[0].methods = Methods::Write;
    for (status, method, body) in [(302, "GET", ""), (303, "GET", ""), (307, "POST", "x"), (308, "POST", "x")] {
        let (mut fetch, hop) = Fetch::begin(post.clone(), &grants).expect("it is granted");
        assert_eq!((hop.method.as_str(), hop.headers.len()), ("POST", 1));
        let hop = fetch.redirected(status, Some("/next"), &grants).expect("it is granted");
        assert_eq!((hop.method.as_str(), hop.body.as_slice(), hop.headers.len()), (method, body.as_bytes(), body.len()), "{status}");
    }
}

#[test]
fn credentials_and_what_is_too_large_do_not_leave() {
    let mut grants = granted(&["https://a.example.com"]);
    grants[0].methods = Methods::Write;
    grants[0].allowance.request_max = 4;
    for name in [
        "Cookie",
        "Authorization",
        "Proxy-Authorization",
        "Host",
        "Origin",
        "Referer",
        "X-Forwarded-For",
        "Sec-Fetch-Site",
        "Set-Cookie",
        "Connection",
    ] {
        let ask = Ask { headers: vec![(name.into(), "x".into())], ..get("https://a.example.com/") };
        assert_eq!(Fetch::begin(ask, &grants).unwrap_err(), Refusal::Header(name.to_ascii_lowercase()));
    }
    let split = Ask { headers: vec![("Accept".into(), "x\r\ncookie: a".into())], ..get("https://a.example.com/") };
    assert_eq!(Fetch::begin(split, &grants).unwrap_err(), Refusal::Header("accept".into()));
    let large = Ask { method: "PUT".into(), body: vec![0; 5], ..get("https://a.example.com/") };
    assert_eq!(Fetch::begin(large, &grants).unwrap_err(), Refusal::Request { bytes: 5, max: 4 });
}

#[test]
fn an_answer_is_cut_at_its_limit() {
    let mut grants = granted(&["https://a.example.com"]);
    grants[0].allowance.response_max = 10;
    let (mut fetch, hop) = Fetch::begin(get("https://a.example.com/"), &grants).expect("it is granted");
    assert_eq!(hop.response_max, 10);
    assert_eq!((fetch.arrived(6), fetch.arrived(4), fetch.arrived(1)), (Ok(()), Ok(()), Err(Refusal::Response { max: 10 })));
}

#[test]
fn what_is_refused_without_end_leaves_what_was_sent() {
    let mut audit = Audit::new(8);
    for n in 0..6 {
        audit.note(n, "app", "GET", "https://a.example/", 0, Verdict::Sent);
    }
    for n in 0..100 {
        audit.note(n, "app", "GET", "https://b.example/", 0, Verdict::Refused(Refusal::Rate(1)));
    }
    let numbers = |audit: &Audit| audit.entries().map(|entry| entry.number).collect::<Vec<_>>();
    assert_eq!((numbers(&audit), audit.asked()), ([1, 2, 3, 4, 5, 6, 105, 106].into(), 106));
    audit.note(0, "app", "GET", "https://a.example/", 0, Verdict::Sent);
    assert_eq!(numbers(&audit), [2, 3, 4, 5, 6, 105, 106, 107]);
}

#[test]
fn the_log_keeps_the_newest_and_counts_all() {
    let mut audit = Audit::new(3);
    let first = audit.note(1, "compute 1", "GET", "https://a.example.com/", 0, Verdict::Sent);
    for n in 0..5 {
        audit.note(n, "compute 1", "GET", &"x".repeat(2_000), 0, Verdict::Sent);
    }
    audit.settle(first, Verdict::Redirected { status: 302 });
    let last = audit.asked();
    audit.settle(last, Verdict::Failed("gone".into()));
    let kept: Vec<(u64, usize)> = audit.entries().map(|entry| (entry.number, entry.url.len())).collect();
    assert_eq!((kept, last), (vec![(4, 512), (5, 512), (6, 512)], 6));
    assert_eq!(audit.entries().next_back().map(|entry| entry.verdict.clone()), Some(Verdict::Failed("gone".into())));
}

proptest! {
    /// Whatever the spelling: an IPv4 address that is special is so in all of them.
    #[test]
    fn no_spelling_of_a_special_address_is_public(a: u8, b: u8, c: u8, d: u8) {
        let plain = Target::parse(&format!("http://{a}.{b}.{c}.{d}/")).expect("an address").special();
        let number = u32::from_be_bytes([a, b, c, d]);
        for host in [format!("{number}"), format!("{number:#x}"), format!("{a}.{}", number & 0xff_ffff), format!("{a:#o}.{b}.{c}.{d}").replace("0o", "0")] {
            prop_assert_eq!(Target::parse(&format!("http://{host}/")).expect("an address").special(), plain, "{}", host);
        }
        let mapped = Target::parse(&format!("http://[::ffff:{a}.{b}.{c}.{d}]/")).expect("an address").special();
        prop_assert!(mapped.is_some(), "what is mapped is never public");
        prop_assert!(plain.is_none() || mapped == plain);
    }

    /// What is let through is an address that is read the same again, of a granted origin.
    #[test]
    fn what_leaves_has_a_granted_origin_however_it_is_read(text in "(https?:)?[/\\\\]{0,3}[a-z@:.%0-9\\[\\]#?\\\\ -]{0,24}") {
        let grants = granted(&["https://a.com", "http://1.2.3.4:80"]);
        if let Ok((_, hop)) = Fetch::begin(get(&text), &grants) {
            let again = Target::parse(&hop.url).expect("it was written by us");
            prop_assert!(grants.iter().any(|grant| grant.origin() == again.origin()));
            prop_assert_eq!(again.text(), hop.url);
        }
    }
}
