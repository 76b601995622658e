//! Making classes and actors of them, and changing what there is.
use super::{
    ACTORS_MAX, Actors, CLASSES_MAX, Came, Job, Step, WORK_MS,
    acts::Plan,
    compile, failed, in_words,
    kept::{Class, Guest, Kind, Version, behaviour, facts, saved},
    opening::born,
    play::{Next, Test, test_failed},
    read::{self, done, failed_with, unknown},
};
use crate::{actors::call_json, outcome::Outcome, view::ChatId};
use alloc::{
    collections::VecDeque,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_otp::supervisor::{self, Failure, Request};
use peerd_vat::{Code, Cx, Ref, Settle, System};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// New code for a class, taken over by its actors one after the other; or by one that was stopped while the others did.
#[derive(Serialize, Deserialize)]
pub(super) struct Change {
    class: String,
    /// What is to run. None: the newest that there is.
    new: Option<Version>,
    pub test: Option<Test>,
    /// It was the newest before: then it stays that, whoever can't take it over.
    is_known: bool,
    left: VecDeque<String>,
    taken: Vec<String>,
    /// Whose state the new code did not take over, and why.
    failed: Option<(String, String)>,
    what: String,
}

/// create
impl Actors {
    pub(super) fn read_create(&mut self, chat: ChatId, input: &Value) -> Result<Plan, String> {
        let name = read::name(input, "name")?;
        let (kind, code) = read::code(input, Kind::Js)?;
        if let Some(known) = self.class(chat, &name) {
            // Asked again by the next life of a chat: it is done.
            if known.newest().code != code {
                return Err(format!("there is a class {name} already: upgrade_actor_class gives it new code"));
            }
        } else if self.classes.iter().filter(|class| class.chat == chat).count() >= CLASSES_MAX {
            return Err(format!("a chat has at most {CLASSES_MAX} classes: upgrade one of them"));
        }
        let class = Class::new(chat, &name, kind, &code, self.next_version(chat, &name));
        let test = Test::read(input, kind, &class.behaviour())?;
        Ok(Plan::Create { class, test })
    }

    pub(super) fn create(
        &mut self,
        job: &mut Job,
        mut class: Class,
        mut test: Option<Test>,
        came: Came<'_>,
        cx: &mut Cx<'_>,
    ) -> Option<Outcome> {
        let chat = job.by.chat;
        let mut came = came;
        match job.step {
            // Its next life asked again: the class is there, as it was.
            Step::Begin if self.class(chat, &class.name).is_some() => return Some(done(&format!("class {} is there", class.name), "")),
            Step::Begin | Step::Compiler | Step::Compile => {
                let name = class.name.clone();
                let next = self.compile(job, &name, class.newest_mut(), came, cx);
                let (step, call) = match next {
                    compile::Next::Wait(step, call) => (step, call),
                    compile::Next::Ready => (Step::Load, self.load(&class, class.newest(), cx)),
                    compile::Next::Failed(why) => return Some(failed_with("it does not compile", &why)),
                };
                return self.ask(job, Plan::Create { class, test }, step, call);
            }
            Step::Save => {
                return Some(match saved(came) {
                    Ok(()) => {
                        let tested = test.as_ref().map(|test| format!("Its test: {}\n{}", test.summary(), test.told())).unwrap_or_default();
                        done(&format!("class {}, {}", class.name, limits(&class)), &tested)
                    }
                    Err(why) => {
                        self.classes.retain(|known| known.chat != chat || known.name != class.name);
                        failed(&format!("it could not be kept: {why}"))
                    }
                });
            }
            Step::Load => match facts(came) {
                Ok(facts) => {
                    class.facts = facts;
                    came = Ok((&[], None));
                }
                Err(why) => return Some(failed_with("it can't be a class of actors", &why)),
            },
            _ => {}
        }
        if let Some(mut played) = test.take() {
            match self.play(chat, job.step, &mut played, came, cx) {
                Next::Wait(step, call) => return self.ask(job, Plan::Create { class, test: Some(played) }, step, call),
                Next::Over if !played.is_right() => return Some(test_failed(&played)),
                Next::Over => test = Some(played),
            }
        }
        self.classes.push(class.clone());
        let call = self.save([class.change()].into(), cx);
        self.ask(job, Plan::Create { class, test }, Step::Save, call)
    }
}

/// start
impl Actors {
    pub(super) fn read_start(&mut self, chat: ChatId, input: &Value) -> Result<Plan, String> {
        let class = read::name(input, "class")?;
        let name = if input["name"].is_null() { class.clone() } else { read::name(input, "name")? };
        let known = self.class(chat, &class).ok_or_else(|| format!("there is no class {class}: create_actor_class makes one"))?;
        if let Some(why) = &known.broken {
            return Err(format!("{class} can't be loaded: {why}"));
        }
        let (args, number, limit) = (read::args(input, known.newest().kind), known.newest().number, known.facts.message_max);
        if args.len() > limit {
            return Err(format!("the arguments have {} bytes, and {class} takes {limit} at most", args.len()));
        }
        match self.guest(chat, &name) {
            Some(guest) if guest.class != class => Err(format!("there is an actor {name} already, of class {}", guest.class)),
            Some(_) => Ok(Plan::Start { name, is_new: false }),
            None if self.guests.iter().filter(|guest| guest.chat == chat).count() >= ACTORS_MAX => {
                Err(format!("a chat has at most {ACTORS_MAX} actors: delete one with stop_actor"))
            }
            None => {
                self.guests.push(Guest::new(chat, &name, &class, number, args));
                Ok(Plan::Start { name, is_new: true })
            }
        }
    }

    pub(super) fn start(&mut self, job: &mut Job, name: String, is_new: bool, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        let step = match job.step {
            Step::Begin if self.guest(chat, &name)?.link.is_some() => return Some(done(&format!("{name} runs"), "")),
            Step::Begin if self.tree(chat).is_none() => Step::Tree,
            Step::Begin => Step::Start,
            Step::Tree => match born(came) {
                Ok(tree) => {
                    self.tree_started(chat, tree, cx);
                    if job.is_taken_back {
                        return self.not_started(chat, &name, is_new, TAKEN_BACK, cx);
                    }
                    Step::Start
                }
                Err(why) => return self.not_started(chat, &name, is_new, &why, cx),
            },
            Step::Start | Step::Restart => match began(came) {
                Begun::Runs(_) | Begun::Late(_) if job.is_taken_back => {
                    self.stop_one(chat, &name, cx);
                    return Some(failed(&format!("{name} is stopped: {TAKEN_BACK}")));
                }
                Begun::Runs(child) => {
                    self.has_begun(chat, &name, Some(child), cx);
                    return self.has_started(job, name, cx);
                }
                Begun::Late(why) => return self.may_start(chat, &name, &why, cx),
                Begun::IsThere if job.is_taken_back => return self.not_started(chat, &name, is_new, TAKEN_BACK, cx),
                Begun::IsThere if job.step == Step::Start => Step::Restart,
                Begun::IsThere => return self.not_started(chat, &name, is_new, "its supervisor does not say why", cx),
                Begun::Failed(why) => return self.not_started(chat, &name, is_new, &why, cx),
            },
            _ if job.is_taken_back => return Some(failed(&format!("{name} is stopped: {TAKEN_BACK}"))),
            _ => {
                return Some(match saved(came) {
                    Ok(()) => done(&format!("{name} runs under the supervisor of this chat"), ""),
                    Err(why) => failed(&format!("{name} runs, but it could not be kept that it does: {why}")),
                });
            }
        };
        let tree = self.tree(chat);
        let call = match (step, tree) {
            (Step::Start, Some(_)) => self.start_guest(chat, &name, cx)?,
            (Step::Restart, Some(tree)) => cx.call(tree, &Request::RestartChild(name.clone()).encode(), &[], WORK_MS),
            _ => self.start_tree(chat, cx),
        };
        self.ask(job, Plan::Start { name, is_new }, step, call)
    }

    /// An actor of older code than its class has takes the new code over first.
    fn has_started(&mut self, job: &mut Job, name: String, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        let guest = self.guest_mut(chat, &name)?;
        guest.is_stopped = false;
        let (class, version, change) = (guest.class.clone(), guest.version, guest.change());
        if self.class(chat, &class).is_some_and(|class| class.newest().number != version) {
            let what = format!("{name} runs under the supervisor of this chat");
            let change =
                Change { class, new: None, test: None, is_known: true, left: [name].into(), taken: Vec::new(), failed: None, what };
            job.step = Step::Begin;
            return self.next_to_change(job, change, cx);
        }
        let call = self.save([change].into(), cx);
        self.ask(job, Plan::Start { name, is_new: false }, Step::Save, call)
    }

    fn not_started(&mut self, chat: ChatId, name: &str, is_new: bool, why: &str, cx: &mut Cx<'_>) -> Option<Outcome> {
        if is_new {
            let gone = self.guests.extract_if(.., |guest| guest.chat == chat && guest.name == name);
            let changes = gone.map(|guest| (guest.key(), None)).collect();
            // Kept if the owner's switch came meanwhile.
            let call = self.save(changes, cx);
            let _ = call;
        }
        Some(failed_with(&format!("{name} did not start"), why))
    }

    /// Nobody knows. What may run is known by its name, so that it can be asked for again, and stopped.
    fn may_start(&mut self, chat: ChatId, name: &str, why: &str, cx: &mut Cx<'_>) -> Option<Outcome> {
        let guest = self.guest_mut(chat, name)?;
        guest.is_stopped = false;
        let change = guest.change();
        let call = self.save([change].into(), cx);
        let _ = call;
        Some(unknown(&format!("its supervisor has not said whether {name} runs ({why}); start_actor asks again")))
    }
}

const TAKEN_BACK: &str = "the owner has taken back that this chat may use actors";

enum Begun {
    Runs(Ref),
    /// Stopped, and known to its supervisor.
    IsThere,
    /// It was not said in time, and may still come.
    Late(String),
    Failed(String),
}

fn began(came: Came<'_>) -> Begun {
    let (bytes, child) = match came {
        Ok(came) => came,
        Err(late @ (Settle::Timeout | Settle::Expired)) => return Begun::Late(late.to_string()),
        Err(settle) => return Begun::Failed(settle.to_string()),
    };
    use supervisor::Answer;
    match (Answer::decode(bytes), child) {
        (Some(Answer::Started | Answer::StartedWith(_) | Answer::Error(Failure::AlreadyStarted)), Some(child)) => Begun::Runs(child),
        (Some(Answer::Error(Failure::AlreadyPresent | Failure::Restarting)), _) => Begun::IsThere,
        (Some(Answer::Error(Failure::ChildFailed(reason, _) | Failure::StartFailed(reason))), _) => Begun::Failed(in_words(&reason)),
        (other, _) => Begun::Failed(format!("{other:?}")),
    }
}

/// upgrade
impl Actors {
    pub(super) fn read_upgrade(&mut self, chat: ChatId, input: &Value) -> Result<Plan, String> {
        let name = read::name(input, "class")?;
        let class = self.class(chat, &name).ok_or_else(|| format!("there is no class {name}: create_actor_class makes one"))?;
        let (kind, code) = read::code(input, class.newest().kind)?;
        if kind != class.newest().kind {
            return Err(format!("the code of {name} stays in the language that it is in: make another class"));
        }
        let runs = |guest: &&Guest| guest.chat == chat && guest.class == name && guest.link.is_some();
        let is_same = class.newest().code == code;
        let number = self.next_version(chat, &name);
        let behind = |guest: &&Guest| !is_same || guest.version != class.newest().number;
        let left = self.guests.iter().filter(runs).filter(behind).map(|guest| guest.name.clone()).collect();
        let new = (!is_same).then_some(Version { number, kind, code, module: None });
        let test = Test::read(input, kind, &class.behaviour())?;
        let what = format!("class {name} has new code");
        Ok(Plan::Upgrade(Change { class: name, new, test, is_known: is_same, left, taken: Vec::new(), failed: None, what }))
    }

    pub(super) fn upgrade(&mut self, job: &mut Job, mut change: Change, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        let mut came = came;
        match job.step {
            Step::Begin | Step::Compiler | Step::Compile => match (change.new.clone(), self.class(chat, &change.class).cloned()) {
                (_, None) => return Some(failed("the class is gone")),
                (None, _) => return self.next_to_change(job, change, cx),
                (Some(mut version), Some(class)) => {
                    let (step, call) = match self.compile(job, &change.class, &mut version, came, cx) {
                        compile::Next::Wait(step, call) => (step, call),
                        compile::Next::Ready => (Step::Load, self.load(&class, &version, cx)),
                        compile::Next::Failed(why) => return Some(failed_with("nothing has changed: the new code does not compile", &why)),
                    };
                    change.new = Some(version);
                    return self.ask(job, Plan::Upgrade(change), step, call);
                }
            },
            Step::Load => match facts(came) {
                Ok(facts) => {
                    // Its limits hold from now on; if it comes to nothing, those of the old code are no smaller than what it had.
                    if let Some(class) = self.class_mut(chat, &change.class) {
                        class.facts = facts;
                        class.broken = None;
                    }
                    came = Ok((&[], None));
                }
                Err(why) => return Some(failed_with("nothing has changed: the new code can't be that of actors", &why)),
            },
            Step::Back | Step::Save | Step::Control | Step::Upgrade => return self.changing(job, change, came, cx),
            _ => {}
        }
        if let Some(mut test) = change.test.take() {
            if job.is_taken_back {
                test.abandon(self.tree(chat), cx);
                change.failed = Some((String::new(), TAKEN_BACK.into()));
                return self.take_back_code(job, change, cx);
            }
            match self.play(chat, job.step, &mut test, came, cx) {
                Next::Wait(step, call) => return self.ask(job, Plan::Upgrade(Change { test: Some(test), ..change }), step, call),
                Next::Over if !test.is_right() => {
                    change.failed = Some((String::new(), test.told()));
                    return self.take_back_code(job, change, cx);
                }
                Next::Over => {}
            }
        }
        // Kept before it is used: the next life must know the code of all that runs.
        let Some(version) = change.new.clone() else { return self.next_to_change(job, change, cx) };
        let Some(class) = self.class_mut(chat, &change.class) else { return Some(failed("the class is gone")) };
        class.versions.push(version);
        let kept = class.change();
        let call = self.save([kept].into(), cx);
        self.ask(job, Plan::Upgrade(change), Step::Save, call)
    }

    /// Actor by actor, and what is kept of it.
    fn changing(&mut self, job: &mut Job, mut change: Change, came: Came<'_>, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        match job.step {
            Step::Save if change.new.is_some() && change.failed.is_none() => match saved(came) {
                Ok(()) => change.new = None,
                Err(why) => {
                    change.failed = Some((String::new(), format!("it could not be kept: {why}")));
                    return self.take_back_code(job, change, cx);
                }
            },
            Step::Save => return Some(self.changed(&change)),
            Step::Back => {
                let facts = facts(came);
                if let Err(why) = &facts {
                    let failed = change.failed.get_or_insert_default();
                    failed.1.push_str(&format!(
                        "\nThe old code could not be made the newest again: {why}. Nothing of it starts until peerd is restarted."
                    ));
                }
                if let Some(class) = self.class_mut(chat, &change.class) {
                    match facts {
                        Ok(facts) => class.facts = facts,
                        // What would start is the code that was rejected.
                        Err(why) => class.broken = Some(why),
                    }
                }
                return self.keep_change(job, change, cx);
            }
            Step::Control => {
                let name = change.left.front().cloned().unwrap_or_default();
                let to = self.class(chat, &change.class).map_or(0, |class| class.newest().number);
                let from = self.guest(chat, &name).map_or(0, |guest| guest.version);
                let Ok(child) = born(came) else {
                    change.left.pop_front();
                    return self.next_to_change(job, change, cx);
                };
                let behaviour = behaviour(chat, &change.class);
                let code = |version| Code { name: &behaviour, version };
                let call = cx.system(child, System::Upgrade { from: code(from), to: code(to), extra: &[] }, WORK_MS);
                return self.ask(job, Plan::Upgrade(change), Step::Upgrade, call);
            }
            _ => {
                let name = change.left.pop_front().unwrap_or_default();
                let to = self.class(chat, &change.class).map_or(0, |class| class.newest().number);
                match came {
                    Ok(_) => {
                        if let Some(guest) = self.guest_mut(chat, &name) {
                            guest.version = to;
                        }
                        change.taken.push(name);
                    }
                    Err(settle) => {
                        let why = match &settle {
                            Settle::Exit(reason) => in_words(reason),
                            other => other.to_string(),
                        };
                        change.failed = Some((name, why));
                        if !change.is_known {
                            return self.take_back_code(job, change, cx);
                        }
                    }
                }
            }
        }
        self.next_to_change(job, change, cx)
    }

    fn next_to_change(&mut self, job: &mut Job, mut change: Change, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        while let Some(name) = change.left.front() {
            let runs = self.guest(chat, name).is_some_and(|guest| guest.link.is_some());
            if let (true, Some(tree)) = (runs, self.tree(chat)) {
                let call = cx.call(tree, &Request::GetControl(name.clone()).encode(), &[], WORK_MS);
                return self.ask(job, Plan::Upgrade(change), Step::Control, call);
            }
            change.left.pop_front();
        }
        self.keep_change(job, change, cx)
    }

    /// The vat forgets no code, so the old one becomes the newest again, under a number above that of the new one: that is what starts.
    fn take_back_code(&mut self, job: &mut Job, change: Change, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        let number = self.next_version(chat, &change.class);
        let Some(class) = self.class_mut(chat, &change.class) else { return Some(failed("the class is gone")) };
        let is_used = |version: &Version| change.new.as_ref().is_none_or(|new| new.number != version.number);
        class.versions.retain(is_used);
        // Taken over by some already: then it stays known beside the old one, which is the one before it.
        let old = if change.new.is_none() { class.versions.iter().rev().nth(1) } else { class.versions.last() };
        let Some(old) = old.cloned() else { return Some(failed("there is no older code")) };
        class.versions.push(Version { number, ..old.clone() });
        let name = class.behaviour();
        self.loaded.insert(name.clone(), number);
        let ask = json!({"op": "use", "name": name, "alias": change.class, "version": number, "of": old.number});
        let call = call_json(cx, self.doors.host, &ask, &[], WORK_MS);
        self.ask(job, Plan::Upgrade(change), Step::Back, call)
    }

    fn keep_change(&mut self, job: &mut Job, change: Change, cx: &mut Cx<'_>) -> Option<Outcome> {
        let chat = job.by.chat;
        self.prune(chat, &change.class);
        let of_class = |guest: &&Guest| guest.chat == chat && guest.class == change.class;
        let mut changes: Vec<(String, Option<String>)> = self.guests.iter().filter(of_class).map(Guest::change).collect();
        changes.extend(self.class(chat, &change.class).map(Class::change));
        let call = self.save(changes, cx);
        // Nothing is to be taken over any more.
        let new = if change.failed.is_some() { change.new } else { None };
        self.ask(job, Plan::Upgrade(Change { new, left: VecDeque::new(), ..change }), Step::Save, call)
    }

    fn changed(&self, change: &Change) -> Outcome {
        let taken = |taken: &[String]| match taken {
            [] => "no actor of it runs".into(),
            [name] => format!("{name} goes on with it, as it was"),
            names => format!("{} go on with it, as they were", names.join(", ")),
        };
        match &change.failed {
            None => done(&format!("{}: {}", change.what, taken(&change.taken)), ""),
            Some((name, why)) if name.is_empty() && why == TAKEN_BACK => failed(&format!("the old code stays: {why}")),
            Some((name, why)) if name.is_empty() => failed_with("the old code stays: the new code failed its test", why),
            Some((name, why)) if change.taken.is_empty() => {
                failed_with(&format!("the old code stays: the new code did not take over what {name} knows"), why)
            }
            Some((name, why)) => {
                let what =
                    format!("{}; the new code did not take over what {name} knows, and the old code stays for it", taken(&change.taken));
                failed_with(&what, why)
            }
        }
    }

    fn class_mut(&mut self, chat: ChatId, name: &str) -> Option<&mut Class> {
        self.classes.iter_mut().find(|class| class.chat == chat && class.name == name)
    }
}

/// What the host said of a class, for the model.
fn limits(class: &Class) -> String {
    let facts = &class.facts;
    let kind = match class.newest().kind {
        Kind::Js => "JavaScript",
        Kind::As => "AssemblyScript",
        Kind::Wasm => "wasm",
    };
    let slow = if facts.suspended { "" } else { "; this browser can't suspend a turn, so one that takes long is killed" };
    format!("{kind}; a message has at most {} bytes, its state {}{slow}", facts.message_max, facts.state_max)
}
