//! A zip archive, as small as a browser needs: deflated files, no times, so that equal inputs make equal archives.
use std::io::Write;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};

use crate::build::Files;

/// 1980-01-01, the zip format's first day.
const DAY: u16 = 0x21;

pub fn zip(files: &Files) -> Vec<u8> {
    let mut out = Vec::new();
    let mut directory = Vec::new();
    for (path, bytes) in files {
        let name = path.to_string_lossy().replace('\\', "/");
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
        packer.write_all(bytes).expect("a Vec takes everything");
        let packed = packer.finish().expect("a Vec takes everything");
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut facts = Vec::new(); // the part that the file's own header and the directory share
        for short in [20_u16, 0x800, 8, 0, DAY] {
            facts.extend(short.to_le_bytes());
        }
        for long in [crc.sum(), long(packed.len()), long(bytes.len())] {
            facts.extend(long.to_le_bytes());
        }
        facts.extend(u16::try_from(name.len()).expect("a path is short").to_le_bytes());
        facts.extend(0_u16.to_le_bytes());

        directory.extend(b"PK\x01\x02");
        directory.extend(20_u16.to_le_bytes());
        directory.extend(&facts);
        directory.extend([0; 10]); // no comment, first disk, no attributes
        directory.extend(long(out.len()).to_le_bytes());
        directory.extend(name.as_bytes());

        out.extend(b"PK\x03\x04");
        out.extend(&facts);
        out.extend(name.as_bytes());
        out.extend(packed);
    }
    let (at, size) = (long(out.len()), long(directory.len()));
    let count = u16::try_from(files.len()).expect("an extension has few files");
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(size.to_le_bytes());
    out.extend(at.to_le_bytes());
    out.extend(0_u16.to_le_bytes());
    out
}

fn long(value: usize) -> u32 {
    u32::try_from(value).expect("an extension is below 4 GiB")
}
