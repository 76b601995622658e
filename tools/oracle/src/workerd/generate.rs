//! Random programs: what each handler does from a seed, within what both systems say something certain about.
use super::{
    certain::FAILURES_MAX,
    keys::{KEYS, VALUES},
    program::{Act, End, Fate, Handler, Kind, Manner, Object, Op, Program, Range, Segment, Step, When},
};
use crate::draw::Draw;

/// Limits of a program.
const OBJECTS: [char; 3] = ['a', 'b', 'c'];
const STEPS_MAX: usize = 9;
const OPS_MAX: usize = 5;

pub fn generate(seed: u64) -> Program {
    let mut draw = Draw::new(seed);
    let count = draw.weighted(&[(4, 1), (3, 2), (2, 3)]);
    let keys: Vec<String> = (0..3 + draw.below(4)).map(|_| draw.pick(&KEYS).expect("there are keys").to_string()).collect();
    let objects = OBJECTS[..count].iter().map(|name| Object { name: *name, alarm: Vec::new() }).collect();
    let program = Program { objects, handlers: Vec::new(), steps: Vec::new() };
    Maker { draw, keys, program, outs: 0, failing: 0 }.program()
}

/// Who plays a handler.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Called,
    Told,
    Alarm,
}

struct Maker {
    draw: Draw,
    keys: Vec<String>,
    program: Program,
    outs: u32,
    /// Failures of the alarm at hand so far.
    failing: usize,
}

impl Maker {
    fn program(mut self) -> Program {
        for at in 0..self.program.objects.len() {
            self.failing = 0;
            for _ in 0..self.draw.below(5) {
                let handler = self.alarm_run(at);
                let number = self.add(handler);
                self.program.objects[at].alarm.push(number);
            }
        }
        for _ in 0..2 + self.draw.below(STEPS_MAX - 1) {
            let step = match self.draw.below(12) {
                0 => Step::Restart,
                1 => Step::Wait,
                _ => {
                    let at = self.draw.below(self.program.objects.len());
                    let handler = self.call(at);
                    Step::Call(OBJECTS[at], self.add(handler))
                }
            };
            self.program.steps.push(step);
        }
        self.program
    }

    fn add(&mut self, handler: Handler) -> usize {
        self.program.handlers.push(handler);
        self.program.handlers.len() - 1
    }

    fn call(&mut self, at: usize) -> Handler {
        let mut segments: Vec<Segment> = Vec::new();
        for _ in 0..self.draw.weighted(&[(5, 1), (3, 2), (2, 3)]) {
            segments.push(self.segment(at, Role::Called));
        }
        let end = self.draw.weighted(&[(7, End::Answer), (1, End::Throw), (3, End::Abort)]);
        // Only what is open when the life ends is undone by it.
        if end == End::Abort && segments.last().is_none_or(|last| last.kind != Kind::Plain || last.ops[0].act == Act::DeleteAll) {
            segments.push(Segment { kind: Kind::Plain, ops: self.ops(at, Role::Called, Kind::Plain) });
        }
        let last = segments.len() - 1;
        // A due alarm would run between two segments, or not.
        segments[..last].iter_mut().filter(|segment| !segment.kind.is_undone()).for_each(|segment| self.put_off(segment));
        Handler { segments, end }
    }

    /// Neither it nor those whom it tells set an alarm that is due.
    fn put_off(&mut self, segment: &mut Segment) {
        for op in &mut segment.ops {
            match &mut op.act {
                Act::SetAlarm(when) if when.is_due() => *when = When::Far(1),
                Act::Tell(_, told) => {
                    let told = *told;
                    let mut segments = std::mem::take(&mut self.program.handlers[told].segments);
                    segments.iter_mut().for_each(|segment| self.put_off(segment));
                    self.program.handlers[told].segments = segments;
                }
                _ => {}
            }
        }
    }

    fn segment(&mut self, at: usize, role: Role) -> Segment {
        let kind = self.draw.weighted(&[
            (14, Kind::Plain),
            (3, Kind::Transaction(Fate::Commit)),
            (2, Kind::Transaction(Fate::Throw)),
            (2, Kind::Transaction(Fate::Rollback)),
            (2, Kind::Synchronous(Fate::Commit)),
            (2, Kind::Synchronous(Fate::Throw)),
        ]);
        if kind == Kind::Plain && self.draw.one_in(14) {
            return Segment { kind, ops: vec![Op { act: Act::DeleteAll, manner: Manner::Plain }] };
        }
        Segment { kind, ops: self.ops(at, role, kind) }
    }

    /// One that is told by another: in one go, because it goes on while its teller does.
    fn told(&mut self, at: usize) -> Handler {
        let ops = self.ops(at, Role::Told, Kind::Plain);
        let end = self.draw.weighted(&[(7, End::Answer), (1, End::Throw), (2, End::Abort)]);
        Handler { segments: vec![Segment { kind: Kind::Plain, ops }], end }
    }

