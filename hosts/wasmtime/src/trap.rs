//! From a trap of wasmtime's, and what the module says of it, to an outcome.
use peerd_guest::abi::Why;
use peerd_metered::{Outcome, Trap};
use wasmtime::Trap as Code;

/// `fuel`: what the module has left; below zero it has used it up. `why`: its own word.
pub(crate) fn outcome(error: &wasmtime::Error, fuel: i32, why: i32) -> Outcome {
    let Some(code) = error.downcast_ref::<Code>() else { return Outcome::HostFault(format!("{error:#}").into()) };
    match Why::of(why) {
        Why::Depth => return Outcome::Trapped(Trap::Depth),
        Why::Outbox => return Outcome::Trapped(Trap::Outbox),
        Why::State => return Outcome::Trapped(Trap::State),
        Why::Input => return Outcome::HostFault("a state or a message longer than its buffer".into()),
        Why::Guest => {}
    }
    match code {
        Code::UnreachableCodeReached if fuel < 0 => Outcome::Exhausted,
        // The guest threw an exception that it had not caught.
        Code::UnreachableCodeReached | Code::NullReference => Outcome::Trapped(Trap::Unreachable),
        Code::MemoryOutOfBounds | Code::HeapMisaligned | Code::TableOutOfBounds => Outcome::Trapped(Trap::OutOfBounds),
        Code::IntegerDivisionByZero | Code::IntegerOverflow | Code::BadConversionToInteger => Outcome::Trapped(Trap::Arithmetic),
        Code::IndirectCallToNull | Code::BadSignature => Outcome::Trapped(Trap::Call),
        // The engine's own stack has ended before the guest's depth did; the rest a module without threads and components can't do.
        other => Outcome::HostFault(format!("{other}").into()),
    }
}
