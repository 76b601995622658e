//! Sockets on loopback: what one end sends is what the other is told, and each end learns of the end.
#![allow(clippy::disallowed_methods, reason = "real sockets have real time")]
use std::{
    io::Write,
    net::{Ipv4Addr, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use peerd_ocapn::{Conn, Event, Manner, Reactor};

const PATIENCE: Duration = Duration::from_secs(20);

fn loopback() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

/// One reactor at both ends of a connection, dialled first.
fn joined(is_web: bool) -> (Reactor, Conn, Conn) {
    let mut reactor = Reactor::new().expect("descriptors");
    let (_, address) = reactor.listen(loopback(), is_web).expect("a port");
    let manner = if is_web { Manner::WebSocket { url: format!("ws://{address}/") } } else { Manner::Tcp };
    let dialled = reactor.dial(address, manner).expect("loopback");
    let mut accepted = None;
    let mut is_dialled = false;
    until(&mut reactor, |event| {
        match event {
            Event::Accepted { conn, .. } => accepted = Some(conn),
            Event::Dialled { conn } => is_dialled = conn == dialled,
            other => panic!("{other:?}"),
        }
        accepted.is_some() && is_dialled
    });
    (reactor, dialled, accepted.expect("it came"))
}

/// Waits until an event is what was waited for.
fn until(reactor: &mut Reactor, mut is_it: impl FnMut(Event) -> bool) {
    let patience = Instant::now() + PATIENCE;
    let mut events = Vec::new();
    loop {
        assert!(Instant::now() < patience, "nothing more happens");
        reactor.wait(Some(patience), &mut events).expect("it polls");
        for event in events.drain(..) {
            if is_it(event) {
                return;
            }
        }
    }
}

/// So many bytes that arrive at `to`.
fn gather(reactor: &mut Reactor, to: Conn, size: usize) -> Vec<u8> {
    let mut all = Vec::new();
    until(reactor, |event| match event {
        Event::Bytes { conn, bytes } if conn == to => {
            all.extend(bytes);
            all.len() >= size
        }
        other => panic!("{other:?}"),
    });
    all
}

#[test]
fn bytes_go_both_ways() {
    for is_web in [false, true] {
        let (mut reactor, dialled, accepted) = joined(is_web);
        reactor.send(dialled, b"hello");
        assert_eq!(gather(&mut reactor, accepted, 5), b"hello");
        reactor.send(accepted, b"and you");
        assert_eq!(gather(&mut reactor, dialled, 7), b"and you");
    }
}

#[test]
fn a_websocket_message_arrives_whole_and_alone() {
    let (mut reactor, dialled, accepted) = joined(true);
    let messages = [vec![1; 300_000], vec![2], vec![3; 70_000]];
    for message in &messages {
        reactor.send(dialled, message);
    }
    let mut came = Vec::new();
    until(&mut reactor, |event| {
        let Event::Bytes { conn, bytes } = event else { panic!("{event:?}") };
        assert_eq!(conn, accepted);
        came.push(bytes);
        came.len() == messages.len()
    });
    assert_eq!(came, messages);
}

#[test]
fn more_than_the_system_takes_at_once_arrives() {
    for is_web in [false, true] {
        let (mut reactor, dialled, accepted) = joined(is_web);
        let piece: Vec<u8> = (0..1_000_000_u32).map(|at| (at % 251) as u8).collect();
        for _ in 0..6 {
            reactor.send(dialled, &piece);
        }
        let all = gather(&mut reactor, accepted, 6 * piece.len());
        assert!(all.chunks(piece.len()).all(|part| part == piece), "web: {is_web}");
    }
}

#[test]
fn what_was_sent_before_the_end_is_heard_and_then_the_end() {
    for is_web in [false, true] {
        let (mut reactor, dialled, accepted) = joined(is_web);
        // Unread by us as we close: the system must not answer it with a reset.
        reactor.send(accepted, b"what nobody reads");
        reactor.send(dialled, b"last words");
        reactor.close(dialled);
        let mut heard = Vec::new();
        until(&mut reactor, |event| match event {
            Event::Bytes { conn, bytes } if conn == accepted => {
                heard.extend(bytes);
                false
            }
            Event::Closed { conn, why } => {
                assert_eq!((conn, why.as_str()), (accepted, "closed by the peer"));
                true
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(heard, b"last words");
        until_quiet(&mut reactor);
    }
}

fn until_quiet(reactor: &mut Reactor) {
    let patience = Instant::now() + PATIENCE;
    while !reactor.is_quiet() {
        assert!(Instant::now() < patience, "a connection is left over");
        let mut events = Vec::new();
        reactor.wait(Some(Instant::now() + Duration::from_millis(50)), &mut events).expect("it polls");
        assert_eq!(events, []);
    }
}

#[test]
fn a_dial_that_nobody_answers_is_told() {
    let mut reactor = Reactor::new().expect("descriptors");
    let (_, address) = Reactor::new().expect("descriptors").listen(loopback(), false).expect("a port");
    let dialled = reactor.dial(address, Manner::Tcp).expect("it begins");
    until(&mut reactor, |event| matches!(event, Event::Closed { conn, .. } if conn == dialled));
    assert!(reactor.is_quiet());
}

#[test]
fn what_a_paused_connection_sends_waits() {
    for is_web in [false, true] {
        let (mut reactor, dialled, accepted) = joined(is_web);
        reactor.pause(accepted);
        reactor.send(dialled, b"are you there?");
        let mut events = Vec::new();
        for _ in 0..10 {
            reactor.wait(Some(Instant::now() + Duration::from_millis(5)), &mut events).expect("it polls");
        }
        assert_eq!(events, []);
        reactor.resume(accepted);
        assert_eq!(gather(&mut reactor, accepted, 14), b"are you there?");
    }
}

#[test]
fn what_a_peer_leaves_unread_is_not_written() {
    for is_web in [false, true] {
        let (mut reactor, dialled, accepted) = joined(is_web);
        reactor.pause(accepted);
        let piece = vec![0; 1 << 20];
        for _ in 0..32 {
            reactor.send(dialled, &piece);
        }
        let mut events = Vec::new();
        let written = |reactor: &mut Reactor| reactor.written().map(|(_, bytes)| bytes).sum::<usize>();
        let mut all = 0;
        for _ in 0..20 {
            reactor.wait(Some(Instant::now() + Duration::from_millis(5)), &mut events).expect("it polls");
            all += written(&mut reactor);
        }
        assert!((1..30 << 20).contains(&all), "{all}");
        reactor.resume(accepted);
        gather(&mut reactor, accepted, 32 << 20);
        assert_eq!(all + written(&mut reactor), 32 << 20, "web: {is_web}, {all}");
    }
}

#[test]
fn text_is_no_message() {
    let mut reactor = Reactor::new().expect("descriptors");
    let (_, address) = reactor.listen(loopback(), true).expect("a port");
    let mut peer = TcpStream::connect(address).expect("loopback");
    let key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==";
    write!(peer, "GET / HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{key}\r\n\r\n").expect("it takes it");
    until(&mut reactor, |event| matches!(event, Event::Accepted { .. }));
    // A masked text frame of two bytes.
    peer.write_all(&[0x81, 0x82, 0, 0, 0, 0, b'h', b'i']).expect("it takes it");
    until(&mut reactor, |event| {
        let Event::Closed { why, .. } = event else { panic!("{event:?}") };
        assert!(why.contains("text"), "{why}");
        true
    });
}
