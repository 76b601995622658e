//! What a meter costs: six small programs, each a message that says which and how often. The answer goes nowhere; its sum is the state.
#![no_std]
extern crate alloc;
use core::hint::black_box;
use peerd_actor::prelude::*;
use sha2::{Digest, Sha256};

#[derive(Message)]
struct Kernels {
    sum: u64,
}

#[actor]
impl Actor for Kernels {
    const NAME: &'static str = "kernels";
    const STATE_MAX: usize = 64;
    const MESSAGE_MAX: usize = 128;
    type Args = ();
    /// Which, and how often.
    type Message = (u32, u32);

    fn init((): (), _: &mut Context<'_, Kernels>) -> Result<Kernels, Crash> {
        Ok(Kernels { sum: 0 })
    }

    fn handle(&mut self, (which, times): (u32, u32), _: &mut Context<'_, Kernels>) -> Result<(), Crash> {
        let kernel: fn(u32) -> u64 = match which {
            0 => sha256,
            1 => sort,
            2 => nbody,
            3 => json,
            4 => regex,
            5 => sieve,
            _ => return Err(Crash::new("kernel", "there are six")),
        };
        self.sum = kernel(times);
        Ok(())
    }
}

struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Blocks of 64 bytes.
fn sha256(times: u32) -> u64 {
    let mut hash = Sha256::new();
    let mut block = [7u8; 64];
    for _ in 0..times {
        hash.update(block);
        block[0] = block[0].wrapping_add(1);
    }
    u64::from_le_bytes(hash.finalize()[..8].try_into().expect("eight"))
}

/// Lists of 4,096 numbers.
fn sort(times: u32) -> u64 {
    let mut draw = Draw(1);
    let mut list: Vec<u32> = vec![0; 4_096];
    (0..times).fold(0, |sum, _| {
        list.iter_mut().for_each(|item| *item = draw.next() as u32);
        list.sort_unstable();
        sum ^ u64::from(list[2_048])
    })
}

/// Steps of five bodies.
fn nbody(times: u32) -> u64 {
    let mut bodies = [[0.0f64; 7]; 5];
    for (at, body) in bodies.iter_mut().enumerate() {
        let f = at as f64;
        *body = [f * 3.0 + 0.1, f * f - 2.0, 1.0 - f * 0.3, 0.01 * f, 0.02 - 0.003 * f, 0.001 * f, 1.0 + f];
    }
    for _ in 0..times {
        for i in 0..5 {
            for j in i + 1..5 {
                let d = [0, 1, 2].map(|axis| bodies[i][axis] - bodies[j][axis]);
                let square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2] + 0.01;
                let magnitude = 0.001 / (square * root(square));
                let (mi, mj) = (bodies[i][6], bodies[j][6]);
                for axis in 0..3 {
                    bodies[i][3 + axis] -= d[axis] * mj * magnitude;
                    bodies[j][3 + axis] += d[axis] * mi * magnitude;
                }
            }
        }
        for body in &mut bodies {
            for axis in 0..3 {
                body[axis] += 0.001 * body[3 + axis];
            }
        }
    }
    black_box(bodies)[0][0].to_bits()
}

/// Newton's, from a guess by halving the exponent: `core` has no square root.
fn root(x: f64) -> f64 {
    let guess = f64::from_bits((x.to_bits() >> 1) + (511 << 52));
    (0..4).fold(guess, |root, _| 0.5 * (root + x / root))
}

/// A list of 40 records, read and written.
fn json(times: u32) -> u64 {
    let records: Vec<String> =
        (0..40).map(|n| format!(r#"{{"id":{n},"name":"record {n}","tags":["a","b\n"],"ratio":{}.5,"ok":true}}"#, n * 3)).collect();
    let text = format!("[{}]", records.join(","));
    (0..times).fold(0, |sum, _| {
        let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        sum + serde_json::to_string(&value).expect("it was JSON").len() as u64
    })
}

/// Addresses and dates in a page of text.
fn regex(times: u32) -> u64 {
    let pattern = regex::Regex::new("([a-z0-9._]+@[a-z0-9.]+)|([0-9]{4}-[0-9]{2}-[0-9]{2})").expect("a pattern");
    let text = "On 2026-11-25 someone@example.org wrote to a.b_c@mail.example.com, and nobody answered before 2027-01-02. ".repeat(10);
    (0..times).fold(0, |sum, _| sum + pattern.find_iter(&text).map(|found| found.len() as u64).sum::<u64>())
}

/// Primes below 32 Ki.
fn sieve(times: u32) -> u64 {
    (0..times).fold(0, |sum, _| {
        let mut composite = [false; 32_768];
        let mut count = 0;
        for n in 2..composite.len() {
            if !composite[n] {
                count += 1;
                (n * n..composite.len()).step_by(n).for_each(|multiple| composite[multiple] = true);
            }
        }
        sum + black_box(count)
    })
}
