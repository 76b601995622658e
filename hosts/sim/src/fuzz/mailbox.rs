//! Bytes as what is done to one mailbox: messages, calls, floods, deferrals, crashes, kills, burials; the model says what must come of it.
use super::{
    bytes::Bytes,
    queue::{Letter, Queue, Room},
};
use peerd_vat::{
    Behaviour, Config, Crash, Cx, Event, Identity, Input, Output, Outputs, PortId, Reason, Ref, Refused, Rights, SpawnOptions, Time, Vat,
};
use std::sync::{Arc, Mutex};

const HELLO: PortId = PortId(1);
/// Limit: commands of one sequence.
const COMMANDS_MAX: u32 = 200;
/// Added to the id of what an actor sends itself.
const OWN: u8 = 128;

/// In order of happening: both actors write it, the model reads it.
type Log = Arc<Mutex<Vec<Entry>>>;

#[derive(Clone, Copy, Debug)]
enum Entry {
    Handled { id: u8, action: u8, again: bool },
    Called { id: u8, until: u64 },
    Settled,
    Started,
    Buried,
}

fn write(log: &Log, entry: Entry) {
    log.lock().expect("one thread").push(entry);
}

/// Does what the second byte of a message says.
struct Reader(Log);

const DEFER: u8 = 1;
const RETAG: u8 = 2;
const BOTH: u8 = 3;
const CRASH: u8 = 4;
const STOP: u8 = 5;
const SELF: u8 = 6;
const ACTIONS: u64 = 8;

impl Behaviour for Reader {
    fn name(&self) -> &'static str {
        "reader"
    }

    fn init(&mut self, _args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(&[0]);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body: &[id, action, ..], reply, .. } = event else { return Ok(()) };
        let mut seen = cx.state().to_vec();
        let again = seen[1..].contains(&id);
        write(&self.0, Entry::Handled { id, action, again });
        match action {
            DEFER => cx.defer(),
            RETAG => cx.become_tag(cx.tag() + 1),
            BOTH if !again => {
                seen.push(id);
                cx.become_state(&seen);
                cx.defer();
                cx.become_tag(cx.tag() + 1);
            }
            CRASH => return Err(Crash::new("told", "told to")),
            STOP => cx.stop(Reason::Normal),
            SELF if id < OWN => cx.send(cx.me(), &[id + OWN, 0]),
            _ => {
                if let Some(reply) = reply {
                    cx.reply(reply, &[id], &[]);
                }
            }
        }
        Ok(())
    }
}

/// Owns the reader's identity, and calls it.
struct Keeper(Log);

const START: u8 = 0;
const BURY: u8 = 1;
const CALL: u8 = 2;

impl Keeper {
    fn start(cx: &mut Cx<'_>) {
        let reader = cx.spawn(SpawnOptions::new("reader", &[]).identity(Identity::Kept("reader")).linked());
        cx.become_state(&postcard::to_allocvec(&(cx.refs().first().copied(), reader)).expect("refs encode"));
        if let Some(port) = cx.refs().first() {
            cx.send_with(*port, &[], &[reader.lending(Rights::ALL)]);
        }
    }
}

impl Behaviour for Keeper {
    fn name(&self) -> &'static str {
        "keeper"
    }

    fn init(&mut self, _args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.trap_exits(true);
        Keeper::start(cx);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (_, reader): (Option<Ref>, Ref) = postcard::from_bytes(cx.state()).expect("written at init");
        match event {
            Event::User { body: &[START], .. } => {
                write(&self.0, Entry::Started);
                // Refused by the kernel if it lives.
                cx.spawn(SpawnOptions::new("reader", &[]).identity(Identity::Again(reader)).linked());
            }
            Event::User { body: &[BURY], .. } => {
                write(&self.0, Entry::Buried);
                cx.bury(reader);
            }
            Event::User { body: &[CALL, id, action, ms], .. } => {
                let ms = u64::from(ms) + 1;
                write(&self.0, Entry::Called { id, until: cx.now().after(ms).0 });
                cx.call(reader, &[id, action], &[], ms);
            }
            Event::Reply { .. } => write(&self.0, Entry::Settled),
            _ => {}
        }
        Ok(())
    }
}

