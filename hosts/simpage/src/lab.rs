//! One world to play with: a person is its host, lets time pass and does harm.
use crate::{
    sentence::{self, Level, Sentence},
    setup::Setup,
    signal::{self, Signal},
    tree::{Node, Tree},
};
use peerd_otp::{
    crash_report::{Limits, page},
    intensity::Intensity,
    supervisor::{self, Question, Request, Rung, Strategy},
};
use peerd_sim::{
    Manner, Transcript, World,
    cast::{Order, TOP},
};
use peerd_vat::{ActorId, Config, Input, Reason};

/// What somebody does to an actor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Kill,
    Crash,
    /// It asks something and is not answered for half a minute.
    Hang,
    Message,
    Flood,
    /// It ends by itself, with reason normal.
    Stop,
    /// The next sibling watches it.
    Watch,
    /// By its supervisor's API.
    Terminate,
    Restart,
    /// One child more, of a supervisor that has a template.
    Add,
}

impl Act {
    pub const ALL: [(&str, Act); 10] = [
        ("kill", Act::Kill),
        ("crash", Act::Crash),
        ("hang", Act::Hang),
        ("message", Act::Message),
        ("flood", Act::Flood),
        ("stop", Act::Stop),
        ("watch", Act::Watch),
        ("terminate", Act::Terminate),
        ("restart", Act::Restart),
        ("add", Act::Add),
    ];
}

/// Small, so that a flood shows.
const MAILBOX_MAX: u32 = 64;
/// Messages of one flood.
const FLOOD: u32 = 40;
/// Limit: turns that nobody wants to read about, one after the other.
const QUIET_MAX: u32 = 100;

pub struct Lab {
    setup: Setup,
    world: World,
    tree: Tree,
    transcript: Transcript,
    /// Facts that were looked at.
    seen: usize,
    sentences: Vec<Sentence>,
    /// Since they were last taken.
    signals: Vec<Signal>,
    messages: u32,
}

impl Lab {
    #[must_use]
    pub fn new(setup: &Setup, seed: u64) -> Lab {
        let config = Config { mailbox_entries_max: MAILBOX_MAX, ..Config::default() };
        let mut world = World::new(seed, config);
        world.answer_calls(Manner::ByHand);
        world.boot(&setup.spec());
        let (tree, transcript) = (Tree::default(), Transcript::default());
        let mut lab = Lab { setup: *setup, world, tree, transcript, seen: 0, sentences: Vec::new(), signals: Vec::new(), messages: 0 };
        if setup.strategy == Strategy::SimpleOneForOne {
            (0..setup.children).for_each(|_| drop(lab.add()));
            lab.world.settle();
        }
        lab.take();
        lab.signals.clear();
        lab
    }

    #[must_use]
    pub const fn setup(&self) -> &Setup {
        &self.setup
    }

    #[must_use]
    pub const fn world(&self) -> &World {
        &self.world
    }

    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    #[must_use]
    pub fn sentences(&self) -> &[Sentence] {
        &self.sentences
    }

    pub fn take_signals(&mut self) -> Vec<Signal> {
        std::mem::take(&mut self.signals)
    }

