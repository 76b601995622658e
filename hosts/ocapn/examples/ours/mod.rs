//! Our peers in a meeting, all turned by one thread.
use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use peerd_captp::{Conn, Limits, Location, Object, Outcome, Peer, Promise};
use peerd_meeting::{Case, Cx, Host, Places, Play, Stage};
use peerd_ocapn::{Call, Layer, Node, Objects, Session};

/// Limit: a case that takes longer hangs.
const CASE_MAX: Duration = Duration::from_secs(40);
/// A case is asked again at least so often: it may wait for nothing but time, or for another peer of ours.
const LOOK: Duration = Duration::from_millis(1);

pub struct Turned(Node);

impl Host for Turned {
    fn peer(&mut self) -> &mut Peer {
        self.0.peer()
    }
}

/// A stage as whoever has the objects.
struct Played(Rc<RefCell<Stage>>);

impl Objects for Played {
    fn deliver(&mut self, peer: &mut Peer, call: Call) {
        self.0.borrow_mut().deliver(peer, call.to, &call.args, call.answer);
    }

    fn settled(&mut self, peer: &mut Peer, promise: Promise, outcome: Outcome) {
        self.0.borrow_mut().settled(peer, promise, outcome);
    }

    fn dropped(&mut self, object: Object) {
        self.0.borrow_mut().dropped(object);
    }

    fn session(&mut self, _: &mut Peer, conn: Conn, is: Session) {
        match is {
            Session::Ready { .. } => self.0.borrow_mut().ready(conn),
            Session::Ended => self.0.borrow_mut().ended(conn),
        }
    }
}

pub struct Ours {
    node: Rc<RefCell<Turned>>,
    objects: Played,
    pub location: Location,
}

impl Ours {
    pub fn new(layer: Layer) -> Ours {
        let mut node = Node::open(&[layer], Limits::default()).expect("a port of loopback");
        let location = node.netlayers()[0].location.clone();
        let objects = Played(Rc::new(RefCell::new(Stage::new(node.peer()))));
        Ours { node: Rc::new(RefCell::new(Turned(node))), objects, location }
    }

    fn turn(&mut self, until: Instant) {
        self.node.borrow_mut().0.turn(&mut self.objects, Some(until)).expect("the system goes on");
    }
}

/// The case, played by the first of them. What it holds goes before they do.
pub fn play(case: &Case, ours: &mut [Ours], places: Places) -> Result<String, String> {
    let cx = Cx::new(ours[0].node.clone(), ours[0].objects.0.clone(), Rc::new(places));
    let mut play = Play::new(case, cx.clone());
    let patience = Instant::now() + CASE_MAX;
    loop {
        if let Some(end) = play.go_on() {
            return end;
        }
        if Instant::now() > patience {
            return Err(format!("no end within {} s; its tables: {:?}", CASE_MAX.as_secs(), cx.sizes()));
        }
        for (at, peer) in ours.iter_mut().enumerate() {
            peer.turn(Instant::now() + if at == 0 { LOOK } else { Duration::ZERO });
        }
    }
}
