//! One rewritten instance on one of two engines, with a kernel memory around it; and a turn on it, told in full.
use peerd_guest::abi::{Why, exports, told};
use peerd_guest::{Build, Rewritten};

/// Where things are in the kernel's memory here.
pub const STATE: u32 = 0x1000;
pub const MESSAGE: u32 = 0x1_0000;
pub const NEW: u32 = 0x2_0000;
pub const OUT: u32 = 0x3_0000;
/// What a turn tells when it returns.
pub const TOLD: u32 = OUT - told::BYTES;
pub const OUT_BYTES: u32 = 0x1_0000;
pub const IMAGE: u32 = 0x10_0000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    #[cfg(feature = "wasmtime")]
    Wasmtime,
    Wasmi,
}

#[cfg(feature = "wasmtime")]
pub const ENGINES: [Engine; 2] = [Engine::Wasmtime, Engine::Wasmi];
#[cfg(not(feature = "wasmtime"))]
pub const ENGINES: [Engine; 1] = [Engine::Wasmi];

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// What `peerd_turn` returned.
    Returned(i32),
    Exhausted,
    Crashed(Why),
}

/// All that a turn can be told apart by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    pub outcome: Outcome,
    pub fuel: i64,
    pub state: Vec<u8>,
    pub outbox: Vec<u8>,
}

/// What the yielding build is given, piece by piece.
#[derive(Default)]
pub struct Feed {
    pub left: i64,
    pub slice: i32,
    pub given: i64,
    pub asked: u32,
}

impl Feed {
    fn next(&mut self) -> i32 {
        self.asked += 1;
        let more = self.left.min(self.slice.into());
        self.left -= more;
        self.given += more;
        more as i32
    }
}

/// An instance, of whichever engine.
trait Machine {
    fn turn(&mut self, args: [i32; 9]) -> Option<i32>;
    fn reset(&mut self, image: i32) -> Option<()>;
    fn global(&mut self, name: &str) -> i64;
    fn write(&mut self, at: u32, bytes: &[u8]);
    fn kernel(&mut self) -> Vec<u8>;
    fn memory(&mut self) -> Vec<u8>;
    fn feed(&mut self) -> &mut Feed;
}

pub struct Guest {
    machine: Box<dyn Machine>,
    build: Build,
    pub out_bytes: u32,
}

pub fn module(class: &Rewritten, build: Build) -> &[u8] {
    match build {
        Build::Trap => &class.trap,
        Build::Yielding => &class.yielding,
    }
}

impl Guest {
    pub fn new(engine: Engine, class: &Rewritten, build: Build) -> Guest {
        Self::begun(engine, class, build).expect("its start function does not trap")
    }

    /// `None`: it trapped at instantiation.
    pub fn begun(engine: Engine, class: &Rewritten, build: Build) -> Option<Guest> {
        let image_bytes = class.report.image_bytes;
        let (pages, guest_pages) = ((IMAGE + image_bytes) / 65_536 + 1, class.report.memory_bytes / 65_536);
        let module = module(class, build);
        let machine: Box<dyn Machine> = match engine {
            #[cfg(feature = "wasmtime")]
            Engine::Wasmtime => Box::new(wasmtime_machine::One::new(module, pages, guest_pages)?),
            Engine::Wasmi => Box::new(wasmi_machine::One::new(module, pages, guest_pages)?),
        };
        let mut guest = Guest { machine, build, out_bytes: OUT_BYTES };
        let image = guest.memory();
        guest.machine.write(IMAGE, &image[..image_bytes as usize]);
        Some(guest)
    }

