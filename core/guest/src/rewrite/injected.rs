//! The injected functions' bodies. Addresses `st`, `msg`, `out`, `new`, `told`, `image` are the kernel's, all others the guest's.
use wasm_encoder::{BlockType, Catch, Function as Body, Instruction as I, ValType};

use super::emission::{Emission, at, kernel};
use super::{GUEST, Injected, KERNEL, Layout, global};
use crate::abi::{Why, entry, told};
use crate::costs;
use crate::limits::{PIECE, SPILL};
use crate::source::Source;

const EMPTY: BlockType = BlockType::Empty;

pub(super) fn write(function: Injected, source: &Source<'_>, layout: &Layout) -> Body {
    let mut it = Emission::new(layout);
    let locals: &[(u32, ValType)] = match function {
        Injected::Emit => emit(&mut it),
        Injected::Turn => turn(&mut it, source),
        Injected::Reset => reset(&mut it, source),
        Injected::Mark => mark(&mut it),
        Injected::TakeIn => moved(&mut it, GUEST, KERNEL),
        Injected::GiveOut => moved(&mut it, KERNEL, GUEST),
        Injected::Fill => fill(&mut it),
        Injected::Copy => copy(&mut it),
        Injected::Init => init(&mut it),
        Injected::Grow => grow(&mut it),
        Injected::Begin => begin(&mut it, source),
        Injected::Refill => refill(&mut it),
    };
    it.op(I::End);
    let mut body = Body::new(locals.iter().copied());
    body.raw(it.bytes);
    body
}

/// op, a, b, ptr, len: an entry at `out`, if it ends before `out_end`.
fn emit(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let (op, a, b, ptr, len, t, padded) = (0, 1, 2, 3, 4, 5, 6);
    // In 64 bits: a length near 2^32 must not wrap.
    it.ops([I::LocalGet(len), I::I64ExtendI32U, I::I64Const(i64::from(entry::ALIGN) - 1), I::I64Add]);
    it.ops([I::I64Const(-i64::from(entry::ALIGN)), I::I64And, I::LocalTee(padded), I::I64Const(entry::BYTES.into()), I::I64Add]);
    it.ops([I::GlobalGet(global::OUT_END), I::I64ExtendI32U, I::GlobalGet(global::OUT), I::I64ExtendI32U, I::I64Sub]);
    it.ops([I::I64GtS, I::If(EMPTY)]);
    it.fail(Why::Outbox);
    it.op(I::End);
    it.ops([I::GlobalGet(global::FUEL), I::LocalGet(len), I::I32Const(4), I::I32ShrU, I::I32Const(costs::EMIT as i32), I::I32Add]);
    it.take(t);
    it.ops([I::GlobalGet(global::OUT), I::LocalGet(op), I::I32Store(kernel(entry::OP, 2))]);
    it.ops([I::GlobalGet(global::OUT), I::LocalGet(len), I::I32Store(kernel(entry::LEN, 2))]);
    it.ops([I::GlobalGet(global::OUT), I::LocalGet(a), I::I64Store(kernel(entry::A, 3))]);
    it.ops([I::GlobalGet(global::OUT), I::LocalGet(b), I::I64Store(kernel(entry::B, 3))]);
    it.ops([I::LocalGet(len), I::If(EMPTY)]);
    // The padding is zeros, whatever stood there: the outbox is part of what is equal everywhere.
    it.ops([I::GlobalGet(global::OUT), I::LocalGet(padded), I::I32WrapI64, I::I32Add, I::I64Const(0)]);
    it.op(I::I64Store(kernel(entry::BYTES - entry::ALIGN, 3)));
    it.ops([I::GlobalGet(global::OUT), I::I32Const(entry::BYTES as i32), I::I32Add, I::LocalGet(ptr), I::LocalGet(len)]);
    it.call(Injected::GiveOut);
    it.op(I::End);
    it.ops([I::GlobalGet(global::OUT), I::LocalGet(padded), I::I32WrapI64, I::I32Add, I::I32Const(entry::BYTES as i32), I::I32Add]);
    it.op(I::GlobalSet(global::OUT));
    &[(1, ValType::I32), (1, ValType::I64)]
}

