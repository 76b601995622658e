//! The archive that a kernel unpacks into memory ("newc"): the same files give the same bytes.
use std::collections::BTreeMap;

pub enum Entry {
    Folder {
        mode: u32,
    },
    File {
        mode: u32,
        bytes: Vec<u8>,
    },
    /// A character device.
    Device {
        mode: u32,
        major: u32,
        minor: u32,
    },
}

/// Paths without a slash in front, folders before what is in them: a BTreeMap has them in that order.
pub type Tree = BTreeMap<String, Entry>;

#[must_use]
pub fn archive(tree: &Tree) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, (path, entry)) in (1..).zip(tree) {
        let (mode, bytes, device): (u32, &[u8], (u32, u32)) = match entry {
            Entry::Folder { mode } => (0o040_000 | mode, &[], (0, 0)),
            Entry::File { mode, bytes } => (0o100_000 | mode, bytes, (0, 0)),
            Entry::Device { mode, major, minor } => (0o020_000 | mode, &[], (*major, *minor)),
        };
        record(&mut out, number, mode, bytes, device, path);
    }
    record(&mut out, 0, 0, &[], (0, 0), "TRAILER!!!");
    out
}

fn record(out: &mut Vec<u8>, number: u32, mode: u32, bytes: &[u8], device: (u32, u32), path: &str) {
    let length = |length: usize| u32::try_from(length).expect("no file here has 4 GiB");
    // Number, mode, owner, group, links, time, size, the archive's device, the entry's, the name's length, no checksum.
    let fields = [number, mode, 0, 0, 1, 0, length(bytes.len()), 0, 0, device.0, device.1, length(path.len() + 1), 0];
    out.extend_from_slice(b"070701");
    for field in fields {
        out.extend_from_slice(format!("{field:08x}").as_bytes());
    }
    out.extend_from_slice(path.as_bytes());
    out.push(0);
    pad(out);
    out.extend_from_slice(bytes);
    pad(out);
}

fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::process::{Command, Stdio};

    #[test]
    fn another_program_reads_the_archive() {
        let Some(cpio) = ["cpio", "bsdcpio"].into_iter().find(|name| crate::ground::which(name).is_some()) else { return };
        let file = |text: &str| Entry::File { mode: 0o644, bytes: text.as_bytes().to_vec() };
        let tree: Tree = [("a".into(), Entry::Folder { mode: 0o755 }), ("a/b".into(), file("four")), ("c".into(), file(""))].into();
        let mut list = Command::new(cpio).args(["-it", "--quiet"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        list.stdin.take().expect("it is piped").write_all(&archive(&tree)).expect("it reads");
        let told = list.wait_with_output().expect("it ends");
        assert_eq!(String::from_utf8_lossy(&told.stdout), "a\na/b\nc\n");
    }

    #[test]
    fn every_record_begins_at_a_multiple_of_four() {
        let tree: Tree = [("odd".into(), Entry::File { mode: 0o600, bytes: b"12345".to_vec() })].into();
        let made = archive(&tree);
        assert_eq!(&made[..6], b"070701");
        assert_eq!(made.len() % 4, 0);
        // 110 bytes of header, the name and its end, padded; the bytes, padded; then the trailer.
        assert_eq!(&made[116..121], b"12345");
        assert_eq!(&made[124..130], b"070701");
    }
}
