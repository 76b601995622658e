//! What a turn asked for of its `cx`, applied in order once it has returned.
use crate::{
    record::{Call, Record},
    supervise::{Ask, Tree},
    table::Given,
    words::to_reason,
};
use peerd_otp::supervisor;
use peerd_vat::{Crash, Cx, Ref, SpawnOptions};
use serde::Deserialize;

/// What the module gives back. Refs are places in the table beside it.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Turned {
    Threw { crash: Thrown },
    Returned { state: Option<Kept>, commands: Vec<Command> },
}

#[derive(Deserialize)]
pub struct Thrown {
    pub kind: String,
    pub message: String,
}

#[derive(Deserialize)]
pub struct Kept {
    pub text: String,
    pub refs: Vec<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Command {
    Send {
        to: u32,
        text: String,
        refs: Vec<u32>,
    },
    Call {
        to: u32,
        text: String,
        refs: Vec<u32>,
        ms: u64,
        mark: u32,
    },
    CancelCall {
        mark: u32,
    },
    /// Of a supervisor.
    Ask {
        to: u32,
        ask: Ask,
        ms: u64,
        mark: u32,
    },
    Spawn {
        behaviour: String,
        text: String,
        refs: Vec<u32>,
        label: String,
        link: bool,
    },
    Supervise {
        tree: Tree,
        label: String,
        link: bool,
    },
    Watch {
        to: u32,
        identity: bool,
        mark: u32,
    },
    Unwatch {
        mark: u32,
    },
    Link {
        to: u32,
    },
    Unlink {
        to: u32,
    },
    TrapExits {
        on: bool,
    },
    Exit {
        to: u32,
        reason: String,
    },
    Timer {
        key: u64,
        ms: u64,
    },
    CancelTimer {
        key: u64,
    },
    Become {
        tag: u32,
    },
    Defer {},
    Stop {
        reason: String,
    },
    Report {
        kind: String,
        text: String,
    },
}

/// Where the commands of one turn meet its table.
pub struct Hand<'a, 'b, 'c> {
    pub cx: &'a mut Cx<'b>,
    pub given: &'c Given,
    /// Spawned so far.
    pub born: Vec<Ref>,
}

impl Hand<'_, '_, '_> {
    pub fn apply(&mut self, command: Command, record: &mut Record) -> Result<(), Crash> {
        match command {
            Command::Send { to, text, refs } => {
                let (to, refs) = (self.find(to)?, self.find_all(&refs)?);
                self.cx.send_with(to, text.as_bytes(), &refs);
            }
            Command::Call { to, text, refs, ms, mark } => {
                let (to, refs) = (self.find(to)?, self.find_all(&refs)?);
                let id = self.cx.call(to, text.as_bytes(), &refs, ms);
                record.calls.push(Call { mark, id, to_supervisor: false });
            }
            Command::CancelCall { mark } => {
                if let Some(at) = record.calls.iter().position(|call| call.mark == mark) {
                    self.cx.cancel_call(record.calls.remove(at).id);
                }
            }
            Command::Ask { to, ask, ms, mark } => {
                let (to, mut refs) = (self.find(to)?, Vec::new());
                let request = ask.request(self, &mut refs)?;
                let id = self.cx.call(to, &request.encode(), &refs, ms);
                record.calls.push(Call { mark, id, to_supervisor: true });
            }
            Command::Spawn { behaviour, text, refs, label, link } => {
                let refs = self.find_all(&refs)?;
                self.spawn(SpawnOptions::new(&behaviour, text.as_bytes()).refs(&refs).label(&label), link);
            }
            Command::Supervise { tree, label, link } => {
                let mut refs = Vec::new();
                let args = tree.spec(self, &mut refs)?.encode();
                self.spawn(SpawnOptions::new(supervisor::NAME, &args).refs(&refs).label(&label), link);
            }
            Command::Watch { to, identity, mark } => {
                let to = self.find(to)?;
                let id = if identity { self.cx.watch_identity(to) } else { self.cx.watch(to) };
                record.watches.push((mark, id));
            }
            Command::Unwatch { mark } => {
                if let Some(at) = record.watches.iter().position(|watch| watch.0 == mark) {
                    self.cx.unwatch(record.watches.remove(at).1);
                }
            }
            Command::Link { to } => {
                let to = self.find(to)?;
                self.cx.link(to);
            }
            Command::Unlink { to } => {
                let to = self.find(to)?;
                self.cx.unlink(to);
            }
            Command::TrapExits { on } => self.cx.trap_exits(on),
            Command::Exit { to, reason } => {
                let to = self.find(to)?;
                self.cx.exit(to, to_reason(&reason));
            }
            Command::Timer { key, ms } => self.cx.timer(key, ms),
            Command::CancelTimer { key } => {
                self.cx.cancel_timer(key);
            }
            Command::Become { tag } => self.cx.become_tag(tag),
            Command::Defer {} => self.cx.defer(),
            Command::Stop { reason } => self.cx.stop(to_reason(&reason)),
            Command::Report { kind, text } => self.cx.report(kind, text),
        }
        Ok(())
    }

    fn spawn(&mut self, options: SpawnOptions<'_>, link: bool) {
        let child = self.cx.spawn(if link { options.linked() } else { options });
        self.born.push(child);
    }

    fn find(&self, place: u32) -> Result<Ref, Crash> {
        self.given.find(place, &self.born).ok_or_else(unknown)
    }

    pub fn find_all(&self, places: &[u32]) -> Result<Vec<Ref>, Crash> {
        self.given.find_all(places, &self.born).ok_or_else(unknown)
    }
}

/// The module writes none; a turn that uses a ref of a child it has not spawned yet does.
fn unknown() -> Crash {
    Crash::new("ref", "a ref that is not of this turn")
}
