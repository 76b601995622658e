//! 7. A rogue: it does not use what the others use but the import itself, and does what it is told that it must not. Only as a module.
#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg(target_arch = "wasm32")]
#![expect(unsafe_code, reason = "what a guest of ill will would write")]
extern crate alloc;
use core::hint::black_box;
use peerd_actor::{prelude::*, wire::Op};

#[link(wasm_import_module = "peerd")]
unsafe extern "C" {
    fn emit(op: u32, a: u64, b: u64, payload: *const u8, length: usize);
}

#[derive(Message)]
pub struct Rogue {
    secret: u64,
}

fn say(op: Op, a: u64, b: u64, payload: &[u8]) {
    unsafe { emit(op as u32, a, b, payload.as_ptr(), payload.len()) }
}

#[actor]
impl Actor for Rogue {
    const NAME: &'static str = "rogue";
    type Args = ();
    type Message = u8;

    fn init((): (), _: &mut Context<'_, Rogue>) -> Result<Rogue, Crash> {
        Ok(Rogue { secret: 0x5EC2_E75E_C2E7_5EC2 })
    }

    fn handle(&mut self, message: u8, _: &mut Context<'_, Rogue>) -> Result<(), Crash> {
        match message {
            // Every index that it was not given.
            1 => say(Op::Send, black_box(2), 0, b"stolen"),
            2 => say(Op::Send, black_box(u64::MAX), 0, b"stolen"),
            3 => say(Op::Send, 0, 1, &black_box(3u32).to_le_bytes()),
            4 => say(Op::Keep, 0, 0, &black_box(9u32).to_le_bytes()),
            5 => say(Op::Reply, 1, 0, b"nobody asked"),
            // More than an outbox holds.
            6 => loop {
                say(Op::Send, 0, 0, &[7; 1_000]);
            },
            7 => unsafe { emit(1, 0, 0, black_box(16) as *const u8, black_box(usize::MAX)) },
            8 => unsafe { emit(1, 0, 0, black_box(usize::MAX) as *const u8, 8) },
            9 => say(Op::Spawn, 0, 0, &[&4u32.to_le_bytes()[..], &[0; 4], b"root"].concat()),
            // Deeper than its calls may go.
            10 => self.secret = deep(black_box(1_000_000)),
            // Memory that it has not.
            11 => self.secret = unsafe { (black_box(usize::MAX - 8) as *const u64).read_volatile() },
            12 => loop {
                black_box(Vec::<u8>::with_capacity(1 << 16));
                if core::arch::wasm32::memory_grow(0, 1) == usize::MAX {
                    panic!("no more");
                }
            },
            13 => self.secret /= black_box(0u64).wrapping_add(black_box(0)),
            14 => panic!("told to"),
            15 => {
                let call: fn() = unsafe { core::mem::transmute(black_box(9_999usize)) };
                call();
            }
            // An operation that there is not, and a failure that is none.
            16 => unsafe { emit(black_box(4_711), 0, 0, core::ptr::null(), 0) },
            17 => say(Op::Fail, 3, 0, b"liewell"),
            // Never an end, three ways.
            18 => loop {
                black_box(());
            },
            19 => unsafe {
                loop {
                    core::ptr::write_bytes(black_box(0x1000) as *mut u8, 0, black_box(60_000));
                }
            },
            _ => {}
        }
        Ok(())
    }
}

fn deep(left: u64) -> u64 {
    if left == 0 { 0 } else { black_box(deep(black_box(left - 1))) + left }
}
