//! Actors that talk across vats and tell the book what they did and heard, and the root that introduces them.
use super::check::{UNSURE, book_of};
use crate::cast::{book, tell_book, words};
use peerd_otp::Server;
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref, Rights, SpawnOptions, System, WatchId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Says what it is told to say, to those it knows by name. Words to the book are `VERB WHOM NUMBER ..`.
pub(crate) struct Talker;

#[derive(Serialize, Deserialize)]
pub(crate) struct Talk {
    book: Ref,
    name: String,
    known: BTreeMap<String, Ref>,
    /// Numbers said to each, over all kinds.
    said: BTreeMap<String, u64>,
    /// Those of other vats, by who lent them.
    books: BTreeMap<String, Ref>,
    watches: Vec<(WatchId, u64, String)>,
    calls: Vec<(CallId, u64)>,
    marks: u64,
}

impl Server for Talker {
    const NAME: &'static str = "talker";
    type State = Talk;

    /// The endowment: the book, and the vats by name in the arguments after its own name and whether it traps exits.
    fn init(args: &[u8], refs: &[Ref], cx: &mut Cx<'_>) -> Result<Talk, Crash> {
        let text = String::from_utf8_lossy(args).into_owned();
        let mut names = text.split(' ');
        let (name, traps) = (names.next().unwrap_or_default().to_owned(), names.next() == Some("traps"));
        cx.trap_exits(traps);
        let known: BTreeMap<String, Ref> = names.map(str::to_owned).zip(refs.iter().skip(1).copied()).collect();
        let (said, books) = (BTreeMap::new(), BTreeMap::new());
        let mut talk = Talk { book: book(refs)?, name, known, said, books, watches: Vec::new(), calls: Vec::new(), marks: 0 };
        for vat in talk.known.keys().cloned().collect::<Vec<_>>() {
            talk.watch(&vat, cx);
        }
        cx.send_with(talk.book, format!("B {} 0", talk.name).as_bytes(), &[cx.me().lending(Rights::ALL)]);
        Ok(talk)
    }

    fn handle(talk: &mut Talk, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, reply } => talk.heard(body, refs, reply, cx)?,
            Event::Reply { call, result } => {
                let number = take(&mut talk.calls, |known| known.0 == call).map_or(0, |known| known.1);
                let how = result.map_or_else(|settle| settle.to_string(), |_| "ok".into());
                tell_book(cx, talk.book, &format!("R {} {number} {how}", talk.name));
            }
            Event::Down { watch, reason, .. } => {
                if let Some((_, number, whom)) = take(&mut talk.watches, |known| known.0 == watch) {
                    tell_book(cx, talk.book, &format!("D {whom} {number} {reason}"));
                }
            }
            Event::Exit { from, reason: Reason::Other(text) } => {
                let (whom, told) = text.strip_prefix("told ").and_then(|text| text.split_once(' ')).unwrap_or_default();
                let by = told.split(' ').next().and_then(|name| talk.known.get(name));
                // Else it is the end of somebody who was told so and is linked.
                if by == Some(&from) && whom == talk.name {
                    tell_book(cx, talk.book, &format!("G {told}"));
                }
            }
            Event::Exit { .. } | Event::Timer { .. } | Event::Alarm { .. } => {}
        }
        Ok(())
    }
}