    /// A turn with so much fuel in all; a yielding build has it in slices.
    pub fn turn(&mut self, state: &[u8], message: &[u8], fuel: i64, slice: i32) -> Ran {
        self.machine.write(STATE, state);
        self.machine.write(MESSAGE, message);
        self.machine.write(TOLD, &[0xaa; 8]);
        let first = match self.build {
            Build::Trap => fuel.min(i32::MAX.into()) as i32,
            Build::Yielding => fuel.min(slice.into()) as i32,
        };
        *self.machine.feed() = Feed { left: fuel - i64::from(first), slice, given: first.into(), asked: 0 };
        let args = [STATE, state.len() as u32, MESSAGE, message.len() as u32, first as u32, OUT, OUT + self.out_bytes, NEW, TOLD];
        let returned = self.machine.turn(args.map(|arg| arg as i32));
        let left = self.global(exports::FUEL);
        let used = self.machine.feed().given - left;
        let kernel = self.machine.kernel();
        let at = |from: u32, length: usize| kernel[from as usize..][..length].to_vec();
        let (outcome, state, outbox) = match returned {
            Some(length) => {
                let word = |from: u32| u32::from_le_bytes(at(TOLD + from, 4).try_into().expect("four bytes"));
                let end = word(told::OUT);
                assert_eq!(i64::from(word(told::FUEL) as i32), left, "what it tells is what is left");
                (Outcome::Returned(length), at(NEW, length.max(0) as usize), at(OUT, (end - OUT) as usize))
            }
            None => {
                assert_eq!(at(TOLD, 8), [0xaa; 8], "an aborted turn told something");
                let why = Why::of(self.global(exports::WHY) as i32);
                (if left < 0 { Outcome::Exhausted } else { Outcome::Crashed(why) }, vec![], vec![])
            }
        };
        // Of one that trapped by itself it is what was told last, and a build that waits for more tells it more often.
        let fuel = if matches!(outcome, Outcome::Crashed(_)) { 0 } else { used };
        Ran { outcome, fuel, state, outbox }
    }

    pub fn reset(&mut self) {
        self.machine.reset(IMAGE as i32).expect("a reset does not trap");
    }

    pub fn global(&mut self, name: &str) -> i64 {
        self.machine.global(name)
    }

    pub fn memory(&mut self) -> Vec<u8> {
        self.machine.memory()
    }

    pub fn kernel(&mut self) -> Vec<u8> {
        self.machine.kernel()
    }

    pub fn write_kernel(&mut self, at: u32, bytes: &[u8]) {
        self.machine.write(at, bytes);
    }

    pub fn asked(&mut self) -> u32 {
        self.machine.feed().asked
    }
}

/// One turn of a fresh guest, on every engine, in both builds, whole and in slices: all the same, and this.
pub fn everywhere(class: &Rewritten, state: &[u8], message: &[u8], fuel: i64) -> Ran {
    everywhere_on(&ENGINES, class, state, message, fuel)
}

pub fn everywhere_on(engines: &[Engine], class: &Rewritten, state: &[u8], message: &[u8], fuel: i64) -> Ran {
    let mut told: Option<Ran> = None;
    for engine in engines {
        for (build, slice) in
            [(Build::Trap, 0), (Build::Yielding, i32::MAX), (Build::Yielding, 50_000), (Build::Yielding, 997), (Build::Yielding, 1)]
        {
            // Why not a slice of 1 of everything: it asks once for each piece of fuel.
            if slice == 1 && fuel > 100_000 {
                continue;
            }
            let mut guest = Guest::new(*engine, class, build);
            let ran = guest.turn(state, message, fuel, slice);
            guest.reset();
            let again = guest.turn(state, message, fuel, slice);
            assert_eq!(ran, again, "{engine:?} {build:?} {slice}: a turn on an instance that was reset");
            match &told {
                None => told = Some(ran),
                Some(told) => assert_eq!(*told, ran, "{engine:?} {build:?} in slices of {slice}"),
            }
        }
    }
    told.expect("there are engines")
}

#[cfg(feature = "wasmtime")]
mod wasmtime_machine {
    use wasmtime::{Caller, Config, Engine, Extern, Func, Instance, Linker, Memory, MemoryType, Module, OptLevel, Store, Val};

    use super::{Feed, Machine};

    pub struct One {
        store: Store<Feed>,
        instance: Instance,
        kernel: Memory,
    }

    thread_local! {
        static ENGINE: Engine = {
            let mut config = Config::new();
            config.wasm_exceptions(true);
            // Why: half of the compiling, and no test is about the code's speed.
            config.cranelift_opt_level(OptLevel::None);
            Engine::new(&config).expect("a configuration")
        };
    }

