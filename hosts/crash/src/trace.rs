//! What `strace -f -xx` saw a journal's host do, as steps of a tape: writes, flushes, names, and what it said to others.
use crate::disk::Op;
use peerd_journal::File;
use std::collections::BTreeMap;

/// A step of the host, or a word to the world.
pub enum Seen {
    Did(Op),
    /// It has opened the journal: others know that there is one.
    Begun(u64),
    Acked(u64),
}

/// Of one process, from its start to its end.
#[derive(Default)]
struct Open {
    /// By descriptor: the journal's file, and where it is written next.
    files: BTreeMap<i64, (File, u64)>,
    folders: Vec<i64>,
}

/// Lines that are about something else are passed over.
pub fn read(text: &str) -> Vec<Seen> {
    let mut open = Open::default();
    text.lines().filter_map(|line| open.line(line)).collect()
}

impl Open {
    fn line(&mut self, line: &str) -> Option<Seen> {
        let call = line.trim_start_matches(|byte: char| byte.is_ascii_digit() || byte == ' ');
        let (name, rest) = call.split_once('(')?;
        // Results stand in a column of their own.
        let returned = rest.rsplit_once(" = ").and_then(|(call, result)| Some((call.trim_end().strip_suffix(')')?, result)));
        let (arguments, result) = match returned {
            Some((arguments, result)) => (arguments, result.split(' ').next()?.parse::<i64>().ok()?),
            // It died in the call: what was being written may be there.
            None => (rest.strip_suffix(" <unfinished ...>").filter(|_| name == "write")?, 0),
        };
        if result < 0 {
            return None;
        }
        let descriptor = arguments.split([',', ')']).next()?.trim().parse::<i64>();
        match name {
            "openat" => {
                let path = String::from_utf8(text(arguments)?).ok()?;
                self.files.remove(&result);
                self.folders.retain(|folder| *folder != result);
                let Some(file) = path.rsplit('/').next().and_then(File::of_name) else {
                    if arguments.contains("O_RDONLY") {
                        self.folders.push(result);
                    }
                    return None;
                };
                self.files.insert(result, (file, 0));
                arguments.contains("O_CREAT").then_some(Seen::Did(Op::Begin(file)))
            }
            "lseek" => {
                self.files.get_mut(&descriptor.ok()?)?.1 = result as u64;
                None
            }
            "write" => {
                let bytes = text(arguments)?;
                match descriptor.ok()? {
                    1 => said(&bytes),
                    descriptor => {
                        let (file, at) = self.files.get_mut(&descriptor)?;
                        let op = Op::Write { file: *file, at: *at, bytes: bytes.clone() };
                        *at += bytes.len() as u64;
                        Some(Seen::Did(op))
                    }
                }
            }
            "fdatasync" | "fsync" => {
                let descriptor = descriptor.ok()?;
                match self.files.get(&descriptor) {
                    Some((file, _)) => Some(Seen::Did(Op::Flush(*file))),
                    None => self.folders.contains(&descriptor).then_some(Seen::Did(Op::Names)),
                }
            }
            "unlink" | "unlinkat" => {
                let path = String::from_utf8(text(arguments)?).ok()?;
                Some(Seen::Did(Op::Delete(path.rsplit('/').next().and_then(File::of_name)?)))
            }
            _ => None,
        }
    }
}

fn said(bytes: &[u8]) -> Option<Seen> {
    let text = std::str::from_utf8(bytes).ok()?.trim();
    let (word, number) = text.split_once(' ')?;
    let number = number.parse().ok()?;
    match word {
        "begun" => Some(Seen::Begun(number)),
        "acked" => Some(Seen::Acked(number)),
        _ => None,
    }
}

/// The first string among the arguments, which is all `\x..`.
fn text(arguments: &str) -> Option<Vec<u8>> {
    let (_, rest) = arguments.split_once('"')?;
    let (hex, _) = rest.split_once('"')?;
    hex.split("\\x").skip(1).map(|byte| u8::from_str_radix(byte, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_becomes_steps() {
        let name = File::log(peerd_journal::Epoch(1), 0).name();
        let hex = |text: &str| text.bytes().map(|byte| format!("\\x{byte:02x}")).collect::<String>();
        let text = format!(
            "7 openat(AT_FDCWD, \"{}\", O_WRONLY|O_CREAT|O_EXCL|O_CLOEXEC, 0666) = 4\n7 lseek(4, 0, SEEK_END) = 0\n\
             7 write(4, \"{}\", 2) = 2\n7 fdatasync(4)         = 0\n7 write(1, \"{}\", 8) = 8\n7 write(4, \"{}\", 1 <unfinished ...>\n",
            hex(&format!("/tmp/x/{name}")),
            hex("ab"),
            hex("acked 7\n"),
            hex("c"),
        );
        let told: Vec<String> = read(&text)
            .iter()
            .map(|seen| match seen {
                Seen::Did(Op::Write { at, bytes, .. }) => format!("write {} at {at}", bytes.len()),
                Seen::Did(Op::Flush(_)) => "flush".into(),
                Seen::Did(Op::Begin(_)) => "begin".into(),
                Seen::Acked(number) => format!("acked {number}"),
                _ => "other".into(),
            })
            .collect();
        assert_eq!(told, ["begin", "write 2 at 0", "flush", "acked 7", "write 1 at 2"]);
    }
}
