//! The sequences that are injected among a guest's operators and into the injected functions alike.
use alloc::vec::Vec;

use wasm_encoder::{BlockType, Encode, Ieee32, Ieee64, Instruction as I, MemArg, MemArgTarget};

use super::{Build, GUEST, Injected, KERNEL, Layout, global};
use crate::abi::Why;

/// A body's operators, encoded.
pub(super) struct Emission<'a> {
    pub layout: &'a Layout,
    pub bytes: Vec<u8>,
}

impl<'a> Emission<'a> {
    pub fn new(layout: &'a Layout) -> Self {
        Emission { layout, bytes: Vec::new() }
    }

    pub fn op(&mut self, instruction: I<'_>) {
        instruction.encode(&mut self.bytes);
    }

    pub fn ops<const N: usize>(&mut self, instructions: [I<'_>; N]) {
        instructions.iter().for_each(|instruction| instruction.encode(&mut self.bytes));
    }

    pub fn call(&mut self, function: Injected) {
        self.op(I::Call(self.layout.injected(function)));
    }

    /// Takes as much fuel as is on the stack, above what there is of it; `t` is a local of type i32.
    pub fn take(&mut self, t: u32) {
        self.take_marking(t, None);
    }

    /// The same, in a function that keeps its marks in local `m`.
    pub fn take_marking(&mut self, t: u32, m: Option<u32>) {
        self.ops([I::I32Sub, I::LocalTee(t), I::GlobalSet(global::FUEL)]);
        self.ops([I::LocalGet(t), I::I32Const(0), I::I32LtS, I::If(BlockType::Empty)]);
        self.refill(m);
        self.op(I::End);
    }

    /// There is no fuel. Whoever waits for some may be swapped out meanwhile, by what is marked.
    pub fn refill(&mut self, m: Option<u32>) {
        match self.layout.build {
            Build::Trap => self.op(I::Unreachable),
            Build::Yielding => {
                if let Some(m) = m {
                    self.settle_marks(m);
                }
                self.call(Injected::Refill);
            }
        }
    }

    pub fn settle_marks(&mut self, m: u32) {
        self.ops([I::GlobalGet(global::DIRTY), I::LocalGet(m), I::I64Or, I::GlobalSet(global::DIRTY)]);
    }

    pub fn fail(&mut self, why: Why) {
        self.ops([I::I32Const(why as i32), I::GlobalSet(global::WHY), I::Unreachable]);
    }

    /// Marks the granule of the address in local `a`, plus `offset`. A store that reaches into the next one is what a reset's spill is for.
    pub fn mark(&mut self, a: u32, offset: u32) {
        self.op(I::GlobalGet(global::DIRTY));
        self.op(I::I64Const(1));
        self.address(a, offset);
        self.bit();
        self.op(I::GlobalSet(global::DIRTY));
    }

    /// The same, into local `m`, unless it is the granule that was marked last: that of the address in local `l`.
    pub fn mark_locally(&mut self, a: u32, offset: u32, m: u32, l: u32) {
        self.address(a, offset);
        self.ops([I::LocalGet(l), I::I32Xor, I::I32Const(1 << self.layout.shift), I::I32GeU, I::If(BlockType::Empty)]);
        self.address(a, offset);
        self.ops([I::LocalSet(l), I::LocalGet(m), I::I64Const(1), I::LocalGet(l)]);
        self.bit();
        self.ops([I::LocalSet(m), I::End]);
    }

    fn address(&mut self, a: u32, offset: u32) {
        self.op(I::LocalGet(a));
        if offset != 0 {
            self.ops([I::I32Const(offset as i32), I::I32Add]);
        }
    }

    /// Into the marks on the stack: 1 and an address are above them.
    fn bit(&mut self) {
        self.ops([I::I32Const(self.layout.shift as i32), I::I32ShrU, I::I64ExtendI32U, I::I64Shl, I::I64Or]);
    }

    /// The NaN that local `x`, whose value is on the stack too, may be becomes the one NaN.
    pub fn canonical_f32(&mut self, x: u32) {
        self.ops([I::F32Const(Ieee32::new(0x7fc0_0000)), I::LocalGet(x), I::LocalGet(x), I::F32Eq, I::Select]);
    }

    pub fn canonical_f64(&mut self, y: u32) {
        self.ops([I::F64Const(Ieee64::new(0x7ff8_0000_0000_0000)), I::LocalGet(y), I::LocalGet(y), I::F64Eq, I::Select]);
    }

    pub fn copy_in(&mut self) {
        self.op(I::MemoryCopy { dst_mem: GUEST, src_mem: KERNEL });
    }
}

/// At an offset of the kernel's memory.
pub(super) fn kernel(offset: u32, align: u32) -> MemArg {
    MemArg { offset: offset.into(), ..at(KERNEL, align) }
}

pub(super) fn at(memory: u32, align: u32) -> MemArg {
    MemArg { offset: 0, align, target: MemArgTarget::Memory(memory), ordering: None }
}
