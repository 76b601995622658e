//! Calls to a supervisor's table (semantics 12.7).
use super::{
    Answer, ChildSpec, ChildState, Code, Failure, Request, Strategy, Supervisor,
    child::Child,
    job::{Job, Look, Purpose, Wait},
    stop,
};
use alloc::{boxed::Box, string::String, vec::Vec};
use peerd_vat::{Cx, Ref, Rights, WatchId};

impl Supervisor {
    /// Answers now, or begins the job that will.
    pub(super) fn request(&mut self, code: &Code, body: &[u8], refs: &[Ref], reply: Ref, cx: &mut Cx<'_>) {
        let Some(request) = Request::decode(body) else {
            return Self::answer(reply, &Answer::Error(Failure::Malformed), &[], cx);
        };
        self.has_far |= refs.iter().any(|held| !held.is_near());
        let is_simple = self.strategy == Strategy::SimpleOneForOne;
        match request {
            Request::TerminateChild(_) | Request::RestartChild(_) | Request::DeleteChild(_) | Request::StartChild(_) if is_simple => {
                Self::answer(reply, &Answer::Error(Failure::SimpleOneForOne), &[], cx);
            }
            Request::StartChild(spec) => self.start_child(spec, refs, reply, cx),
            Request::RestartChild(id) => self.restart_child(&id, reply, cx),
            Request::TerminateChild(id) => self.terminate_child(&id, reply, cx),
            Request::DeleteChild(id) => self.delete_child(&id, reply, cx),
            Request::GetChildspec(id) => {
                let spec = match self.children.template() {
                    Some(template) => Some(&template.spec).filter(|spec| spec.id == id),
                    None => self.children.by_id(&id).and_then(|key| self.children.spec(key)),
                };
                Self::answer(reply, &told(spec), &[], cx);
            }
            Request::GetControl(id) => match self.children.by_id(&id).and_then(|key| self.children.get(key)).and_then(Child::running) {
                Some(actor) => Self::answer(reply, &Answer::Started, &[actor.lending(Rights::ALL)], cx),
                None => Self::answer(reply, &Answer::Error(Failure::NotFound), &[], cx),
            },
            Request::WhichChildren => {
                let (rows, refs) = self.children.listing();
                Self::answer(reply, &Answer::Children(rows), &refs, cx);
            }
            Request::CountChildren => Self::answer(reply, &Answer::Count(self.children.count(|child| cx.lives(child))), &[], cx),
            Request::StartDynamic { args, key } => self.start_dynamic(args, refs, key, reply, cx),
            Request::TerminateRef => self.terminate_ref(refs.first().copied(), reply, cx),
            Request::GetChildspecOfRef => self.childspec_of_ref(refs.first().copied(), reply, cx),
            Request::GetCallback => Self::answer(reply, &Answer::Callback(code.name.into()), &[], cx),
            Request::Upgrade(args) => {
                let answer = self.upgrade(code, args, refs);
                Self::answer(reply, &answer, &[], cx);
            }
        }
    }

    fn start_child(&mut self, spec: ChildSpec, refs: &[Ref], reply: Ref, cx: &mut Cx<'_>) {
        if let Err(bad) = spec.check(self.auto_shutdown).and_then(|()| spec.check_refs(refs)) {
            return Self::answer(reply, &Answer::Error(Failure::BadSpec(bad)), &[], cx);
        }
        if self.is_taken(&spec.id, reply, cx) {
            return;
        }
        let key = self.children.add(spec, refs);
        self.begin(Job::start(key, Purpose::StartChild(reply)), cx);
    }

    fn start_dynamic(&mut self, args: Vec<u8>, refs: &[Ref], key: Option<String>, reply: Ref, cx: &mut Cx<'_>) {
        if self.strategy != Strategy::SimpleOneForOne {
            return Self::answer(reply, &Answer::Error(Failure::NoTemplate), &[], cx);
        }
        if key.as_ref().is_some_and(|key| self.is_taken(key, reply, cx)) {
            return;
        }
        let child = self.children.add_dynamic(args, refs, key);
        self.begin(Job::start(child, Purpose::StartChild(reply)), cx);
    }

