//! What a program sees of the proxy, and what whoever answers is asked: both ends in one thread, without a network.
use crate::{Event, Proxy};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    io::{Read, Write},
    sync::Arc,
};

/// Base64 of `job:secret`.
const KNOWN: &str = "proxy-authorization: Basic am9iOnNlY3JldA==\r\n";
const CONN: u32 = 7;

fn opened() -> Proxy {
    let mut proxy = Proxy::new();
    proxy.opened(CONN);
    proxy
}

/// All that the client is sent, and the rest.
fn taken(proxy: &mut Proxy) -> (String, Vec<Event>) {
    let (mut said, mut rest) = (Vec::new(), Vec::new());
    while let Some(event) = proxy.take() {
        match event {
            Event::Send { conn: CONN, bytes } => said.extend(bytes),
            other => rest.push(other),
        }
    }
    (String::from_utf8_lossy(&said).into_owned(), rest)
}

fn asked(events: &[Event]) -> (u32, String) {
    match events {
        [Event::Ask { ask, method, url, .. }] => (*ask, format!("{method} {url}")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_request_is_asked_and_its_answer_comes_in_chunks() {
    let mut proxy = opened();
    let text = format!("GET http://a.example/x?y HTTP/1.1\r\nHost: a.example\r\n{KNOWN}Accept: */*\r\nUser-Agent: curl\r\n\r\n");
    let (first, rest) = text.as_bytes().split_at(20);
    proxy.heard(CONN, first);
    assert_eq!(taken(&mut proxy), (String::new(), Vec::new()), "it waits for the rest");
    proxy.heard(CONN, rest);
    let (_, events) = taken(&mut proxy);
    let whole = Event::Ask {
        ask: 1,
        credentials: "job:secret".into(),
        method: "GET".into(),
        url: "http://a.example/x?y".into(),
        headers: [("accept".into(), "*/*".into())].into(),
        body: Vec::new(),
    };
    assert_eq!(events, [whole]);
    let header = |name: &str, value: &str| (name.to_string(), value.to_string());
    proxy.head(1, 200, &[header("content-type", "text/plain"), header("content-encoding", "gzip"), header("content-length", "9")]);
    proxy.piece(1, b"hello");
    proxy.piece(1, b"");
    proxy.piece(1, b" you");
    proxy.end(1);
    let told = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n4\r\n you\r\n0\r\n\r\n";
    assert_eq!(taken(&mut proxy), (told.into(), Vec::new()), "and the connection stays");
    proxy.heard(CONN, format!("HEAD http://a.example/ HTTP/1.1\r\n{KNOWN}Connection: close\r\n\r\n").as_bytes());
    let (ask, what) = asked(&taken(&mut proxy).1);
    assert_eq!(what, "HEAD http://a.example/");
    proxy.head(ask, 200, &[header("content-length", "9")]);
    proxy.end(ask);
    let told = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: close\r\n\r\n";
    assert_eq!(taken(&mut proxy), (told.into(), [Event::End { conn: CONN }].into()));
}

#[test]
fn who_does_not_say_who_it_is_is_asked_for_it() {
    let mut proxy = opened();
    for text in ["GET http://a.example/ HTTP/1.1\r\n\r\n", "CONNECT a.example:443 HTTP/1.1\r\n\r\n"] {
        proxy.heard(CONN, text.as_bytes());
        let (told, events) = taken(&mut proxy);
        assert!(told.starts_with("HTTP/1.1 407 ") && told.contains("proxy-authenticate: Basic realm=\"peerd\"\r\n"), "{told}");
        assert_eq!(events, []);
    }
}

#[test]
fn a_refusal_says_why_in_its_status_and_in_its_body() {
    let mut proxy = opened();
    proxy.heard(CONN, format!("GET http://a.example/ HTTP/1.1\r\n{KNOWN}\r\n").as_bytes());
    let (ask, _) = asked(&taken(&mut proxy).1);
    proxy.fail(ask, 403, "http://a.example was not granted\r\nset-cookie: x");
    let (told, _) = taken(&mut proxy);
    assert!(told.starts_with("HTTP/1.1 403 http://a.example was not grantedset-cookie: x\r\n"), "{told}");
    assert!(told.ends_with("\r\n\r\npeerd: http://a.example was not granted\r\nset-cookie: x\n"), "{told}");
}

#[test]
fn an_answer_that_is_cut_off_does_not_look_whole() {
    let mut proxy = opened();
    proxy.heard(CONN, format!("GET http://a.example/ HTTP/1.1\r\n{KNOWN}\r\n").as_bytes());
    let (ask, _) = asked(&taken(&mut proxy).1);
    proxy.head(ask, 200, &[]);
    proxy.piece(ask, b"half");
    proxy.fail(ask, 502, "the answer is larger than it may be");
    let (told, events) = taken(&mut proxy);
    assert!(told.ends_with("4\r\nhalf\r\n"), "{told}");
    assert_eq!(events, [Event::Abort { ask }, Event::End { conn: CONN }]);
}

#[test]
fn a_body_comes_by_length_or_in_chunks_and_what_is_smuggled_is_refused() {
    let post = |more: &str| {
        let mut proxy = opened();
        proxy.heard(CONN, format!("POST http://a.example/ HTTP/1.1\r\n{KNOWN}{more}").as_bytes());
        let (told, events) = taken(&mut proxy);
        match events.first() {
            Some(Event::Ask { body, .. }) => String::from_utf8_lossy(body).into_owned(),
            _ => told.lines().next().unwrap_or("it waits").to_string(),
        }
    };
    for (more, expect) in [
        ("Content-Length: 3\r\n\r\nabcd", "abc"),
        ("Content-Length: 3\r\n\r\nab", "it waits"),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: x\r\n\r\n", "abc"),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n", "it waits"),
        ("Transfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", "HTTP/1.1 400 a chunk of the body is malformed"),
        ("Transfer-Encoding: gzip\r\n\r\n", "HTTP/1.1 400 the body is encoded as nobody here reads it"),
        ("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n", "HTTP/1.1 400 two lengths of one body"),
        ("Content-Length: 3\r\nContent-Length: 4\r\n\r\n", "HTTP/1.1 400 two lengths of one body"),
        ("Content-Length: -1\r\n\r\n", "HTTP/1.1 400 the length of the body is no number"),
        ("Content-Length: 999999\r\n\r\n", "HTTP/1.1 413 the request's body is larger than may be sent"),
        ("Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", "HTTP/1.1 100 Continue"),
    ] {
        assert_eq!(post(more), expect, "{more:?}");
    }
}

#[test]
fn what_is_no_request_ends_the_connection() {
    for text in ["\u{15}\u{3}\u{1}", "GET / HTTP/1.1\r\n\r\n", "GET\r\n\r\n", &"x".repeat(40_000)] {
        let mut proxy = opened();
        proxy.heard(CONN, text.as_bytes());
        let (told, events) = taken(&mut proxy);
        assert!(told.starts_with("HTTP/1.1 4"), "{told}");
        assert_eq!(events, [Event::End { conn: CONN }]);
    }
}

#[test]
fn a_connection_that_goes_takes_its_request_with_it() {
    let mut proxy = opened();
    proxy.heard(CONN, format!("GET http://a.example/ HTTP/1.1\r\n{KNOWN}\r\n").as_bytes());
    let (ask, _) = asked(&taken(&mut proxy).1);
    proxy.closed(CONN);
    assert_eq!(taken(&mut proxy), (String::new(), [Event::Abort { ask }].into()));
    proxy.head(ask, 200, &[]);
    proxy.end(ask);
    assert_eq!(taken(&mut proxy), (String::new(), Vec::new()), "nobody is told");
}

/// A program that believes the machine's authority, and what it has said and heard in its tunnel.
struct Client {
    tls: ClientConnection,
    heard: Vec<u8>,
}

impl Client {
    fn new(proxy: &mut Proxy, host: &str, versions: &[&'static rustls::SupportedProtocolVersion]) -> Client {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(proxy.certificate().as_bytes()).expect("PEM")).expect("a certificate");
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider).with_protocol_versions(versions).expect("known");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let name = ServerName::try_from(host.to_string()).expect("a name");
        Client { tls: ClientConnection::new(Arc::new(config), name).expect("it is configured"), heard: Vec::new() }
    }

    /// Until neither has more to say; the rest is for who answers.
    fn carry(&mut self, proxy: &mut Proxy) -> Result<Vec<Event>, rustls::Error> {
        let mut events = Vec::new();
        loop {
            let mut out = Vec::new();
            while self.tls.wants_write() {
                self.tls.write_tls(&mut out).expect("a Vec takes all");
            }
            // In pieces, as a line gives them.
            out.chunks(100).for_each(|piece| proxy.heard(CONN, piece));
            let mut is_quiet = out.is_empty();
            while let Some(event) = proxy.take() {
                is_quiet = false;
                match event {
                    Event::Send { bytes, .. } => {
                        let mut left = bytes.as_slice();
                        while !left.is_empty() {
                            self.tls.read_tls(&mut left).expect("a slice is read");
                            let plain = self.tls.process_new_packets()?.plaintext_bytes_to_read();
                            self.tls.reader().take(plain as u64).read_to_end(&mut self.heard).expect("so much is there");
                        }
                    }
                    other => events.push(other),
                }
            }
            if is_quiet {
                return Ok(events);
            }
        }
    }
}

#[test]
fn a_program_that_speaks_https_is_heard_and_believes_the_machine() {
    for (host, target, origin) in [
        ("git.example", "git.example:443", "https://git.example"),
        ("git.example", "git.example:8443", "https://git.example:8443"),
        ("127.0.0.2", "127.0.0.2:99", "https://127.0.0.2:99"),
    ] {
        for versions in [&[&rustls::version::TLS12][..], &[&rustls::version::TLS13][..]] {
            let mut proxy = opened();
            proxy.heard(CONN, format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{KNOWN}\r\n").as_bytes());
            assert_eq!(taken(&mut proxy), ("HTTP/1.1 200 Connection established\r\n\r\n".into(), Vec::new()));
            let mut client = Client::new(&mut proxy, host, versions);
            client.tls.writer().write_all(b"GET /a HTTP/1.1\r\nHost: somewhere.else\r\nConnection: close\r\n\r\n").expect("it is taken");
            let events = client.carry(&mut proxy).expect("it believes");
            let (ask, what) = asked(&events);
            assert_eq!(what, format!("GET {origin}/a"), "where the tunnel leads counts, not what a header says");
            proxy.head(ask, 200, &[]);
            proxy.piece(ask, &[b'x'; 100_000]);
            proxy.end(ask);
            assert_eq!(client.carry(&mut proxy).expect("it believes"), [Event::End { conn: CONN }]);
            assert!(client.heard.starts_with(b"HTTP/1.1 200 OK\r\n") && client.heard.ends_with(b"x\r\n0\r\n\r\n"));
        }
    }
}

#[test]
fn an_https_address_may_be_asked_for_in_plain_words() {
    let mut proxy = opened();
    let head = "Host: a.example:44\r\nUser-Agent: Wget\r\nConnection: close\r\n";
    proxy.heard(CONN, format!("GET https://a.example:44/y HTTP/1.1\r\n{head}{KNOWN}\r\n").as_bytes());
    let (ask, what) = asked(&taken(&mut proxy).1);
    assert_eq!(what, "GET https://a.example:44/y");
    proxy.ended(CONN);
    assert_eq!(taken(&mut proxy), (String::new(), Vec::new()), "who sends no more may still listen");
    proxy.fail(ask, 403, "no");
    let (told, events) = taken(&mut proxy);
    assert!(told.starts_with("HTTP/1.1 403 no\r\n"), "{told}");
    assert_eq!(events, [Event::End { conn: CONN }]);
    let mut silent = opened();
    silent.ended(CONN);
    assert_eq!(taken(&mut silent), (String::new(), [Event::End { conn: CONN }].into()), "and who asked for nothing is not waited for");
}

#[test]
fn a_client_may_speak_tls_to_the_proxy_itself() {
    let mut proxy = opened();
    let mut client = Client::new(&mut proxy, "127.0.0.1", &[&rustls::version::TLS12]);
    let text = format!("GET https://a.example/x HTTP/1.1\r\nHost: a.example\r\n{KNOWN}Connection: close\r\n\r\n");
    client.tls.writer().write_all(text.as_bytes()).expect("it is taken");
    let (ask, what) = asked(&client.carry(&mut proxy).expect("it believes"));
    assert_eq!(what, "GET https://a.example/x");
    proxy.head(ask, 204, &[]);
    proxy.end(ask);
    assert_eq!(client.carry(&mut proxy).expect("it believes"), [Event::End { conn: CONN }]);
    assert!(client.heard.starts_with(b"HTTP/1.1 204 No Content\r\n"));
}

#[test]
fn another_host_than_the_tunnels_is_not_believed() {
    let mut proxy = opened();
    proxy.heard(CONN, format!("CONNECT a.example:443 HTTP/1.1\r\n{KNOWN}\r\n").as_bytes());
    taken(&mut proxy);
    let mut client = Client::new(&mut proxy, "b.example", rustls::ALL_VERSIONS);
    assert!(client.carry(&mut proxy).is_err());
    let mut other = opened();
    other.heard(CONN, format!("CONNECT a.example:443 HTTP/1.1\r\n{KNOWN}\r\n").as_bytes());
    taken(&mut other);
    let mut client = Client::new(&mut proxy, "a.example", rustls::ALL_VERSIONS);
    assert!(client.carry(&mut other).is_err(), "another machine's authority is another's");
}
