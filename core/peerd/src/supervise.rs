//! Supervisors in the types of this crate: a child is one line, and starting one answers with its address.
use crate::{Actor, Addr, Context, Message, Reader, Writer, encode};
use alloc::vec::Vec;
use peerd_otp::supervisor::{self, Answer, AutoShutdown, ChildSpec, Failure, Request, Restart, Shutdown, SupervisorSpec};
use peerd_vat::{CALL_MS, Durability, Ref, Settle};
use serde::{Deserialize, Serialize};

/// A child to be: which actor, with which arguments, and what is done when it ends.
#[derive(Clone, Debug)]
pub struct Child {
    spec: ChildSpec,
    refs: Vec<Ref>,
}

impl Child {
    /// A permanent worker with 5 s to stop. `id` is unique in its supervisor.
    #[must_use]
    pub fn new<A: Actor>(id: &str, args: &A::Args) -> Child {
        let (args, refs) = encode(args);
        Child { spec: ChildSpec::new(id, A::NAME, args), refs }
    }

    /// A supervisor below a supervisor. It may take for ever to stop.
    #[must_use]
    pub fn supervisor(id: &str, supervisor: Supervisor) -> Child {
        Child { spec: ChildSpec::new(id, supervisor::NAME, supervisor.spec.encode()), refs: supervisor.refs }
    }

    /// Restarted only after an abnormal exit.
    #[must_use]
    pub fn transient(self) -> Child {
        self.with(|spec| spec.restart(Restart::Transient))
    }

    /// Never restarted.
    #[must_use]
    pub fn temporary(self) -> Child {
        self.with(|spec| spec.restart(Restart::Temporary))
    }

    #[must_use]
    pub fn shutdown(self, shutdown: Shutdown) -> Child {
        self.with(|spec| spec.shutdown(shutdown))
    }

    /// Goes on from its last commit at each start but the first, also in later lives of the vat if its supervisor is kept there.
    #[must_use]
    pub fn durable(self) -> Child {
        self.with(|spec| spec.durability(Durability::Durable))
    }

    /// What a supervisor is asked, to start it. For hosts.
    #[must_use]
    pub fn into_request(self) -> (Request, Vec<Ref>) {
        (Request::StartChild(self.spec), self.refs)
    }

    /// Whatever else a spec can say.
    #[must_use]
    pub fn with(self, change: impl FnOnce(ChildSpec) -> ChildSpec) -> Child {
        Child { spec: change(self.spec), ..self }
    }
}

/// Flags and first children of a supervisor.
#[derive(Clone, Debug)]
pub struct Supervisor {
    pub(crate) spec: SupervisorSpec,
    pub(crate) refs: Vec<Ref>,
}

impl Supervisor {
    /// Only the child that ended is started again.
    #[must_use]
    pub fn one_for_one() -> Supervisor {
        Supervisor { spec: SupervisorSpec::one_for_one(), refs: Vec::new() }
    }

    /// All of them are.
    #[must_use]
    pub fn one_for_all() -> Supervisor {
        Supervisor { spec: SupervisorSpec::one_for_all(), refs: Vec::new() }
    }

    /// It and those started after it are.
    #[must_use]
    pub fn rest_for_one() -> Supervisor {
        Supervisor { spec: SupervisorSpec::rest_for_one(), refs: Vec::new() }
    }

    /// Any number of children of one kind, each started by `Context::start_another`.
    #[must_use]
    pub fn of_many<A: Actor>() -> Supervisor {
        Supervisor { spec: SupervisorSpec::simple_one_for_one(ChildSpec::new("child", A::NAME, Vec::new())), refs: Vec::new() }
    }

    /// So many restarts within so many milliseconds; one more and it gives up.
    #[must_use]
    pub fn intensity(self, restarts: u32, period_ms: u64) -> Supervisor {
        Supervisor { spec: self.spec.intensity(restarts, period_ms), ..self }
    }

    #[must_use]
    pub fn auto_shutdown(self, auto_shutdown: AutoShutdown) -> Supervisor {
        Supervisor { spec: self.spec.auto_shutdown(auto_shutdown), ..self }
    }

