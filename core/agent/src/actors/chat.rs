//! A chat on the vat: hands messages to the session and does what it says through the refs it holds.
use super::{
    Actor, body, call_json, reply_json, send_json, send_json_with,
    wire::{Answered, ChatArgs, Found, ToActors, ToBrowser, ToChat, ToDesk, ToLinux, ToProvider, ToSandboxes, ToShelf, ToWeb, ToWorks},
};
use crate::{
    outcome::Outcome,
    recipe::Recipe,
    run::{Action, Door, Input, Session},
    view::{ChatId, Verdict},
};
use alloc::{
    boxed::Box,
    format,
    string::{String, ToString},
    vec::Vec,
};
use peerd_vat::{CallId, Crash, Cx, Event, Ref, Settle};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

/// Above three tries with all their waits; the provider's own limits end a request long before.
const ASK_MS: u64 = 1_800_000;
const FIND_MS: u64 = 10_000;
const SAVE_MS: u64 = 10_000;
/// Above a whole call with several questions of two minutes each. Its silence is noticed much earlier, by the session.
const ACT_MS: u64 = 900_000;

#[derive(Serialize, Deserialize)]
pub struct Chat {
    id: ChatId,
    session: Session,
    doors: Doors,
    /// The web actor that was found last.
    web: Option<Ref>,
    /// The time of day when the vat's clock stood at `wall_at`.
    wall: u64,
    wall_at: u64,
    calls: Calls,
    /// Who is about to do something, once it is kept.
    noting: Option<Ref>,
}

/// The refs a chat was endowed with.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doors {
    panel: Ref,
    shelf: Ref,
    provider: Ref,
    browser: Ref,
    desk: Ref,
    sandboxes: Ref,
    linux: Ref,
    actors: Ref,
    works: Ref,
}

/// The newest call of each kind; the answer to an older one is nobody's. But what could not be kept is always told.
#[derive(Default, Serialize, Deserialize)]
struct Calls {
    ask: Option<CallId>,
    find: Option<CallId>,
    /// All of them, and whether the session waits for it.
    saves: Vec<(CallId, bool)>,
    act: Option<CallId>,
}

impl Actor for Chat {
    const NAME: &'static str = "chat";

    fn init(args: &[u8], cx: &mut Cx<'_>) -> Result<Self, Crash> {
        let args: ChatArgs = body(args)?;
        let &[panel, shelf, provider, browser, desk, sandboxes, linux, actors, works] = cx.refs() else {
            return Err(Crash::new("bad_args", "a chat needs nine refs"));
        };
        let mut actions = Vec::new();
        let session = Session::open(args.chat, args.wall, &args.kept, &mut actions);
        let doors = Doors { panel, shelf, provider, browser, desk, sandboxes, linux, actors, works };
        let calls = Calls::default();
        let mut chat = Chat { id: args.chat, session, doors, web: None, wall: args.wall, wall_at: cx.now().0, calls, noting: None };
        chat.obey(actions, cx);
        Ok(chat)
    }

    fn turn(&mut self, event: Event<'_>, cx: &mut Cx<'_>) -> Result<(), Crash> {
        let input = match event {
            Event::User { body: bytes, reply, .. } => self.told(body(bytes)?, reply, cx)?,
            Event::Reply { call, result } => {
                let refs = result.as_ref().map(|answer| answer.refs.first().copied()).unwrap_or_default();
                self.settled(call, result.map(|answer| answer.body), refs, cx)
            }
            Event::Timer { key } => Some(Input::Timer { key }),
            Event::Down { .. } | Event::Exit { .. } | Event::Alarm { .. } => None,
        };
        if let Some(input) = input {
            let mut actions = Vec::new();
            let wall = self.wall + cx.now().0.saturating_sub(self.wall_at);
            self.session.handle(wall, input, &mut actions);
            self.obey(actions, cx);
        }
        Ok(())
    }
}

impl Chat {
    fn told(&mut self, message: ToChat, reply: Option<Ref>, cx: &mut Cx<'_>) -> Result<Option<Input>, Crash> {
        if let ToChat::Task { wall, .. } | ToChat::Recipe { wall, .. } = &message {
            (self.wall, self.wall_at) = (*wall, cx.now().0);
        }
        Ok(Some(match message {
            ToChat::Task { text, tab, engine, .. } => Input::Task { text, tab, engine, seed: cx.random() },
            ToChat::Recipe { recipe, slots, tab, .. } => {
                let recipe = Recipe::from_value(&recipe).map_err(|why| Crash::new("bad_args", format!("recipe: {why}")))?;
                Input::Recipe { recipe: Box::new(recipe), slots, tab, seed: cx.random() }
            }
            ToChat::Show => Input::Show,
            ToChat::Stop => Input::Stop,
            ToChat::Resume => Input::Resume,
            ToChat::Answer { token, answer } => Input::Answer { token, answer },
            ToChat::KeepRun { name } => Input::KeepRun { name },
            ToChat::Need { effect, need } => Input::Need { effect, need },
            ToChat::Output { effect, text } => Input::Output { effect, text },
            ToChat::Progress { line } => Input::Progress { line },
            ToChat::Hand { .. } => Input::Hand,
            ToChat::TabNews { tab, text, gone } => Input::TabNews { text, gone: gone.then_some(tab) },
            ToChat::Dispatch { effect, trace } => {
                self.noting = reply;
                Input::Dispatch { effect, trace }
            }
            ToChat::Unlocked => Input::Unlocked,
            ToChat::TakenBack { what } => Input::TabNews { text: format!("{what} was taken back by the owner: do without it"), gone: None },
        }))
    }