impl Talk {
    fn heard(&mut self, body: &[u8], refs: &[Ref], reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let (verb, rest) = words(body);
        let (whom, more) = rest.split_once(' ').unwrap_or((rest, ""));
        let to = self.known.get(whom).copied();
        match (verb, to) {
            // From others.
            ("hey", _) => tell_book(cx, self.book, &format!("G {rest}")),
            ("ask", _) => {
                tell_book(cx, self.book, &format!("G {rest}"));
                if let Some(reply) = reply {
                    cx.reply(reply, b"yes", &[]);
                }
            }
            ("meet", _) => self.known.extend(refs.first().map(|met| (whom.to_owned(), *met))),
            // Orders.
            ("say", Some(to)) => {
                let number = self.number(whom);
                cx.send(to, format!("hey {} {number}", self.name).as_bytes());
                tell_book(cx, self.book, &format!("S {whom} {number}"));
            }
            ("call", Some(to)) => {
                let number = self.number(whom);
                let call = cx.call(to, format!("ask {} {number}", self.name).as_bytes(), &[], more.parse().unwrap_or(1_000));
                self.marks += 1;
                self.calls.push((call, self.marks));
                tell_book(cx, self.book, &format!("S {whom} {number}"));
                tell_book(cx, self.book, &format!("C {whom} {} {number}", self.marks));
            }
            // Asked of the kernel there: settles once, like a call.
            ("system", Some(to)) => {
                let call = cx.system(to, System::Statistics(true), 1_000);
                self.marks += 1;
                self.calls.push((call, self.marks));
                tell_book(cx, self.book, &format!("C {whom} {}", self.marks));
            }
            // A port of another vat: to have somebody know it, and to write there.
            ("lend-book", Some(to)) => cx.send_with(to, format!("book {}", self.name).as_bytes(), &[self.book]),
            ("book", _) => self.books.extend(refs.first().map(|book| (whom.to_owned(), *book))),
            ("write", _) => {
                if let Some(book) = self.books.get(whom).copied() {
                    let number = self.number("books");
                    // Before it is there: the book may be one of this vat.
                    tell_book(cx, self.book, &format!("S {} {number}", book_of(whom)));
                    cx.send(book, format!("N {} {number}", self.name).as_bytes());
                }
            }
            ("exit", Some(to)) => {
                let number = self.number(whom);
                cx.exit(to, Reason::Other(format!("told {whom} {} {number}", self.name)));
                tell_book(cx, self.book, &format!("S {whom} {number} {UNSURE}"));
            }
            ("watch", Some(_)) => self.watch(whom, cx),
            ("unwatch", _) => {
                if let Some((watch, number, _)) = take(&mut self.watches, |known| known.2 == whom) {
                    cx.unwatch(watch);
                    tell_book(cx, self.book, &format!("U {whom} {number}"));
                }
            }
            ("link", Some(to)) => cx.link(to),
            ("unlink", Some(to)) => cx.unlink(to),
            ("pass", Some(to)) => {
                if let Some(other) = self.known.get(more) {
                    cx.send_with(to, format!("meet {more}").as_bytes(), &[other.lending(Rights::ALL)]);
                }
            }
            ("forget", _) => drop(self.known.remove(whom)),
            ("stop", _) => cx.stop(Reason::Normal),
            ("crash", _) => return Err(Crash::new("told", "to crash")),
            _ => {}
        }
        Ok(())
    }

    fn number(&mut self, whom: &str) -> u64 {
        let said = self.said.entry(whom.to_owned()).or_default();
        *said += 1;
        *said
    }

    fn watch(&mut self, whom: &str, cx: &mut Cx<'_>) {
        if let Some(target) = self.known.get(whom) {
            self.marks += 1;
            self.watches.push((cx.watch(*target), self.marks, whom.to_owned()));
            tell_book(cx, self.book, &format!("W {whom} {}", self.marks));
        }
    }
}

fn take<T>(from: &mut Vec<T>, which: impl Fn(&T) -> bool) -> Option<T> {
    let at = from.iter().position(which)?;
    Some(from.remove(at))
}

/// The root of each vat: starts talkers, and makes those of other vats known to them.
pub(crate) struct Host;

#[derive(Serialize, Deserialize)]
pub(crate) struct Guests {
    refs: Vec<Ref>,
    vats: Vec<String>,
    guests: BTreeMap<String, Ref>,
}

impl Server for Host {
    const NAME: &'static str = "host";
    type State = Guests;

    fn init(args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Guests, Crash> {
        let vats = String::from_utf8_lossy(args).split_whitespace().map(str::to_owned).collect();
        Ok(Guests { refs: refs.to_vec(), vats, guests: BTreeMap::new() })
    }

    fn handle(host: &mut Guests, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, .. } = event else { return Ok(()) };
        let (verb, rest) = words(body);
        match verb {
            // `spawn NAME traps|plain`
            "spawn" => {
                let name = rest.split(' ').next().unwrap_or_default().to_owned();
                let args = format!("{rest} {}", host.vats.join(" "));
                let lent: Vec<Ref> = host.refs.iter().map(|vat| vat.lending(Rights::ALL)).collect();
                let child = cx.spawn(SpawnOptions::new(Talker::NAME, args.as_bytes()).label(&name).refs(&lent));
                host.guests.insert(name, child);
            }
            // To all vats: these are here.
            "introduce" => {
                for (name, guest) in &host.guests {
                    let met = format!("meet {name}");
                    for vat in &host.refs[1..] {
                        cx.send_with(*vat, met.as_bytes(), &[guest.lending(Rights::ALL)]);
                    }
                    for other in host.guests.values() {
                        cx.send_with(*other, met.as_bytes(), &[guest.lending(Rights::ALL)]);
                    }
                }
            }
            "meet" => {
                for guest in host.guests.values() {
                    cx.send_with(*guest, body, &[refs[0].lending(Rights::ALL)]);
                }
            }
            _ => {}
        }
        Ok(())
    }
}
