//! Other flags and specs for a supervisor that goes on (semantics 12.8): checked first, then taken over together or not at all.
use super::{Answer, BadSpec, BadTree, Code, Failure, Init, Strategy, Supervisor, SupervisorSpec};
use alloc::{collections::BTreeSet, format, vec::Vec};
use peerd_vat::{Reason, Ref};

impl Supervisor {
    pub(super) fn upgrade(&mut self, code: &Code, args: Option<Vec<u8>>, refs: &[Ref]) -> Answer {
        let (args, refs) = match (args, &self.args) {
            (Some(args), _) => (args, refs.to_vec()),
            (None, Some(args)) => (args.clone(), self.refs.clone()),
            // The arguments are all that the callback knows, and they are what they were.
            (None, None) => return Answer::Ok,
        };
        let spec = match (code.init)(&args, &refs) {
            Ok(Init::Tree(spec)) => spec,
            Ok(Init::Ignore) => return Answer::Ok,
            Err(crash) => return Answer::Error(Failure::InitFailed(Reason::Crash(crash))),
        };
        if let Err(bad) = self.fits(&spec, &refs) {
            return Answer::Error(Failure::BadTree(bad));
        }
        if self.args.is_some() {
            self.args = Some(args);
        }
        self.adopt(spec, &refs);
        self.refs = refs;
        Answer::Ok
    }

    fn fits(&self, spec: &SupervisorSpec, refs: &[Ref]) -> Result<(), BadTree> {
        spec.check()?;
        let was_simple = self.strategy == Strategy::SimpleOneForOne;
        if (spec.strategy == Strategy::SimpleOneForOne) != was_simple {
            return Err(BadTree::SupervisorData(BadSpec::InvalidStrategy(format!("{:?}", spec.strategy))));
        }
        spec.check_refs(refs)
    }

    /// Running children stay as they are; what is new about them holds from their next exit on.
    fn adopt(&mut self, spec: SupervisorSpec, refs: &[Ref]) {
        self.strategy = spec.strategy;
        self.intensity.resize(spec.intensity, spec.period_ms);
        self.auto_shutdown = spec.auto_shutdown;
        self.announce = spec.announce.and_then(|at| refs.get(at as usize).copied());
        let kept: Vec<u64> = self.children.keys().collect();
        let mut order = Vec::new();
        for child in spec.children {
            if self.strategy == Strategy::SimpleOneForOne {
                self.children.set_template(child, refs);
            } else if let Some(key) = self.children.by_id(&child.id) {
                self.children.set_spec(key, child, refs);
                order.push(key);
            } else {
                order.push(self.children.add(child, refs));
            }
        }
        if self.strategy != Strategy::SimpleOneForOne {
            let listed: BTreeSet<u64> = order.iter().copied().collect();
            order.extend(kept.into_iter().filter(|key| !listed.contains(key)));
            self.children.reorder(&order);
        }
        self.children.recount();
    }
}