    impl One {
        pub fn new(module: &[u8], pages: u32, guest_pages: u32) -> Option<One> {
            let engine = ENGINE.with(Engine::clone);
            let module = Module::new(&engine, module).expect("it is a module");
            let mut store = Store::new(&engine, Feed::default());
            let kernel = Memory::new(&mut store, MemoryType::new(pages, None)).expect("memory");
            let mut linker = Linker::new(&engine);
            linker.define(&store, "peerd", "kernel", kernel).expect("defined once");
            let memory = Memory::new(&mut store, MemoryType::new(guest_pages, Some(guest_pages))).expect("memory");
            linker.define(&store, "peerd", "memory", memory).expect("defined once");
            let feed = Func::wrap(&mut store, |mut caller: Caller<'_, Feed>| caller.data_mut().next());
            linker.define(&store, "peerd", "yield", feed).expect("defined once");
            let instance = linker.instantiate(&mut store, &module).ok()?;
            Some(One { store, instance, kernel })
        }
    }

    impl Machine for One {
        fn turn(&mut self, args: [i32; 9]) -> Option<i32> {
            let turn = self.instance.get_func(&mut self.store, "__turn").expect("it is exported");
            let mut result = [Val::I32(0)];
            turn.call(&mut self.store, &args.map(Val::I32), &mut result).ok()?;
            result[0].i32()
        }

        fn reset(&mut self, image: i32) -> Option<()> {
            let reset = self.instance.get_typed_func::<i32, ()>(&mut self.store, "__reset").expect("it is exported");
            reset.call(&mut self.store, image).ok()
        }

        fn global(&mut self, name: &str) -> i64 {
            let global = self.instance.get_global(&mut self.store, name).expect("it is exported");
            match global.get(&mut self.store) {
                Val::I32(value) => value.into(),
                Val::I64(value) => value,
                Val::F32(bits) => bits.into(),
                Val::F64(bits) => bits as i64,
                _ => panic!("a number"),
            }
        }

        fn write(&mut self, at: u32, bytes: &[u8]) {
            self.kernel.write(&mut self.store, at as usize, bytes).expect("it is there");
        }

        fn kernel(&mut self) -> Vec<u8> {
            self.kernel.data(&self.store).to_vec()
        }

        fn memory(&mut self) -> Vec<u8> {
            let Some(Extern::Memory(memory)) = self.instance.get_export(&mut self.store, "memory") else { panic!("it is exported") };
            memory.data(&self.store).to_vec()
        }

        fn feed(&mut self) -> &mut Feed {
            self.store.data_mut()
        }
    }
}

mod wasmi_machine {
    use wasmi::{Caller, Config, Engine, Func, Instance, Linker, Memory, MemoryType, Module, Store, Val};

    use super::{Feed, Machine};

    pub struct One {
        store: Store<Feed>,
        instance: Instance,
        kernel: Memory,
    }

    impl One {
        pub fn new(module: &[u8], pages: u32, guest_pages: u32) -> Option<One> {
            // Deeper than the guests' limit: a stack of the engine's that overflows is a fault of the host's.
            let engine = Engine::new(Config::default().wasm_multi_memory(true).set_max_recursion_depth(4_000));
            let module = Module::new(&engine, module).expect("it is a module");
            let mut store = Store::new(&engine, Feed::default());
            let kernel = Memory::new(&mut store, MemoryType::new(pages, None)).expect("memory");
            let mut linker = Linker::new(&engine);
            linker.define("peerd", "kernel", kernel).expect("defined once");
            let memory = Memory::new(&mut store, MemoryType::new(guest_pages, Some(guest_pages))).expect("memory");
            linker.define("peerd", "memory", memory).expect("defined once");
            let feed = Func::wrap(&mut store, |mut caller: Caller<'_, Feed>| caller.data_mut().next());
            linker.define("peerd", "yield", feed).expect("defined once");
            let instance = linker.instantiate_and_start(&mut store, &module).ok()?;
            Some(One { store, instance, kernel })
        }
    }

    impl Machine for One {
        fn turn(&mut self, args: [i32; 9]) -> Option<i32> {
            let turn = self.instance.get_func(&self.store, "__turn").expect("it is exported");
            let mut result = [Val::I32(0)];
            turn.call(&mut self.store, &args.map(Val::I32), &mut result).ok()?;
            result[0].i32()
        }

        fn reset(&mut self, image: i32) -> Option<()> {
            let reset = self.instance.get_typed_func::<i32, ()>(&self.store, "__reset").expect("it is exported");
            reset.call(&mut self.store, image).ok()
        }

