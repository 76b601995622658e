//! The verbs of scripts for queues of work, `queue q [one] [unsent] [max=N]`, `add q x`, `large q BYTES`, `backlog q`; and for stores,
//! `store s`, `read s k`, `write s k REVISION x`, `erase s k REVISION`, with `-` for a revision of what is missing.
use super::{Asked, Kind, Puppet, SCRIPT, State};
use peerd_otp::{
    message::{decode, encode},
    store,
    work_pulling::{self, NotAdded, Spec},
};
use peerd_vat::{CALL_MS, Crash, Cx};

impl Puppet {
    /// False: the verb is none of these.
    pub(super) fn queues(&self, state: &mut State, verb: &str, words: &[&str], cx: &mut Cx<'_>) -> Result<bool, Crash> {
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let number = |text: &str| text.parse::<u64>().map_err(|_| Crash::new(SCRIPT, format!("{text:?} is no number")));
        let seen = |at: usize| if word(at) == "-" { Ok(None) } else { number(word(at)).map(Some) };
        let key = || word(1).as_bytes().to_vec();
        let (kind, body) = match verb {
            "queue" => {
                let most = words.iter().find_map(|word| word.strip_prefix("max=")).map(number).transpose()?;
                let mut spec = Spec::new().items_max(most.map_or(Spec::ITEMS_MAX, |most| most as u32));
                if words.contains(&"one") {
                    spec = spec.one_worker();
                }
                if words.contains(&"unsent") {
                    spec = spec.without_resend();
                }
                let durability = self.0.cast().durability();
                let actor = work_pulling::spawn(cx, word(0), &spec, durability);
                self.0.cast().enter(word(0), actor);
                return Ok(true);
            }
            "store" => {
                let durability = self.0.cast().durability();
                let actor = store::spawn(cx, word(0), durability);
                self.0.cast().enter(word(0), actor);
                return Ok(true);
            }
            "add" => (Kind::Queue, encode(&work_pulling::Request::Add(key()))),
            "large" => (Kind::Queue, encode(&work_pulling::Request::Add(vec![b'x'; number(word(1))? as usize]))),
            "backlog" => (Kind::Queue, encode(&work_pulling::Request::Status)),
            "read" => (Kind::Store, encode(&store::Request::Get(key()))),
            "write" => (Kind::Store, encode(&store::Request::Put { key: key(), seen: seen(2)?, value: word(3).as_bytes().to_vec() })),
            "erase" => (Kind::Store, encode(&store::Request::Delete { key: key(), seen: seen(2)? })),
            _ => return Ok(false),
        };
        let call = cx.call(self.who(state, word(0), cx)?, &body, &[], CALL_MS);
        state.calls.push(Asked { call, kind });
        Ok(true)
    }
}

pub(super) fn queue_told(body: &[u8]) -> String {
    match decode(body) {
        Some(work_pulling::Reply::Added(number)) => format!("added {number}"),
        Some(work_pulling::Reply::NotAdded(NotAdded::Full(items))) => format!("full {items}"),
        Some(work_pulling::Reply::NotAdded(NotAdded::Map(why))) => why,
        Some(work_pulling::Reply::NotAdded(NotAdded::Refs)) => "refs".into(),
        Some(work_pulling::Reply::Status(status)) => {
            format!("waiting {} out {} workers {} lost {}", status.waiting, status.out, status.workers, status.lost)
        }
        Some(work_pulling::Reply::Malformed) | None => "no queue's answer".into(),
    }
}

pub(super) fn store_told(body: &[u8]) -> String {
    match decode(body) {
        Some(store::Reply::Found(Some(found))) => format!("{} at {}", String::from_utf8_lossy(&found.value), found.revision),
        Some(store::Reply::Found(None)) => "none".into(),
        Some(store::Reply::Kept(revision)) => format!("kept {revision}"),
        Some(store::Reply::Deleted) => "deleted".into(),
        Some(store::Reply::Stale(Some(revision))) => format!("stale, it is at {revision}"),
        Some(store::Reply::Stale(None)) => "stale, there is none".into(),
        Some(store::Reply::NotPut(why)) => why,
        Some(store::Reply::Malformed) | None => "no store's answer".into(),
    }
}
