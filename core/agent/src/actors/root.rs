//! The root: starts the tree in order, each part endowed with refs to the parts before it.
//!
//! ```text
//! root ── system (one_for_one) ── provider
//!                              ├─ tabs (dynamic) ── tab 3 (one_for_one, 3 in 5 s) ── web 3
//!                              ├─ browser
//!                              ├─ shelves (dynamic) ── desk, chat 1     durable: what outlives the vat
//!                              ├─ agents (dynamic) ── chat 1
//!                              ├─ egress           what sandboxes reach the network by, one origin at a time
//!                              ├─ boxes (dynamic) ── compute 1
//!                              ├─ sandboxes        starts and ends those
//!                              ├─ linux            the only way to the Linux machine
//!                              ├─ guests (dynamic) ── actors of chat 1 (one_for_one) ── counter     code that agents wrote, metered
//!                              ├─ actors           the directory of those
//!                              ├─ works            the directory of notebooks and apps, which are children of `boxes`, too
//!                              └─ desk
//! ```
use super::{Actor, browser::Browser, desk::Desk, guests::Actors, linux::Linux, provider::Provider, sandboxes::Sandboxes, works::Works};
use alloc::{format, vec::Vec};
use peerd_egress::broker;
use peerd_otp::supervisor::{self, Restart, SupervisorSpec};
use peerd_vat::{CallId, Crash, Cx, Event, Identity, Reason, Ref, SpawnOptions};
use serde::{Deserialize, Serialize};

/// A part starts in one turn; this is for a machine that is busy with other things.
const START_MS: u64 = 5_000;

#[derive(Serialize, Deserialize)]
pub struct Root {
    boot: Vec<u8>,
    ports: Ports,
    system: Ref,
    /// Refs of the parts started so far, in the order of `PARTS`.
    parts: Vec<Ref>,
    starting: Option<CallId>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
struct Ports {
    chrome: Ref,
    http: Ref,
    store: Ref,
    panel: Ref,
    /// For code that was not written by us: what it may fetch, the frames it runs in, the bytes in and out of them.
    egress: Ref,
    boxes: Ref,
    wires: Ref,
    linux: Ref,
    /// Metered guests: their code joins the vat.
    guests: Ref,
}

#[derive(Clone, Copy)]
enum Part {
    Provider,
    Tabs,
    Browser,
    Shelves,
    Agents,
    Egress,
    Boxes,
    Sandboxes,
    Linux,
    Guests,
    Actors,
    Works,
    Desk,
}

const PARTS: [Part; 13] = [
    Part::Provider,
    Part::Tabs,
    Part::Browser,
    Part::Shelves,
    Part::Agents,
    Part::Egress,
    Part::Boxes,
    Part::Sandboxes,
    Part::Linux,
    Part::Guests,
    Part::Actors,
    Part::Works,
    Part::Desk,
];

impl Actor for Root {
    const NAME: &'static str = "root";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let &[chrome, http, store, panel, egress, boxes, wires, linux, guests] = cx.refs() else {
            return Err(Crash::new(
                "bad_args",
                "the root needs nine ports: chrome, http, store, panel, egress, boxes, wires, linux, guests",
            ));
        };
        let spec = SupervisorSpec { intensity: 5, period_ms: 10_000, ..SupervisorSpec::default() };
        let spec = spec.encode();
        // Shelves are known to the next life of the vat by the way down to them, so each step of it is kept.
        let system = SpawnOptions::new(supervisor::NAME, &spec).label("system").identity(Identity::Kept("system")).linked();
        let system = cx.spawn(system);
        cx.watch(system);
        cx.trap_exits(true);
        let mut root = Root {
            boot: args.to_vec(),
            ports: Ports { chrome, http, store, panel, egress, boxes, wires, linux, guests },
            system,
            parts: Vec::new(),
            starting: None,
        };
        root.start_next(cx);
        Ok(root)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::Reply { call, result } if Some(call) == self.starting => {
                let part = result.map_err(|settle| format!("{settle}")).and_then(|answer| super::started(&answer));
                self.parts.push(part.map_err(|why| Crash::new("boot", format!("{} did not start: {why}", self.name_of_next())))?);
                self.start_next(cx);
            }
            // The tree gave up: the host sees the root end and replaces the Worker.
            Event::Down { .. } => cx.stop(Reason::Shutdown),
            Event::User { .. } | Event::Reply { .. } | Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Root {
    fn name_of_next(&self) -> &'static str {
        match PARTS.get(self.parts.len()) {
            Some(Part::Provider) => Provider::NAME,
            Some(Part::Tabs) => "tabs",
            Some(Part::Browser) => Browser::NAME,
            Some(Part::Shelves) => "shelves",
            Some(Part::Agents) => "agents",
            Some(Part::Egress) => broker::NAME,
            Some(Part::Boxes) => "boxes",
            Some(Part::Sandboxes) => Sandboxes::NAME,
            Some(Part::Linux) => Linux::NAME,
            Some(Part::Guests) => "guests",
            Some(Part::Actors) => Actors::NAME,
            Some(Part::Works) => Works::NAME,
            Some(Part::Desk) | None => Desk::NAME,
        }
    }