    /// In one go as well: what an alarm did before it failed is not undone in workerd if it went on in between.
    fn alarm_run(&mut self, at: usize) -> Handler {
        let mut ops = self.ops(at, Role::Alarm, Kind::Plain);
        let end = if self.failing < FAILURES_MAX {
            self.draw.weighted(&[(8, End::Answer), (1, End::Throw), (2, End::Abort)])
        } else {
            End::Answer
        };
        if end != End::Answer {
            self.failing += 1;
        }
        // Its throw would keep what it wrote: then there must be nothing.
        if end == End::Throw {
            ops.retain(|op| !op.act.writes() && !matches!(op.act, Act::Out(_)));
            ops.push(plain(Act::GetAlarm));
        }
        Handler { segments: vec![Segment { kind: Kind::Plain, ops }], end }
    }

    fn ops(&mut self, at: usize, role: Role, kind: Kind) -> Vec<Op> {
        let (mut ops, mut has_told) = (Vec::new(), false);
        for _ in 0..1 + self.draw.below(OPS_MAX) {
            let act = match self.draw.below(40) {
                0..=11 => self.write(kind),
                12..=22 => self.read(kind),
                23..=28 => Act::SetAlarm(self.when()),
                29..=31 if !matches!(kind, Kind::Synchronous(_)) => Act::GetAlarm,
                32..=33 => Act::DeleteAlarm,
                34..=36 if kind == Kind::Plain => {
                    self.outs += 1;
                    Act::Out(self.outs)
                }
                37..=39 if kind == Kind::Plain && role != Role::Alarm && !has_told && at + 1 < self.program.objects.len() => {
                    // Each is told by one other only: then the order in which it hears is certain.
                    has_told = true;
                    let handler = self.told(at + 1);
                    Act::Tell(OBJECTS[at + 1], self.add(handler))
                }
                _ => self.read(kind),
            };
            let manner = self.manner(&act, kind);
            ops.push(Op { act, manner });
        }
        ops
    }

    fn key(&mut self) -> String {
        self.draw.pick(&self.keys).expect("every program has keys").clone()
    }

    fn some_keys(&mut self) -> Vec<String> {
        (0..1 + self.draw.below(3)).map(|_| self.key()).collect()
    }

    fn value(&mut self) -> String {
        self.draw.pick(&VALUES).expect("there are values").to_string()
    }

    fn write(&mut self, kind: Kind) -> Act {
        // There are no synchronous calls for many keys.
        let many = !matches!(kind, Kind::Synchronous(_));
        match self.draw.below(10) {
            0..=1 if many => {
                let mut entries: Vec<(String, String)> = self.some_keys().into_iter().map(|key| (key, self.value())).collect();
                entries.sort();
                entries.dedup_by(|one, other| one.0 == other.0);
                Act::PutMany(entries)
            }
            2..=3 => Act::Delete(self.key()),
            4 if many => {
                let mut keys = self.some_keys();
                keys.sort();
                keys.dedup();
                Act::DeleteMany(keys)
            }
            _ => Act::Put(self.key(), self.value()),
        }
    }

    fn read(&mut self, kind: Kind) -> Act {
        match self.draw.below(10) {
            0..=3 => Act::Get(self.key()),
            4..=5 if !matches!(kind, Kind::Synchronous(_)) => Act::GetMany(self.some_keys()),
            _ => Act::List(self.range()),
        }
    }

    fn range(&mut self) -> Range {
        let mut range = Range { reverse: self.draw.one_in(3), ..Range::default() };
        match self.draw.below(5) {
            0..=1 => range.start = Some(self.key()),
            2 => range.after = Some(self.key()),
            _ => {}
        }
        if self.draw.one_in(3) {
            range.end = Some(self.key());
        }
        if self.draw.one_in(3) {
            range.prefix = self.draw.pick(&["", "k", "k/", "k/1", "é", "z"]).map(|prefix| (*prefix).to_owned());
        }
        if self.draw.one_in(3) {
            range.limit = Some(1 + self.draw.below(3));
        }
        range
    }

    fn when(&mut self) -> When {
        let hours = 1 + self.draw.below(3) as u32;
        self.draw.weighted(&[(3, When::Past), (3, When::Now), (1, When::Soon), (7, When::Far(hours))])
    }

    fn manner(&mut self, act: &Act, kind: Kind) -> Manner {
        let writes = act.writes();
        if matches!(kind, Kind::Synchronous(_)) || matches!(act, Act::Out(_) | Act::Tell(..)) || !self.draw.one_in(4) {
            return Manner::Plain;
        }
        let own = if writes { Manner::Unconfirmed } else { Manner::Concurrent };
        let cached = matches!(act, Act::SetAlarm(_) | Act::GetAlarm | Act::DeleteAlarm);
        self.draw.weighted(&[(1, own), (1, if cached { own } else { Manner::NoCache }), (usize::from(writes), Manner::Awaited)])
    }
}

const fn plain(act: Act) -> Op {
    Op { act, manner: Manner::Plain }
}
