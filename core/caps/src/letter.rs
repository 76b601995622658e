//! A message as whoever stands in between sees it: bytes that are none of its business, refs, and who waits.
use peerd_vat::{Cx, Event, Ref, Settle};

#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    pub body: &'a [u8],
    pub refs: &'a [Ref],
    /// Whoever waits for an answer, if it is a call.
    pub reply: Option<Ref>,
}

impl<'a> Letter<'a> {
    /// None: the event is the kernel's word, not another actor's.
    #[must_use]
    pub const fn of(event: &Event<'a>) -> Option<Letter<'a>> {
        match event {
            Event::User { body, refs, reply } => Some(Letter { body, refs, reply: *reply }),
            _ => None,
        }
    }

    /// It goes no further. A call is told why; a message that waits for nothing becomes a dead letter.
    pub fn refuse(self, settle: &Settle, cx: &mut Cx<'_>) {
        match self.reply {
            Some(reply) => cx.refuse(reply, settle),
            None => cx.send_with(Ref::nobody(), self.body, self.refs),
        }
    }

    pub(crate) fn answer(self, body: &[u8], refs: &[Ref], cx: &mut Cx<'_>) {
        if let Some(reply) = self.reply {
            cx.reply(reply, body, refs);
        }
    }
}