struct Play {
    vat: Vat,
    log: Log,
    queue: Queue,
    reader: Option<Ref>,
    now: u64,
    next_id: u8,
    alive: bool,
    /// Nobody is there until the keeper starts it again.
    buried: bool,
    calls: u32,
}

pub fn mailbox(bytes: &[u8]) -> Result<(), String> {
    let mut bytes = Bytes::new(bytes);
    let entries_max = 1 + bytes.below(6) as u32;
    let tight = bytes.below(2) == 1;
    let config = Config { mailbox_entries_max: entries_max, ..Config::default() };
    let config = if tight { Config { mailbox_bytes_max: 600, mailbox_entries_max: 64, ..config } } else { config };
    let mut play = Play::new(config)?;
    let mut commands = COMMANDS_MAX;
    while !bytes.is_empty() && commands > 0 {
        commands -= 1;
        play.command(&mut bytes, tight)?;
        play.follow()?;
    }
    play.close()
}

impl Play {
    fn new(config: Config) -> Result<Play, String> {
        let log = Log::default();
        let vat = Vat::new(config, vec![Box::new(Reader(log.clone())), Box::new(Keeper(log.clone()))]);
        let queue = Queue::new(config.mailbox_entries_max as usize, config.mailbox_bytes_max as usize);
        let mut play = Play { vat, log, queue, reader: None, now: 0, next_id: 0, alive: true, buried: false, calls: 0 };
        let refs = vec![play.vat.port(HELLO)];
        play.input(Input::Boot { behaviour: "keeper".into(), args: Vec::new(), refs }).expect("the keeper is in the table");
        play.run(1_000);
        play.follow()?;
        Ok(play)
    }

    fn command(&mut self, bytes: &mut Bytes<'_>, tight: bool) -> Result<(), String> {
        match bytes.below(9) {
            0..=2 => {
                let (action, length) = (bytes.below(ACTIONS) as u8, 2 + if tight { bytes.below(200) as usize } else { 0 });
                // Its own messages have no room that is known for sure.
                let action = if tight && action == SELF { 0 } else { action };
                return self.post(action, length);
            }
            3 => self.run(1 + bytes.below(4)),
            4 => self.run(1_000),
            5 => {
                let to = self.reader.expect("it said hello");
                self.input(Input::Exit { to, reason: Reason::Kill }).expect("an exit is always taken");
                self.end();
            }
            6 => self.tell(&[if bytes.below(3) == 0 { BURY } else { START }]),
            7 => self.now += bytes.below(40),
            8 if !tight => {
                let (action, ms) = (bytes.below(ACTIONS) as u8, bytes.below(60) as u8);
                let id = self.id();
                self.tell(&[CALL, id, action, ms]);
            }
            _ => {}
        }
        Ok(())
    }

    fn id(&mut self) -> u8 {
        self.next_id = (self.next_id + 1) % OWN;
        self.next_id
    }

    fn post(&mut self, action: u8, length: usize) -> Result<(), String> {
        let (id, to) = (self.id(), self.reader.expect("it said hello"));
        let mut body = vec![0; length];
        (body[0], body[1]) = (id, action);
        let room = self.queue.room(length, self.now);
        let admitted = match self.input(Input::Message { to, body, refs: Vec::new() }) {
            Ok(()) => true,
            Err(Refused::Full(Input::Message { body, .. })) if body.len() == length => false,
            Err(other) => return Err(format!("refused in an odd way: {other:?}")),
        };
        match (admitted, room) {
            (true, _) if self.buried => {}
            (true, Room::Surely | Room::Perhaps) => self.queue.put(Letter { id, length, until: u64::MAX, perhaps: false }),
            (false, Room::None | Room::Perhaps) if !self.buried => {}
            _ => return Err(format!("{id} was admitted: {admitted}; there was room: {room:?}; buried: {}", self.buried)),
        }
        Ok(())
    }

