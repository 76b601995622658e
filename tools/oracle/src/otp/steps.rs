//! What is done to a random tree. Half of the steps stay with the child of the step before: that is where states meet.
use super::{
    program::{Act, Body, Flags, Manner, Node, Program, Step, TOP, Then, Why, above, id_of, path_of},
    timing::long_pause_ms,
};
use crate::draw::Draw;
use peerd_otp::supervisor::{AutoShutdown, Restart, Strategy};

struct Stepper<'a> {
    program: Program,
    draw: &'a mut Draw,
    period_s: u64,
    /// Children of simple supervisors, in order of birth.
    born: Vec<String>,
    focus: Option<String>,
}

pub fn program(nodes: Vec<Node>, period_s: u64, draw: &mut Draw) -> Program {
    let program = Program { nodes, steps: Vec::new() };
    let mut stepper = Stepper { program, draw, period_s, born: Vec::new(), focus: None };
    stepper.meet();
    for _ in 0..3 + stepper.draw.below(7) {
        if let Some(act) = stepper.act() {
            stepper.push(act, Then::Settle);
        }
    }
    if stepper.draw.one_in(3) {
        stepper.push(Act::Shut, Then::Settle);
    }
    stepper.program
}

impl Stepper<'_> {
    fn push(&mut self, act: Act, then: Then) {
        self.program.steps.push(Step { act, then });
    }

    /// First of all, so that it is known which life comes next: a call that meets a child in the middle of a restart.
    fn meet(&mut self) {
        let alone = |node: &Node| {
            let flags = self.program.flags(above(node.path()));
            flags.is_some_and(|flags| flags.strategy == Strategy::OneForOne && flags.intensity > 0)
        };
        // One that is restarted, and then slowly: what its end leads to is over before the call in no case, or in every case.
        let comes_late = |node: &Node| node.outcome(1).runs() && node.outcome(2).is_late() && node.restart != Restart::Temporary;
        let is_seen = |node: &Node| !node.dormant && node.key != TOP && node.body != Body::Worker(Manner::Unlinked);
        let wanted = |node: &&Node| comes_late(node) && is_seen(node) && alone(node);
        let candidates: Vec<String> = self.program.nodes.iter().filter(wanted).map(|node| node.key.clone()).collect();
        let Some(path) = self.draw.pick(&candidates).cloned() else { return };
        let why = self.draw.weighted(&[(2, Why::Died), (1, Why::Crash)]);
        self.push(Act::End(path.clone(), why), Then::GoOn);
        let act = match self.draw.below(5) {
            0 => Act::Start(path.clone()),
            1 => Act::Restart(path.clone()),
            2 => Act::Terminate(path.clone()),
            3 => Act::Delete(path.clone()),
            _ => Act::Spec(path.clone()),
        };
        self.push(act, Then::Settle);
        self.focus = Some(path);
    }

    fn act(&mut self) -> Option<Act> {
        match self.draw.below(60) {
            0..=14 => {
                let path = self.worker()?;
                let why = self.draw.weighted(&[
                    (3, Why::Normal),
                    (1, Why::Shutdown),
                    (1, Why::ShutdownX),
                    (3, Why::Died),
                    (2, Why::Crash),
                    (1, Why::Kill),
                ]);
                Some(Act::End(path, why))
            }
            15..=21 => self.anyone().map(Act::Kill),
            22..=23 => {
                let why = self.draw.weighted(&[(1, Why::Normal), (2, Why::Shutdown), (2, Why::Died)]);
                self.anyone().map(|path| Act::Exit(path, why))
            }
            24..=29 => self.start(),
            30..=33 => self.static_child().map(Act::Restart),
            34..=38 => self.static_child().map(Act::Terminate),
            39..=41 => self.static_child().map(Act::Delete),
            42 => self.static_child().map(Act::Spec),
            43..=46 => self.new_child(),
            47..=49 => self.by_ref(),
            50..=52 => self.upgrade(),
            53..=55 => Some(Act::Advance(long_pause_ms(self.period_s))),
            56 => Some(Act::Advance(200)),
            _ => Some(Act::Up),
        }
    }

    fn stay(&mut self, with: impl Fn(&str) -> bool) -> Option<String> {
        let focus = self.focus.clone().filter(|focus| with(focus))?;
        self.draw.one_in(2).then_some(focus)
    }

    fn chosen(&mut self, from: &[String]) -> Option<String> {
        if let Some(path) = self.stay(|focus| from.iter().any(|path| path == focus)) {
            return Some(path);
        }
        self.focus = self.draw.pick(from).cloned();
        self.focus.clone()
    }

    /// Paths of nodes; those of templates are nobody's.
    fn paths(&self, wanted: impl Fn(&Node) -> bool) -> Vec<String> {
        let is_template = |node: &Node| self.program.is_simple(above(node.path()));
        let mut paths: Vec<String> =
            self.program.nodes.iter().filter(|node| wanted(node) && !is_template(node)).map(|node| node.path().to_owned()).collect();
        paths.dedup();
        paths
    }

    /// Why none that unlinks itself: its end is nobody's to see, and OTP counts what lives by looking.
    fn worker(&mut self) -> Option<String> {
        let is_unlinked = |node: &Node| node.body == Body::Worker(Manner::Unlinked);
        let mut paths = self.paths(|node| node.flags().is_none());
        paths.extend(self.born.iter().cloned());
        let unlinked: Vec<String> = self.program.nodes.iter().filter(|node| is_unlinked(node)).map(|node| node.path().to_owned()).collect();
        let templates = |path: &str| self.program.is_simple(path) && unlinked.iter().any(|other| above(other) == path);
        paths.retain(|path| !unlinked.contains(path) && !templates(above(path)));
        self.chosen(&paths)
    }

    fn anyone(&mut self) -> Option<String> {
        if self.draw.one_in(3) {
            let paths = self.paths(|node| node.flags().is_some());
            return self.draw.pick(&paths).cloned();
        }
        self.worker()
    }

    /// Also the template's, and now and then one that nobody has.
    fn static_child(&mut self) -> Option<String> {
        if self.draw.one_in(12) {
            return Some(format!("{}.q", self.supervisor(|_| true)?));
        }
        let paths: Vec<String> = self.program.nodes.iter().filter(|node| node.key != TOP).map(|node| node.path().to_owned()).collect();
        self.chosen(&paths)
    }

    fn supervisor(&mut self, wanted: impl Fn(&Flags) -> bool) -> Option<String> {
        let paths: Vec<String> =
            self.program.nodes.iter().filter(|node| node.flags().is_some_and(&wanted)).map(|node| node.key.clone()).collect();
        self.draw.pick(&paths).cloned()
    }

    fn start(&mut self) -> Option<Act> {
        let under_simple = |node: &Node| self.program.is_simple(above(node.path()));
        let keys = |wanted: &dyn Fn(&Node) -> bool| -> Vec<String> {
            self.program
                .nodes
                .iter()
                .filter(|node| node.key != TOP && !under_simple(node) && wanted(node))
                .map(|node| node.key.clone())
                .collect()
        };
        let (dormant, all) = (keys(&|node| node.dormant), keys(&|_| true));
        let from = if !dormant.is_empty() && !self.draw.one_in(3) { dormant } else { all };
        let key = self.draw.pick(&from).cloned()?;
        self.focus = Some(path_of(&key).to_owned());
        Some(Act::Start(key))
    }

    fn new_child(&mut self) -> Option<Act> {
        let simple = self.supervisor(|flags| flags.strategy == Strategy::SimpleOneForOne)?;
        let n = 1 + self.born.iter().filter(|path| above(path) == simple).count();
        let path = format!("{simple}.{n}");
        self.born.push(path.clone());
        self.focus = Some(path);
        Some(Act::New(simple, n as u32))
    }

    fn by_ref(&mut self) -> Option<Act> {
        let simple = |flags: &Flags| flags.strategy == Strategy::SimpleOneForOne;
        let (supervisor, of) = if !self.born.is_empty() && !self.draw.one_in(4) {
            let of = self.draw.pick(&self.born.clone()).cloned()?;
            (above(&of).to_owned(), of)
        } else {
            let simple_too = self.draw.one_in(2);
            (self.supervisor(|flags| simple(flags) == simple_too)?, self.worker()?)
        };
        Some(if self.draw.one_in(4) { Act::SpecRef(supervisor, of) } else { Act::TerminateRef(supervisor, of) })
    }

    fn upgrade(&mut self) -> Option<Act> {
        let path = self.supervisor(|_| true)?;
        if self.draw.one_in(8) {
            return Some(Act::Upgrade(path, None));
        }
        let old = *self.program.flags(&path)?;
        let simple = old.strategy == Strategy::SimpleOneForOne;
        let strategies = [(1, Strategy::OneForOne), (1, Strategy::OneForAll), (1, Strategy::RestForOne)];
        let strategy = if simple { old.strategy } else { self.draw.weighted(&strategies) };
        let intensity = self.draw.weighted(&[(1, 0), (2, 1), (2, 3), (2, 5)]);
        let period_s = if self.draw.one_in(20) { 0 } else { self.period_s };
        let auto = self.draw.weighted(&[(2, AutoShutdown::Never), (2, AutoShutdown::AnySignificant), (2, AutoShutdown::AllSignificant)]);
        let prefix = format!("{path}.");
        let mut ids: Vec<String> = Vec::new();
        for node in self.program.nodes.iter().filter(|node| above(node.path()) == path && node.key != TOP) {
            let id = node.key[prefix.len()..].to_owned();
            let twice = ids.iter().any(|other| id_of_key(other) == id_of_key(&id));
            if (!twice || self.draw.one_in(40)) && (simple || self.draw.below(4) > 0) {
                let at = self.draw.below(ids.len() + 1);
                ids.insert(if self.draw.one_in(2) { ids.len() } else { at }, id);
            }
        }
        if simple && self.draw.one_in(4) {
            ids.extend(ids.clone());
        }
        Some(Act::Upgrade(path, Some((Flags { strategy, intensity, period_s, auto }, ids))))
    }
}

fn id_of_key(key: &str) -> &str {
    id_of(path_of(key))
}
