//! How sessions end: with a word, when their node does.
#![allow(clippy::disallowed_methods, reason = "real sockets have real time")]
use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use peerd_captp::{Conn, Limits, Object, Outcome, Peer, Promise};
use peerd_ocapn::{Call, Layer, Node, Objects, Session, entropy};

const PATIENCE: Duration = Duration::from_secs(20);

/// Has nothing, and hears of sessions.
#[derive(Default)]
struct Told(Vec<Session>);

impl Objects for Told {
    fn deliver(&mut self, _: &mut Peer, _: Call) {}
    fn settled(&mut self, _: &mut Peer, _: Promise, _: Outcome) {}
    fn dropped(&mut self, _: Object) {}

    fn session(&mut self, _: &mut Peer, _: Conn, is: Session) {
        self.0.push(is);
    }
}

#[test]
fn a_node_that_ends_ends_its_sessions_with_a_word() {
    let node = || {
        let layer =
            Layer::WebSocket { listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))), seed: entropy().expect("the system has some") };
        Node::open(&[layer], Limits::default()).expect("a port of loopback")
    };
    let (mut one, mut other) = (node(), node());
    let (mut here, mut there) = (Told::default(), Told::default());
    let location = other.netlayers()[0].location.clone();
    assert!(one.peer().dial(&location).expect("it can be dialled").is_some());
    let patience = Instant::now() + PATIENCE;
    while here.0.is_empty() || there.0.is_empty() {
        assert!(Instant::now() < patience, "no session");
        one.turn(&mut here, Some(Instant::now() + Duration::from_millis(5))).expect("the system goes on");
        other.turn(&mut there, Some(Instant::now())).expect("the system goes on");
    }
    let [Session::Ready { location: with, proven: true }] = &here.0[..] else { panic!("{:?}", here.0) };
    assert!(with.same_peer(&location));
    let listening = std::thread::Builder::new().spawn(move || {
        while there.0.last() != Some(&Session::Ended) && Instant::now() < patience {
            other.turn(&mut there, Some(Instant::now() + Duration::from_millis(5))).expect("the system goes on");
        }
        there.0.pop()
    });
    one.end("going home", PATIENCE).expect("the system goes on");
    assert!(Instant::now() < patience, "it waited for nothing");
    assert_eq!(listening.expect("a thread").join().expect("it has no bug"), Some(Session::Ended));
}