fn turn(it: &mut Emission<'_>, source: &Source<'_>) -> &'static [(u32, ValType)] {
    let (st, sl, msg, ml, fuel, out, out_end, new, told, r, t) = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    let (state, message) = (source.state, source.message);
    it.ops([I::LocalGet(fuel), I::GlobalSet(global::FUEL), I::I32Const(0), I::GlobalSet(global::DEPTH)]);
    it.ops([I::I32Const(0), I::GlobalSet(global::WHY)]);
    it.ops([I::LocalGet(out), I::GlobalSet(global::OUT), I::LocalGet(out_end), I::GlobalSet(global::OUT_END)]);
    it.ops([I::LocalGet(sl), I::I32Const(state.bytes as i32), I::I32GtU]);
    it.ops([I::LocalGet(ml), I::I32Const(message.bytes as i32), I::I32GtU, I::I32Or, I::If(EMPTY)]);
    it.fail(Why::Input);
    it.op(I::End);
    it.ops([I::GlobalGet(global::FUEL), I::LocalGet(sl), I::LocalGet(ml), I::I32Add, I::I32Const(4), I::I32ShrU]);
    it.ops([I::I32Const(costs::TURN as i32), I::I32Add]);
    it.take(t);
    // What is copied in would be the next tenant's to read, if it were not marked.
    it.ops([I::I32Const(state.at as i32), I::LocalGet(sl)]);
    it.call(Injected::Mark);
    it.ops([I::I32Const(message.at as i32), I::LocalGet(ml)]);
    it.call(Injected::Mark);
    it.ops([I::I32Const(state.at as i32), I::LocalGet(st), I::LocalGet(sl)]);
    it.call(Injected::TakeIn);
    it.ops([I::I32Const(message.at as i32), I::LocalGet(msg), I::LocalGet(ml)]);
    it.call(Injected::TakeIn);
    let call = it.layout.function(source.turn);
    let arguments = [I::LocalGet(sl), I::LocalGet(ml), I::Call(call), I::LocalSet(r)];
    if source.tags.is_empty() {
        it.ops(arguments);
    } else {
        // What nobody caught must not unwind the kernel's frames as an exception: it ends as every other failure does.
        it.ops([I::Block(EMPTY), I::Block(EMPTY), I::TryTable(EMPTY, [Catch::All { label: 0 }].as_slice().into())]);
        it.ops(arguments);
        it.ops([I::End, I::Br(1), I::End, I::Unreachable, I::End]);
    }
    it.ops([I::LocalGet(r), I::I32Const(0), I::I32LtS, I::If(EMPTY), I::I32Const(crate::abi::FAILED), I::LocalSet(r), I::Else]);
    it.ops([I::LocalGet(r), I::I32Const(state.bytes as i32), I::I32GtU, I::If(EMPTY)]);
    it.fail(Why::State);
    it.op(I::End);
    it.ops([I::GlobalGet(global::FUEL), I::LocalGet(r), I::I32Const(4), I::I32ShrU]);
    it.take(t);
    it.ops([I::LocalGet(new), I::I32Const(state.at as i32), I::LocalGet(r)]);
    it.call(Injected::GiveOut);
    it.op(I::End);
    it.ops([I::LocalGet(told), I::GlobalGet(global::OUT), I::I32Store(kernel(told::OUT, 2))]);
    it.ops([I::LocalGet(told), I::GlobalGet(global::FUEL), I::I32Store(kernel(told::FUEL, 2))]);
    it.ops([I::I32Const(0), I::GlobalSet(global::OUT_END), I::LocalGet(r)]);
    &[(2, ValType::I32)]
}

