//! Durable actors to be killed and measured: a teller that handles numbered messages, and a book that must hear of each once.
//!
//! ```text
//! host ─ Deed: number, 243 bytes ─▶ teller (200 bytes of state) ─ Entry ─▶ book ─ Word ─▶ the door, when it is durable
//! ```
//! Without a book the teller says its words itself. The book may be in the vat of another Worker: then the root of the teller's vat
//! asks that vat's root for it, until it is told.
use peerd::prelude::*;
use peerd_vat::{Behaviour, Cx, Durability, Event, Identity, Ref};

/// Of a deed's text: the whole message has 256 bytes.
const TEXT: usize = 243;
const LINE: &str = "what was done, as a person would write it down; ";
/// And of what the teller keeps of it: its state has about 200.
const NOTE: usize = 150;

#[derive(Message)]
pub enum Deed {
    Handle {
        number: u64,
        text: String,
    },
    /// How far it has come, by the book if there is one.
    Tell,
    /// How far the teller has come, by its own word.
    Count,
}

impl Deed {
    /// From its number alone follows what is in it.
    #[must_use]
    pub fn numbered(number: u64) -> Deed {
        let mut text = String::with_capacity(TEXT + LINE.len());
        // Cheap to make: whoever gives deeds is not what is measured.
        text.push_str(&format!("{number:020} "));
        while text.len() < TEXT {
            text.push_str(LINE);
        }
        text.truncate(TEXT);
        Deed::Handle { number, text }
    }
}

/// What comes out of the vat.
#[derive(Message)]
pub struct Word {
    /// So many deeds are durable.
    pub count: u64,
    /// They did not come one after another, each once.
    pub is_broken: bool,
    /// Of who says it: a sum over all its state.
    pub print: u64,
}

/// Where the book is.
#[derive(Clone, Copy, PartialEq, Eq, Message)]
pub enum Books {
    None,
    Here,
    /// In the vat that the root is endowed with, behind the door.
    There,
    /// And nobody else.
    Only,
}

/// To whom deeds go, and how often a word of them is said.
#[derive(Clone, Copy, Message)]
pub struct Order {
    pub books: Books,
    /// One deed in so many.
    pub every: u64,
}

#[derive(Serialize, Deserialize)]
pub struct Teller {
    door: Addr<Word>,
    book: Option<Addr<Entry>>,
    every: u64,
    count: u64,
    sum: u64,
    note: String,
}

impl Teller {
    fn tell(&self, cx: &mut Context<'_, '_, Teller>) {
        match self.book {
            Some(book) => cx.send(book, &Entry::Tell { count: self.count }),
            None => self.say(cx),
        }
    }

    fn say(&self, cx: &mut Context<'_, '_, Teller>) {
        cx.send(self.door, &Word { count: self.count, is_broken: false, print: self.print() });
    }

    fn print(&self) -> u64 {
        self.note.bytes().fold(mix(self.count) ^ self.sum, |print, byte| mix(print ^ u64::from(byte)))
    }
}

impl Actor for Teller {
    const NAME: &'static str = "teller";
    type Args = (Addr<Word>, Option<Addr<Entry>>, u64);
    type Message = Deed;

    fn init((door, book, every): Self::Args, _: &mut Context<'_, '_, Teller>) -> Result<Teller, Crash> {
        Ok(Teller { door, book, every, count: 0, sum: 0, note: String::new() })
    }

    fn handle(&mut self, deed: Deed, cx: &mut Context<'_, '_, Teller>) -> Result<(), Crash> {
        match deed {
            // The host may say again what it has not heard of.
            Deed::Handle { number, .. } if number != self.count + 1 => {}
            Deed::Handle { number, text } => {
                self.count = number;
                self.sum = self.sum.wrapping_add(mix(number));
                self.note.clear();
                self.note.push_str(text.get(..NOTE).unwrap_or_default());
                match self.book {
                    Some(book) => cx.send(book, &Entry::Next { number }),
                    None if number.is_multiple_of(self.every) => self.tell(cx),
                    None => {}
                }
            }
            Deed::Tell => self.tell(cx),
            Deed::Count => self.say(cx),
        }
        Ok(())
    }
}

#[derive(Message)]
pub enum Entry {
    Next {
        number: u64,
    },
    /// The teller has come so far.
    Tell {
        count: u64,
    },
}

