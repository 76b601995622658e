//! Folds the log of a vat into a snapshot while its turns go on, in slices between them, and deletes what nobody needs any more.
//!
//! ```text
//! the log is long ─▶ a file is made ─▶ roll, behind bytes that are just flushed ─▶ the file's opening has landed ─▶ spawned:
//!     read and fold │ write the snapshot │ is the vat still ours? delete │ told           (│ turns in between)
//! ```
use crate::{
    Room, Trouble,
    files::{Files, lengths, read},
    folder::Open,
    slice::Slice,
    web,
};
use peerd_journal::{Chain, Compaction, File, Identity, Keeping, Opening, Position, Recovery, Until, Writer};
use peerd_vat::Vat;
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen_futures::spawn_local;

/// What a host hears of its files beside what becomes of its flights.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// There is a snapshot of so many bytes, and what it replaces is gone. That took `ms`, of which nothing else was done for
    /// `slice_ms` at a time.
    Compacted { bytes: u64, ms: f64, slice_ms: f64 },
    /// The old files are there as before, and it is tried again when the log has grown by as much again.
    NotCompacted(Trouble),
    /// How much can be stored, from time to time.
    Room(Room),
}

enum Stage {
    Idle,
    /// The file in which the log goes on.
    Making,
    Made(Open),
    /// Its opening is to be flown.
    Rolled(Opening),
    Folding,
}

pub(crate) struct Compactor {
    files: Rc<Files>,
    identity: Identity,
    wanted: Keeping,
    free_min: u64,
    room: Cell<Option<Room>>,
    looked: Cell<f64>,
    // Invariant: neither is borrowed across an await.
    chain: RefCell<Chain>,
    stage: RefCell<Stage>,
    /// Bytes of log that no snapshot has yet, and of the newest snapshot.
    log: Cell<u64>,
    snapshot: Cell<u64>,
    /// Room has become short: what can go has to go now.
    hurries: Cell<bool>,
    is_over: Rc<Cell<bool>>,
    told: RefCell<Option<Ear>>,
}

type Ear = Rc<dyn Fn(News)>;

/// How often the browser is asked for the room that there is, at most.
const LOOK_MS: f64 = 60_000.0;

impl Compactor {
    /// `chain` is without the file that the writer has begun.
    pub fn new(
        files: Rc<Files>,
        identity: Identity,
        (wanted, free_min): (Keeping, u64),
        chain: Chain,
        (log, snapshot): (u64, u64),
        room: Option<Room>,
    ) -> Rc<Compactor> {
        Rc::new(Compactor {
            files,
            identity,
            wanted,
            free_min,
            room: Cell::new(room),
            looked: Cell::new(web::now()),
            chain: RefCell::new(chain),
            stage: RefCell::new(Stage::Idle),
            log: Cell::new(log),
            snapshot: Cell::new(snapshot),
            hurries: Cell::new(room.is_some_and(|room| room.is_short())),
            is_over: Rc::default(),
            told: RefCell::default(),
        })
    }

    pub fn listen(&self, told: Ear) {
        if let Some(room) = self.room.get() {
            told(News::Room(room));
        }
        self.told.replace(Some(told));
    }

    /// Whoever owns it has ended.
    pub fn stop(&self) {
        self.is_over.set(true);
    }

    fn tell(&self, news: News) {
        let told = self.told.borrow().clone();
        if let Some(told) = told {
            told(news);
        }
    }

    fn keeping(&self) -> Keeping {
        self.room.get().map_or(self.wanted, |room| room.keeping(self.wanted))
    }

    /// The vat has its first file of this epoch, and that has landed. What was found before is folded now if it is long, or in many files.
    pub fn begin(self: &Rc<Self>, vat: &Vat, has_many: bool) {
        let opening = self.opened(vat);
        if self.is_long() || has_many {
            self.fold(opening);
        }
    }

    fn opened(&self, vat: &Vat) -> Opening {
        let writer = writer_of(vat);
        self.chain.borrow_mut().opened(writer.header(), writer.opening().before);
        *writer.opening()
    }

    fn is_long(&self) -> bool {
        self.hurries.get() || self.keeping().wants_snapshot(self.log.get(), self.snapshot.get())
    }

