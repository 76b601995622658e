//! What the vat asks of each port, done.
use crate::{
    boxes, egress,
    engine::{Asked, BOXES, CHROME, EGRESS, GUESTS, HTTP, LINUX, PANEL, SLOW, STORE, WIRES},
    guests, http, js,
    keeper::Order,
    panel,
    world::World,
};
use peerd_agent::actors::wire::HostToDesk;
use peerd_vat::{Output, Report, Said};
use serde_json::json;
use wasm_bindgen_futures::spawn_local;

impl World {
    pub fn perform(&self, output: Output) {
        match output {
            Output::Port { port, from, reply, body, refs, deadline: _ } => self.asked(Asked { port, from, reply, body, refs }),
            Output::Dropped { port, reply } => {
                if port == CHROME || port == LINUX {
                    self.chrome.borrow_mut().dropped(reply);
                } else if port == SLOW {
                    self.guests.borrow_mut().dropped(reply);
                }
            }
            // That a child runs is seen in the tree.
            Output::Report(Report { what: Said::Note { kind, .. }, .. }) if kind == "progress" => {}
            Output::Report(Report { what: Said::Note { kind, text }, label, behaviour, .. }) => {
                js::log(&format!("{label} ({behaviour}): {kind}: {text}"));
            }
            Output::Report(report) => js::log(&format!("{} ({}): {:?}", report.label, report.behaviour, report.what)),
            Output::Ended { reason } => panic!("the root ended: {reason}"),
            // One vat: it has no links.
            Output::Link { .. } | Output::LinkClosed { .. } => {}
            Output::DeadLetter(_) | Output::Trace(_) => {}
        }
    }

    fn asked(&self, asked: Asked) {
        match asked.port {
            CHROME => self.chrome.borrow_mut().asked(&asked),
            LINUX => self.chrome.borrow_mut().asked_linux(&asked),
            HTTP => self.asked_http(&asked),
            STORE => self.asked_store(asked),
            PANEL => self.asked_panel(&asked),
            EGRESS => egress::asked(&self.rc(), &asked),
            BOXES => boxes::asked(&self.rc(), &asked),
            WIRES => boxes::wired(&self.rc(), &asked),
            GUESTS => guests::asked(&self.rc(), &asked),
            SLOW => guests::asked_slow(&self.rc(), &asked),
            other => panic!("the root was endowed with no port {other:?}"),
        }
    }

    fn asked_http(&self, asked: &Asked) {
        match (serde_json::from_slice(&asked.body), asked.refs.first()) {
            (Ok(http::Op::Fetch { fetch, request }), Some(to)) => http::fetch(&self.rc(), (asked.from, fetch), request, *to),
            (Ok(http::Op::Abort { fetch }), _) => self.http.borrow_mut().abort((asked.from, fetch)),
            _ => js::log("a request to the http port can't be read"),
        }
    }

    fn asked_store(&self, asked: Asked) {
        let Ok(op) = serde_json::from_slice(&asked.body) else {
            return js::log("a request to the store port can't be read");
        };
        let world = self.rc();
        spawn_local(async move {
            let answer = match world.store.perform(op).await {
                Ok(value) => value,
                Err(why) => {
                    let problem = Some(format!("Something could not be kept: {why}"));
                    world.to_desk(HostToDesk { problem, ..HostToDesk::default() });
                    json!({"err": {"kind": "store", "text": why}})
                }
            };
            if let Some(to) = asked.reply {
                world.reply(to, &answer);
            }
        });
    }

    fn asked_panel(&self, asked: &Asked) {
        if !panel::subscribes(&asked.body) {
            if let Ok(update) = std::str::from_utf8(&asked.body) {
                self.panel.borrow().show(update);
            }
            return;
        }
        let Some(desk) = asked.refs.first() else { return };
        let early = self.panel.borrow_mut().subscribed(*desk);
        self.order(Order::Tell);
        for message in early {
            self.to_desk(message);
        }
    }
}