    /// The arguments and the endowment that a supervisor is spawned with. For hosts.
    #[must_use]
    pub fn into_parts(self) -> (Vec<u8>, Vec<Ref>) {
        (self.spec.encode(), self.refs)
    }

    /// Started after those before it, stopped before them.
    #[must_use]
    pub fn child(mut self, child: Child) -> Supervisor {
        let first = self.refs.len() as u32;
        let refs: Vec<u32> = (first..first + child.refs.len() as u32).collect();
        self.refs.extend(child.refs);
        Supervisor { spec: self.spec.child(child.spec.refs(&refs)), refs: self.refs }
    }
}

/// A living supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supervised(pub(crate) Ref);

impl Supervised {
    #[must_use]
    #[allow(clippy::should_implement_trait, reason = "it gives a `Ref`, not a reference")]
    pub const fn as_ref(self) -> Ref {
        self.0
    }

    /// Trusts the caller that a supervisor is there.
    #[must_use]
    pub const fn from_ref(supervisor: Ref) -> Supervised {
        Supervised(supervisor)
    }
}

impl Message for Supervised {
    fn put(&self, to: &mut Writer<'_>) {
        to.reference(self.0);
    }

    fn get(from: &mut Reader<'_>) -> Option<Supervised> {
        from.reference().map(Supervised)
    }
}

/// Why a supervisor did not start a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFailed {
    /// The child's own init said that it is not wanted.
    Ignored,
    Refused(Failure),
    /// The supervisor did not answer.
    Call(Settle),
}

impl<A: Actor> Context<'_, '_, A> {
    /// Starts a child of `B` under that supervisor. Its address survives its restarts.
    pub fn start_child<B: Actor>(
        &mut self,
        supervisor: Supervised,
        child: Child,
        then: impl FnOnce(Result<Addr<B::Message>, StartFailed>) -> A::Message + Send + 'static,
    ) {
        let (request, refs) = child.into_request();
        self.request(supervisor, &request, &refs, move |answer| then(started(answer)));
    }

    /// Starts one more child of a supervisor of many.
    pub fn start_another<B: Actor>(
        &mut self,
        supervisor: Supervised,
        args: &B::Args,
        then: impl FnOnce(Result<Addr<B::Message>, StartFailed>) -> A::Message + Send + 'static,
    ) {
        let (args, refs) = encode(args);
        self.request(supervisor, &Request::StartDynamic { args, key: None }, &refs, move |answer| then(started(answer)));
    }

    /// Stops a child. Its supervisor does not start it again.
    pub fn terminate_child(
        &mut self,
        supervisor: Supervised,
        id: &str,
        then: impl FnOnce(Result<Answer, Settle>) -> A::Message + Send + 'static,
    ) {
        self.request(supervisor, &Request::TerminateChild(id.into()), &[], move |answer| then(answer.map(|(answer, _)| answer)));
    }

    /// Any request of the supervisor's API.
    pub fn request(
        &mut self,
        supervisor: Supervised,
        request: &Request,
        refs: &[Ref],
        then: impl FnOnce(Result<(Answer, Vec<Ref>), Settle>) -> A::Message + Send + 'static,
    ) {
        self.write(&request.encode(), refs);
        self.call(CALL_MS, supervisor.0, move |result| {
            then(result.and_then(|answer| {
                let known = Answer::decode(answer.body).ok_or(Settle::Noreply)?;
                Ok((known, answer.refs.to_vec()))
            }))
        });
    }
}

fn started<M>(answer: Result<(Answer, Vec<Ref>), Settle>) -> Result<Addr<M>, StartFailed> {
    let (answer, refs) = answer.map_err(StartFailed::Call)?;
    match (answer, refs.first()) {
        (Answer::Started, Some(started)) => Ok(Addr::from_ref(*started)),
        (Answer::Error(failure), _) => Err(StartFailed::Refused(failure)),
        _ => Err(StartFailed::Ignored),
    }
}
