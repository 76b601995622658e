//! A notebook's files: read and written by its cells, its owner and the agent; what is in them lies on its shelf, as base64.
use super::{ANSWER_MS, FILE, Notebook, Pending};
use crate::{
    actors::{call_json, wire::ToShelf},
    web::words,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use peerd_captp::Value;
use peerd_gateway::portable;
use peerd_vat::{CallId, Cx, Ref};
use serde_json::{Value as Json, json};

/// Limit: bytes of one file; it goes to a cell in one message.
pub const FILE_MAX: usize = 512 << 10;
/// Limit: bytes of all of a notebook's files.
pub const QUOTA: usize = 6 << 20;
const FILES_MAX: usize = 200;
const PATH_MAX: usize = 200;

/// A path as it is kept: relative, and with nothing in it that leads elsewhere.
pub fn path(said: &str) -> Result<String, String> {
    let path = said.trim();
    let is_plain = |part: &str| !part.is_empty() && part != "." && part != ".." && part.trim() == part;
    if path.len() > PATH_MAX || path.chars().any(char::is_control) || path.contains('\\') || !path.split('/').all(is_plain) {
        return Err(format!("{:?} is no path of a file here, such as data/sales.csv", words::line(said, 100)));
    }
    Ok(path.into())
}

pub fn bytes(kept: &str) -> Result<Vec<u8>, String> {
    STANDARD.decode(kept).map_err(|_| "what is kept of it can't be read".into())
}

/// Of what is kept so.
pub fn size(kept: &str) -> usize {
    kept.len() / 4 * 3 - kept.bytes().rev().take_while(|byte| *byte == b'=').count().min(2)
}

impl Notebook {
    pub fn file_key(&self, path: &str) -> Result<String, String> {
        match self.files.iter().any(|(known, _)| known == path) {
            true => Ok(format!("{FILE}{path}")),
            false => Err(format!("there is no file {path}")),
        }
    }

    /// The write that is under way, or why there is none.
    pub fn put_file(&mut self, path: &str, content: &[u8], cx: &mut Cx<'_>) -> Result<CallId, String> {
        if content.len() > FILE_MAX {
            return Err(format!("a file has at most {} KiB", FILE_MAX >> 10));
        }
        let others: usize = self.files.iter().filter(|(known, _)| known != path).map(|(_, size)| *size).sum();
        if others + content.len() > QUOTA {
            return Err(format!("the files of a notebook have at most {} MiB together", QUOTA >> 20));
        }
        match self.files.iter().position(|(known, _)| known == path) {
            Some(at) => self.files[at].1 = content.len(),
            None if self.files.len() >= FILES_MAX => return Err(format!("a notebook has at most {FILES_MAX} files")),
            None => {
                self.files.push((path.into(), content.len()));
                self.files.sort();
            }
        }
        let changes = [(format!("{FILE}{path}"), Some(STANDARD.encode(content)))].into();
        Ok(call_json(cx, self.doors.shelf, &ToShelf::Write { changes }, &[], ANSWER_MS))
    }

    pub fn remove_file(&mut self, path: &str, cx: &mut Cx<'_>) {
        self.files.retain(|(known, _)| known != path);
        self.write([(format!("{FILE}{path}"), None)].into(), cx);
        self.show_files(cx);
    }

    pub fn listed_files(&self) -> Vec<Json> {
        self.files.iter().map(|(path, size)| json!({"path": path, "size": size})).collect()
    }

    pub fn show_files(&self, cx: &mut Cx<'_>) {
        self.show(json!({"files": self.listed_files()}), cx);
    }

    /// What a cell wants of them. Hostile until it is read.
    pub fn file_for_guest(&mut self, method: &str, args: &[Value], reply: Option<Ref>, cx: &mut Cx<'_>) {
        // Nobody waits: then there is nobody to be told that it could not be done.
        let Some(reply) = reply else { return };
        let answer = match (method, args) {
            ("files", []) => {
                let each = |(path, size): &(String, usize)| {
                    Value::Struct([("path".into(), Value::text(path)), ("size".into(), Value::Float(*size as f64))].into())
                };
                Ok(Value::List(self.files.iter().map(each).collect()))
            }
            ("read", [Value::Text(said)]) => match path(said).and_then(|path| self.file_key(&path)) {
                Ok(key) => {
                    let get = call_json(cx, self.doors.shelf, &ToShelf::Get { key }, &[], ANSWER_MS);
                    return self.pending.push((get, Pending::Read(reply)));
                }
                Err(why) => Err(why),
            },
            ("write", [Value::Text(said), content]) => {
                let content = match content {
                    Value::Text(text) => Some(text.as_bytes()),
                    Value::Bytes(bytes) => Some(bytes.as_slice()),
                    _ => None,
                };
                match path(said).and_then(|path| self.put_file(&path, content.ok_or("text or bytes")?, cx)) {
                    Ok(write) => return self.pending.push((write, Pending::Wrote(reply))),
                    Err(why) => Err(why),
                }
            }
            ("remove", [Value::Text(said)]) => path(said).and_then(|path| self.file_key(&path).map(|_| path)).map(|path| {
                self.remove_file(&path, cx);
                Value::Void
            }),
            _ => Err("the notebook's files are read, written, removed and listed".to_string()),
        };
        cx.reply(reply, &portable::write(&answer.unwrap_or_else(Value::Error)), &[]);
    }

    pub fn read_for_guest(&mut self, reply: Ref, answer: Result<Json, String>, cx: &mut Cx<'_>) {
        let content = answer.and_then(|answer| bytes(answer["text"].as_str().unwrap_or_default()));
        cx.reply(reply, &portable::write(&content.map_or_else(Value::Error, Value::Bytes)), &[]);
    }

    pub fn wrote_for_guest(&mut self, reply: Ref, answer: Result<Json, String>, cx: &mut Cx<'_>) {
        cx.reply(reply, &portable::write(&answer.map_or_else(Value::Error, |_| Value::Void)), &[]);
        self.show_files(cx);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_nowhere_else() {
        assert_eq!(path(" data/a b.csv ").as_deref(), Ok("data/a b.csv"));
        for bad in ["", "/etc", "a//b", "../x", "a/../b", ".", "a\\b", "a\0", "a/ b/c"] {
            assert!(path(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_files_size_is_told_from_what_is_kept() {
        for content in ["", "a", "ab", "abc", "abcd"] {
            assert_eq!(size(&STANDARD.encode(content)), content.len());
        }
    }
}