    /// If there is such a child, the answer is given.
    fn is_taken(&self, id: &str, reply: Ref, cx: &mut Cx<'_>) -> bool {
        let Some(key) = self.children.by_id(id) else { return false };
        match self.children.get(key).and_then(Child::running) {
            Some(actor) => Self::answer(reply, &Answer::Error(Failure::AlreadyStarted), &[actor], cx),
            None => Self::answer(reply, &Answer::Error(Failure::AlreadyPresent), &[], cx),
        }
        true
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
        match self.children.by_id(id) {
            Some(key) => self.terminate(key, reply, cx),
            None => Self::answer(reply, &Answer::Error(Failure::NotFound), &[], cx),
        }
    }

    fn terminate(&mut self, key: u64, reply: Ref, cx: &mut Cx<'_>) {
        match self.children.get(key).map(|child| child.state) {
            Some(ChildState::Running) => return self.begin(Job::stop(key, Purpose::TerminateChild(reply)), cx),
            Some(ChildState::Restarting) => {
                self.cancel_retry(key, cx);
                self.put_away(key, cx);
            }
            // Also one that is stopped: a temporary child's spec goes with it.
            Some(ChildState::Parked | ChildState::Stopped) => self.put_away(key, cx),
            None => {}
        }
        Self::answer(reply, &Answer::Ok, &[], cx);
    }

    fn stopped_child(&self, id: &str) -> Result<u64, Failure> {
        let key = self.children.by_id(id).ok_or(Failure::NotFound)?;
        match self.children.get(key).ok_or(Failure::NotFound)?.state {
            ChildState::Running => Err(Failure::Running),
            ChildState::Restarting => Err(Failure::Restarting),
            ChildState::Stopped | ChildState::Parked => Ok(key),
        }
    }
}

/// By ref
impl Supervisor {
    fn terminate_ref(&mut self, child: Option<Ref>, reply: Ref, cx: &mut Cx<'_>) {
        let Some(child) = child.filter(|_| self.strategy == Strategy::SimpleOneForOne) else {
            return Self::answer(reply, &Answer::Error(Failure::NotFound), &[], cx);
        };
        match self.children.by_actor(child) {
            Some(key) => self.terminate(key, reply, cx),
            None => self.look(child, Look::Terminate(reply), cx),
        }
    }

    fn childspec_of_ref(&mut self, child: Option<Ref>, reply: Ref, cx: &mut Cx<'_>) {
        let Some(child) = child.filter(|_| self.strategy == Strategy::SimpleOneForOne) else {
            return Self::answer(reply, &Answer::Error(Failure::NotFound), &[], cx);
        };
        match self.children.by_actor(child) {
            Some(_) => Self::answer(reply, &self.template_told(), &[], cx),
            None => self.look(child, Look::Childspec(reply), cx),
        }
    }

    /// Nobody here: once a child, if it is dead, and an error if it lives. A watch tells at once of the dead, and nothing of
    /// the living.
    fn look(&mut self, stranger: Ref, look: Look, cx: &mut Cx<'_>) {
        let watch = cx.watch(stranger);
        cx.timer(stop::TIMER, 0);
        self.job = Some(Job::new(Purpose::Look(look)));
        self.wait_for(Wait::Dead(watch), cx);
    }

    pub(super) fn seen_dead(&mut self, cx: &mut Cx<'_>) {
        cx.cancel_timer(stop::TIMER);
        match self.purpose() {
            Some(Purpose::Look(Look::Terminate(_))) => self.looked(&Answer::Ok, cx),
            _ => self.looked(&self.template_told(), cx),
        }
    }

    pub(super) fn seen_alive(&mut self, watch: WatchId, cx: &mut Cx<'_>) {
        cx.unwatch(watch);
        self.looked(&Answer::Error(Failure::NotFound), cx);
    }

    fn looked(&mut self, answer: &Answer, cx: &mut Cx<'_>) {
        if let Some(Purpose::Look(Look::Terminate(reply) | Look::Childspec(reply))) = self.purpose() {
            Self::answer(reply, answer, &[], cx);
        }
        self.take_wait();
        self.proceed(cx);
    }

    fn template_told(&self) -> Answer {
        told(self.children.template().map(|template| &template.spec))
    }
}

fn told(spec: Option<&ChildSpec>) -> Answer {
    spec.map_or(Answer::Error(Failure::NotFound), |spec| Answer::Spec(Box::new(spec.clone())))
}
