//! The vat of the hall in a Worker: how much memory an actor takes that is out of it, and how fast one is back.
use crate::{
    hall::{self, Chore, Done, HALL},
    identity,
};
use peerd::Reader;
use peerd_journal::Keeping;
use peerd_opfs::{Durable, KEEPING, Keeper, Pace, Settings};
use peerd_vat::{Config, Input, Output, Outputs, PortId, Time, Vat, VatId};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsError, JsValue, prelude::wasm_bindgen};

const VAT: u32 = 6;
const DOOR: PortId = PortId(1);
/// Turns before a flight takes what has gathered.
const TURNS: u64 = 4_096;

#[wasm_bindgen]
pub struct Sleepers {
    vat: RefCell<Vat>,
    keeper: Keeper,
    done: Cell<Option<(u64, bool)>>,
    trouble: RefCell<Option<String>>,
}

#[wasm_bindgen]
impl Sleepers {
    /// # Errors
    /// In words.
    pub async fn open(folder: String, fresh: String) -> Result<Sleepers, JsValue> {
        // Making a snapshot folds the log in memory, and would be all that is seen of it.
        let keeping = Keeping { log_bytes: u64::MAX, ..KEEPING };
        let (vat, fresh) = (peerd_journal::Vat(VAT), identity(&fresh)?);
        let settings = Settings { folder: &folder, vat, expected: None, fresh, keeping, free_min: peerd_opfs::FREE_MIN, codec: None };
        let config = Config { vat: VatId(VAT), ..Config::default() };
        let Durable { vat, keeper, .. } = Durable::open(settings, Pace::default(), config, hall::behaviours()).await?;
        let door = vat.port(DOOR);
        let sleepers = Sleepers { vat: RefCell::new(vat), keeper, done: Cell::new(None), trouble: RefCell::default() };
        sleepers.hear(Input::Boot { behaviour: HALL.into(), args: Vec::new(), refs: vec![door] })?;
        sleepers.settle().await?;
        Ok(sleepers)
    }

    /// # Errors
    /// In words.
    pub async fn make(&self, from: u32, count: u32) -> Result<(), JsValue> {
        self.do_it(&Chore::Make { from: u64::from(from), count: u64::from(count) }).await
    }

    /// # Errors
    /// In words: one was not as it was left.
    pub async fn ask(&self, from: u32, count: u32, of: u32, before: u32) -> Result<(), JsValue> {
        let [from, count, of, before] = [from, count, of, before].map(u64::from);
        self.do_it(&Chore::Ask { from, count, of, before }).await
    }

    /// All who may leave memory do.
    pub fn shrink(&self) {
        self.vat.borrow_mut().shrink();
    }

    #[must_use]
    pub fn swapped(&self) -> u32 {
        self.vat.borrow().swapped_out()
    }

    async fn do_it(&self, chore: &Chore) -> Result<(), JsValue> {
        let to = self.vat.borrow().root().ok_or_else(|| JsError::new("nobody is there"))?;
        let (body, _) = peerd::encode(chore);
        self.hear(Input::Message { to, body, refs: Vec::new() })?;
        self.settle().await?;
        match self.done.take() {
            Some((_, false)) => Ok(()),
            other => Err(JsError::new(&format!("not done as it should be: {other:?}")).into()),
        }
    }

    fn hear(&self, input: Input) -> Result<(), JsValue> {
        let mut out = Outputs::new();
        let taken = self.vat.borrow_mut().handle(now(), input, &mut out);
        self.perform(out);
        taken.map_err(|refused| JsError::new(&format!("refused: {refused:?}")).into())
    }

    /// Until there is nothing to do, and all of it is durable.
    async fn settle(&self) -> Result<(), JsValue> {
        loop {
            let mut out = Outputs::new();
            let ran = self.vat.borrow_mut().run(now(), TURNS, &mut out);
            self.perform(out);
            if let Some(why) = self.trouble.borrow_mut().take() {
                return Err(JsError::new(&why).into());
            }
            let landing = self.keeper.fly(&mut self.vat.borrow_mut(), &ran);
            match landing {
                Some(landing) => self.hear(landing.await)?,
                None if ran.idle => return Ok(()),
                None => {}
            }
        }
    }

    fn perform(&self, out: Outputs) {
        for output in out {
            match output {
                Output::Port { body, .. } => {
                    let done = Reader::new(&body, &[], None).read().map(|Done { count, is_broken }| (count, is_broken));
                    self.done.set(done);
                }
                Output::Report(report) => *self.trouble.borrow_mut() = Some(format!("{}: {:?}", report.label, report.what)),
                _ => {}
            }
        }
    }
}

/// The actors here look at no clock.
const fn now() -> Time {
    Time(0)
}
