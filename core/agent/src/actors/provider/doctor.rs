//! Does a local model server answer? Its list of models is read and one of them is asked for one word: only that counts.
use crate::{
    address::Address,
    model::{HttpRequest, exchange::Input},
    view::DoctorReport,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Limit: what is read of one answer.
const BODY_MAX: usize = 1 << 20;
const MODELS_MAX: usize = 200;
const OLLAMA_PORT: u16 = 11_434;

/// What to do next.
#[derive(Debug, PartialEq)]
pub enum Order {
    Fetch(HttpRequest),
    Done(DoctorReport),
}

#[derive(Debug, Serialize, Deserialize)]
pub struct Checkup {
    base: String,
    ollama: bool,
    models: Vec<String>,
    asked: bool,
    status: u16,
    body: Vec<u8>,
}

impl Checkup {
    pub fn start(base: &str) -> (Checkup, Order) {
        let base = base.trim_end_matches('/').to_string();
        let ollama = Address::parse(&base).is_some_and(|address| address.port() == OLLAMA_PORT);
        let list = request("GET", format!("{base}/models"), String::new());
        (Checkup { base, ollama, models: Vec::new(), asked: false, status: 0, body: Vec::new() }, Order::Fetch(list))
    }

    /// Fetches made before this one.
    pub fn asked(&self) -> u64 {
        u64::from(self.asked)
    }

    pub fn handle(&mut self, input: Input) -> Option<Order> {
        let advice = match input {
            Input::Head { status, .. } => {
                self.status = status;
                return None;
            }
            Input::Chunk { bytes, .. } => {
                self.body.extend_from_slice(&bytes[..bytes.len().min(BODY_MAX - self.body.len())]);
                return None;
            }
            Input::End { .. } => match self.answered() {
                Ok(order) => return Some(order),
                Err(advice) => advice,
            },
            Input::Error { .. } if self.asked => "The server broke off while it was asked for one word. Its own log says why.".to_string(),
            Input::Error { .. } => self.start_it(),
            Input::Timer if self.asked => {
                "The server is there, but it has not answered yet: it may still be loading the model. Ask again in a minute.".to_string()
            }
            Input::Timer => self.start_it(),
            Input::Cancel => return None,
        };
        Some(Order::Done(DoctorReport { found: false, models: core::mem::take(&mut self.models), advice }))
    }

    /// A whole answer came; the error is the advice.
    fn answered(&mut self) -> Result<Order, String> {
        let body = core::mem::take(&mut self.body);
        let json: Option<Value> = serde_json::from_slice(&body).ok();
        match (self.status, json) {
            (403, _) => Err(self.let_it_in()),
            (401, _) => Err("The server asks for a key: add it as a provider, with its key.".to_string()),
            (200, Some(json)) if self.asked => self.word(&json),
            (200, Some(json)) => self.list(&json),
            (status, _) if !self.asked => Err(self.not_there(status)),
            (status, json) => {
                let said =
                    json.as_ref().and_then(|json| json["error"]["message"].as_str().or(json["error"].as_str())).unwrap_or("no reason");
                Err(format!("The server refused to answer one word ({status}): {}", crate::model::one_line(said)))
            }
        }
    }

    fn list(&mut self, json: &Value) -> Result<Order, String> {
        let ids = json["data"].as_array().into_iter().flatten().filter_map(|model| model["id"].as_str());
        self.models = ids.take(MODELS_MAX).map(String::from).collect();
        // Servers list their embedding models too; those can't talk.
        let model = self.models.iter().find(|id| !id.contains("embed")).ok_or_else(|| self.pull_one())?;
        let ask = json!({
            "model": model, "messages": [{"role": "user", "content": "Say ok."}], "max_tokens": 1, "stream": false,
        });
        self.asked = true;
        Ok(Order::Fetch(request("POST", format!("{}/chat/completions", self.base), ask.to_string())))
    }

    fn word(&mut self, json: &Value) -> Result<Order, String> {
        if json["choices"].as_array().is_none_or(Vec::is_empty) {
            return Err("Something answers there, but not in the words of Chat Completions.".to_string());
        }
        let models = core::mem::take(&mut self.models);
        Ok(Order::Done(DoctorReport { found: true, models, advice: String::new() }))
    }

    fn start_it(&self) -> String {
        let how = if self.ollama { " Start Ollama (`ollama serve`, or its app)." } else { " Start the model server." };
        format!("Nothing answers at {}.{how} Then ask again.", self.base)
    }

    fn let_it_in(&self) -> String {
        let rule = "The server refuses requests that come from an extension (403). peerd takes its Origin header off for addresses that you added.";
        if self.ollama {
            format!("{rule} If it still refuses, start Ollama with OLLAMA_ORIGINS=chrome-extension://* and ask again.")
        } else {
            format!("{rule} If it still refuses, allow the origin chrome-extension://* in its settings and ask again.")
        }
    }

    fn pull_one(&self) -> String {
        let how = if self.ollama { "Get one, for example `ollama pull qwen3:8b`" } else { "Load one in it" };
        format!("The server answers, but it has no model to talk to. {how}, then ask again.")
    }

    fn not_there(&self, status: u16) -> String {
        if self.base.ends_with("/v1") {
            format!("Something answers at {}, but it is no model server ({status}).", self.base)
        } else {
            format!("Something answers, but not here ({status}). Try {}/v1.", self.base)
        }
    }
}

/// A report without a visit.
pub fn no(why: &str) -> DoctorReport {
    DoctorReport { found: false, models: Vec::new(), advice: why.into() }
}

fn request(method: &str, url: String, body: String) -> HttpRequest {
    let header = |name: &str| (name.to_string(), "application/json".to_string());
    let headers = if body.is_empty() { Vec::from([header("accept")]) } else { Vec::from([header("accept"), header("content-type")]) };
    HttpRequest { method: method.into(), url, headers, body, key: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the server answers, in order: a status and a body, or no connection (0).
    fn check(base: &str, answers: &[(u16, &str)], found: bool, advice: &str) {
        let (mut checkup, mut order) = Checkup::start(base);
        for (status, body) in answers {
            assert!(matches!(order, Order::Fetch(_)), "{order:?}");
            let end = match status {
                0 => Input::Error { fetch: 0, text: (*body).into() },
                _ => {
                    checkup.handle(Input::Head { fetch: 0, status: *status, headers: Vec::new() });
                    checkup.handle(Input::Chunk { fetch: 0, bytes: body.as_bytes().to_vec() });
                    Input::End { fetch: 0 }
                }
            };
            order = checkup.handle(end).expect("an end is followed by something");
        }
        let Order::Done(report) = order else { panic!("more to do: {order:?}") };
        assert_eq!(report.found, found, "{report:?}");
        assert!(report.advice.contains(advice), "{report:?}");
    }

    const OLLAMA: &str = "http://127.0.0.1:11434/v1";
    const MODELS: &str = "{\"data\":[{\"id\":\"nomic-embed-text\"},{\"id\":\"qwen3:8b\"}]}";

    #[test]
    fn found_means_that_a_post_was_answered() {
        check(OLLAMA, &[(200, MODELS), (200, "{\"choices\":[{\"message\":{\"content\":\"ok\"}}]}")], true, "");
        check(OLLAMA, &[(200, MODELS), (200, "{\"hello\":1}")], false, "Chat Completions");
        check(OLLAMA, &[(200, MODELS), (403, "")], false, "OLLAMA_ORIGINS");
        check(OLLAMA, &[(200, MODELS), (500, "{\"error\":{\"message\":\"out of memory\"}}")], false, "out of memory");
        check(OLLAMA, &[(200, MODELS), (0, "reset")], false, "broke off");
    }

    #[test]
    fn what_to_set_is_said_in_plain_words() {
        check(OLLAMA, &[(0, "Failed to fetch")], false, "ollama serve");
        check(OLLAMA, &[(403, "")], false, "OLLAMA_ORIGINS");
        check("http://127.0.0.1:1234/v1", &[(403, "")], false, "allow the origin");
        check(OLLAMA, &[(200, "{\"data\":[]}")], false, "ollama pull");
        check(OLLAMA, &[(200, "{\"data\":null}")], false, "ollama pull");
        check("http://127.0.0.1:11434", &[(404, "404 page not found")], false, "http://127.0.0.1:11434/v1");
        check(OLLAMA, &[(200, "<html>")], false, "no model server");
        check(OLLAMA, &[(401, "")], false, "key");
    }

    #[test]
    fn the_one_asked_can_talk() {
        let (mut checkup, _) = Checkup::start(OLLAMA);
        checkup.handle(Input::Head { fetch: 0, status: 200, headers: Vec::new() });
        checkup.handle(Input::Chunk { fetch: 0, bytes: MODELS.into() });
        let Some(Order::Fetch(post)) = checkup.handle(Input::End { fetch: 0 }) else { panic!("asks") };
        assert_eq!((post.method.as_str(), post.url.as_str(), post.key), ("POST", "http://127.0.0.1:11434/v1/chat/completions", None));
        assert!(post.body.contains("qwen3:8b"), "{}", post.body);
    }
}
