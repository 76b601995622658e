//! 7. A ledger that speaks JSON, as actors of a browser's agents do: a number is added, `"get"` asks for the sum, `"spin"` never ends, and
//!    what is none of these is a crash that says where.
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
}

#[actor]
impl Actor for Ledger {
    const NAME: &'static str = "ledger";
    type Args = Text;
    type Message = Ask;

    fn init(Text(args): Text, _: &mut Context<'_, Ledger>) -> Result<Ledger, Crash> {
        Ok(Ledger { sum: if args == "null" { 0 } else { number(&args)? } })
    }

    fn handle(&mut self, Ask { text, reply }: Ask, cx: &mut Context<'_, Ledger>) -> Result<(), Crash> {
        match text.as_str() {
            "\"get\"" => {}
            "\"spin\"" => loop {
                self.sum = self.sum.rotate_left(1) ^ 1;
            },
            text => self.sum += number(text)?,
        }
        if let Some(reply) = reply {
            cx.reply(reply, &Text(format!("{}", self.sum)));
        }
        Ok(())
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
