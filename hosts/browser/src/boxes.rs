//! Ports `boxes` and `wires`: frames that the offscreen document makes for code that was not written by us, and the bytes between each of
//! them and its gateway. The Worker holds one end of a frame's only port; the frame's other end goes through the document to it.
use crate::{engine::Asked, js, world::World};
use js_sys::{Array, Object, Reflect, Uint8Array};
use peerd_gateway::wire::{FromHost, ToHost};
use peerd_otp::message::{decode, encode};
use peerd_vat::Ref;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{MessageChannel, MessageEvent, MessagePort};

/// What two ports of captp.js say to each other beside bytes, see its `netlayers.js`.
const PING: f64 = 1.0;
const PONG: f64 = 2.0;

/// Limit: bytes of one message of a frame. Above what CapTP writes at once; the frame's own gate is tighter.
const MESSAGE_MAX: u32 = 4 << 20;

#[derive(Default)]
pub struct Boxes {
    open: BTreeMap<u64, Open>,
}

struct Open {
    port: MessagePort,
    /// The host face of its gateway, and who started it.
    gateway: Ref,
    owner: Ref,
    _heard: Closure<dyn FnMut(MessageEvent)>,
}

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    /// Answered with 32 secret bytes for the gateway.
    Prepare,
    /// `refs`: the gateway's host face, and the actor that is told when the frame is gone.
    Open {
        #[serde(rename = "box")]
        number: u64,
        kind: String,
        ticket: String,
        /// Of ours, in which the frame is shown.
        page: Option<String>,
    },
    Close {
        #[serde(rename = "box")]
        number: u64,
    },
}

pub fn asked(world: &Rc<World>, asked: &Asked) {
    let answer = match (serde_json::from_slice(&asked.body), asked.refs.as_slice()) {
        (Ok(Op::Prepare), _) => json!(js::random_bytes::<32>()),
        (Ok(Op::Open { number, kind, ticket, page }), &[gateway, owner]) => {
            match open(world, number, (&kind, page.as_deref()), &ticket, gateway, owner) {
                Ok(()) => json!({}),
                Err(error) => json!({"err": js::why(&error)}),
            }
        }
        (Ok(Op::Close { number }), _) => return close(world, number),
        _ => return js::log("a request to the boxes port can't be read"),
    };
    if let Some(to) = asked.reply {
        world.reply(to, &answer);
    }
}

fn open(world: &Rc<World>, number: u64, (kind, page): (&str, Option<&str>), ticket: &str, gateway: Ref, owner: Ref) -> Result<(), JsValue> {
    let channel = MessageChannel::new()?;
    let port = channel.port1();
    let me = Rc::downgrade(world);
    let heard = Closure::new(move |event: MessageEvent| {
        if let Some(world) = me.upgrade() {
            hear(&world, number, &event.data());
        }
    });
    port.set_onmessage(Some(heard.as_ref().unchecked_ref()));
    world.boxes.borrow_mut().open.insert(number, Open { port, gateway, owner, _heard: heard });
    let message = Object::new();
    let port = channel.port2();
    let fields: [(&str, JsValue); 5] = [
        ("box", (number as f64).into()),
        ("kind", kind.into()),
        ("ticket", ticket.into()),
        ("page", page.map_or(JsValue::NULL, JsValue::from)),
        ("port", port.clone().into()),
    ];
    for (key, value) in fields {
        Reflect::set(&message, &key.into(), &value)?;
    }
    js::scope().post_message_with_transfer(&message, &Array::of1(&port))?;
    world.message(gateway, encode(&FromHost::Accepted { conn: number, layer: 0 }));
    Ok(())
}

fn close(world: &Rc<World>, number: u64) {
    if let Some(open) = world.boxes.borrow_mut().open.remove(&number) {
        open.port.set_onmessage(None);
        open.port.close();
    }
    // Said also of one that is not known here: the document may know it from an earlier life of this Worker.
    let message = Object::new();
    let is_said = Reflect::set(&message, &"close".into(), &(number as f64).into()).is_ok();
    assert!(is_said && js::scope().post_message(&message).is_ok(), "a plain object can be posted");
}

/// What the frame sent: hostile until the gateway has read it.
fn hear(world: &Rc<World>, number: u64, data: &JsValue) {
    let (gateway, port) = match world.boxes.borrow().open.get(&number) {
        Some(open) => (open.gateway, open.port.clone()),
        None => return,
    };
    match data.dyn_ref::<Uint8Array>() {
        Some(bytes) if bytes.length() <= MESSAGE_MAX => {
            world.message(gateway, encode(&FromHost::Bytes { conn: number, bytes: bytes.to_vec() }));
        }
        None if data.as_f64() == Some(PING) => drop(port.post_message(&PONG.into())),
        None if data.as_f64() == Some(PONG) => {}
        Some(_) | None => gone(world, number, "it sent what is no message".into()),
    }
}

/// A frame ended by itself, or is to.
pub fn gone(world: &Rc<World>, number: u64, why: String) {
    let Some((gateway, owner)) = world.boxes.borrow().open.get(&number).map(|open| (open.gateway, open.owner)) else { return };
    world.message(owner, json!({"Gone": why}).to_string().into_bytes());
    world.message(gateway, encode(&FromHost::Closed { conn: number }));
    close(world, number);
}

/// From a gateway.
pub fn wired(world: &Rc<World>, asked: &Asked) {
    match decode(&asked.body) {
        Some(ToHost::Send { conn, bytes }) => {
            let Some((port, gateway)) = world.boxes.borrow().open.get(&conn).map(|open| (open.port.clone(), open.gateway)) else { return };
            let view = Uint8Array::from(bytes.as_slice());
            if port.post_message_with_transferable(&view, &Array::of1(&view.buffer())).is_ok() {
                world.message(gateway, encode(&FromHost::Written { conn, bytes: bytes.len() as u32 }));
            }
        }
        Some(ToHost::Close { conn, .. }) => gone(world, conn, "its session ended".into()),
        // A port can't be paused, nobody is dialled, and the rest is for logs.
        Some(
            ToHost::Open | ToHost::Dial { .. } | ToHost::Pause { .. } | ToHost::Resume { .. } | ToHost::Ready { .. } | ToHost::Ended { .. },
        ) => {}
        None => js::log("what a gateway said can't be read"),
    }
}
