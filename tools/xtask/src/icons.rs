//! The icon, drawn: a small tree of actors on a rounded square. No picture is kept in the repository.
use std::io::Write;
use std::path::Path;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

use crate::build::Files;

const SIZES: [u32; 4] = [16, 32, 48, 128];
/// Points per pixel and axis: edges are as smooth as their average.
const FINE: u32 = 4;

const TOP: [f64; 3] = [22.0, 163.0, 163.0];
const BOTTOM: [f64; 3] = [38.0, 70.0, 140.0];
const INK: [f64; 3] = [255.0, 255.0, 255.0];

pub fn files() -> Files {
    SIZES.iter().map(|size| (Path::new("icons").join(format!("{size}.png")), png(*size))).collect()
}

/// The colour at a point of the unit square; None is outside.
fn colour(x: f64, y: f64) -> Option<[f64; 3]> {
    let corner = 0.22;
    let outside = |v: f64| (v - 0.5).abs() - (0.5 - corner);
    let (dx, dy) = (outside(x).max(0.0), outside(y).max(0.0));
    if dx.hypot(dy) > corner {
        return None;
    }
    let (root, left, right) = ((0.5, 0.29), (0.27, 0.70), (0.73, 0.70));
    let dot = |(cx, cy): (f64, f64), r: f64| (x - cx).hypot(y - cy) <= r;
    if dot(root, 0.15) || dot(left, 0.12) || dot(right, 0.12) || near(x, y, root, left) || near(x, y, root, right) {
        return Some(INK);
    }
    Some(std::array::from_fn(|i| TOP[i] + (BOTTOM[i] - TOP[i]) * y))
}

/// Whether the point is on the line between two others.
fn near(x: f64, y: f64, (ax, ay): (f64, f64), (bx, by): (f64, f64)) -> bool {
    let (ux, uy) = (bx - ax, by - ay);
    let t = (((x - ax) * ux + (y - ay) * uy) / (ux * ux + uy * uy)).clamp(0.0, 1.0);
    (x - ax - t * ux).hypot(y - ay - t * uy) <= 0.045
}

fn png(size: u32) -> Vec<u8> {
    let mut rows = Vec::new();
    for row in 0..size {
        rows.push(0); // no filter
        for column in 0..size {
            rows.extend(pixel(column, row, size));
        }
    }
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::best());
    packed.write_all(&rows).expect("a Vec takes everything");
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut head = Vec::new();
    head.extend(size.to_be_bytes());
    head.extend(size.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]); // eight bits, RGBA
    chunk(&mut out, *b"IHDR", &head);
    chunk(&mut out, *b"IDAT", &packed.finish().expect("a Vec takes everything"));
    chunk(&mut out, *b"IEND", &[]);
    out
}

fn pixel(column: u32, row: u32, size: u32) -> [u8; 4] {
    let mut sum = [0.0; 3];
    let mut inside = 0.0;
    for point in 0..FINE * FINE {
        let at = |pixel: u32, part: u32| (f64::from(pixel) + (f64::from(part) + 0.5) / f64::from(FINE)) / f64::from(size);
        if let Some(colour) = colour(at(column, point % FINE), at(row, point / FINE)) {
            inside += 1.0;
            sum = std::array::from_fn(|i| sum[i] + colour[i]);
        }
    }
    if inside == 0.0 {
        return [0; 4];
    }
    let byte = |value: f64| value.round() as u8;
    [byte(sum[0] / inside), byte(sum[1] / inside), byte(sum[2] / inside), byte(255.0 * inside / f64::from(FINE * FINE))]
}

fn chunk(out: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    out.extend(u32::try_from(body.len()).expect("an icon is small").to_be_bytes());
    out.extend(kind);
    out.extend(body);
    let mut crc = Crc::new();
    crc.update(&kind);
    crc.update(body);
    out.extend(crc.sum().to_be_bytes());
}
