//! 8. The next version of the ledger: it counts what it was told, too, answers with both, and takes over the sum of the first one.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use core::panic::Location;
use peerd_actor::{Reader, Writer, prelude::*};

/// A message as it is: text, and who waits for an answer.
pub struct Ask {
    text: String,
    reply: Option<Reply<Text>>,
}

pub struct Text(String);

impl Message for Text {
    fn put(&self, to: &mut Writer<'_>) {
        to.bytes(self.0.as_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Option<Text> {
        let mut bytes = Vec::new();
        while let Some([byte]) = from.array::<1>() {
            bytes.push(byte);
        }
        String::from_utf8(bytes).ok().map(Text)
    }
}

impl Message for Ask {
    fn put(&self, to: &mut Writer<'_>) {
        to.bytes(self.text.as_bytes());
    }

    fn get(from: &mut Reader<'_>) -> Option<Ask> {
        let Text(text) = Text::get(from)?;
        Some(Ask { text, reply: Reply::get(from) })
    }
}

#[derive(Message)]
pub struct Ledger {
    sum: i64,
    count: u64,
}

#[actor]
impl Actor for Ledger {
    const NAME: &'static str = "ledger";
    type Args = Text;
    type Message = Ask;

    fn init(Text(args): Text, _: &mut Context<'_, Ledger>) -> Result<Ledger, Crash> {
        Ok(Ledger { sum: if args == "null" { 0 } else { number(&args)? }, count: 0 })
    }

    fn handle(&mut self, Ask { text, reply }: Ask, cx: &mut Context<'_, Ledger>) -> Result<(), Crash> {
        match text.as_str() {
            "\"get\"" => {}
            text => {
                self.sum += number(text)?;
                self.count += 1;
            }
        }
        if let Some(reply) = reply {
            cx.reply(reply, &Text(format!("{{\"sum\":{},\"count\":{}}}", self.sum, self.count)));
        }
        Ok(())
    }

    /// The first version's state is its sum.
    fn migrate(old: Old<'_>, _: &mut Context<'_, Ledger>) -> Result<Ledger, Crash> {
        let sum = old.read::<i64>().ok_or_else(|| Crash::new("no_migration", "no state of a ledger"))?;
        Ok(Ledger { sum, count: 0 })
    }
}

#[track_caller]
fn number(text: &str) -> Result<i64, Crash> {
    let at = Location::caller();
    text.parse()
        .map_err(|_| Crash::new("bad_input", format!("{text} is no number ({}, line {}, column {})", file(at), at.line(), at.column())))
}

/// Without the folders of whoever built it.
fn file<'a>(at: &'a Location<'a>) -> &'a str {
    at.file().rsplit('/').next().unwrap_or_default()
}
