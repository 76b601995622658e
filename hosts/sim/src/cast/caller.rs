//! One that calls with deadlines, and one that answers, or not, in every way there is.
use super::{Server, book, tell_book, words};
use peerd_vat::{CallId, Crash, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

pub struct Caller;

#[derive(Serialize, Deserialize)]
pub struct Calls {
    book: Ref,
    /// The port that answers as the world pleases.
    echo: Ref,
    partner: Option<Ref>,
    open: Vec<(CallId, u64)>,
}

impl Server for Caller {
    const NAME: &'static str = "caller";
    type State = Calls;

    fn init(_args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Calls, Crash> {
        let &[book, echo, ..] = refs else { return Err(Crash::new("bad_args", "a caller needs the book and the echo")) };
        Ok(Calls { book, echo, partner: None, open: Vec::new() })
    }

    fn handle(calls: &mut Calls, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        match event {
            Event::User { body, refs, .. } => calls.order(words(body), refs, cx),
            Event::Reply { call, result } => {
                let at =
                    calls.open.iter().position(|open| open.0 == call).ok_or_else(|| Crash::new("settled_twice", format!("{call:?}")))?;
                let (_, number) = calls.open.remove(at);
                let how = match result {
                    Ok(answer) if answer.body == format!("ask {number}").as_bytes() => "ok".into(),
                    Ok(_) => return Err(Crash::new("crossed", format!("call {number} got another's answer"))),
                    Err(settle) => settle.to_string(),
                };
                tell_book(cx, calls.book, &format!("settled {number} {how}"));
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl Calls {
    /// `host N MS` and `peer N MS` call, `burst N` sends N notes to the partner and then calls it.
    fn order(&mut self, (verb, rest): (&str, &str), refs: &[Ref], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let number = |text: &str| text.parse::<u64>().map_err(|_| Crash::new("bad_order", text));
        match (verb, rest.split_once(' '), self.partner) {
            ("meet", ..) => self.partner = refs.first().copied(),
            ("host", Some((n, ms)), _) => self.call(self.echo, number(n)?, number(ms)?, cx),
            ("peer", Some((n, ms)), Some(partner)) => self.call(partner, number(n)?, number(ms)?, cx),
            ("burst", Some((n, notes)), Some(partner)) => {
                for note in 1..=number(notes)? {
                    cx.send(partner, format!("note {n}.{note}").as_bytes());
                }
                self.call(partner, number(n)?, 1_000, cx);
            }
            _ => {}
        }
        Ok(())
    }

    fn call(&mut self, to: Ref, number: u64, ms: u64, cx: &mut Cx<'_>) {
        let call = cx.call(to, format!("ask {number}").as_bytes(), &[], ms);
        self.open.push((call, number));
    }
}

pub struct Answerer;

#[derive(Serialize, Deserialize)]
pub struct Desk {
    book: Ref,
    /// Kept open, answered by the next `ask` or never.
    kept: Vec<(Ref, Vec<u8>)>,
    notes: u64,
}

impl Server for Answerer {
    const NAME: &'static str = "answerer";
    type State = Desk;

    fn init(_args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Desk, Crash> {
        Ok(Desk { book: book(refs)?, kept: Vec::new(), notes: 0 })
    }

    fn handle(desk: &mut Desk, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, reply, .. } = event else { return Ok(()) };
        let Some(reply) = reply else {
            match words(body) {
                ("note", _) => desk.notes += 1,
                ("honest", _) => tell_book(cx, desk.book, &format!("notes {}", desk.notes)),
                _ => {}
            }
            return Ok(());
        };
        match cx.random() % 8 {
            0 => {}
            1 => desk.kept.push((reply, body.to_vec())),
            2 => return Err(Crash::new("fumbled", "fumbled")),
            3 => {
                cx.reply(reply, body, &[]);
                cx.reply(reply, b"twice", &[]);
            }
            4 => cx.stop(Reason::Other("tired".into())),
            _ => {
                cx.reply(reply, body, &[]);
                if let Some((reply, body)) = desk.kept.pop() {
                    cx.reply(reply, &body, &[]);
                }
            }
        }
        Ok(())
    }
}
