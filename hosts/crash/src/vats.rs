//! Durable actors while their vat dies again and again: coins go from book to book, and whatever is cut when, none is lost or doubled.
use crate::{
    disk::{Disk, Fate, Op, Store},
    play::{VAT, recover},
};
use peerd::{Reader, encode, prelude::*};
use peerd_journal::{Chain, Compaction, Identity, Step, Until};
use peerd_sim::Draw;
use peerd_vat::{Config, Durability, Identity as Kept, Input, Output, Outputs, PortId, Vat, VatId};
use std::collections::BTreeSet;

const BOOKS: u8 = 4;
const DOOR: PortId = PortId(1);
const WEEK_MS: u64 = 7 * 24 * 3_600_000;
/// Lives of the vat in one run.
const LIVES: u64 = 5;

/// A coin that goes on so many times.
#[derive(Clone, Copy, Message)]
struct Coin {
    number: u32,
    hops: u8,
}

#[derive(Message)]
enum Page {
    Coin(Coin),
    Meet(Vec<Addr<Page>>),
}

#[derive(Serialize, Deserialize)]
struct Book {
    door: Addr<Coin>,
    others: Vec<Addr<Page>>,
    seen: Vec<(u32, u8)>,
}

impl Actor for Book {
    const NAME: &'static str = "book";
    type Args = Addr<Coin>;
    type Message = Page;

    fn init(door: Addr<Coin>, _: &mut Context<'_, '_, Book>) -> Result<Book, Crash> {
        Ok(Book { door, others: Vec::new(), seen: Vec::new() })
    }

    fn handle(&mut self, page: Page, cx: &mut Context<'_, '_, Book>) -> Result<(), Crash> {
        match page {
            Page::Meet(others) => {
                self.others = others;
                cx.become_tag(1);
                // Never due here: what its life has to carry over a vat that is given up.
                cx.timer(0, WEEK_MS);
            }
            // One that came in an earlier life of the vat may be here before the others are known.
            Page::Coin(_) if self.others.is_empty() => cx.defer(),
            Page::Coin(coin) => {
                self.seen.push((coin.number, coin.hops));
                cx.send(self.door, &coin);
                if coin.hops > 0 {
                    let next = self.others[next(coin)];
                    cx.send(next, &Page::Coin(Coin { hops: coin.hops - 1, ..coin }));
                }
            }
        }
        Ok(())
    }
}

fn next(coin: Coin) -> usize {
    (coin.number as usize + usize::from(coin.hops) * 3) % usize::from(BOOKS)
}

/// Has the books and gives them coins.
#[derive(Serialize, Deserialize)]
struct Bank {
    books: Vec<Addr<Page>>,
}

impl Actor for Bank {
    const NAME: &'static str = "bank";
    type Args = Addr<Coin>;
    type Message = (u8, Coin);

    fn init(door: Addr<Coin>, cx: &mut Context<'_, '_, Bank>) -> Result<Bank, Crash> {
        let names: Vec<String> = (0..BOOKS).map(|book| format!("book {book}")).collect();
        let keep = |name: &String| {
            cx.spawn_with::<Book>(&door, |options| options.label(name).identity(Kept::Kept(name)).durability(Durability::Durable))
        };
        let books: Vec<Addr<Page>> = names.iter().map(keep).collect();
        for book in &books {
            cx.send(*book, &Page::Meet(books.clone()));
        }
        Ok(Bank { books })
    }

    fn handle(&mut self, (book, coin): (u8, Coin), cx: &mut Context<'_, '_, Bank>) -> Result<(), Crash> {
        cx.send(self.books[usize::from(book)], &Page::Coin(coin));
        Ok(())
    }
}

struct Life {
    vat: Vat,
    disk: Disk,
    chain: Chain,
    left: Vec<(u32, u8)>,
}