/// image: each run of dirty granules, and as far as a store can reach beyond it, as it was.
fn reset(it: &mut Emission<'_>, source: &Source<'_>) -> &'static [(u32, ValType)] {
    let (image, at, n, c, lo) = (0, 1, 2, 3, 4);
    let (shift, memory, image_bytes) = (it.layout.shift, it.layout.memory_bytes(), it.layout.image_bytes);
    // A turn that did not come to its end: what it marked last nobody was told.
    it.ops([I::GlobalGet(global::OUT_END), I::If(EMPTY), I::I64Const(-1), I::GlobalSet(global::DIRTY)]);
    it.ops([I::I32Const(0), I::GlobalSet(global::OUT_END), I::End]);
    it.ops([I::Block(EMPTY), I::Loop(EMPTY), I::GlobalGet(global::DIRTY), I::I64Eqz, I::BrIf(1)]);
    it.ops([I::GlobalGet(global::DIRTY), I::I64Ctz, I::LocalTee(lo), I::I32WrapI64, I::I32Const(shift as i32), I::I32Shl, I::LocalSet(at)]);
    it.ops([I::GlobalGet(global::DIRTY), I::LocalGet(lo), I::I64ShrU, I::I64Const(-1), I::I64Xor, I::I64Ctz, I::I32WrapI64]);
    it.ops([I::I32Const(shift as i32), I::I32Shl, I::I32Const(SPILL as i32), I::I32Add, I::LocalSet(n)]);
    // The carry of the run's lowest bit takes the whole run away.
    it.ops([I::GlobalGet(global::DIRTY), I::GlobalGet(global::DIRTY), I::I64Const(1), I::LocalGet(lo), I::I64Shl, I::I64Add, I::I64And]);
    it.op(I::GlobalSet(global::DIRTY));
    // The granules of a memory that is no power of two reach beyond it; an access there has trapped, but has marked.
    it.ops([I::LocalGet(at), I::I32Const(memory as i32), I::I32GeU, I::BrIf(0)]);
    it.ops([I::LocalGet(n), I::I32Const(memory as i32), I::LocalGet(at), I::I32Sub, I::LocalTee(c)]);
    it.ops([I::LocalGet(n), I::LocalGet(c), I::I32LtU, I::Select, I::LocalSet(n)]);
    // How much of it the image has.
    it.ops([I::I32Const(0), I::LocalSet(c)]);
    it.ops([I::LocalGet(at), I::I32Const(image_bytes as i32), I::I32LtU, I::If(EMPTY)]);
    it.ops([I::LocalGet(n), I::I32Const(image_bytes as i32), I::LocalGet(at), I::I32Sub, I::LocalTee(c)]);
    it.ops([I::LocalGet(n), I::LocalGet(c), I::I32LtU, I::Select, I::LocalSet(c)]);
    it.ops([I::LocalGet(at), I::LocalGet(image), I::LocalGet(at), I::I32Add, I::LocalGet(c)]);
    it.copy_in();
    it.op(I::End);
    it.ops([I::LocalGet(c), I::LocalGet(n), I::I32LtU, I::If(EMPTY), I::LocalGet(at), I::LocalGet(c), I::I32Add, I::I32Const(0)]);
    it.ops([I::LocalGet(n), I::LocalGet(c), I::I32Sub, I::MemoryFill(GUEST), I::End]);
    it.ops([I::Br(0), I::End, I::End]);
    for (number, (global, _)) in mutable(source).enumerate() {
        it.ops([I::GlobalGet(it.layout.pristine(number as u32)), I::GlobalSet(it.layout.global(global))]);
    }
    it.ops([I::GlobalGet(global::PAGES_AT_FIRST), I::GlobalSet(global::PAGES)]);
    &[(3, ValType::I32), (1, ValType::I64)]
}

