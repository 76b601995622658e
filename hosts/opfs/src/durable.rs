//! A vat in a Worker whose durable actors lie in these files: when its turns are flushed, and what it is told of that.
//!
//! ```text
//! open ─▶ Vat, Keeper        run ─▶ Keeper::fly ─▶ one write, one flush, at once ─▶ the future: is the lock still ours? ─▶ Input
//!                             ▲                                                                                            │
//!                             └───────── turns go on meanwhile, what leaves the vat waits ◀────────────────────────────────┘
//! ```
use crate::{Pace, Settings, Trouble, files::Files, web};
use peerd_journal::{Chain, Compaction, Epoch, Identity, Image, Note, Place, Recovered};
use peerd_vat::{Behaviour, Config, Input, Outputs, Ran, Time, Vat};
use std::{cell::Cell, rc::Rc};

pub struct Durable {
    pub vat: Vat,
    pub keeper: Keeper,
    /// What was found that is not history.
    pub notes: Vec<Note>,
}

/// Writes and flushes what the durable actors of one vat leave behind.
pub struct Keeper {
    files: Rc<Files>,
    pace: Pace,
    identity: Identity,
    epoch: Epoch,
    /// When something was first seen to wait for a flight.
    since: Cell<Option<f64>>,
}

impl Durable {
    /// Takes the vat from whoever owns it, with all durable actors that it had; a long log is made a snapshot. When this returns, the opening of the new epoch is
    /// durable: keep the identity before anything that is appended is told to anybody, then boot.
    ///
    /// # Errors
    /// When nothing was opened. The old files are as they were.
    ///
    /// # Panics
    /// When `settings` and `config` are of two vats.
    pub async fn open(settings: Settings<'_>, pace: Pace, config: Config, behaviours: Vec<Box<dyn Behaviour>>) -> Result<Durable, Trouble> {
        assert!(settings.vat.0 == config.vat.0, "the files of a vat are its own");
        let (files, mut found) = Files::take(&settings).await?;
        let identity = found.opening(settings.fresh, settings.vat).identity;
        let folds = Fold::of(&files, &found)?;
        let (epoch, notes) = (found.epoch, std::mem::take(&mut found.notes));
        let mut vat = Vat::durable(config, behaviours, settings.fresh, found).map_err(Trouble::Actors)?;
        let keeper = Keeper { files: Rc::new(files), pace, identity, epoch, since: Cell::new(None) };
        keeper.fly_now(&mut vat).expect("a log begins with its opening").await?;
        vat.handle(Time(0), Input::Landed, &mut Outputs::new()).expect("the kernel takes word of its journal");
        if let Some(fold) = folds {
            // What could not be folded lies there as before, and the next owner tries again.
            let _ = fold.write(&keeper.files, &vat).await;
        }
        Ok(Durable { vat, keeper, notes })
    }
}

/// Limit: bytes of log, and more than the last snapshot has, that are made a snapshot when the vat is opened.
const LOG_MAX: u64 = 4 << 20;

/// Limit: files that each opening reads. Every opening leaves one, and a vat that hardly writes would never fold them.
const FILES_MAX: usize = 64;

/// All that was found, to be written as a snapshot.
struct Fold {
    image: Image,
    place: Place,
    chain: Chain,
}

impl Fold {
    /// None: a snapshot is not worth its bytes yet.
    fn of(files: &Files, found: &Recovered) -> Result<Option<Fold>, Trouble> {
        let (log, snapshot) = files.unfolded(&found.chain)?;
        let place = found.end.filter(|_| log > LOG_MAX.max(snapshot) || files.found() > FILES_MAX);
        Ok(place.map(|place| Fold { image: found.image.clone(), place, chain: found.chain.clone() }))
    }

    async fn write(mut self, files: &Files, vat: &Vat) -> Result<(), Trouble> {
        let writer = vat.writer().expect("a durable vat has a journal");
        self.chain.opened(writer.header(), Some(self.place));
        let mut compaction = Compaction::new(self.image, self.place, writer.opening(), &self.chain, None, None);
        files.compact(&mut compaction).await
    }
}

impl Keeper {
    /// Kept where it is not lost with the files, it tells a lost journal from one that never was.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// After each `run`. If it is time, writes and flushes what has gathered; what the future says is for the vat, then run again.
    /// After `FlushFailed` the vat is broken, and its words say why.
    #[must_use]
    pub fn fly(&self, vat: &mut Vat, ran: &Ran) -> Option<impl Future<Output = Input> + use<>> {
        if !self.is_due(vat, ran) {
            return None;
        }
        let landing = self.fly_now(vat)?;
        Some(async {
            match landing.await {
                Ok(()) => Input::Landed,
                Err(why) => Input::FlushFailed { why: why.to_string() },
            }
        })
    }

    /// An idle vat gains nothing by waiting.
    fn is_due(&self, vat: &Vat, ran: &Ran) -> bool {
        let gathered = vat.gathered();
        if gathered == 0 {
            return false;
        }
        let now = web::now();
        let since = self.since.get().unwrap_or(now);
        self.since.set(Some(since));
        ran.idle || gathered >= self.pace.bytes || now - since >= f64::from(self.pace.ms)
    }

    fn fly_now(&self, vat: &mut Vat) -> Option<impl Future<Output = Result<(), Trouble>> + use<>> {
        let flight = vat.flight()?;
        self.since.set(None);
        let written = self.files.write(&flight);
        let files = Rc::clone(&self.files);
        Some(async move {
            written?;
            files.check().await
        })
    }
}
