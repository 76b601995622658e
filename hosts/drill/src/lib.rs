//! A write workload for the journal in a Worker, driven by a page that may kill, freeze or starve it.
//!
//! ```text
//! open ─▶ recovered image ─ is it what so many messages come to? ─▶ compact? ─▶ write, fly ─▶ how many are durable
//! ```
//! `Drill` writes records itself; `Actors` is a vat whose durable actors write theirs.
pub mod actors;
pub mod hall;
mod sleepers;
mod vat;
mod workload;

use peerd_journal::{Identity, Image, Open, Position, Record, Vat};
use peerd_opfs::{FREE_MIN, Journal, KEEPING, Opened, Pace, Settings, Trouble};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};
use workload::Workload;

const VAT: Vat = Vat(3);

#[wasm_bindgen]
pub struct Drill {
    journal: Journal,
    work: RefCell<Workload>,
    /// Before the first message.
    image: RefCell<Option<Image>>,
    /// So many messages were handled up to this record, and from here on each record is one.
    base: Cell<(Position, u64)>,
    found: String,
}

#[wasm_bindgen]
impl Drill {
    /// Takes the vat, and checks what is found. `expected` is the identity that the page has kept, `fresh` a random one: 32 digits.
    ///
    /// # Errors
    /// In words, when nothing was opened or something is lost or there twice.
    pub async fn open(folder: String, expected: Option<String>, fresh: String) -> Result<Drill, JsValue> {
        let expected = expected.map(|digits| identity(&digits)).transpose()?;
        let settings =
            Settings { folder: &folder, vat: VAT, expected, fresh: identity(&fresh)?, keeping: KEEPING, free_min: FREE_MIN, codec: None };
        let Opened { journal, mut image, notes } = Journal::open(settings).await?;
        let (epoch, newest) = (journal.epoch(), journal.newest());
        let work = Workload::after(&image, epoch).map_err(|why| JsError::new(&why))?;
        image.apply(epoch, newest, Record::Open(Open { before: journal.opening().before })).map_err(|why| JsError::new(why.0))?;
        let found = notes.iter().map(|note| format!("{}: {:?}\n", note.file.name(), note.what)).collect();
        let base = Cell::new((newest, work.count()));
        Ok(Drill { journal, work: RefCell::new(work), image: RefCell::new(Some(image)), base, found })
    }

    #[must_use]
    pub fn identity(&self) -> String {
        self.journal.identity().0.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[must_use]
    pub fn epoch(&self) -> f64 {
        self.journal.epoch().0 as f64
    }

    /// What lay there and is not history, a line each.
    #[must_use]
    pub fn found(&self) -> String {
        self.found.clone()
    }

    /// Messages that are durable.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.count_at(self.journal.durable())
    }

    fn count_at(&self, position: Position) -> f64 {
        let (base, count) = self.base.get();
        (count + position.0.saturating_sub(base.0)) as f64
    }

    /// A snapshot of all that was found, and no file that is not needed besides it.
    ///
    /// # Errors
    /// In words; also after the first message.
    pub async fn compact(&self) -> Result<(), JsValue> {
        let image = self.image.take().ok_or_else(|| JsError::new("a snapshot is of what was found: it comes before the first message"))?;
        let place = self.journal.roll().await?;
        self.base.set((self.journal.newest(), self.work.borrow().count()));
        Ok(self.journal.compact(image, place, None).await?)
    }

    /// Appends so many messages; returns how many bytes wait now.
    ///
    /// # Errors
    /// In words.
    pub fn write(&self, messages: u32) -> Result<f64, JsValue> {
        self.image.take();
        let mut work = self.work.borrow_mut();
        for _ in 0..messages {
            work.next(|record| self.journal.append(record).map(|_| ()))?;
        }
        Ok(self.journal.gathered() as f64)
    }

    /// One group. Returns how many messages are durable.
    ///
    /// # Errors
    /// In words.
    pub async fn fly(&self) -> Result<f64, JsValue> {
        Ok(self.count_at(self.journal.fly().await?))
    }

    /// Flies what is written, at this pace, and says each time how many messages are durable.
    ///
    /// # Errors
    /// It only ends with one, in words.
    pub async fn keep(&self, ms: u32, bytes: usize, landed: js_sys::Function) -> Result<(), JsValue> {
        let tell = |position| {
            // What the page makes of it is its own affair.
            let _ = landed.call1(&JsValue::NULL, &self.count_at(position).into());
        };
        let ended: Result<(), Trouble> = Pace { ms, bytes }.keep(&self.journal, tell).await;
        Ok(ended?)
    }
}

fn identity(digits: &str) -> Result<Identity, JsValue> {
    let number = u128::from_str_radix(digits, 16).map_err(|_| JsError::new("an identity is 32 hexadecimal digits"))?;
    Ok(Identity(number.to_be_bytes()))
}
