//! Two small behaviours whose state a test can read: a note in bytes, in two versions, and a tally on a shelf.
use crate::{Behaviour, Code, Crash, Cx, Event, Open, Shelf, StateId};
use alloc::{format, vec::Vec};

/// Its state is text to which messages add. The second version writes in capitals.
pub struct Note {
    pub version: u32,
}

impl Behaviour for Note {
    fn name(&self) -> &'static str {
        "note"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn init(&mut self, args: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(args);
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        if let Event::User { body, .. } = event {
            if let Some((name, state)) = becoming(body) {
                cx.become_behaviour(name);
                cx.become_state(state);
                return Ok(());
            }
            if body == b"crash" {
                return Err(Crash::new("told", "to crash"));
            }
            if let Some(tag) = body.strip_prefix(b"tag ") {
                cx.become_tag(u32::from(tag[0]));
            }
            let mut text = cx.state().to_vec();
            text.extend(body.iter().map(|letter| if self.version == 2 { letter.to_ascii_uppercase() } else { *letter }));
            cx.become_state(&text);
        }
        Ok(())
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        if state.is_ascii() { Ok(None) } else { Err(Crash::new("decode", "not a note")) }
    }

    fn migrate(&mut self, state: &[u8], from: Code<'_>, extra: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        if extra == b"fail" {
            cx.send(cx.me(), b"never");
            return Err(Crash::new("migrate", format!("told to fail, from {from}")));
        }
        cx.become_state(&if self.version == 2 { state.to_ascii_uppercase() } else { state.to_ascii_lowercase() });
        Ok(())
    }
}

/// Its state is a stroke for each of its lives.
pub struct Lives {
    pub version: u32,
}

impl Behaviour for Lives {
    fn name(&self) -> &'static str {
        "lives"
    }

    fn version(&self) -> u32 {
        self.version
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(b"|");
        Ok(())
    }

    fn turn(&mut self, _: Event<'_>, _: &mut Cx<'_>) -> Result<(), Crash> {
        Err(Crash::new("told", "to crash"))
    }

    fn recovered(&mut self, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let strokes = [cx.state(), b"|"].concat();
        cx.become_state(&strokes);
        Ok(())
    }

    fn minds_recovery(&self) -> bool {
        true
    }
}

/// `become NAME STATE`
fn becoming(body: &[u8]) -> Option<(&str, &[u8])> {
    let (name, state) = core::str::from_utf8(body).ok()?.strip_prefix("become ")?.split_once(' ')?;
    Some((name, state.as_bytes()))
}

/// A tally that no bytes can be made of.
const SPOILT: u32 = u32::MAX;

/// Counts its messages on a shelf.
#[derive(Default)]
pub struct Tally {
    counts: Shelf<u32>,
}

impl Behaviour for Tally {
    fn name(&self) -> &'static str {
        "tally"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.keep_at(self.counts.put(0));
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let count = self.counts.get_mut(cx.state_id().expect("init kept it"));
        *count += 1;
        if let Event::User { reply: Some(reply), .. } = event {
            cx.reply(reply, format!("{count}").as_bytes(), &[]);
        }
        match event {
            Event::User { body, .. } if becoming(body).is_some() => cx.become_behaviour("note"),
            Event::User { body: b"spoil", .. } => *count = SPOILT,
            Event::User { body: b"wait", .. } => {
                cx.timer(1, 10);
                cx.await_timer(1);
                cx.open(Open::Shared);
            }
            _ => {}
        }
        Ok(())
    }

    /// All of them write, which is why none may be shared.
    fn interleaves(&self, _: &[u8]) -> Result<bool, Crash> {
        Ok(true)
    }

    fn encode(&self, id: StateId, to: &mut Vec<u8>) -> Result<(), Crash> {
        match self.counts.get(id) {
            &SPOILT => Err(Crash::new("encode", "a spoilt tally")),
            count => {
                to.extend_from_slice(format!("{count}").as_bytes());
                Ok(())
            }
        }
    }

    fn decode(&mut self, state: &[u8]) -> Result<Option<StateId>, Crash> {
        let count = core::str::from_utf8(state).ok().and_then(|text| text.parse().ok());
        count.map(|count| Some(self.counts.put(count))).ok_or_else(|| Crash::new("decode", "not a tally"))
    }

    /// A note's length is its tally.
    fn migrate(&mut self, state: &[u8], from: Code<'_>, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        if from.name != "note" {
            return Err(Crash::new("no_migration", format!("{from}")));
        }
        cx.keep_at(self.counts.put(state.len() as u32));
        Ok(())
    }

    fn forget(&mut self, id: StateId) {
        self.counts.take(id);
    }
}

/// A note that sets aside what it hears until it hears `open`.
pub struct Shy;

impl Behaviour for Shy {
    fn name(&self) -> &'static str {
        "shy"
    }

    fn init(&mut self, _: &[u8], cx: &mut Cx<'_>) -> Result<(), Crash> {
        cx.become_state(b".");
        Ok(())
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let Event::User { body, .. } = event else { return Ok(()) };
        if body == b"open" {
            cx.become_tag(1);
        } else if cx.tag() == 0 {
            cx.defer();
        } else {
            cx.become_state(&[cx.state(), body].concat());
        }
        Ok(())
    }
}
