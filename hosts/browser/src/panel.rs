//! Port `panel`: the channel all panels share, and the desk that is told what they want.
use peerd_agent::{actors::wire::HostToDesk, view::Command};
use peerd_vat::Ref;
use serde::Deserialize;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

const CHANNEL: &str = "peerd";

/// Limit: what panels may say before the desk listens.
const EARLY_MAX: usize = 1_000;

pub struct Panel {
    channel: BroadcastChannel,
    desk: Option<Ref>,
    early: Vec<HostToDesk>,
}

impl Panel {
    /// `command` is called for each thing a panel wants.
    pub fn open(command: impl Fn(Command) + 'static) -> Panel {
        let channel = BroadcastChannel::new(CHANNEL).expect("a Worker has broadcast channels");
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(wanted) = event.data().as_string().and_then(|text| read(&text)) {
                command(wanted);
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        // It listens as long as the Worker lives.
        heard.forget();
        Panel { channel, desk: None, early: Vec::new() }
    }

    /// `update` is the JSON of a `view::Update`.
    pub fn show(&self, update: &str) {
        let message = format!("{{\"update\":{update}}}");
        self.channel.post_message(&JsValue::from_str(&message)).expect("a string can be posted");
    }

    /// The desk is there, for the first time or again: what waited for it.
    pub fn subscribed(&mut self, desk: Ref) -> Vec<HostToDesk> {
        self.desk = Some(desk);
        std::mem::take(&mut self.early)
    }

    /// The desk to tell this, or none: then it is kept until there is one.
    pub fn for_desk(&mut self, message: HostToDesk) -> Option<(Ref, HostToDesk)> {
        if let Some(desk) = self.desk {
            return Some((desk, message));
        }
        if self.early.len() < EARLY_MAX {
            self.early.push(message);
        }
        None
    }
}

/// Is this the request to be sent a port's events?
pub fn subscribes(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Subscribe {
        subscribe: bool,
    }
    serde_json::from_slice::<Subscribe>(body).is_ok_and(|asked| asked.subscribe)
}

/// Panels also hear each other's commands and our updates; those are not for us.
fn read(text: &str) -> Option<Command> {
    #[derive(Deserialize)]
    struct Said {
        command: Command,
    }
    serde_json::from_str::<Said>(text).ok().map(|said| said.command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_commands_are_heard() {
        assert_eq!(read(r#"{"command":"Lock"}"#), Some(Command::Lock));
        assert_eq!(read(r#"{"command":{"Hello":{"chat":null}}}"#), Some(Command::Hello { chat: None }));
        assert_eq!(read(r#"{"update":{"Problem":{"text":"x"}}}"#), None);
        assert_eq!(read(r#"{"command":"Fly"}"#), None);
    }

    #[test]
    fn a_subscription_is_told_from_an_update() {
        assert!(subscribes(br#"{"subscribe":true}"#));
        assert!(!subscribes(br#"{"Problem":{"text":"subscribe"}}"#));
    }
}
