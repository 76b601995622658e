//! The way to a guest in a frame: secret bytes, a gateway of its own, a ticket for what it is given, and the frame itself.
//!
//! ```text
//! prepare ─▶ seed ─▶ gateway ─▶ ticket ─▶ open ─▶ the guest fetches its host: "here"
//! ```
use crate::actors::{body, call_json};
use alloc::{
    format,
    string::{String, ToString},
};
use peerd_gateway::{self as gateway, Layer, Settings};
use peerd_otp::message::{call, decode};
use peerd_vat::{Answer, CallId, Crash, Cx, Ref, Settle};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A frame and a Worker on a busy machine.
pub(super) const OPEN_MS: u64 = 15_000;

/// What a frame is opened for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub number: u64,
    /// Of the script that the host starts in it.
    pub kind: String,
    /// In the tree.
    pub name: String,
    /// The page of ours that shows it, by the name it gave itself; none: nobody sees it.
    pub page: Option<String>,
    /// The object that the guest is given.
    pub host: u32,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Opening {
    wanted: Wanted,
    boxes: Ref,
    wires: Ref,
    stage: Stage,
    face: Option<Ref>,
    /// Who knows it has the host.
    ticket: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Prepare(CallId),
    Offer(CallId),
    /// The ticket is there; its owner says when to go on.
    Offered,
    Open(CallId),
    Over,
}

/// What an answer has brought.
pub(super) enum Progress {
    /// It is of something else, or there is more to come.
    Going,
    /// There is a ticket: `open` is next.
    Offered,
    /// The frame is there, and its guest will say so itself.
    Opened,
    Failed(String),
}

impl Opening {
    pub fn begin(wanted: Wanted, boxes: Ref, wires: Ref, cx: &mut Cx<'_>) -> Opening {
        let prepare = call_json(cx, boxes, &json!({"op": "prepare", "box": wanted.number}), &[], OPEN_MS);
        Opening { wanted, boxes, wires, stage: Stage::Prepare(prepare), face: None, ticket: String::new() }
    }

    pub fn settled(&mut self, settled: CallId, result: Result<Answer<'_>, Settle>, cx: &mut Cx<'_>) -> Result<Progress, Crash> {
        let (Stage::Prepare(waited) | Stage::Offer(waited) | Stage::Open(waited)) = self.stage else { return Ok(Progress::Going) };
        if waited != settled {
            return Ok(Progress::Going);
        }
        let answer = match result {
            Ok(answer) => answer,
            Err(settle) => return Ok(Progress::Failed(settle.to_string())),
        };
        match self.stage {
            Stage::Prepare(_) => {
                let seed: [u8; 32] = body(answer.body)?;
                let settings = Settings { seed, layers: [Layer::Channel].into() };
                let faces = gateway::spawn(cx, &format!("gateway of {}", self.wanted.name), &settings, self.wires, None);
                self.face = Some(faces.host);
                let host = cx.object(self.wanted.host);
                self.stage = Stage::Offer(call(faces.clerk, &gateway::Request::Offer { lasts: false }, &[host], OPEN_MS, cx));
                Ok(Progress::Going)
            }
            Stage::Offer(_) => {
                let Some(gateway::Reply::Offered { swiss }) = decode(answer.body) else {
                    return Err(Crash::new("gateway", "it offers nothing"));
                };
                self.ticket = swiss.iter().map(|byte| format!("{byte:02x}")).collect();
                self.stage = Stage::Offered;
                Ok(Progress::Offered)
            }
            Stage::Open(_) => {
                let answer: Value = body(answer.body)?;
                self.stage = Stage::Over;
                Ok(answer["err"].as_str().map_or(Progress::Opened, |why| Progress::Failed(why.into())))
            }
            Stage::Offered | Stage::Over => Ok(Progress::Going),
        }
    }

    /// After `Offered`.
    pub fn open(&mut self, cx: &mut Cx<'_>) {
        let Some(face) = self.face.filter(|_| self.stage == Stage::Offered) else { return };
        let Wanted { number, kind, page, .. } = &self.wanted;
        let open = json!({"op": "open", "box": number, "kind": kind, "ticket": self.ticket, "page": page});
        self.stage = Stage::Open(call_json(cx, self.boxes, &open, &[face, cx.me()], OPEN_MS));
    }
}
