//! The vats of a play, one clock, and what is under way between them. Most plays have one vat and no links.
use crate::{disk::Disk, stage::Stage, waker::Waker, world::behaviours};
use peerd_journal::{Position, Until, Writer};
use peerd_vat::{Arm, Config, Input, Output, Outputs, Ran, Ref, Refused, Time, Vat, VatId};
use std::collections::{BTreeSet, VecDeque};

/// What one vat does before others have their turn.
const FUEL: u64 = 1_000;
/// The same where there are links: the seed draws at most so many turns, so that seeds are orders of what happens.
const FUEL_FAR_MAX: u64 = 4;

pub struct Net {
    pub now: Time,
    config: Config,
    stage: Stage,
    vats: Vec<Vat>,
    /// Somebody runs it.
    running: Vec<bool>,
    /// Of each vat of a play with durable actors; none in other plays.
    disks: Vec<Disk>,
    holds: bool,
    /// A disk that takes nothing any more, until its vat is cut off.
    failed: bool,
    /// Who starts the host of the first vat, in plays that have one.
    pub waker: Option<Waker>,
    /// From, to, and a piece of the stream.
    under_way: VecDeque<(usize, usize, Vec<u8>)>,
    /// Pairs with a connection, the smaller first.
    connected: BTreeSet<(usize, usize)>,
    /// Nothing arrives until it flows again.
    pub is_stalled: bool,
    draw: u64,
}

/// What a vat put out that is no transport's business.
pub type Told = Vec<(usize, Said)>;

pub enum Said {
    Output(Output),
    /// The host is asked to be started.
    Arm(Arm),
}

impl Net {
    pub fn new(config: Config, count: usize, durable: bool, stage: Stage) -> Net {
        let config = Config { trace: true, ..config };
        let disks: Vec<Disk> = (0..count).filter(|_| durable).map(|_| Disk::default()).collect();
        let vat = |n: usize| {
            let config = Config { vat: VatId(n as u32), ..config };
            match disks.get(n - 1) {
                Some(disk) => disk.open(config, behaviours(&stage)).expect("an empty disk is a new journal"),
                None => Vat::new(config, behaviours(&stage)),
            }
        };
        Net {
            now: Time(0),
            config,
            vats: (1..=count).map(vat).collect(),
            running: vec![true; count],
            stage,
            disks,
            holds: false,
            failed: false,
            waker: None,
            under_way: VecDeque::new(),
            connected: BTreeSet::new(),
            is_stalled: false,
            draw: 0,
        }
    }

    pub fn is_far(&self) -> bool {
        self.vats.len() > 1
    }

    pub fn all(&self) -> std::ops::Range<usize> {
        0..self.vats.len()
    }

    pub fn vat(&self, at: usize) -> &Vat {
        &self.vats[at]
    }

    /// The others, as this vat's root is endowed with them.
    pub fn peers(&mut self, at: usize) -> Vec<Ref> {
        self.all().filter(|other| *other != at).map(|other| self.vats[at].peer(id(other))).collect()
    }

    pub fn seed(&mut self, seed: u64) {
        self.draw = seed;
    }

    pub fn admit(&mut self, at: usize, input: Input, told: &mut Told) -> Result<(), Refused> {
        let mut out = Outputs::new();
        self.stage.cast().here = at;
        let admitted = self.vats[at].handle(self.now, input, &mut out);
        self.take(at, out, told);
        self.land(at, told);
        admitted
    }

    pub fn run(&mut self, at: usize, fuel: u64, told: &mut Told) -> Ran {
        let mut out = Outputs::new();
        self.stage.cast().here = at;
        let ran = self.vats[at].run(self.now, fuel, &mut out);
        self.take(at, out, told);
        self.land(at, told);
        ran
    }

    /// All that a durable vat has written is on its disk, unless that is held.
    fn land(&mut self, at: usize, told: &mut Told) {
        loop {
            self.arm(at, told);
            let Some(disk) = self.disks.get_mut(at).filter(|_| !self.holds && !self.failed) else { return };
            let mut out = Outputs::new();
            let has_landed = disk.land(&mut self.vats[at], self.now, &mut out);
            self.take(at, out, told);
            if !has_landed {
                return;
            }
        }
    }

    /// Whoever starts the host of the first vat is told when.
    fn arm(&mut self, at: usize, told: &mut Told) {
        let Some(waker) = self.waker.as_mut().filter(|_| at == 0) else { return };
        while let Some(arm) = self.vats[at].arm() {
            told.push((at, Said::Arm(arm)));
            let Some(answer) = waker.ask() else { return };
            self.vats[at].handle(self.now, answer, &mut Outputs::new()).expect("the kernel takes word of its waker");
        }
    }

    /// The host of the first vat can be started from now on.
    pub fn rely_on_wakes(&mut self, told: &mut Told) {
        self.waker = Some(Waker::default());
        self.vats[0].rely_on_wakes();
        self.land(0, told);
    }

    /// What durable vats write is under way, or waits for a waker.
    pub fn holds(&self) -> bool {
        self.holds || self.waker.as_ref().is_some_and(Waker::is_asked)
    }

    pub fn hold(&mut self, on: bool, told: &mut Told) {
        self.holds = on;
        self.all().for_each(|at| self.land(at, told));
    }

