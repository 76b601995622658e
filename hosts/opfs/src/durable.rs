//! A vat in a Worker whose durable actors lie in these files: when its turns are flushed, and what it is told of that.
//!
//! ```text
//! open ─▶ Vat, Keeper        run ─▶ Keeper::fly ─▶ one write, one flush, at once ─▶ the future: is the lock still ours? ─▶ Input
//!                             ▲                                                                                            │
//!                             └───────── turns go on meanwhile, what leaves the vat waits ◀────────────────────────────────┘
//! ```
use crate::{News, Pace, Room, Settings, Trouble, compactor::Compactor, files::Files, swap::SwapFile, web};
use peerd_journal::{Epoch, Identity, Note};
use peerd_vat::{Behaviour, Config, Input, Outputs, Ran, Time, Vat};
use std::{cell::Cell, rc::Rc};

pub struct Durable {
    pub vat: Vat,
    pub keeper: Keeper,
    /// What was found that is not history.
    pub notes: Vec<Note>,
}

/// Writes and flushes what the durable actors of one vat leave behind, and has snapshots made of it.
pub struct Keeper {
    files: Rc<Files>,
    compactor: Rc<Compactor>,
    pace: Pace,
    identity: Identity,
    epoch: Epoch,
    /// When something was first seen to wait for a flight.
    since: Cell<Option<f64>>,
}

/// Limit: files that each opening reads. Every opening leaves one, and a vat that hardly writes would never fold them.
const FILES_MAX: usize = 64;

impl Durable {
    /// Takes the vat from whoever owns it, with all durable actors that it had. When this returns, the opening of the new epoch is
    /// durable: keep the identity before anything that is appended is told to anybody, then boot.
    ///
    /// # Errors
    /// When nothing was opened. The old files are as they were.
    ///
    /// # Panics
    /// When `settings` and `config` are of two vats.
    pub async fn open(settings: Settings<'_>, pace: Pace, config: Config, behaviours: Vec<Box<dyn Behaviour>>) -> Result<Durable, Trouble> {
        assert!(settings.vat.0 == config.vat.0, "the files of a vat are its own");
        let room = Room::look(settings.free_min).await;
        let (files, mut found) = Files::take(&settings).await?;
        let (files, identity) = (Rc::new(files), found.opening(settings.fresh, settings.vat).identity);
        let (epoch, notes) = (found.epoch, std::mem::take(&mut found.notes));
        let has_many = found.chain.unfolded_logs().count() > FILES_MAX;
        let lengths = files.unfolded(&found.chain)?;
        let compactor =
            Compactor::new(Rc::clone(&files), identity, (settings.keeping, settings.free_min), found.chain.clone(), lengths, room);
        let mut vat = Vat::durable(config, behaviours, settings.fresh, found).map_err(Trouble::Actors)?;
        let keeper = Keeper { files, compactor, pace, identity, epoch, since: Cell::new(None) };
        keeper.land(&mut vat).await?;
        keeper.compactor.begin(&vat, has_many);
        // It would not be sealed.
        if keeper.files.codec().is_none() {
            vat.give_swap(Box::new(SwapFile::of(keeper.files.scratch(epoch).await?)));
        }
        Ok(Durable { vat, keeper, notes })
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

    /// Whatever is not the vat's business is told there: what became of a snapshot, and how much room there is.
    pub fn listen(&self, told: impl Fn(News) + 'static) {
        self.compactor.listen(Rc::new(told));
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

    /// All that has gathered, and nothing is told of it to anybody.
    pub(crate) async fn land(&self, vat: &mut Vat) -> Result<(), Trouble> {
        while let Some(landing) = self.fly_now(vat) {
            landing.await?;
            vat.handle(Time(0), Input::Landed, &mut Outputs::new()).expect("the kernel takes word of its journal");
        }
        Ok(())
    }

    /// An idle vat gains nothing by waiting.
    fn is_due(&self, vat: &Vat, ran: &Ran) -> bool {
        if self.compactor.has_rolled() {
            return true;
        }
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
        let (is_opening, bytes) = (flight.at == 0, flight.bytes.len() as u64);
        self.since.set(None);
        let written = self.files.write(&flight);
        if written.is_ok() && !is_opening {
            self.compactor.wrote(bytes, vat);
        }
        let (files, compactor) = (Rc::clone(&self.files), Rc::clone(&self.compactor));
        Some(async move {
            written?;
            files.check().await?;
            if is_opening {
                compactor.landed();
            }
            Ok(())
        })
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.compactor.stop();
    }
}