    fn settled(&mut self, call: CallId, result: Result<&[u8], Settle>, web: Option<Ref>, cx: &mut Cx<'_>) -> Option<Input> {
        let is = |slot: &mut Option<CallId>| slot.take_if(|waiting| *waiting == call).is_some();
        if is(&mut self.calls.ask) {
            let answered = read::<Answered>(result.map_err(|settle| in_words(&settle)));
            return Some(Input::Replied(answered.map(Box::new)));
        }
        if is(&mut self.calls.find) {
            let found = read::<Found>(result.map_err(|settle| in_words(&settle)));
            // Without its actor a tab can't be acted on, whatever else is known of it.
            let found = found
                .and_then(|found| if found.missing.is_none() && web.is_none() { Err("the tab has no actor".into()) } else { Ok(found) });
            self.web = web.or(self.web);
            return Some(Input::Found(found));
        }
        if let Some(at) = self.calls.saves.iter().position(|(save, _)| *save == call) {
            let (_, reply) = self.calls.saves.remove(at);
            return match kept(result) {
                Ok(()) => reply.then_some(Input::Saved),
                Err(why) => {
                    self.act(Action::Problem(format!("This chat could not be kept: {why}.")), cx);
                    Some(Input::Unsaved { why, first: reply })
                }
            };
        }
        if is(&mut self.calls.act) {
            return Some(match result {
                Err(Settle::Revoked) => Input::ActRevoked,
                Err(settle @ (Settle::Noproc | Settle::Overloaded)) => Input::Acted(Ok(Box::new(not_executed(&in_words(&settle))))),
                other => Input::Acted(read::<Outcome>(other.map_err(|settle| in_words(&settle))).map(Box::new)),
            });
        }
        None
    }