impl Life {
    fn open(disk: Disk) -> Result<Life, String> {
        let found = recover(&disk.crash(Fate::Lost), None, Until::End).map_err(|why| format!("refused: {why:?}"))?;
        let config = Config { vat: VatId(VAT.0), ..Config::default() };
        let mut chain = found.chain.clone();
        let vat = Vat::durable(config, vec![behaviour::<Bank>(), behaviour::<Book>()], Identity([4; 16]), found)
            .map_err(|crash| format!("it does not come back: {crash}"))?;
        let writer = vat.writer().ok_or("a durable vat without a writer")?;
        chain.opened(writer.header(), writer.opening().before);
        let mut life = Life { vat, disk, chain, left: Vec::new() };
        let door = Addr::<Coin>::from_ref(life.vat.port(DOOR));
        let (args, refs) = encode(&door);
        life.input(Input::Boot { behaviour: Bank::NAME.into(), args, refs });
        Ok(life)
    }

    fn input(&mut self, input: Input) {
        let mut out = Outputs::new();
        self.vat.handle(Time(0), input, &mut out).expect("a small mailbox has room");
        self.note(out);
    }

    fn note(&mut self, out: Outputs) {
        self.left.extend(out.into_iter().filter_map(|output| match output {
            Output::Port { body, .. } => Reader::new(&body, &[], None).read().map(|coin: Coin| (coin.number, coin.hops)),
            _ => None,
        }));
    }

    fn give(&mut self, book: u8, coin: Coin) {
        let (body, refs) = encode(&(book, coin));
        self.input(Input::Message { to: self.vat.root().expect("it lives"), body, refs });
    }

    fn turns(&mut self, fuel: u64) -> bool {
        let mut out = Outputs::new();
        let ran = self.vat.run(Time(0), fuel, &mut out);
        self.note(out);
        !ran.idle
    }

    /// Writes and flushes, and says so. False: the power went in between, at the step that `cut` says.
    fn land(&mut self, cut: u64) -> bool {
        let Some(flight) = self.vat.flight() else { return true };
        let (file, at, bytes, before) = (flight.file, flight.at, flight.bytes.to_vec(), flight.flush_before);
        before.into_iter().for_each(|old| self.disk.apply(&Op::Flush(old)));
        self.disk.apply(&Op::Write { file, at, bytes });
        if cut == 1 {
            return false;
        }
        self.disk.apply(&Op::Flush(file));
        if cut == 2 {
            return false;
        }
        self.input(Input::Landed);
        true
    }

    /// Does what there is to do, and has all of it on the disk.
    fn land_all(&mut self) {
        while self.turns(1_000) || self.vat.gathered() > 0 {
            self.land(0);
        }
    }

    /// Goes on in another file, has a snapshot of what is before it, and deletes what nobody needs. False: the power went in between, before
    /// the step that `cut` says.
    fn compact(&mut self, cut: u64) -> bool {
        let Ok(place) = self.vat.roll() else { return true };
        let writer = self.vat.writer().expect("it has just rolled");
        let opening = *writer.opening();
        self.chain.opened(writer.header(), Some(place));
        if !self.land(cut) {
            return false;
        }
        let past = recover(&self.disk.crash(Fate::All), None, Until::Position(place.position)).expect("all of it has landed");
        let mut compaction = Compaction::new(past.image, place, &opening, &self.chain, None, None);
        for n in 3.. {
            let step = compaction.step().expect("small pieces");
            if n == cut {
                return false;
            }
            match step {
                Some(Step::Write(flight)) => {
                    self.disk.apply(&Op::Write { file: flight.file, at: flight.at, bytes: flight.bytes.to_vec() });
                }
                Some(Step::Flush(file)) => self.disk.apply(&Op::Flush(file)),
                Some(Step::Delete(file)) => self.disk.apply(&Op::Delete(file)),
                None => break,
            }
        }
        compaction.done(&mut self.chain);
        true
    }

    fn finish(&mut self) {
        loop {
            while self.turns(1_000) {}
            if self.vat.flight().is_none() {
                return;
            }
            // Asked for and not used, it is still under way.
            self.input(Input::Landed);
        }
    }

    fn books(&self) -> Result<Vec<Book>, String> {
        let mut books = Vec::new();
        for book in 0..BOOKS {
            let label = format!("book {book}");
            let row = self.vat.rows().into_iter().find(|row| row.label == label).ok_or("a book is gone")?;
            let state = self.vat.state(row.id).ok_or("a book is gone")?;
            books.push(postcard::from_bytes(&state).map_err(|error| format!("{label} is no book: {error}"))?);
        }
        Ok(books)
    }
}