        fn global(&mut self, name: &str) -> i64 {
            match self.instance.get_global(&self.store, name).expect("it is exported").get(&self.store) {
                Val::I32(value) => value.into(),
                Val::I64(value) => value,
                Val::F32(value) => value.to_bits().into(),
                Val::F64(value) => value.to_bits() as i64,
                _ => panic!("a number"),
            }
        }

        fn write(&mut self, at: u32, bytes: &[u8]) {
            self.kernel.write(&mut self.store, at as usize, bytes).expect("it is there");
        }

        fn kernel(&mut self) -> Vec<u8> {
            self.kernel.data(&self.store).to_vec()
        }

        fn memory(&mut self) -> Vec<u8> {
            self.instance.get_memory(&self.store, "memory").expect("it is exported").data(&self.store).to_vec()
        }

        fn feed(&mut self) -> &mut Feed {
            self.store.data_mut()
        }
    }
}

/// A turn of a source as it is, with a host that keeps what it emits.
pub struct Reference {
    /// Whether it could be instantiated.
    pub begun: bool,
    /// `None`: it trapped.
    pub returned: Option<i32>,
    pub memory: Vec<u8>,
    pub outbox: Vec<u8>,
    /// Of its exports g0, g1 and so on.
    pub globals: Vec<i64>,
}

impl Reference {
    pub fn play(source: &[u8], globals: u32, (state_at, state): (u32, &[u8]), (message_at, message): (u32, &[u8])) -> Reference {
        use wasmi::{Caller, Config, Engine, Error, Func, Linker, Module, Store, Val};
        let engine = Engine::new(Config::default().set_max_recursion_depth(4_000));
        let module = Module::new(&engine, source).expect("it is a module");
        let mut store = Store::new(&engine, Vec::<u8>::new());
        let mut linker = Linker::new(&engine);
        let emit = |mut caller: Caller<'_, Vec<u8>>, op: i32, a: i64, b: i64, ptr: i32, len: i32| -> Result<(), Error> {
            let memory = caller.get_export("memory").and_then(|export| export.into_memory()).ok_or_else(|| Error::new("no memory"))?;
            let (memory, outbox) = memory.data_and_store_mut(&mut caller);
            let from = ptr as u32 as usize;
            let payload = memory.get(from..from + len as u32 as usize).ok_or_else(|| Error::new("out of bounds"))?;
            outbox.extend(op.to_le_bytes().into_iter().chain(len.to_le_bytes()));
            outbox.extend(a.to_le_bytes().into_iter().chain(b.to_le_bytes()));
            outbox.extend(payload);
            outbox.resize(outbox.len().next_multiple_of(8), 0);
            if outbox.len() > OUT_BYTES as usize { Err(Error::new("full")) } else { Ok(()) }
        };
        let emit = Func::wrap(&mut store, emit);
        linker.define("peerd", "emit", emit).expect("defined once");
        let nothing = Reference { begun: false, returned: None, memory: Vec::new(), outbox: Vec::new(), globals: Vec::new() };
        let Ok(instance) = linker.instantiate_and_start(&mut store, &module) else { return nothing };
        let memory = instance.get_memory(&store, "memory").expect("it is exported");
        memory.write(&mut store, state_at as usize, state).expect("it is there");
        memory.write(&mut store, message_at as usize, message).expect("it is there");
        let turn = instance.get_func(&store, "peerd_turn").expect("it is exported");
        let mut result = [Val::I32(0)];
        let args = [Val::I32(state.len() as i32), Val::I32(message.len() as i32)];
        let returned = turn.call(&mut store, &args, &mut result).ok().and_then(|()| result[0].i32());
        let globals = (0..globals).map(|number| {
            let global = instance.get_global(&store, &format!("g{number}")).expect("it is exported");
            match global.get(&store) {
                Val::I32(value) => value.into(),
                Val::I64(value) => value,
                Val::F32(value) => value.to_bits().into(),
                Val::F64(value) => value.to_bits() as i64,
                _ => panic!("a number"),
            }
        });
        let globals = globals.collect();
        Reference { begun: true, returned, memory: memory.data(&store).to_vec(), outbox: store.data().clone(), globals }
    }
}