    /// Somebody has something to handle now.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.world.vat().wake_at().is_some_and(|at| at <= self.world.now())
    }

    /// One turn, and those after it that say nothing to a reader. False: nobody has anything to do now.
    pub fn turn(&mut self) -> bool {
        for _ in 0..QUIET_MAX {
            if !self.is_ready() || !self.world.turn() {
                // No turn: the checkers look at the silence.
                self.world.settle();
                self.take();
                return false;
            }
            let before = self.sentences.len();
            self.take();
            if self.sentences[before..].iter().any(|sentence| sentence.level < Level::Machinery) {
                return true;
            }
        }
        true
    }

    /// Virtual time passes, to the next thing that is due and at most so long. Answers how long.
    pub fn pass(&mut self, ms: u64) -> u64 {
        if self.is_ready() {
            return 0;
        }
        let by = self.due_in().map_or(ms, |due| due.min(ms));
        self.world.oversleep(by);
        by
    }

    /// Milliseconds until something is due; none if nothing ever is.
    #[must_use]
    pub fn due_in(&self) -> Option<u64> {
        self.world.vat().wake_at().map(|at| at.0.saturating_sub(self.world.now().0))
    }

    /// Answers what is to be said about it, if it did not go as one would think.
    pub fn act(&mut self, act: Act, id: ActorId) -> String {
        let Some(node) = self.tree.find(id).cloned() else { return String::new() };
        let said = match act {
            Act::Kill => self.exit(&node),
            Act::Crash => self.tell(&node, "die"),
            Act::Hang => self.tell(&node, "hang 30000"),
            Act::Stop => self.tell(&node, "stop"),
            Act::Message => {
                self.messages += 1;
                self.tell(&node, &format!("ping {}", self.messages))
            }
            Act::Flood => self.flood(&node),
            Act::Watch => self.watch(&node),
            Act::Terminate => self.request(&node, Request::TerminateChild(node.name.clone())),
            Act::Restart => self.request(&node, Request::RestartChild(node.name.clone())),
            Act::Add => self.add(),
        };
        self.take();
        said
    }

    fn exit(&mut self, node: &Node) -> String {
        match self.world.who(node.id) {
            None => nobody(node),
            Some(to) => {
                // An exit is always admitted.
                let _ = self.world.input(Input::Exit { to, reason: Reason::Kill });
                String::new()
            }
        }
    }

    fn tell(&mut self, node: &Node, text: &str) -> String {
        let Some(to) = self.world.who(node.id) else { return nobody(node) };
        match self.world.input(Input::Message { to, body: text.into(), refs: Vec::new() }) {
            Err(_) => format!("The mailbox of {} is full: the kernel gave the message back.", node.name),
            Ok(()) if node.state.is_alive() => String::new(),
            Ok(()) => format!("{} is down: what it is sent waits for its next life, or is dead if there will be none.", node.name),
        }
    }

    fn flood(&mut self, node: &Node) -> String {
        let refused = (1..=FLOOD).filter(|n| !self.tell(node, &format!("note {n}")).is_empty()).count();
        match refused {
            0 => String::new(),
            _ if !node.state.is_alive() => self.tell(node, "note"),
            refused => format!("The mailbox of {} holds {MAILBOX_MAX}: {refused} of {FLOOD} messages were given back.", node.name),
        }
    }

    fn watch(&mut self, node: &Node) -> String {
        let siblings: Vec<&Node> = match node.parent {
            Some(parent) => self.tree.children(parent).filter(|child| !child.is_supervisor() || child.id == node.id).collect(),
            None => Vec::new(),
        };
        let at = siblings.iter().position(|sibling| sibling.id == node.id).unwrap_or(0);
        let next = (1..siblings.len()).map(|step| siblings[(at + step) % siblings.len()]).find(|sibling| sibling.state.is_alive());
        let (Some(who), Some(next)) = (self.world.who(node.id), next) else { return "There is no sibling to watch it.".into() };
        let Some(to) = self.world.who(next.id) else { return nobody(next) };
        match self.world.input(Input::Message { to, body: b"meet".to_vec(), refs: vec![who] }) {
            Ok(()) => format!("{} is told to watch {}.", next.name, node.name),
            Err(_) => format!("The mailbox of {} is full.", next.name),
        }
    }

    fn request(&mut self, node: &Node, request: Request) -> String {
        let Some(parent) = node.parent.and_then(|parent| self.tree.find(parent)).filter(|parent| parent.is_supervisor()) else {
            return format!("{} has no supervisor that takes calls.", node.name);
        };
        let to = parent.name.clone();
        self.order(&Order::Call { to, request, number: None })
    }

    fn add(&mut self) -> String {
        self.order(&Order::Call { to: TOP.into(), request: Request::StartDynamic { args: Vec::new(), key: None }, number: None })
    }

    /// The root starts the top supervisor again, if that has given up.
    pub fn start_again(&mut self) -> String {
        if self.world.lives(TOP) {
            return String::new();
        }
        let said = self.order(&Order::StartTop);
        self.take();
        said
    }

    /// Of the root, which has a mailbox like everybody.
    fn order(&mut self, order: &Order) -> String {
        if self.world.try_order(order) {
            return String::new();
        }
        format!("The root, which is to see to that, has {MAILBOX_MAX} messages waiting already: let time pass first.")
    }

    /// Children whose supervisor asks what is to become of them, oldest first.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        self.world.asked().iter().filter_map(|(_, body)| Question::decode(body)).collect()
    }

    /// The answer to the oldest question.
    pub fn decide(&mut self, rung: Rung) {
        if let Some((reply, _)) = self.world.asked().first() {
            let reply = *reply;
            self.world.answer(reply, rung.encode());
            self.take();
        }
    }

    /// What of its restart budget a supervisor has used, from its own state.
    #[must_use]
    pub fn window(&self, supervisor: ActorId) -> Option<Intensity> {
        let mut window = supervisor::window(&self.world.vat().state(supervisor)?)?;
        window.count(self.world.now());
        Some(window)
    }

    /// The newest crash report about this actor, as the kernel writes it.
    #[must_use]
    pub fn report(&self, id: ActorId) -> Option<String> {
        let newest = self.world.reports().iter().rev().find(|report| report.actor == id)?;
        Some(page(newest, Limits::default()))
    }

    fn take(&mut self) {
        for fact in &self.world.facts()[self.seen..] {
            self.tree.fact(fact);
            self.signals.extend(signal::of(fact, &self.tree));
            self.sentences.extend(sentence::of(fact, &self.tree, &mut self.transcript));
        }
        self.seen = self.world.facts().len();
        self.tree.look_at(&self.world.vat().rows());
    }
}

fn nobody(node: &Node) -> String {
    format!("{} is not there.", node.name)
}

#[cfg(test)]
mod tests;
