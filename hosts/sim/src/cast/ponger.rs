//! Two that play ping-pong in bursts, and check that nothing overtakes.
use super::{Server, book, tell_book, words};
use peerd_vat::{Crash, Cx, Event, Ref};
use serde::{Deserialize, Serialize};

/// Several at once, so that there is an order to keep.
const BURST: u64 = 3;

pub struct Pinger;

#[derive(Serialize, Deserialize)]
pub struct Game {
    book: Ref,
    partner: Option<Ref>,
    sent: u64,
    back: u64,
    rounds: u64,
}

impl Server for Pinger {
    const NAME: &'static str = "pinger";
    type State = Game;

    fn init(_args: &[u8], refs: &[Ref], _cx: &mut Cx<'_>) -> Result<Game, Crash> {
        Ok(Game { book: book(refs)?, partner: None, sent: 0, back: 0, rounds: 0 })
    }

    fn handle(game: &mut Game, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, refs, .. } = event else { return Ok(()) };
        match words(body) {
            ("meet", _) => game.partner = refs.first().copied(),
            ("play", rounds) => {
                game.rounds = rounds.parse().map_err(|_| Crash::new("bad_order", "play how often?"))?;
                game.serve(cx);
            }
            ("pong", number) => {
                game.back += 1;
                if number.parse() != Ok(game.back) {
                    return Err(Crash::new("disorder", format!("pong {number}, {} was due", game.back)));
                }
                match (game.back == game.sent, game.back >= game.rounds * BURST) {
                    (true, true) => tell_book(cx, game.book, &format!("played {}", game.rounds)),
                    (true, false) => game.serve(cx),
                    (false, _) => {}
                }
            }
            _ => {}
        }
        Ok(())
    }
}

impl Game {
    fn serve(&mut self, cx: &mut Cx<'_>) {
        let Some(partner) = self.partner else { return };
        for _ in 0..BURST {
            self.sent += 1;
            cx.send_with(partner, format!("ping {}", self.sent).as_bytes(), &[cx.me()]);
        }
    }
}

pub struct Ponger;

impl Server for Ponger {
    const NAME: &'static str = "ponger";
    type State = u64;

    fn init(_args: &[u8], _refs: &[Ref], _cx: &mut Cx<'_>) -> Result<u64, Crash> {
        Ok(0)
    }

    fn handle(returned: &mut u64, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, refs: &[from], .. } = event
            && let ("ping", number) = words(body)
        {
            *returned += 1;
            cx.send(from, format!("pong {number}").as_bytes());
        }
        Ok(())
    }
}
