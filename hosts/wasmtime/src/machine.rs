//! One instance with its two memories, as both kinds of turns use it.
use crate::{exchange::Exchange, module::Module, trap};
use peerd_guest::abi::{self, exports};
use peerd_metered::{Outcome, Product};
use std::sync::OnceLock;
use wasmtime::{AsContextMut, Config, Engine, Global, Instance, Linker, Memory, MemoryType, Store, TypedFunc, Val};

/// The parameters of `__turn`.
pub(crate) type Arguments = (i32, i32, i32, i32, i32, i32, i32, i32, i32);

fn config() -> Config {
    let mut config = Config::new();
    config.wasm_exceptions(true);
    // Floats that a guest can see are canonical by its own code; what is in between can't be told apart.
    config.cranelift_nan_canonicalization(false);
    config
}

/// Why one for all: compiled code is the engine's, and each has tables of its own.
pub(crate) fn quick_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = config();
        // As much as on a fiber: how deep a turn gets must not depend on how long it takes. A thread has more.
        config.max_wasm_stack(STACK - HOST_STACK);
        Engine::new(&config).expect("a configuration of constants")
    })
}

/// Turns on fibers, which can be left in the middle.
pub(crate) fn slow_engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let mut config = config();
        // A guest's depth ends long before: 1,000 weighted frames of at most a few hundred bytes each.
        config.max_wasm_stack(STACK - HOST_STACK);
        config.async_stack_size(STACK);
        Engine::new(&config).expect("a configuration of constants")
    })
}

/// Of a fiber, and what of it is not the guest's.
const STACK: usize = 1 << 20;
const HOST_STACK: usize = 256 << 10;

/// What of an instance is looked up once.
pub(crate) struct Machine {
    pub turn: TypedFunc<Arguments, i32>,
    pub reset: TypedFunc<i32, ()>,
    pub kernel: Memory,
    fuel: Global,
    why: Global,
    pub exchange: Exchange,
}

impl Machine {
    /// The memory of an instance that is to be, and the one through which all is exchanged.
    pub fn memories<T: 'static>(store: &mut Store<T>, linker: &mut Linker<T>, module: &Module) -> wasmtime::Result<Memory> {
        let exchange = Exchange::of(module.report());
        let own = module.report().memory_bytes / peerd_guest::PAGE;
        let own = Memory::new(&mut *store, MemoryType::new(own, Some(own)))?;
        linker.define(&mut *store, abi::MODULE, abi::MEMORY, own)?;
        let kernel = Memory::new(&mut *store, MemoryType::new(exchange.pages as u32, Some(exchange.pages as u32)))?;
        linker.define(&mut *store, abi::MODULE, abi::KERNEL, kernel)?;
        Ok(kernel)
    }

    /// Just instantiated: what its memory is now it is before each turn.
    pub fn of<T: 'static>(store: &mut Store<T>, instance: Instance, module: &Module, kernel: Memory) -> wasmtime::Result<Machine> {
        let exchange = Exchange::of(module.report());
        let global = |store: &mut Store<T>, name| instance.get_global(&mut *store, name).ok_or_else(|| missing(name));
        let (fuel, why) = (global(store, exports::FUEL)?, global(store, exports::WHY)?);
        let own = instance.get_memory(&mut *store, "memory").ok_or_else(|| missing("memory"))?;
        if let Some(image) = module.image() {
            own.write(&mut *store, 0, image)?;
        }
        let pristine = own.data(&*store)[..module.report().image_bytes as usize].to_vec();
        kernel.write(&mut *store, exchange.image, &pristine)?;
        let turn = instance.get_typed_func(&mut *store, exports::TURN)?;
        let reset = instance.get_typed_func(&mut *store, exports::RESET)?;
        Ok(Machine { turn, reset, kernel, fuel, why, exchange })
    }

    /// What is given is in the memory of the exchange. False: there is more of it than there is room.
    pub fn put(&self, store: impl AsContextMut, state: &[u8], message: &[u8], report: &peerd_guest::Report) -> bool {
        let mut store = store;
        let fits = state.len() <= report.state_max as usize && message.len() <= report.message_max as usize;
        fits && self.kernel.write(&mut store, self.exchange.state, state).is_ok()
            && self.kernel.write(&mut store, self.exchange.message, message).is_ok()
    }

    pub fn arguments(&self, state: usize, message: usize, fuel: i32) -> Arguments {
        let Exchange { state: st, message: msg, out, out_end, new, told, .. } = self.exchange;
        let at = |address: usize| address as i32;
        (at(st), at(state), at(msg), at(message), fuel, at(out), at(out_end), at(new), at(told))
    }

    /// The guest's whole memory, its mutable globals, and how many pages it believes it has.
    pub fn inside<T: 'static>(store: &mut Store<T>, instance: Instance, module: &Module) -> (Vec<u8>, Vec<Val>) {
        let memory = instance.get_memory(&mut *store, "memory").map(|own| own.data(&*store).to_vec());
        let names = (0..module.report().globals).map(|number| format!("{}{number}", exports::GLOBAL)).chain([exports::PAGES.into()]);
        let globals: Vec<Global> = names.filter_map(|name| instance.get_global(&mut *store, &name)).collect();
        (memory.unwrap_or_default(), globals.into_iter().map(|global| global.get(&mut *store)).collect())
    }

    /// What is left of the fuel; below zero: what is owed.
    pub fn fuel_left(&self, store: impl AsContextMut) -> i32 {
        number(&self.fuel, store)
    }

    /// What the call came to, with all but the fuel of its product.
    pub fn outcome(&self, store: impl AsContextMut, result: wasmtime::Result<i32>, out: &mut Product) -> Outcome {
        let mut store = store;
        let returned = match result {
            Ok(returned) => returned,
            Err(error) => return trap::outcome(&error, self.fuel_left(&mut store), number(&self.why, &mut store)),
        };
        let memory = self.kernel.data(&store);
        let Exchange { out: start, out_end, new, told, .. } = self.exchange;
        let end = memory[told..][..4].try_into().map_or(0, u32::from_le_bytes) as usize;
        assert!((start..=out_end).contains(&end), "the verifier has seen what writes it");
        out.outbox.extend_from_slice(&memory[start..end]);
        if returned < 0 {
            return Outcome::Failed;
        }
        out.state.extend_from_slice(&memory[new..new + returned as usize]);
        Outcome::Done
    }
}

fn number(global: &Global, store: impl AsContextMut) -> i32 {
    match global.get(store) {
        Val::I32(value) => value,
        _ => unreachable!("the verifier has seen its type"),
    }
}

fn missing(name: &str) -> wasmtime::Error {
    wasmtime::Error::msg(format!("no {name} among the exports"))
}