#[derive(Serialize, Deserialize)]
struct Book {
    door: Addr<Word>,
    every: u64,
    count: u64,
    sum: u64,
    is_broken: bool,
}

impl Book {
    fn say(&self, cx: &mut Context<'_, '_, Book>) {
        cx.send(self.door, &Word { count: self.count, is_broken: self.is_broken, print: self.sum });
    }
}

impl Actor for Book {
    const NAME: &'static str = "book";
    type Args = (Addr<Word>, u64);
    type Message = Entry;

    fn init((door, every): Self::Args, _: &mut Context<'_, '_, Book>) -> Result<Book, Crash> {
        Ok(Book { door, every, count: 0, sum: 0, is_broken: false })
    }

    fn handle(&mut self, entry: Entry, cx: &mut Context<'_, '_, Book>) -> Result<(), Crash> {
        match entry {
            Entry::Next { number } => {
                self.is_broken |= number != self.count + 1;
                self.count = number;
                self.sum = self.sum.wrapping_add(mix(number));
                if number.is_multiple_of(self.every) {
                    self.say(cx);
                }
            }
            Entry::Tell { count } => {
                self.is_broken |= count != self.count;
                self.say(cx);
            }
        }
        Ok(())
    }
}

/// Keeps both, and tells the host who the teller is. It is not durable: who outlives it is asked for by the same names again.
struct Root {
    order: Option<Order>,
    door: Option<Ref>,
    peer: Option<Ref>,
}

/// How often the other vat is asked for its book, until it answers.
const ASKS_MS: u64 = 100;
const ASK: u64 = 1;

impl Behaviour for Root {
    fn name(&self) -> &'static str {
        ROOT
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let order: Order = peerd::Reader::new(args, &[], None).read().ok_or_else(|| Crash::new("bad_args", "no order"))?;
        (self.order, self.door, self.peer) = (Some(order), cx.refs().first().copied(), cx.refs().get(1).copied());
        match order.books {
            Books::None => self.keep_teller(None, cx),
            Books::Here => {
                let book = self.keep_book(cx);
                self.keep_teller(Some(book), cx);
            }
            Books::Only => drop(self.keep_book(cx)),
            Books::There => self.ask(cx),
        }
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            // The root of the teller's vat.
            Event::User { reply: Some(reply), .. } => {
                let book = self.keep_book(cx);
                cx.reply(reply, &[], &[book.lending(Rights::ALL)]);
            }
            Event::Reply { result: Ok(answer), .. } if !answer.refs.is_empty() => self.keep_teller(Some(answer.refs[0]), cx),
            Event::Reply { .. } => cx.timer(ASK, ASKS_MS),
            Event::Timer { key: ASK } => self.ask(cx),
            _ => {}
        }
        Ok(())
    }
}

impl Root {
    fn order(&self) -> (Order, Ref) {
        self.order.zip(self.door).expect("given at init")
    }

    fn ask(&self, cx: &mut Cx<'_>) {
        if let Some(peer) = self.peer {
            cx.call(peer, &[], &[], ASKS_MS);
        }
    }

    fn keep_book(&self, cx: &mut Cx<'_>) -> Ref {
        let (order, door) = self.order();
        keep::<Book>(cx, &(Addr::from_ref(door), order.every))
    }

    fn keep_teller(&self, book: Option<Ref>, cx: &mut Cx<'_>) {
        let (order, door) = self.order();
        let teller = keep::<Teller>(cx, &(Addr::from_ref(door), book.map(Addr::from_ref), order.every));
        cx.send_with(door, &[], &[teller.lending(Rights::ALL)]);
    }
}

fn keep<A: Actor>(cx: &mut Cx<'_>, args: &A::Args) -> Ref {
    let (args, refs) = peerd::encode(args);
    let options = SpawnOptions::new(A::NAME, &args).refs(&refs).label(A::NAME);
    cx.spawn(options.identity(Identity::Kept(A::NAME)).durability(Durability::Durable))
}

pub const ROOT: &str = "root";

#[must_use]
pub fn behaviours() -> Vec<Box<dyn Behaviour>> {
    vec![Box::new(Root { order: None, door: None, peer: None }), behaviour::<Teller>(), behaviour::<Book>()]
}

fn mix(n: u64) -> u64 {
    (n ^ (n >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_has_256_bytes() {
        assert_eq!(peerd::encode(&Deed::numbered(7)).0.len(), 256);
    }
}