    fn obey(&mut self, actions: Vec<Action>, cx: &mut Cx<'_>) {
        for action in actions {
            self.act(action, cx);
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) {
        let Doors { panel, shelf, provider, browser, desk, sandboxes, linux, actors, works } = self.doors;
        let (chat, me) = (self.id, cx.me());
        match action {
            Action::Show(update) => send_json(cx, panel, &update),
            Action::List(info) => send_json(cx, desk, &ToDesk::Chat(info)),
            Action::Save { changes, reply } => {
                let save = call_json(cx, shelf, &ToShelf::Write { changes }, &[], SAVE_MS);
                self.calls.saves.push((save, reply));
            }
            Action::Ask { index, engine, request } => {
                let request = serde_json::to_value(&*request).expect("a request has string keys only");
                let ask = ToProvider::Ask { chat, index, engine: *engine, request };
                self.calls.ask = Some(call_json(cx, provider, &ask, &[me], ASK_MS));
            }
            // Its answer still comes, and says what had streamed.
            Action::CancelAsk => send_json(cx, provider, &ToProvider::Cancel { chat }),
            Action::Find { tab } => self.calls.find = Some(call_json(cx, browser, &ToBrowser::Find { chat, tab }, &[me], FIND_MS)),
            Action::Act { door: Door::Web, effect, tool, input, origins, trace, begun } => {
                // It was found just before.
                let Some(web) = self.web else { return };
                let call = ToWeb::Tool { effect, tool, input, origins, trace, begun };
                self.calls.act = Some(call_json(cx, web, &call, &[me], ACT_MS));
            }
            Action::Act { door: Door::Browser, effect, tool, input, origins, trace, begun: _ } => {
                let call = ToBrowser::Tool { chat, effect, tool, input, origins, trace };
                self.calls.act = Some(call_json(cx, browser, &call, &[me], ACT_MS));
            }
            Action::Act { door: Door::Sandboxes, effect, tool: _, input, origins, .. } => {
                let call = ToSandboxes::Tool { chat, effect, input, origins };
                self.calls.act = Some(call_json(cx, sandboxes, &call, &[me], ACT_MS));
            }
            Action::Act { door: Door::Linux, effect, tool, input, origins, begun, .. } => {
                let call = ToLinux::Tool { chat, effect, tool, input, origins, begun };
                self.calls.act = Some(call_json(cx, linux, &call, &[me], ACT_MS));
            }
            Action::Act { door: Door::Actors, effect, tool, input, begun, .. } => {
                let call = ToActors::Tool { chat, effect, tool, input, begun };
                self.calls.act = Some(call_json(cx, actors, &call, &[me], ACT_MS));
            }
            Action::Act { door: Door::Works, effect, tool, input, origins, .. } => {
                let call = ToWorks::Tool { chat, effect, tool, input, origins };
                self.calls.act = Some(call_json(cx, works, &call, &[me], ACT_MS));
            }
            Action::Noted => {
                if let Some(reply) = self.noting.take() {
                    reply_json(cx, reply, &json!({}));
                }
            }
            // Dropped, it settles the call.
            Action::Unnoted => self.noting = None,
            Action::CancelAct { door, effect } => {
                match (door, self.web) {
                    (Door::Web, Some(web)) => send_json(cx, web, &ToWeb::Cancel { effect }),
                    (Door::Sandboxes, _) => send_json(cx, sandboxes, &ToSandboxes::Cancel { effect }),
                    (Door::Linux, _) => send_json(cx, linux, &ToLinux::Cancel { effect }),
                    (Door::Actors, _) => send_json(cx, actors, &ToActors::Cancel { effect }),
                    (Door::Works, _) => send_json(cx, works, &ToWorks::Cancel { effect }),
                    (Door::Web, None) | (Door::Browser, _) => {}
                }
                if let Some(call) = self.calls.act.take() {
                    cx.cancel_call(call);
                }
            }
            Action::Allowed { door, effect } => match (door, self.web) {
                (Door::Web, Some(web)) => send_json(cx, web, &ToWeb::Allowed { effect }),
                (Door::Sandboxes, _) => send_json(cx, sandboxes, &ToSandboxes::Allowed { effect }),
                (Door::Works, _) => send_json(cx, works, &ToWorks::Allowed { effect }),
                (Door::Web, None) | (Door::Browser, _) => send_json(cx, browser, &ToBrowser::Allowed { effect }),
                (Door::Linux, _) => send_json(cx, linux, &ToLinux::Allowed { effect }),
                // They ask for nothing.
                (Door::Actors, _) => {}
            },
            Action::Denied { door, effect, reason } => match (door, self.web) {
                (Door::Web, Some(web)) => send_json(cx, web, &ToWeb::Denied { effect, reason }),
                (Door::Sandboxes, _) => send_json(cx, sandboxes, &ToSandboxes::Denied { effect, reason }),
                (Door::Works, _) => send_json(cx, works, &ToWorks::Denied { effect, reason }),
                (Door::Web, None) | (Door::Browser, _) => send_json(cx, browser, &ToBrowser::Denied { effect, reason }),
                (Door::Linux, _) => send_json(cx, linux, &ToLinux::Denied { effect, reason }),
                (Door::Actors, _) => {}
            },
            Action::AskOwner { token, approval } => send_json(cx, desk, &ToDesk::Ask { token, approval }),
            Action::Withdraw { token } => send_json(cx, desk, &ToDesk::AskWithdrawn { chat, token }),
            Action::Drive { tab, title } => send_json_with(cx, browser, &ToBrowser::Drive { chat, tab, title }, &[me]),
            Action::Release => send_json(cx, browser, &ToBrowser::Release { chat }),
            Action::Timer { key, after_ms } => cx.timer(key, after_ms),
            Action::CancelTimer { key } => drop(cx.cancel_timer(key)),
            Action::Keep(recipe) => send_json(cx, desk, &ToDesk::Kept { recipe: recipe.to_value() }),
            Action::Problem(text) => send_json(cx, desk, &ToDesk::Problem(text)),
        }
    }
}

fn read<T: DeserializeOwned>(result: Result<&[u8], String>) -> Result<T, String> {
    serde_json::from_slice(result?).map_err(|error| format!("the answer can't be read: {error}"))
}

/// What the shelf says.
fn kept(result: Result<&[u8], Settle>) -> Result<(), String> {
    let answer: Value = read(result.map_err(|settle| in_words(&settle)))?;
    answer["err"]["text"].as_str().map_or(Ok(()), |why| Err(why.into()))
}

fn not_executed(why: &str) -> Outcome {
    let text = format!("Not executed: {why}.");
    Outcome { verdict: Verdict::Failed, evidence: why.into(), text, error: true, ..Outcome::default() }
}

/// How a call of ours ended without an answer, for people.
fn in_words(settle: &Settle) -> String {
    match settle {
        Settle::Timeout | Settle::Expired => "no answer came in time".into(),
        Settle::Noproc | Settle::Noconnection => "it is not there any more".into(),
        Settle::Revoked => "the owner has taken it back from this chat".into(),
        Settle::Exit(reason) => format!("it ended in the middle ({reason})"),
        Settle::Noreply => "it gave no answer".into(),
        Settle::Overloaded => "it has too much to do".into(),
        Settle::Deadlock | Settle::CallingSelf | Settle::Parked => settle.to_string(),
    }
}
