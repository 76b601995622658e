//! A second engine, to be compared with: wasmi runs the same modules, an instruction at a time.
use peerd_guest::{
    Limits as Class, Rewritten,
    abi::{Why, exports},
    rewrite,
};
use peerd_metered::{Engine, Input, Limits, OUTBOX_MAX, Outcome, Product, Trap};
use wasmi::{Config, Instance, Linker, Memory, MemoryType, Module, Store, TrapCode, Val};

pub struct Wasmi {
    rewritten: Rewritten,
    store: Store<()>,
    instance: Instance,
    kernel: Memory,
}

const STATE: usize = 0x1_0000;
const MESSAGE: usize = 0x2_0000;
const NEW: usize = 0x3_0000;
const OUT: usize = 0x4_0000;
const TOLD: usize = OUT - 8;
const IMAGE: usize = 0x6_0000;

impl Wasmi {
    pub fn new(source: &[u8]) -> Wasmi {
        Wasmi::within(source, &Class::default())
    }

    pub fn within(source: &[u8], limits: &Class) -> Wasmi {
        let rewritten = rewrite(source, limits).expect("a guest");
        let engine = wasmi::Engine::new(Config::default().wasm_multi_memory(true).set_max_recursion_depth(4_000));
        let module = Module::new(&engine, &rewritten.trap).expect("it is a module");
        let mut store = Store::new(&engine, ());
        let pages = (IMAGE + rewritten.report.image_bytes as usize).div_ceil(65_536) as u32;
        let kernel = Memory::new(&mut store, MemoryType::new(pages, None)).expect("memory");
        let mut linker = Linker::new(&engine);
        linker.define("peerd", "kernel", kernel).expect("defined once");
        let own = rewritten.report.memory_bytes / 65_536;
        let own = Memory::new(&mut store, MemoryType::new(own, Some(own))).expect("memory");
        linker.define("peerd", "memory", own).expect("defined once");
        let instance = linker.instantiate_and_start(&mut store, &module).expect("it can be instantiated");
        let own = instance.get_memory(&store, "memory").expect("it is exported");
        let image = own.data(&store)[..rewritten.report.image_bytes as usize].to_vec();
        kernel.write(&mut store, IMAGE, &image).expect("it is there");
        Wasmi { rewritten, store, instance, kernel }
    }

    fn number(&self, name: &str) -> i32 {
        match self.instance.get_global(&self.store, name).expect("it is exported").get(&self.store) {
            Val::I32(value) => value,
            _ => panic!("a number of 32 bits"),
        }
    }

    fn outcome(&self, error: &wasmi::Error) -> Outcome {
        let trap = match (Why::of(self.number(exports::WHY)), error.as_trap_code()) {
            (Why::Depth, _) => Trap::Depth,
            (Why::Outbox, _) => Trap::Outbox,
            (Why::State, _) => Trap::State,
            (Why::Guest, Some(TrapCode::UnreachableCodeReached)) if self.number(exports::FUEL) < 0 => return Outcome::Exhausted,
            (Why::Guest, Some(TrapCode::UnreachableCodeReached)) => Trap::Unreachable,
            (Why::Guest, Some(TrapCode::MemoryOutOfBounds | TrapCode::TableOutOfBounds)) => Trap::OutOfBounds,
            (Why::Guest, Some(TrapCode::IntegerDivisionByZero | TrapCode::IntegerOverflow | TrapCode::BadConversionToInteger)) => {
                Trap::Arithmetic
            }
            (Why::Guest, Some(TrapCode::IndirectCallToNull | TrapCode::BadSignature)) => Trap::Call,
            _ => return Outcome::HostFault(format!("{error}").into()),
        };
        Outcome::Trapped(trap)
    }
}

impl Engine for Wasmi {
    fn limits(&self) -> Limits {
        let report = &self.rewritten.report;
        Limits { state_max: report.state_max as usize, message_max: report.message_max as usize }
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        self.kernel.write(&mut self.store, STATE, input.state).expect("it is there");
        self.kernel.write(&mut self.store, MESSAGE, input.message).expect("it is there");
        let fuel = input.fuel.min(i32::MAX as u64) as i32;
        let turn = self.instance.get_func(&self.store, exports::TURN).expect("it is exported");
        let at = [STATE, input.state.len(), MESSAGE, input.message.len(), fuel as usize, OUT, OUT + OUTBOX_MAX, NEW, TOLD];
        let mut result = [Val::I32(0)];
        let ran = turn.call(&mut self.store, &at.map(|at| Val::I32(at as i32)), &mut result);
        out.fuel = (i64::from(fuel) - i64::from(self.number(exports::FUEL))) as u64;
        let outcome = match ran {
            Err(error) => self.outcome(&error),
            Ok(()) => {
                let returned = result[0].i32().expect("a number");
                let memory = self.kernel.data(&self.store);
                let end = u32::from_le_bytes(memory[TOLD..TOLD + 4].try_into().expect("four bytes")) as usize;
                out.outbox.extend_from_slice(&memory[OUT..end]);
                if returned < 0 {
                    Outcome::Failed
                } else {
                    out.state.extend_from_slice(&memory[NEW..NEW + returned as usize]);
                    Outcome::Done
                }
            }
        };
        let reset = self.instance.get_typed_func::<i32, ()>(&self.store, exports::RESET).expect("it is exported");
        reset.call(&mut self.store, IMAGE as i32).expect("a reset does not trap");
        outcome
    }
}
