//! What an app keeps: text by key, the same for all its views, within a quota.
use super::{App, DATA};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_captp::Value;
use peerd_gateway::portable;
use peerd_vat::{Cx, Ref};

/// Limit: bytes of all keys and values.
pub const QUOTA: usize = 1 << 20;
const KEY_MAX: usize = 500;
const ITEMS_MAX: usize = 2_000;

pub fn bytes(data: &[(String, String)]) -> usize {
    data.iter().map(|(key, value)| key.len() + value.len()).sum()
}

impl App {
    /// The others of its views are told. None: there is none any more.
    pub fn keep_item(&mut self, number: u64, key: &str, value: Option<&String>, cx: &mut Cx<'_>) -> Result<(), String> {
        let at = self.data.iter().position(|(known, _)| known == key);
        if let Some(value) = value {
            let old = at.map_or(0, |at| key.len() + self.data[at].1.len());
            if key.len() > KEY_MAX || key.contains('\0') {
                return Err(format!("a key has at most {KEY_MAX} bytes, and no NUL"));
            }
            if bytes(&self.data) - old + key.len() + value.len() > QUOTA || (at.is_none() && self.data.len() >= ITEMS_MAX) {
                return Err(format!("an app keeps at most {} KiB, in at most {ITEMS_MAX} items", QUOTA >> 10));
            }
        }
        match (at, value) {
            (Some(at), Some(value)) if self.data[at].1 == *value => return Ok(()),
            (Some(at), Some(value)) => self.data[at].1.clone_from(value),
            (Some(at), None) => drop(self.data.remove(at)),
            (None, Some(value)) => self.data.push((key.into(), value.clone())),
            (None, None) => return Ok(()),
        }
        self.write([(format!("{DATA}{key}"), value.map(ToString::to_string))].into(), cx);
        let others: Vec<Ref> = self.views.iter().filter(|view| view.number != number).filter_map(|view| view.sandbox.runner).collect();
        for runner in others {
            let args = [Value::text(key)].into_iter().chain(value.map(|value| Value::text(value))).collect();
            cx.send(runner, &portable::invoke("item", args));
        }
        Ok(())
    }

    /// Its owner's doing.
    pub fn forget_data(&mut self, cx: &mut Cx<'_>) {
        let keys: Vec<String> = self.data.iter().map(|(key, _)| key.clone()).collect();
        for key in keys {
            let _ = self.keep_item(0, &key, None, cx);
        }
        self.show_whole(cx);
    }
}