/// One run: coins are given, turns run, bytes land, logs become snapshots, and the power goes in some step; then another life.
///
/// # Errors
/// What was lost or doubled, and where.
pub fn vats(seed: u64) -> Result<u64, String> {
    let mut draw = Draw::new(seed ^ 0x5eed);
    let (mut disk, mut number, mut left) = (Disk::default(), 0, BTreeSet::new());
    for life in 0..LIVES {
        let mut now = Life::open(disk).map_err(|why| format!("seed {seed}, life {life}: {why}"))?;
        loop {
            let cut = match draw.between(0, 13) {
                0..=3 => {
                    number += 1;
                    now.give((draw.between(0, u64::from(BOOKS) - 1)) as u8, Coin { number, hops: draw.between(0, 5) as u8 });
                    continue;
                }
                4..=7 => {
                    now.turns(draw.between(1, 6));
                    continue;
                }
                8..=10 => draw.between(0, 20),
                11 | 12 => {
                    if !now.land(0) || !now.compact(draw.between(0, 30)) {
                        break;
                    }
                    continue;
                }
                _ => 3,
            };
            if cut == 3 || !now.land(cut) {
                break;
            }
        }
        left.extend(now.left.iter().copied());
        let store = if draw.one_in(2) { now.disk.crash(Fate::All) } else { now.disk.crash(Fate::Sectors(64, &mut draw)) };
        disk = Disk::of(store);
        judge(disk.clone(), &left).map_err(|why| format!("seed {seed}, after life {life}: {why}"))?;
    }
    Ok(u64::from(number))
}

/// A vat that is given up in order twice, as a shard is that moves: what its second owner leaves behind.
///
/// # Errors
/// When it can't be given up, or does not come back.
pub fn given_up(seed: u64) -> Result<Store, String> {
    let (mut draw, mut disk) = (Draw::new(seed), Disk::default());
    for owner in 0..2 {
        let mut life = Life::open(disk)?;
        for number in owner * 10..owner * 10 + 5 {
            life.give(draw.between(0, u64::from(BOOKS) - 1) as u8, Coin { number, hops: draw.between(0, 5) as u8 });
        }
        life.land_all();
        life.compact(0);
        life.give(0, Coin { number: owner * 10 + 5, hops: 2 });
        life.land_all();
        life.vat.seal().map_err(|why| format!("it is not given up: {why:?}"))?;
        life.land_all();
        disk = Disk::of(life.disk.crash(Fate::Lost));
    }
    Ok(disk.crash(Fate::Lost))
}

/// Coins in all books of what was left behind, and in which incarnation the books are now.
///
/// # Errors
/// When no vat comes back from it.
pub fn taken_up(store: Store) -> Result<(usize, Vec<u32>), String> {
    let life = Life::open(Disk::of(store))?;
    let coins = life.books()?.iter().map(|book| book.seen.len()).sum();
    let lives = life.vat.rows().into_iter().filter(|row| row.label.starts_with("book")).map(|row| row.incarnation.0);
    Ok((coins, lives.collect()))
}

/// The vat comes back once more and does all that is left to do.
fn judge(disk: Disk, left: &BTreeSet<(u32, u8)>) -> Result<(), String> {
    let mut life = Life::open(disk)?;
    life.finish();
    let books = life.books()?;
    let mut seen = BTreeSet::new();
    for entry in books.iter().flat_map(|book| &book.seen) {
        if !seen.insert(*entry) {
            return Err(format!("coin {entry:?} came twice"));
        }
    }
    if let Some(gone) = left.iter().find(|entry| !seen.contains(entry)) {
        return Err(format!("coin {gone:?} had left the vat, and is in no book"));
    }
    for (at, book) in books.iter().enumerate() {
        for (number, hops) in &book.seen {
            let coin = Coin { number: *number, hops: *hops };
            if *hops > 0 && !books[next(coin)].seen.contains(&(*number, hops - 1)) {
                return Err(format!("coin {number} was sent on by book {at} with {} hops left, and never came", hops - 1));
            }
        }
    }
    Ok(())
}
