//! A server that is ready only when a directory has said that its name is its own: until then everything else waits.
use crate::registry;
use alloc::string::String;
use peerd_vat::{CallId, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// The question to a directory that is under way, if there is one.
#[derive(Default, Serialize, Deserialize)]
pub(crate) enum Naming {
    #[default]
    Done,
    Registering(CallId),
    Checking(CallId),
}

/// What a server that was not registered under its name exits with.
const NOT_REGISTERED: &str = "process_not_registered";

/// Flipped in the tag when the answer has come, so that what waited is handed back. A server's own tags are below.
const NAMED: u32 = 1 << 30;

impl Naming {
    /// In init, which is deferred.
    pub fn register(directory: Ref, name: &str, cx: &mut Cx<'_>) -> Naming {
        cx.defer();
        Naming::Registering(registry::register(directory, name, cx.me(), cx))
    }

    /// The name must be this actor's already.
    pub fn check(directory: Ref, name: &str, cx: &mut Cx<'_>) -> Naming {
        Naming::Checking(registry::whereis(directory, name, cx))
    }

    /// None: it was the directory's answer, or it waits for that.
    pub fn pass<'e>(&mut self, event: Event<'e>, cx: &mut Cx<'_>) -> Option<Event<'e>> {
        let answer = match (&*self, event) {
            (Naming::Done, event) => return Some(event),
            (Naming::Registering(asked), Event::Reply { call, result }) if call == *asked => registry::registered(result),
            (Naming::Checking(asked), Event::Reply { call, result }) if call == *asked => {
                let mine = registry::found(result).is_some_and(|found| found.actor_id() == cx.me().actor_id());
                if mine { Ok(()) } else { Err(String::from(NOT_REGISTERED)) }
            }
            (Naming::Registering(_) | Naming::Checking(_), _) => {
                cx.defer();
                return None;
            }
        };
        let failed = match *self {
            Naming::Checking(_) => Reason::Other,
            // Not wanted twice is no fault.
            Naming::Registering(_) | Naming::Done => Reason::ShutdownWith,
        };
        if let Err(why) = answer {
            cx.stop(failed(why));
        }
        *self = Naming::Done;
        cx.become_tag(cx.tag() ^ NAMED);
        None
    }
}
