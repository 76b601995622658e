//! What is an address and what is none, by table; that equal origins are equal places, by chance.
use super::*;
use proptest::prelude::*;

#[test]
fn origins_are_read_like_a_browser_or_not_at_all() {
    let table = [
        ("https://api.anthropic.com", "https://api.anthropic.com"),
        ("HTTPS://API.Example.com:443/v1", "https://api.example.com"),
        ("HTTPS://Shop.Example:443/a?b#c", "https://shop.example"),
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434"),
        ("http://127.0.0.1:8080?x", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("http://[::1]:80/", "http://[::1]"),
        ("http://[::1]", "http://[::1]"),
        ("http://3dprinter/", "http://3dprinter"),
        ("https://a.example?x=1", "https://a.example"),
        ("https://a.example#x", "https://a.example"),
        ("https://a.example/x@y", "https://a.example"),
    ];
    for (text, expect) in table {
        assert_eq!(origin(text).as_deref(), Some(expect), "{text}");
    }
}

#[test]
fn what_readers_could_disagree_on_has_no_origin() {
    let refused = [
        "api.example.com",
        "ftp://a.example",
        "javascript://a.example/%0aalert(1)",
        "https:/a.example",
        "https://",
        "https://user@a.example",
        "https://good.example@evil.example/",
        "https://a.example:x@evil.example/",
        "https://a.example:80@evil.example/",
        "https://good.example\\@evil.example/",
        "https://good.example%2f.evil.example/",
        "https://a%2eexample",
        "https://gööd.example/",
        "https:// good.example/",
        "https://a.exa\tmple",
        "https://a.example:",
        "https://a.example:0",
        "https://a.example:99999",
        "https://a.example:+80/",
        "https://a..example",
        "https://a.example.",
        "http://0x7f.1",
        "http://a.0x7f",
        "http://127.1",
        "http://2130706433",
        "http://[::1",
        "http://[::1/",
        "http://[1:2]/",
    ];
    for text in refused {
        assert_eq!(Address::parse(text), None, "{text}");
    }
}

#[test]
fn an_address_comes_apart() {
    let address = Address::parse("http://127.0.0.1:81/cart/7?x=1#top").expect("plain");
    assert_eq!((address.host(), address.port(), address.path(), address.rest()), ("127.0.0.1", 81, "/cart/7", "/cart/7?x=1#top"));
    assert_eq!(Address::parse("http://[::1]:81?x").map(|address| (address.path(), address.is_loopback())), Some(("/", true)));
    assert_eq!(path_of("about:blank"), "about:blank");
}

#[test]
fn the_house_is_told_from_the_world() {
    for here in ["127.0.0.1", "127.9.9.9", "[::1]", "localhost", "shop.localhost"] {
        assert!(Address::parse(&format!("http://{here}")).is_some_and(|address| address.is_loopback() && address.is_local()), "{here}");
    }
    for local in ["10.1.2.3", "192.168.0.5", "172.16.9.9", "[fd00::1]", "nas", "nas.local"] {
        let text = format!("http://{local}:1234/v1");
        assert!(Address::parse(&text).is_some_and(|address| address.is_local() && !address.is_loopback()), "{local}");
    }
    for far in ["api.openai.com", "172.32.0.1", "8.8.8.8", "[2001:db8::1]", "127.0.0.1.example.com"] {
        let text = format!("http://{far}/v1");
        assert!(Address::parse(&text).is_some_and(|address| !address.is_local() && !address.is_loopback()), "{far}");
    }
}

#[test]
fn a_missing_scheme_is_completed() {
    assert_eq!(complete("shop.example/cart").as_deref(), Ok("https://shop.example/cart"));
    assert_eq!(complete("localhost:8080/x").as_deref(), Ok("http://localhost:8080/x"));
    for bad in ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "chrome://settings", "about:blank", ""] {
        assert!(complete(bad).is_err(), "{bad}");
    }
}

#[test]
fn fragments_and_a_last_slash_do_not_make_another_page() {
    assert!(same_page("https://a.example/x/#top", "https://a.example:443/x"));
    assert!(!same_page("https://a.example/x?y=1", "https://a.example/x?y=2"));
    assert!(!same_page("about:blank", "about:blank"));
}

/// Scheme, host and port as their writer meant them.
type Place = (bool, String, u16);

/// An address of few hosts and ports, so that two often meet, in any of its spellings.
fn address() -> impl Strategy<Value = (String, Place)> {
    let host = "[ab]|[aB]\\.[Ab]|\\[::[12]\\]|127\\.0\\.0\\.[12]";
    let port = prop_oneof![Just(None), Just(Some(80)), Just(Some(443)), Just(Some(8080))];
    ("[hH]ttp[sS]?", host, port, "([/?#][ab/?#@:.]{0,8})?").prop_map(|(scheme, host, port, rest)| {
        let secure = scheme.len() == 5;
        let written = port.map(|port| format!(":{port}")).unwrap_or_default();
        let place = (secure, host.to_lowercase(), port.unwrap_or(if secure { 443 } else { 80 }));
        (format!("{scheme}://{host}{written}{rest}"), place)
    })
}

/// Anything, and what nearly is an address.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "https?://[aA1x.:@/\\\\?#%\\[\\]é\\t-]{0,10}", address().prop_map(|(text, _)| text)]
}

proptest! {
    #[test]
    fn origins_are_equal_just_when_scheme_host_and_port_are(a in address(), b in address()) {
        let (one, other) = (Address::parse(&a.0).expect("well written"), Address::parse(&b.0).expect("well written"));
        prop_assert_eq!(one.origin() == other.origin(), a.1 == b.1);
        prop_assert_eq!(one.same_origin(&other), a.1 == b.1);
    }

    // Two texts of one origin are then of one place: both read as what that origin reads as.
    #[test]
    fn any_text_is_no_address_or_its_origin_reads_back(text in text()) {
        if let Some(address) = Address::parse(&text) {
            let origin = address.origin();
            prop_assert!(Address::parse(&origin).is_some_and(|read| read.same_origin(&address) && read.rest().is_empty()));
        }
        if let Ok(url) = complete(&text) {
            prop_assert!(same_page(&url, &url));
        }
    }
}
