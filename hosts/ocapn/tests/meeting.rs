//! Every case of a meeting with others' peers, played among peers of ours: over each carrier that a person can choose.
#![allow(clippy::disallowed_methods, reason = "real sockets have real time")]
use std::net::{Ipv4Addr, SocketAddr};

use peerd_captp::Framing;
use peerd_meeting::{CASES, Places};
use peerd_ocapn::{Layer, entropy};

#[path = "../examples/ours/mod.rs"]
mod ours;

use ours::{Ours, play};

fn among(layer: impl Fn(SocketAddr) -> Layer) {
    for case in CASES {
        let mut peers: Vec<Ours> = (0..4).map(|_| Ours::new(layer(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))))).collect();
        let place = |at: usize| peers[at].location.clone();
        let places = Places { first: place(1), second: place(2), own: Some(place(3)) };
        let end = play(case, &mut peers, places);
        assert!(end.is_ok(), "{}: {end:?}", case.name);
    }
}

#[test]
fn peers_of_ours_meet_over_websocket() {
    among(|listen| Layer::WebSocket { listen: Some(listen), seed: entropy().expect("the system has some") });
}

#[test]
fn peers_of_ours_meet_over_tcp_in_both_framings() {
    for framing in [Framing::Length, Framing::Raw] {
        among(|listen| Layer::Tcp { listen, framing });
    }
}
