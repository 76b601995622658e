//! A server that is ready only when a directory has taken its name: until then everything else waits.
use crate::registry;
use peerd_vat::{CallId, Cx, Event, Reason, Ref};
use serde::{Deserialize, Serialize};

/// The registration under way, if there is one.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Naming(Option<CallId>);

/// Flipped in the tag when the name is taken, so that what waited is handed back. A server's own tags are below.
const NAMED: u32 = 1 << 30;

impl Naming {
    /// In init, which is deferred.
    pub fn begin(directory: Ref, name: &str, cx: &mut Cx<'_>) -> Naming {
        cx.defer();
        Naming(Some(registry::register(directory, name, cx.me(), cx)))
    }

    /// None: it was the directory's answer, or it waits for that.
    pub fn pass<'e>(&mut self, event: Event<'e>, cx: &mut Cx<'_>) -> Option<Event<'e>> {
        match (self.0, event) {
            (None, event) => Some(event),
            (Some(naming), Event::Reply { call, result }) if call == naming => {
                self.0 = None;
                cx.become_tag(cx.tag() ^ NAMED);
                if let Err(why) = registry::registered(result) {
                    cx.stop(Reason::ShutdownWith(why));
                }
                None
            }
            (Some(_), _) => {
                cx.defer();
                None
            }
        }
    }
}
