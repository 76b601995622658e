//! Quick turns: the trap build on one instance, which is as it was after each of them.
use crate::{machine::Machine, module::Module};
use peerd_metered::{Engine, Input, Limits, Outcome, Product};
use wasmtime::{Instance, Linker, Store};

/// One per vat and class: a vat runs one turn at a time.
pub struct Quick {
    module: Module,
    /// None: not instantiated yet, or given up after a fault of the host's.
    running: Option<(Store<()>, Machine)>,
}

impl Quick {
    #[must_use]
    pub fn new(module: &Module) -> Quick {
        Quick { module: module.clone(), running: None }
    }

    fn start(&self) -> wasmtime::Result<(Store<()>, Machine)> {
        start(&self.module).map(|(store, machine, _)| (store, machine))
    }
}

fn start(module: &Module) -> wasmtime::Result<(Store<()>, Machine, Instance)> {
    let code = module.trap();
    let mut store = Store::new(code.engine(), ());
    let mut linker = Linker::new(code.engine());
    let kernel = Machine::memories(&mut store, &mut linker, module)?;
    let instance = linker.instantiate(&mut store, code)?;
    let machine = Machine::of(&mut store, instance, module, kernel)?;
    Ok((store, machine, instance))
}

/// The memory that a turn with this message leaves; all that it may have changed.
pub(crate) fn after(module: &Module, message: &[u8], out: &mut Product) -> Result<Vec<u8>, Outcome> {
    let fault = |why: &str| Outcome::HostFault(why.into());
    let (mut store, machine, instance) = start(module).map_err(|error| fault(&format!("{error:#}")))?;
    if !machine.put(&mut store, &[], message, module.report()) {
        return Err(fault("a message longer than its buffer"));
    }
    let (_, globals) = Machine::inside(&mut store, instance, module);
    let result = machine.turn.call(&mut store, machine.arguments(0, message.len(), i32::MAX));
    let outcome = machine.outcome(&mut store, result, out);
    if outcome != Outcome::Done {
        return Err(outcome);
    }
    let (mut memory, changed) = Machine::inside(&mut store, instance, module);
    // A reset puts globals back to what they were, and zeros behind the image's end.
    let end = module.report().image_bytes as usize;
    if memory[end..].iter().any(|byte| *byte != 0) || format!("{globals:?}") != format!("{changed:?}") {
        return Err(fault("this class keeps more than its memory's image"));
    }
    memory.truncate(end);
    Ok(memory)
}

impl Engine for Quick {
    fn limits(&self) -> Limits {
        let report = self.module.report();
        Limits { state_max: report.state_max as usize, message_max: report.message_max as usize }
    }

    fn turn(&mut self, input: &Input<'_>, out: &mut Product) -> Outcome {
        let (mut store, machine) = match self.running.take().map_or_else(|| self.start(), Ok) {
            Ok(running) => running,
            Err(error) => return Outcome::HostFault(format!("{error:#}").into()),
        };
        if !machine.put(&mut store, input.state, input.message, self.module.report()) {
            self.running = Some((store, machine));
            return Outcome::HostFault("a state or a message longer than its buffer".into());
        }
        let fuel = i32::try_from(input.fuel).unwrap_or(i32::MAX);
        let result = machine.turn.call(&mut store, machine.arguments(input.state.len(), input.message.len(), fuel));
        out.fuel = (i64::from(fuel) - i64::from(machine.fuel_left(&mut store))) as u64;
        let outcome = machine.outcome(&mut store, result, out);
        // An instance that is not as it was is no instance of this class.
        let is_clean = machine.reset.call(&mut store, machine.exchange.image as i32).is_ok();
        if is_clean && !matches!(outcome, Outcome::HostFault(_)) {
            self.running = Some((store, machine));
        }
        outcome
    }
}
