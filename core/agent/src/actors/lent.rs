//! What a chat is lent: each through a caretaker of whoever lends it, who can take it back at once.
use crate::view::ChatId;
use alloc::format;
use peerd_caps::{
    Terms,
    caretaker::{self, Caretaker},
};
use peerd_vat::{Cx, Identity, Reason, Ref};

/// It outlives a crash of whoever lends it, whose next life lends the same again: it is the same ref, and that life can revoke it.
pub fn lend(chat: ChatId, what: &str, target: Ref, cx: &mut Cx<'_>) -> Caretaker {
    let label = format!("{what}, lent to chat {chat}");
    caretaker::spawn_with(cx, target, &Terms::default(), |options| options.label(&label).identity(Identity::Kept(&label)))
}

/// Nobody needs it any more.
pub fn end(lent: &Caretaker, cx: &mut Cx<'_>) {
    cx.exit(lent.actor, Reason::Shutdown);
    cx.forget(lent.actor);
}
