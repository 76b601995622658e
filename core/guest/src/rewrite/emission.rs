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

    /// Takes a constant number of fuel; `t` is a local of type i32.
    pub fn charge(&mut self, cost: u32, t: u32) {
        self.ops([I::GlobalGet(global::FUEL), I::I32Const(cost as i32)]);
        self.take(t);
    }

    /// Takes as much fuel as is on the stack, above what there is of it.
    pub fn take(&mut self, t: u32) {
        self.ops([I::I32Sub, I::LocalTee(t), I::GlobalSet(global::FUEL)]);
        self.ops([I::LocalGet(t), I::I32Const(0), I::I32LtS, I::If(BlockType::Empty)]);
        match self.layout.build {
            Build::Trap => self.op(I::Unreachable),
            Build::Yielding => self.call(Injected::Refill),
        }
        self.op(I::End);
    }

    pub fn fail(&mut self, why: Why) {
        self.ops([I::I32Const(why as i32), I::GlobalSet(global::WHY), I::Unreachable]);
    }

    /// Marks the granule of the address in local `a`, plus `offset`. A store that reaches into the next one is what a reset's spill is for.
    pub fn mark(&mut self, a: u32, offset: u32) {
        self.ops([I::GlobalGet(global::DIRTY), I::I64Const(1), I::LocalGet(a)]);
        if offset != 0 {
            self.ops([I::I32Const(offset as i32), I::I32Add]);
        }
        self.ops([I::I32Const(self.layout.shift as i32), I::I32ShrU, I::I64ExtendI32U, I::I64Shl, I::I64Or]);
        self.op(I::GlobalSet(global::DIRTY));
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
