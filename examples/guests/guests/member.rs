//! 4. A member of a ring: told how many more there shall be, it spawns the next one; the last one is told who is first. A token goes round
//!    as often as it says.
#![cfg_attr(target_arch = "wasm32", no_std)]
extern crate alloc;
use peerd_actor::prelude::*;

#[derive(Message)]
pub enum Word {
    /// How many more, who is first, and who is told when the token has no hop left.
    Grow(u32, Addr<Word>, Addr<u64>),
    Token(u64),
}

#[derive(Message, Default)]
pub struct Member {
    next: Option<Addr<Word>>,
    judge: Option<Addr<u64>>,
    seen: u64,
}

#[actor]
impl Actor for Member {
    const NAME: &'static str = "member";
    type Args = ();
    type Message = Word;

    fn init((): (), _: &mut Context<'_, Member>) -> Result<Member, Crash> {
        Ok(Member::default())
    }

    fn handle(&mut self, message: Word, cx: &mut Context<'_, Member>) -> Result<(), Crash> {
        match message {
            Word::Grow(0, first, judge) => (self.next, self.judge) = (Some(first), Some(judge)),
            Word::Grow(more, first, judge) => {
                let next = cx.spawn::<Member>(&());
                cx.send(next, &Word::Grow(more - 1, first, judge));
                (self.next, self.judge) = (Some(next), Some(judge));
            }
            Word::Token(left) => {
                self.seen += 1;
                match (self.next, self.judge) {
                    (Some(next), _) if left > 0 => cx.send(next, &Word::Token(left - 1)),
                    (_, Some(judge)) => cx.send(judge, &self.seen),
                    _ => return Err(Crash::new("ring", "it is not closed")),
                }
            }
        }
        Ok(())
    }
}