/// The source's mutable globals: number and type.
pub(super) fn mutable<'a>(source: &'a Source<'_>) -> impl Iterator<Item = (u32, wasmparser::ValType)> + 'a {
    source.globals.iter().zip(0..).filter(|(global, _)| global.mutable).map(|(global, number)| (number, global.kind))
}

/// d, s, n: from one memory into the other. Why not always in one operator: engines call a function of theirs for it, and most of what
/// is moved are a few words.
fn moved(it: &mut Emission<'_>, to: u32, from: u32) -> &'static [(u32, ValType)] {
    let (d, s, n) = (0, 1, 2);
    it.ops([I::LocalGet(n), I::I32Const(SHORT), I::I32GtU, I::If(EMPTY), I::LocalGet(d), I::LocalGet(s), I::LocalGet(n)]);
    it.ops([I::MemoryCopy { dst_mem: to, src_mem: from }, I::Return, I::End]);
    for (step, load, store) in
        [(8, I::I64Load(at(from, 0)), I::I64Store(at(to, 0))), (1, I::I32Load8U(at(from, 0)), I::I32Store8(at(to, 0)))]
    {
        it.ops([I::Block(EMPTY), I::Loop(EMPTY), I::LocalGet(n), I::I32Const(step), I::I32LtU, I::BrIf(1)]);
        it.ops([I::LocalGet(d), I::LocalGet(s), load, store]);
        it.ops([
            I::LocalGet(d),
            I::I32Const(step),
            I::I32Add,
            I::LocalSet(d),
            I::LocalGet(s),
            I::I32Const(step),
            I::I32Add,
            I::LocalSet(s),
        ]);
        it.ops([I::LocalGet(n), I::I32Const(step), I::I32Sub, I::LocalSet(n), I::Br(0), I::End, I::End]);
    }
    &[]
}

/// Bytes that are moved word by word.
const SHORT: i32 = 256;

/// address, length: every granule of the range. Out of bounds it marks anything: what it is called for traps.
fn mark(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let (address, length, lo) = (0, 1, 2);
    let shift = i64::from(it.layout.shift);
    it.ops([I::LocalGet(length), I::If(EMPTY)]);
    it.ops([I::GlobalGet(global::DIRTY), I::I64Const(-1), I::I64Const(63)]);
    it.ops([I::LocalGet(address), I::I64ExtendI32U, I::LocalGet(length), I::I64ExtendI32U, I::I64Add, I::I64Const(1), I::I64Sub]);
    it.ops([I::I64Const(shift), I::I64ShrU]);
    it.ops([I::LocalGet(address), I::I64ExtendI32U, I::I64Const(shift), I::I64ShrU, I::LocalTee(lo)]);
    it.ops([I::I64Sub, I::I64Sub, I::I64ShrU, I::LocalGet(lo), I::I64Shl, I::I64Or, I::GlobalSet(global::DIRTY), I::End]);
    &[(1, ValType::I64)]
}

/// Takes what a piece of bulk work costs: a sixteenth of its bytes.
fn charge_piece(it: &mut Emission<'_>, t: u32) {
    it.ops([I::GlobalGet(global::FUEL), I::I32Const((PIECE >> 4) as i32)]);
    it.take(t);
}

fn charge_rest(it: &mut Emission<'_>, n: u32, t: u32) {
    it.ops([I::GlobalGet(global::FUEL), I::LocalGet(n), I::I32Const(4), I::I32ShrU]);
    it.take(t);
}

fn while_longer_than_a_piece(it: &mut Emission<'_>, n: u32) {
    it.ops([I::Block(EMPTY), I::Loop(EMPTY), I::LocalGet(n), I::I32Const(PIECE as i32), I::I32LeU, I::BrIf(1)]);
}

fn by_a_piece(it: &mut Emission<'_>, what: u32, step: I<'static>) {
    it.ops([I::LocalGet(what), I::I32Const(PIECE as i32), step, I::LocalSet(what)]);
}

/// d, v, n
fn fill(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let (d, v, n, t) = (0, 1, 2, 3);
    while_longer_than_a_piece(it, n);
    charge_piece(it, t);
    it.ops([I::LocalGet(d), I::I32Const(PIECE as i32)]);
    it.call(Injected::Mark);
    it.ops([I::LocalGet(d), I::LocalGet(v), I::I32Const(PIECE as i32), I::MemoryFill(GUEST)]);
    by_a_piece(it, d, I::I32Add);
    by_a_piece(it, n, I::I32Sub);
    it.ops([I::Br(0), I::End, I::End]);
    charge_rest(it, n, t);
    it.ops([I::LocalGet(d), I::LocalGet(n)]);
    it.call(Injected::Mark);
    it.ops([I::LocalGet(d), I::LocalGet(v), I::LocalGet(n), I::MemoryFill(GUEST)]);
    &[(1, ValType::I32)]
}

/// d, s, n: from the end when the ranges could overlap that way.
fn copy(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let (d, s, n, t) = (0, 1, 2, 3);
    let within = I::MemoryCopy { dst_mem: GUEST, src_mem: GUEST };
    it.ops([I::LocalGet(d), I::LocalGet(s), I::I32GtU, I::If(EMPTY)]);
    while_longer_than_a_piece(it, n);
    charge_piece(it, t);
    by_a_piece(it, n, I::I32Sub);
    it.ops([I::LocalGet(d), I::LocalGet(n), I::I32Add, I::I32Const(PIECE as i32)]);
    it.call(Injected::Mark);
    it.ops([I::LocalGet(d), I::LocalGet(n), I::I32Add, I::LocalGet(s), I::LocalGet(n), I::I32Add, I::I32Const(PIECE as i32)]);
    it.ops([within.clone(), I::Br(0), I::End, I::End, I::Else]);
    while_longer_than_a_piece(it, n);
    charge_piece(it, t);
    it.ops([I::LocalGet(d), I::I32Const(PIECE as i32)]);
    it.call(Injected::Mark);
    it.ops([I::LocalGet(d), I::LocalGet(s), I::I32Const(PIECE as i32), within.clone()]);
    by_a_piece(it, d, I::I32Add);
    by_a_piece(it, s, I::I32Add);
    by_a_piece(it, n, I::I32Sub);
    it.ops([I::Br(0), I::End, I::End, I::End]);
    charge_rest(it, n, t);
    it.ops([I::LocalGet(d), I::LocalGet(n)]);
    it.call(Injected::Mark);
    few(it);
    it.ops([I::LocalGet(d), I::LocalGet(s), I::LocalGet(n), within]);
    &[(1, ValType::I32)]
}

/// Copies 1 to 32 bytes and returns. Why: engines call a function of theirs for a copy, and most are of a few words. All that is read is
/// read before anything is written, so that the ranges may overlap.
fn few(it: &mut Emission<'_>) {
    let (d, s, n) = (0, 1, 2);
    let here = at(GUEST, 0);
    // From the front, and up to the end.
    let front = |place: u32, offset: u32| [I::LocalGet(place), I::I32Const(offset as i32), I::I32Add];
    let back = |place: u32, before: u32| [I::LocalGet(place), I::LocalGet(n), I::I32Add, I::I32Const(before as i32), I::I32Sub];
    it.ops([I::LocalGet(n), I::I32Const(1), I::I32Sub, I::I32Const(32), I::I32LtU, I::If(EMPTY)]);
    it.ops([I::LocalGet(n), I::I32Const(16), I::I32GtU, I::If(EMPTY)]);
    for offset in [0, 8] {
        it.ops(front(d, offset));
        it.ops(front(s, offset));
        it.op(I::I64Load(here));
    }
    for before in [16, 8] {
        it.ops(back(d, before));
        it.ops(back(s, before));
        it.op(I::I64Load(here));
    }
    it.ops([I::I64Store(here), I::I64Store(here), I::I64Store(here), I::I64Store(here), I::Return, I::End]);
    for (least, load, store) in [(8, I::I64Load(here), I::I64Store(here)), (4, I::I32Load(here), I::I32Store(here))] {
        it.ops([I::LocalGet(n), I::I32Const(least as i32), I::I32GeU, I::If(EMPTY), I::LocalGet(d), I::LocalGet(s), load.clone()]);
        it.ops(back(d, least));
        it.ops(back(s, least));
        it.ops([load, store.clone(), store, I::Return, I::End]);
    }
    // One, two or three.
    it.ops([I::LocalGet(d), I::LocalGet(s), I::I32Load8U(here)]);
    for place in [[I::LocalGet(n), I::I32Const(1), I::I32ShrU], [I::LocalGet(n), I::I32Const(1), I::I32Sub]] {
        it.op(I::LocalGet(d));
        it.ops(place.clone());
        it.ops([I::I32Add, I::LocalGet(s)]);
        it.ops(place);
        it.ops([I::I32Add, I::I32Load8U(here)]);
    }
    it.ops([I::I32Store8(here), I::I32Store8(here), I::I32Store8(here), I::Return, I::End]);
}

/// d, s, n: before a `memory.init`, which gets the same. No segment is longer than a piece.
fn init(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let (d, s, n, t) = (0, 1, 2, 3);
    it.ops([I::LocalGet(n), I::I32Const(PIECE as i32), I::I32GtU, I::If(EMPTY), I::Unreachable, I::End]);
    charge_rest(it, n, t);
    it.ops([I::LocalGet(d), I::LocalGet(n)]);
    it.call(Injected::Mark);
    it.ops([I::LocalGet(d), I::LocalGet(s), I::LocalGet(n)]);
    &[(1, ValType::I32)]
}

/// n: the memory is as large as it gets from the beginning; what the guest may know of it grows.
fn grow(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let (n, t) = (0, 1);
    it.ops([I::GlobalGet(global::FUEL), I::I32Const(costs::GROW as i32)]);
    it.take(t);
    it.ops([I::LocalGet(n), I::I32Const(it.layout.pages_max as i32), I::GlobalGet(global::PAGES), I::I32Sub, I::I32GtU, I::If(EMPTY)]);
    it.ops([I::I32Const(-1), I::Return, I::End]);
    it.ops([I::GlobalGet(global::PAGES), I::GlobalGet(global::PAGES), I::LocalGet(n), I::I32Add, I::GlobalSet(global::PAGES)]);
    &[(1, ValType::I32)]
}

/// Runs at instantiation; what it leaves is pristine.
fn begin(it: &mut Emission<'_>, source: &Source<'_>) -> &'static [(u32, ValType)] {
    if let Some(start) = source.start {
        it.op(I::Call(it.layout.function(start)));
        for (number, (global, _)) in mutable(source).enumerate() {
            it.ops([I::GlobalGet(it.layout.global(global)), I::GlobalSet(it.layout.pristine(number as u32))]);
        }
        it.ops([I::GlobalGet(global::PAGES), I::GlobalSet(global::PAGES_AT_FIRST), I::I64Const(0), I::GlobalSet(global::DIRTY)]);
    }
    &[]
}

/// Only in the yielding build. Adds what it is given until there is fuel: a debt is carried, never forgiven.
fn refill(it: &mut Emission<'_>) -> &'static [(u32, ValType)] {
    let t = 0;
    it.ops([I::Loop(EMPTY), I::Call(0), I::LocalTee(t), I::I32Const(0), I::I32LeS, I::If(EMPTY), I::Unreachable, I::End]);
    it.ops([I::GlobalGet(global::FUEL), I::LocalGet(t), I::I32Add, I::GlobalSet(global::FUEL)]);
    it.ops([I::GlobalGet(global::FUEL), I::I32Const(0), I::I32LtS, I::BrIf(0), I::End]);
    &[(1, ValType::I32)]
}
