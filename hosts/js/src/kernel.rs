//! One vat, as JavaScript drives it: words to its root, turns, time.
use crate::{
    function::Function,
    host::{self, Host},
    table::Given,
    words,
};
use peerd_otp::supervisor;
use peerd_vat::{Behaviour, Config, Input, Output, Outputs, PortId, Ref, Report, Said, Time, Vat};
use serde_json::json;
use wasm_bindgen::prelude::wasm_bindgen;

/// Of the root's words to the host.
const PORT: PortId = PortId(1);

#[wasm_bindgen]
pub struct Kernel {
    vat: Vat,
    host: usize,
    out: Outputs,
}

#[wasm_bindgen]
impl Kernel {
    /// `names` of the behaviours that the host knows; `root` is the one that is started first.
    #[wasm_bindgen(constructor)]
    pub fn new(host: Host, names: Vec<String>, root: String, seed: f64) -> Kernel {
        let host = host::add(host);
        // Leaked: a vat's behaviours have their names for as long as the page has its module.
        let function = |name: String| -> Box<dyn Behaviour> { Box::new(Function { name: name.leak(), host }) };
        let behaviours = names.into_iter().map(function).chain([supervisor::behaviour()]).collect();
        let mut kernel = Kernel { vat: Vat::new(Config::default(), behaviours), host, out: Outputs::new() };
        kernel.input(0.0, Input::Entropy { seed: seed.to_bits() });
        let refs = vec![kernel.vat.port(PORT)];
        kernel.input(0.0, Input::Boot { behaviour: root, args: br#"{"@":0}"#.to_vec(), refs });
        kernel
    }

    /// A message to the root. False: its mailbox is full, or it has ended.
    pub fn tell(&mut self, now: f64, text: &str, table: &[u8]) -> bool {
        let (Some(to), Some(given)) = (self.vat.root(), Given::read(table)) else { return false };
        self.input(now, Input::Message { to, body: text.into(), refs: given.lent() })
    }

    /// Some turns. True: nothing more is to be done now.
    pub fn run(&mut self, now: f64, turns: u32) -> bool {
        let mut out = std::mem::take(&mut self.out);
        let ran = self.vat.run(Time(now as u64), u64::from(turns), &mut out);
        self.perform(out);
        ran.idle
    }

    /// When to run next though nothing is told; negative for never.
    #[wasm_bindgen(getter)]
    pub fn wake_at(&self) -> f64 {
        self.vat.wake_at().map_or(-1.0, |at| at.0 as f64)
    }

    /// All actors, for people: JSON.
    pub fn rows(&self) -> String {
        let row = |row: &peerd_vat::Row| {
            json!({
                "id": row.id.to_string(), "parent": row.parent.map(|parent| parent.to_string()), "label": row.label, "behaviour": row.behaviour,
                "state": row.state.name(), "queued": row.queued, "stateBytes": row.state_bytes, "turns": row.turns, "restarts": row.restarts,
            })
        };
        self.vat.rows().iter().map(row).collect::<serde_json::Value>().to_string()
    }

    fn input(&mut self, now: f64, input: Input) -> bool {
        let mut out = std::mem::take(&mut self.out);
        let taken = self.vat.handle(Time(now as u64), input, &mut out).is_ok();
        self.perform(out);
        taken
    }

    fn perform(&mut self, mut out: Outputs) {
        for output in out.drain(..) {
            match output {
                Output::Port { body, refs, .. } => self.said(&body, &refs),
                Output::Report(Report { what: Said::Note { kind, .. }, .. }) if kind == "progress" => {}
                Output::Report(report) => {
                    host::with(self.host, |host| host.reported(&words::report(&report).to_string()));
                }
                // The root of the module neither stops nor calls the port, nothing here is durable, and this vat has no links.
                Output::Ended { .. } | Output::Dropped { .. } => {}
                Output::Link { .. } | Output::LinkClosed { .. } | Output::DeadLetter(_) | Output::Trace(_) => {}
            }
        }
        self.out = out;
    }

    fn said(&self, body: &[u8], refs: &[Ref]) {
        let mut table = crate::table::Table::default();
        table.places(refs);
        host::with(self.host, |host| host.said(&String::from_utf8_lossy(body), &table.bytes()));
    }
}
