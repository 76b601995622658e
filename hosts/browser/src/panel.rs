//! Port `panel`: the channel on which all panels are shown things, and the desk that is told what they want. What they say is
//! heard by the offscreen document, which keeps it while there is no Worker.
use peerd_agent::actors::wire::HostToDesk;
use peerd_vat::Ref;
use serde::Deserialize;
use wasm_bindgen::JsValue;
use web_sys::BroadcastChannel;

const CHANNEL: &str = "peerd";

/// Limit: what panels may say before the desk listens.
const EARLY_MAX: usize = 1_000;

pub struct Panel {
    channel: BroadcastChannel,
    desk: Option<Ref>,
    early: Vec<HostToDesk>,
}

impl Panel {
    pub fn open() -> Panel {
        let channel = BroadcastChannel::new(CHANNEL).expect("a Worker has broadcast channels");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subscription_is_told_from_an_update() {
        assert!(subscribes(br#"{"subscribe":true}"#));
        assert!(!subscribes(br#"{"Problem":{"text":"subscribe"}}"#));
    }
}
