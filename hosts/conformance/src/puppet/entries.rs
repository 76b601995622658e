//! The verb of scripts for a puppet's map: `map put k v`, `map fill k BYTES`, `map delete k`, `map clear`, `map get k`, and
//! `map list [from=k] [after=k] [to=k] [below=k] [prefix=k] [limit=n] [reverse]`.
use super::{Puppet, SCRIPT};
use peerd_vat::{Crash, Cx};
use std::ops::Bound;

impl Puppet {
    pub(super) fn entries(&self, words: &[&str], cx: &mut Cx<'_>) -> Result<(), Crash> {
        let said = match *words {
            ["put", key, value] => cx.put(key.as_bytes(), value.as_bytes()).err().map(|why| why.to_string()),
            ["fill", key, bytes] => {
                let bytes = bytes.parse().map_err(|_| Crash::new(SCRIPT, "map fill KEY BYTES"))?;
                cx.put(key.as_bytes(), &vec![b'x'; bytes]).err().map(|why| why.to_string())
            }
            ["delete", key] => (!cx.delete(key.as_bytes())).then(|| "it was not there".into()),
            ["clear"] => {
                cx.clear_map();
                None
            }
            ["get", key] => Some(cx.map().get(key.as_bytes()).map_or_else(|| "none".into(), shown)),
            ["list", ref how @ ..] => Some(list(how, cx)?),
            _ => return Err(Crash::new(SCRIPT, format!("no map can {words:?}"))),
        };
        said.into_iter().for_each(|said| self.say(&said, cx));
        Ok(())
    }
}

fn list(how: &[&str], cx: &Cx<'_>) -> Result<String, Crash> {
    let (mut start, mut end, mut prefix, mut limit, mut reverse) = (Bound::Unbounded, Bound::Unbounded, None, usize::MAX, false);
    for word in how {
        match word.split_once('=').unwrap_or((word, "")) {
            ("from", key) => start = Bound::Included(key.as_bytes()),
            ("after", key) => start = Bound::Excluded(key.as_bytes()),
            ("to", key) => end = Bound::Included(key.as_bytes()),
            ("below", key) => end = Bound::Excluded(key.as_bytes()),
            ("prefix", key) => prefix = Some(key.as_bytes()),
            ("limit", most) => limit = most.parse().map_err(|_| Crash::new(SCRIPT, "limit=NUMBER"))?,
            ("reverse", _) => reverse = true,
            _ => return Err(Crash::new(SCRIPT, format!("no list is by {word:?}"))),
        }
    }
    let entries = match prefix {
        Some(prefix) => cx.map().prefixed(prefix),
        None => cx.map().range((start, end)),
    };
    let entries: Vec<_> = if reverse { entries.rev().take(limit).collect() } else { entries.take(limit).collect() };
    let entries: Vec<String> = entries.into_iter().map(|(key, value)| format!("{}={}", shown(key), shown(value))).collect();
    Ok(if entries.is_empty() { "none".into() } else { entries.join(" ") })
}

/// Long values by their length.
fn shown(bytes: &[u8]) -> String {
    if bytes.len() > 20 { format!("{} bytes", bytes.len()) } else { String::from_utf8_lossy(bytes).into_owned() }
}
