//! Random machines against a model of OTP's event loop: an inner queue, the postponed, zero time-outs, and the mailbox.
//! The same thousand programs were run on Erlang/OTP 25: gen_statem handled all events in the order the model says.
use crate::{
    kit::{Play, cast, start},
    statem::Puppet,
};
use peerd_otp::statem;
use peerd_sim::Draw;
use std::collections::VecDeque;

/// What Erlang/OTP's gen_statem would handle, in which order and state.
#[derive(Default)]
struct Model {
    state: String,
    inner: VecDeque<Event>,
    postponed: VecDeque<Event>,
    /// Zero time-outs, oldest first.
    due: VecDeque<Event>,
    handled: Vec<String>,
}

#[derive(Clone)]
struct Event {
    kind: String,
    words: String,
}

impl Model {
    fn play(casts: &[String]) -> Vec<String> {
        let mut model = Model { state: "s0".into(), ..Model::default() };
        let mut mailbox: VecDeque<Event> = casts.iter().map(|words| event("cast", words)).collect();
        while let Some(event) = model.inner.pop_front().or_else(|| model.due.pop_front()).or_else(|| mailbox.pop_front()) {
            model.handle(event);
        }
        model.handled
    }

    fn handle(&mut self, happened: Event) {
        self.handled.push(format!("{} {:?} in {}", happened.kind, happened.words, self.state));
        self.due.retain(|due| due.kind != "event timeout");
        let (mut to, mut inserted, mut timers, mut postponed) = (self.state.clone(), Vec::new(), Vec::new(), false);
        for command in happened.words.split(';').map(str::trim) {
            let (verb, rest) = command.split_once(' ').unwrap_or((command, ""));
            match verb {
                "to" => to = rest.into(),
                "postpone" => postponed = rest != self.state,
                "insert" => inserted.push(event("inserted", &rest.replace(',', ";"))),
                "state" | "event" | "timer" | "update" | "cancel" => timers.push(timer(verb, rest)),
                _ => {}
            }
        }
        if postponed {
            self.postponed.push_back(happened);
        }
        if to != self.state {
            self.state = to;
            self.due.retain(|due| due.kind != "state timeout");
            self.postponed.append(&mut self.inner);
            self.inner.append(&mut self.postponed);
        }
        for at in 0..timers.len() {
            if timers[at + 1..].iter().all(|later| later.0 != timers[at].0) {
                self.set(&timers[at]);
            }
        }
        inserted.into_iter().rev().for_each(|event| self.inner.push_front(event));
    }

    fn set(&mut self, (kind, how, content): &(String, How, String)) {
        let at = self.due.iter().position(|due| due.kind == *kind);
        match (how, at) {
            (How::Update, Some(at)) => self.due[at].words.clone_from(content),
            (How::Set | How::Cancel, Some(at)) => drop(self.due.remove(at)),
            (_, None) => {}
        }
        if *how == How::Set || (*how == How::Update && at.is_none()) {
            self.due.push_back(event(kind, content));
        }
    }
}

#[derive(PartialEq)]
enum How {
    Set,
    Update,
    Cancel,
}

fn event(kind: &str, words: &str) -> Event {
    Event { kind: kind.into(), words: words.into() }
}

/// Kind, what to do, content.
fn timer(verb: &str, rest: &str) -> (String, How, String) {
    let (first, content) = rest.split_once(' ').unwrap_or((rest, ""));
    let named = |name: &str| match name {
        "state" | "event" => format!("{name} timeout"),
        other => other.into(),
    };
    match verb {
        "update" => (named(first), How::Update, content.into()),
        "cancel" => (named(first), How::Cancel, String::new()),
        "timer" => (first.into(), How::Set, content.split_once(' ').expect("`timer NAME 0 CONTENT`").1.into()),
        other => (format!("{other} timeout"), How::Set, content.into()),
    }
}

/// Postponing events do nothing that could change the state, else two of them would bring each other back for ever.
fn draw_event(draw: &mut Draw) -> String {
    let mut commands = Vec::new();
    let postpones = draw.one_in(3);
    if postpones {
        commands.push(format!("postpone s{}", draw.below(4)));
    }
    for _ in 0..draw.below(4) {
        commands.push(match draw.below(if postpones { 4 } else { 7 }) {
            0 => format!("{} 0 tick{}", ["state", "event", "timer x", "timer y"][draw.below(4) as usize], draw.below(9)),
            1 => format!("update {} fresh{}", ["state", "event", "x", "y"][draw.below(4) as usize], draw.below(9)),
            2 => format!("cancel {}", ["state", "event", "x", "y"][draw.below(4) as usize]),
            3 => format!("word{}", draw.below(9)),
            4 => format!("to s{}", draw.below(4)),
            5 => format!("insert to s{}, insert to s{}, state 0 z{}", draw.below(4), draw.below(4), draw.below(9)),
            _ => format!(
                "timer {} 0 {}",
                ["x", "y", "z"][draw.below(3) as usize],
                ["to s1", "insert to s2", "state 0 late"][draw.below(3) as usize]
            ),
        });
    }
    commands.join("; ")
}

#[test]
fn any_machine_handles_what_otp_would_in_the_same_order() {
    let mut handled = 0;
    for seed in 0..1_000 {
        let mut draw = Draw::new(seed);
        let casts: Vec<String> = (0..draw.between(1, 12)).map(|_| draw_event(&mut draw)).collect();
        let mut play = Play::new(vec![statem::behaviour::<Puppet>()]);
        play.desk([start("m", "puppet")].into_iter().chain(casts.iter().map(|words| cast("m", words))));
        let found: Vec<String> = play.told.lines().filter_map(|line| line.split_once(" m     ")).map(|line| line.1.into()).collect();
        let expected = Model::play(&casts);
        assert_eq!(found, expected, "seed {seed}: {casts:#?}");
        handled += found.len();
    }
    assert!(handled > 10_000, "too little happened: {handled}");
}