    /// So many bytes are written and flushed, and only the word of them is out. If it is time the log goes on in another file.
    pub fn wrote(self: &Rc<Self>, bytes: u64, vat: &mut Vat) {
        self.log.set(self.log.get() + bytes);
        if web::now() - self.looked.get() > LOOK_MS {
            self.look();
        }
        if !self.is_long() {
            return;
        }
        let stage = self.stage.replace(Stage::Idle);
        let next = match stage {
            Stage::Idle => {
                self.make(vat);
                Stage::Making
            }
            Stage::Made(open) => match vat.roll() {
                Ok(_) => {
                    self.files.turn_to(open);
                    Stage::Rolled(self.opened(vat))
                }
                Err(_) => Stage::Made(open),
            },
            other @ (Stage::Making | Stage::Rolled(_) | Stage::Folding) => other,
        };
        self.stage.replace(next);
    }

    /// The opening of another file waits for nothing.
    pub fn has_rolled(&self) -> bool {
        matches!(*self.stage.borrow(), Stage::Rolled(_))
    }

    /// A file's opening has landed.
    pub fn landed(self: &Rc<Self>) {
        let stage = self.stage.replace(Stage::Idle);
        if let Stage::Rolled(opening) = stage {
            self.fold(opening);
        } else {
            self.stage.replace(stage);
        }
    }

    /// Made before it is needed, because a flight follows a roll at once. Without an opening it is nothing to whoever finds it.
    fn make(self: &Rc<Self>, vat: &Vat) {
        let File { epoch, number, .. } = writer_of(vat).header().file;
        let compactor = Rc::clone(self);
        spawn_local(async move {
            let stage = match compactor.files.create(File::log(epoch, number + 1)).await {
                Ok(open) => Stage::Made(open),
                Err(why) => {
                    compactor.given_up(why);
                    Stage::Idle
                }
            };
            compactor.stage.replace(stage);
        });
    }

    fn fold(self: &Rc<Self>, opening: Opening) {
        self.stage.replace(Stage::Folding);
        self.log.set(0);
        self.hurries.set(false);
        let compactor = Rc::clone(self);
        spawn_local(async move {
            let (begun, mut slice) = (web::now(), Slice::short().until(&compactor.is_over));
            match compactor.compact(&opening, &mut slice).await {
                Ok(()) => {
                    let (bytes, ms) = (compactor.snapshot.get(), web::now() - begun);
                    compactor.tell(News::Compacted { bytes, ms, slice_ms: slice.longest() });
                }
                Err(why) => compactor.given_up(why),
            }
            compactor.stage.replace(Stage::Idle);
            compactor.look();
        });
    }

    async fn compact(&self, opening: &Opening, slice: &mut Slice) -> Result<(), Trouble> {
        let Some(place) = opening.before else { return Ok(()) };
        // Read again, so that nobody has to keep the fold in memory between two snapshots.
        let files = self.files.open_all().await?;
        let until = Until::Position(place.position);
        let recovery = Recovery::new(Some(self.identity), opening.vat, lengths(&files)?, until, self.files.codec());
        let found = read(&files, recovery, &mut (), slice).await?;
        // What is open can't be deleted.
        drop(files);
        let oldest = self.oldest().await;
        let mut compaction = Compaction::new(found.image, place, opening, &self.chain.borrow(), oldest, found.codec);
        slice.begin();
        let length = self.files.compact(&mut compaction, slice).await?;
        compaction.done(&mut self.chain.borrow_mut());
        self.snapshot.set(length);
        Ok(())
    }

    /// The oldest place that is to be kept. Who can't tell keeps all.
    async fn oldest(&self) -> Option<Position> {
        let keeping = self.keeping();
        if keeping.past_ms == 0 {
            return None;
        }
        match self.files.kept().await {
            Ok(kept) => keeping.oldest(&self.chain.borrow(), &kept),
            Err(_) => Some(Position(0)),
        }
    }

    fn given_up(&self, why: Trouble) {
        self.log.set(0);
        self.hurries.set(false);
        // Of these who owns the vat hears anyway.
        if !matches!(why, Trouble::Fenced | Trouble::Over) {
            self.tell(News::NotCompacted(why));
        }
    }

    fn look(self: &Rc<Self>) {
        self.looked.set(web::now());
        let compactor = Rc::clone(self);
        spawn_local(async move {
            let Some(room) = Room::look(compactor.free_min).await else { return };
            let was_short = compactor.room.replace(Some(room)).is_some_and(|room| room.is_short());
            if room.is_short() && !was_short {
                compactor.hurries.set(true);
            }
            compactor.tell(News::Room(room));
        });
    }
}

fn writer_of(vat: &Vat) -> &Writer {
    vat.writer().expect("a vat with a keeper has a journal")
}