    fn tell(&mut self, body: &[u8]) {
        let to = self.vat.root().expect("the keeper lives");
        // Full is fine: then it hears nothing.
        let _ = self.input(Input::Message { to, body: body.to_vec(), refs: Vec::new() });
    }

    fn input(&mut self, input: Input) -> Result<(), Refused> {
        let mut out = Outputs::new();
        let admitted = self.vat.handle(Time(self.now), input, &mut out);
        self.hear(out);
        admitted
    }

    fn run(&mut self, fuel: u64) {
        let mut out = Outputs::new();
        self.vat.run(Time(self.now), fuel, &mut out);
        self.hear(out);
    }

    fn hear(&mut self, out: Outputs) {
        for output in out {
            if let Output::Port { refs, .. } = output {
                self.reader = refs.first().copied().or(self.reader);
            }
        }
    }

    /// The model goes through what the actors wrote.
    fn follow(&mut self) -> Result<(), String> {
        let entries: Vec<Entry> = std::mem::take(&mut *self.log.lock().expect("one thread"));
        for entry in entries {
            match entry {
                Entry::Handled { id, action, again } => self.handled(id, action, again)?,
                Entry::Called { id, until } => {
                    self.calls += 1;
                    self.put(id, until);
                }
                Entry::Settled => {
                    self.calls = self.calls.checked_sub(1).ok_or("a call settled that nobody made, or twice")?;
                }
                Entry::Started => (self.alive, self.buried) = (true, false),
                Entry::Buried => {
                    // Only what has ended can be buried.
                    if !self.alive {
                        self.queue.bury();
                        self.buried = true;
                    }
                }
            }
        }
        if !self.vat.counters().balance() {
            return Err(format!("sent is not handled, dead and in flight: {:?}", self.vat.counters()));
        }
        Ok(())
    }

    fn handled(&mut self, id: u8, action: u8, again: bool) -> Result<(), String> {
        if !self.alive {
            return Err(format!("{id} was handled by the dead"));
        }
        let letter = self.queue.take(id, self.now)?;
        if again != self.queue.seen.contains(&id) {
            return Err(format!("the state of another life, or none, at {id}"));
        }
        match action {
            DEFER => self.queue.set_aside(letter),
            RETAG => self.queue.retag(self.queue.tag() + 1),
            BOTH if !again => {
                self.queue.seen.insert(id);
                self.queue.set_aside(letter);
                self.queue.retag(self.queue.tag() + 1);
            }
            CRASH | STOP => self.end(),
            SELF if id < OWN => self.put(id + OWN, u64::MAX),
            _ => {}
        }
        Ok(())
    }

    /// What an actor sent: whether there was room, nobody is told.
    fn put(&mut self, id: u8, until: u64) {
        match self.queue.room(2, self.now) {
            _ if self.buried => {}
            Room::None => {}
            room => self.queue.put(Letter { id, length: 2, until, perhaps: room == Room::Perhaps }),
        }
    }

    fn end(&mut self) {
        self.alive = false;
        self.queue.end();
    }

    /// Everything is let happen: the reader lives, every call settles, nothing is left but what was set aside.
    fn close(&mut self) -> Result<(), String> {
        for _ in 0..COMMANDS_MAX {
            self.run(1_000);
            self.follow()?;
            if self.alive {
                break;
            }
            self.tell(&[START]);
        }
        self.now += 1_000;
        self.run(1_000);
        self.follow()?;
        self.queue.idle(self.now)?;
        let counters = self.vat.counters();
        if counters.in_flight != self.queue.len() as u64 {
            return Err(format!("{} in flight, {} are set aside", counters.in_flight, self.queue.len()));
        }
        if self.calls > 0 {
            return Err(format!("{} calls never settled", self.calls));
        }
        Ok(())
    }
}