    fn start_next(&mut self, cx: &mut Cx<'_>) {
        let Some(part) = PARTS.get(self.parts.len()) else {
            self.starting = None;
            return;
        };
        let Ports { chrome, http, store, panel, egress, boxes, wires, linux, guests } = self.ports;
        let dynamic = SupervisorSpec { intensity: 3, period_ms: 5_000, ..SupervisorSpec::default() }.encode();
        let worker = |name: &str, args: Vec<u8>| supervisor::Request::start(name, name, args, Restart::Permanent);
        let nested = |name: &str| supervisor::Request::start(name, supervisor::NAME, dynamic.clone(), Restart::Permanent);
        let (request, refs): (_, Vec<Ref>) = match part {
            Part::Provider => (worker(Provider::NAME, Vec::new()), [http, panel].into()),
            Part::Tabs => (nested("tabs"), Vec::new()),
            Part::Browser => (worker(Browser::NAME, self.boot.clone()), [chrome, self.parts[1]].into()),
            Part::Shelves => (nested("shelves"), Vec::new()),
            Part::Agents => (nested("agents"), Vec::new()),
            Part::Egress => (worker(broker::NAME, Vec::new()), [egress].into()),
            Part::Boxes => (nested("boxes"), Vec::new()),
            Part::Sandboxes => (worker(Sandboxes::NAME, Vec::new()), [boxes, wires, self.parts[6], self.parts[5]].into()),
            Part::Linux => (worker(Linux::NAME, Vec::new()), [linux, self.parts[5]].into()),
            // Chats' supervisors give up each for itself, and are no fault of the others.
            Part::Guests => {
                let spec = SupervisorSpec::default().intensity(32, 5_000).encode();
                (supervisor::Request::start("guests", supervisor::NAME, spec, Restart::Permanent), Vec::new())
            }
            Part::Actors => (worker(Actors::NAME, Vec::new()), [guests, self.parts[9], self.parts[3], boxes, wires, self.parts[6]].into()),
            Part::Works => {
                let refs = [panel, self.parts[3], self.parts[6], boxes, wires, self.parts[5]];
                (worker(Works::NAME, self.boot.clone()), refs.into())
            }
            Part::Desk => {
                let [provider, browser, shelves, agents] = [0, 2, 3, 4].map(|at| self.parts[at]);
                let [egress, sandboxes, linux, actors, works] = [5, 7, 8, 10, 11].map(|at| self.parts[at]);
                let refs = [chrome, store, panel, provider, browser, shelves, agents, sandboxes, linux, actors, works, egress];
                (worker(Desk::NAME, self.boot.clone()), refs.into())
            }
        };
        self.starting = Some(cx.call(self.system, &request, &refs, START_MS));
    }
}