    /// What the first vat had gathered could not be written.
    pub fn fail(&mut self, told: &mut Told) {
        self.failed = true;
        self.admit(0, Input::FlushFailed { why: "the disk is full".into() }, told).expect("a vat hears that once");
    }

    /// Where the journal of the first vat stands.
    pub fn position(&self) -> Option<Position> {
        self.vats[0].writer().map(Writer::newest)
    }

    /// An actor of the first vat becomes what it was there. Returns the position that undoes it.
    pub fn restore(&mut self, actor: Ref, to: Position, told: &mut Told) -> Result<Position, String> {
        let disk = self.disks.first().ok_or("only a durable vat has a past")?;
        let past = disk.recover(VatId(1), Until::Position(to)).map_err(|why| format!("{why:?}"))?.image;
        let mut out = Outputs::new();
        let undo = self.vats[0].restore_actor(self.now, actor, &past, &mut out);
        self.take(0, out, told);
        self.land(0, told);
        undo.map_err(|why| format!("not restored: {why:?}"))
    }

    /// Another vat in place of this one, of what has landed. It has no connections.
    pub fn cut_off(&mut self, at: usize, told: &mut Told) -> Result<(), String> {
        self.all().filter(|other| *other != at).for_each(|other| self.cut(at, other, told));
        let disk = self.disks.get(at).ok_or("only a durable vat is cut off")?;
        let config = Config { vat: id(at), ..self.config };
        self.vats[at] = disk.open(config, behaviours(&self.stage)).map_err(|crash| format!("it does not come back: {crash:?}"))?;
        (self.holds, self.failed) = (false, false);
        if let Some(waker) = self.waker.as_mut().filter(|_| at == 0) {
            waker.forget();
            self.vats[at].rely_on_wakes();
        }
        Ok(())
    }

    /// Nobody runs it: what had not landed is gone, and so are its connections.
    pub fn stop(&mut self, at: usize, told: &mut Told) {
        self.vats[at] = Vat::new(Config { vat: id(at), ..self.config }, behaviours(&self.stage));
        self.running[at] = false;
        self.all().filter(|other| *other != at).for_each(|other| self.cut(at, other, told));
    }

    /// By its next owner.
    pub fn reopen(&mut self, at: usize, epoch: u64) -> Result<(), String> {
        let disk = self.disks.get(at).ok_or("only a durable vat is a shard")?;
        self.vats[at] = disk.open_in(epoch, Config { vat: id(at), ..self.config }, behaviours(&self.stage))?;
        self.running[at] = true;
        Ok(())
    }

    /// Its owner gives it up in order.
    pub fn seal(&mut self, at: usize, told: &mut Told) -> Result<(), String> {
        self.vats[at].seal().map_err(|not| not.why.to_owned())?;
        self.land(at, told);
        self.stop(at, told);
        Ok(())
    }

    /// A slice of every vat, and one arrival. False: there is nothing more to do at this time.
    pub fn step(&mut self, told: &mut Told) -> (u64, bool) {
        let (mut turns, mut idle) = (0, true);
        for at in self.all() {
            let fuel = if self.is_far() { 1 + self.next() % FUEL_FAR_MAX } else { FUEL };
            let ran = self.run(at, fuel, told);
            turns += ran.turns;
            idle &= ran.idle;
        }
        if self.is_stalled {
            return (turns, !idle);
        }
        match self.under_way.pop_front() {
            None => (turns, !idle),
            Some((from, to, bytes)) => {
                self.admit(to, Input::Link { vat: id(from), bytes }, told).expect("a link's bytes are always admitted");
                (turns + 1, true)
            }
        }
    }

    pub fn wake_at(&self) -> Option<Time> {
        self.vats.iter().filter_map(Vat::wake_at).min()
    }

    pub fn connect(&mut self, one: usize, other: usize, told: &mut Told) {
        if self.running[one] && self.running[other] && self.connected.insert((one.min(other), one.max(other))) {
            for (at, peer) in [(one, other), (other, one)] {
                self.admit(at, Input::LinkUp { vat: id(peer) }, told).expect("a connection is always admitted");
            }
        }
    }

    /// What was under way between them is lost.
    pub fn cut(&mut self, one: usize, other: usize, told: &mut Told) {
        if self.connected.remove(&(one.min(other), one.max(other))) {
            self.under_way.retain(|(from, to, _)| (*from.min(to), *from.max(to)) != (one.min(other), one.max(other)));
            for (at, peer) in [(one, other), (other, one)] {
                self.admit(at, Input::LinkDown { vat: id(peer) }, told).expect("its end is always admitted");
            }
        }
    }

    pub fn pairs(&self) -> Vec<(usize, usize)> {
        self.all().flat_map(|one| (one + 1..self.vats.len()).map(move |other| (one, other))).collect()
    }

    fn take(&mut self, from: usize, out: Outputs, told: &mut Told) {
        for output in out {
            match output {
                Output::Link { vat, bytes } => {
                    let to = vat.0 as usize - 1;
                    if self.connected.contains(&(from.min(to), from.max(to))) {
                        self.under_way.push_back((from, to, bytes));
                    }
                }
                output => told.push((from, Said::Output(output))),
            }
        }
    }

    /// Scrambles a counter; all that matters is that a seed gives the same numbers each time.
    fn next(&mut self) -> u64 {
        self.draw = self.draw.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.draw ^ (self.draw >> 31)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed >> 40
    }
}

fn id(at: usize) -> VatId {
    VatId(at as u32 + 1)
}
