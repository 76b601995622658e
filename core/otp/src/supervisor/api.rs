//! Calls to a supervisor's table (semantics 12.7).
use super::{
    Answer, ChildSpec, ChildState, Failure, Request, Supervisor,
    job::{Job, Purpose},
};
use peerd_vat::{Cx, Reason, Ref};

impl Supervisor {
    /// Answers now, or begins the job that will.
    pub(super) fn request(&mut self, body: &[u8], refs: &[Ref], reply: Ref, cx: &mut Cx<'_>) {
        let Some(request) = Request::decode(body) else {
            return Self::answer(reply, &Answer::Error(Failure::Malformed), &[], cx);
        };
        match request {
            Request::StartChild(spec) => self.start_child(spec, refs, reply, cx),
            Request::RestartChild(id) => self.restart_child(&id, reply, cx),
            Request::TerminateChild(id) => self.terminate_child(&id, reply, cx),
            Request::DeleteChild(id) => self.delete_child(&id, reply, cx),
            Request::GetChildspec(id) => {
                let answer = match self.children.by_id(&id) {
                    Some(child) => Answer::Spec(child.spec.clone()),
                    None => Answer::Error(Failure::NotFound),
                };
                Self::answer(reply, &answer, &[], cx);
            }
            Request::WhichChildren => {
                let (rows, refs) = self.children.listing();
                Self::answer(reply, &Answer::Children(rows), &refs, cx);
            }
            Request::CountChildren => Self::answer(reply, &Answer::Count(self.children.count()), &[], cx),
        }
    }

    fn start_child(&mut self, spec: ChildSpec, refs: &[Ref], reply: Ref, cx: &mut Cx<'_>) {
        if let Some(child) = self.children.by_id(&spec.id) {
            let (failure, refs) = match child.running() {
                Some(actor) => (Failure::AlreadyStarted, alloc::vec![actor]),
                None => (Failure::AlreadyPresent, alloc::vec![]),
            };
            return Self::answer(reply, &Answer::Error(failure), &refs, cx);
        }
        match self.children.add(spec, refs) {
            Ok(key) => self.begin(Job::start(key, Purpose::StartChild(reply)), cx),
            Err(why) => Self::answer(reply, &Answer::Error(Failure::StartFailed(Reason::Other(why))), &[], cx),
        }
    }

    fn restart_child(&mut self, id: &str, reply: Ref, cx: &mut Cx<'_>) {
        match self.stopped_child(id) {
            Ok(key) => self.begin(Job::start(key, Purpose::RestartChild(reply)), cx),
            Err(failure) => Self::answer(reply, &Answer::Error(failure), &[], cx),
        }
    }

    fn delete_child(&mut self, id: &str, reply: Ref, cx: &mut Cx<'_>) {
        let answer = match self.stopped_child(id) {
            Ok(key) => {
                self.forget(key, cx);
                Answer::Ok
            }
            Err(failure) => Answer::Error(failure),
        };
        Self::answer(reply, &answer, &[], cx);
    }

    fn terminate_child(&mut self, id: &str, reply: Ref, cx: &mut Cx<'_>) {
        let Some(child) = self.children.by_id(id) else {
            return Self::answer(reply, &Answer::Error(Failure::NotFound), &[], cx);
        };
        let key = child.key;
        match child.state {
            ChildState::Running => self.begin(Job::stop(key, Purpose::TerminateChild(reply)), cx),
            ChildState::Restarting => {
                self.cancel_retry(key, cx);
                self.drop_or_bury(key, cx);
                Self::answer(reply, &Answer::Ok, &[], cx);
            }
            ChildState::Stopped => Self::answer(reply, &Answer::Ok, &[], cx),
        }
    }

    fn stopped_child(&self, id: &str) -> Result<u64, Failure> {
        let child = self.children.by_id(id).ok_or(Failure::NotFound)?;
        match child.state {
            ChildState::Running => Err(Failure::Running),
            ChildState::Restarting => Err(Failure::Restarting),
            ChildState::Stopped => Ok(child.key),
        }
    }
}
