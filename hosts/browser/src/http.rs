//! Port `http`: fetches that stream their body back as events and can be cut off at any moment.
use crate::{js, keeper::Order, vault::Locked, world::World};
use peerd_agent::model::{HttpRequest, KeySlot};
use peerd_vat::Ref;
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect,
    Response, ResponseType, TextDecodeOptions, TextDecoder,
};

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum Op {
    Fetch { fetch: u64, request: HttpRequest },
    Abort { fetch: u64 },
}

/// A fetch by who asked for it and that actor's number for it.
pub type FetchId = (Ref, u64);

/// Invariant: what is not in here any more says nothing to the vat.
#[derive(Default)]
pub struct Http {
    under_way: BTreeMap<FetchId, AbortController>,
}

impl Http {
    pub fn abort(&mut self, id: FetchId) {
        if let Some(controller) = self.under_way.remove(&id) {
            controller.abort();
        }
    }

    fn ended(&mut self, id: FetchId) {
        self.under_way.remove(&id);
    }

    fn begin(&mut self, id: FetchId) -> Option<AbortController> {
        if self.under_way.contains_key(&id) {
            return None;
        }
        let controller = AbortController::new().expect("a Worker can make one");
        self.under_way.insert(id, controller.clone());
        Some(controller)
    }

    fn is_under_way(&self, id: FetchId) -> bool {
        self.under_way.contains_key(&id)
    }
}

/// Starts a fetch whose events go to `to`.
pub fn fetch(world: &Rc<World>, id: FetchId, request: HttpRequest, to: Ref) {
    let Some(controller) = world.http.borrow_mut().begin(id) else { return };
    let world = Rc::clone(world);
    spawn_local(async move {
        let call = Call { world: &world, id, to };
        let last = match call.run(&request, &controller).await {
            Ok(()) => json!({"end": true}),
            Err(why) => json!({"error": why}),
        };
        call.tell(last);
        world.http.borrow_mut().ended(id);
    });
}

struct Call<'a> {
    world: &'a Rc<World>,
    id: FetchId,
    to: Ref,
}

impl Call<'_> {
    fn tell(&self, mut event: Value) {
        if self.world.http.borrow().is_under_way(self.id) {
            event["fetch"] = self.id.1.into();
            self.world.message(self.to, event.to_string().into_bytes());
        }
    }

    async fn run(&self, request: &HttpRequest, controller: &AbortController) -> Result<(), String> {
        let headers = Headers::new().map_err(|error| js::why(&error))?;
        for (name, value) in &request.headers {
            headers.append(name, value).map_err(|error| js::why(&error))?;
        }
        if let Some(slot) = &request.key {
            self.add_key(slot, &headers).await?;
        }
        let response = send(request, &headers, controller).await.map_err(|error| js::why(&error))?;
        if response.type_() == ResponseType::Opaqueredirect {
            return Err("redirect".into());
        }
        self.tell(json!({"head": {"status": response.status(), "headers": listed(&response.headers())}}));
        self.body(&response).await.map_err(|error| js::why(&error))
    }

    async fn add_key(&self, slot: &KeySlot, headers: &Headers) -> Result<(), String> {
        let key = self.world.vault.key(&self.world.store, &slot.provider).await.map_err(|locked| match locked {
            Locked::Vault => {
                // It may have locked itself while the machine slept: panels ask for the passphrase only when they know.
                self.world.order(Order::Tell);
                "locked".to_owned()
            }
            Locked::NoKey => "no_key".to_owned(),
            Locked::Broken => format!("the key saved for {} can't be opened: save it again", slot.provider),
        })?;
        // Why not the browser's words: they quote the value.
        headers.set(&slot.header, &format!("{}{}", slot.prefix, &*key)).map_err(|_| "bad_key".into())
    }

    async fn body(&self, response: &Response) -> Result<(), JsValue> {
        let Some(stream) = response.body() else { return Ok(()) };
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        let decoder = TextDecoder::new()?;
        let more = TextDecodeOptions::new();
        more.set_stream(true);
        loop {
            let read = JsFuture::from(reader.read()).await?;
            let done = js_sys::Reflect::get(&read, &"done".into())?.is_truthy();
            let text = if done {
                decoder.decode()?
            } else {
                let bytes: js_sys::Uint8Array = js_sys::Reflect::get(&read, &"value".into())?.unchecked_into();
                decoder.decode_with_buffer_source_and_options(&bytes, &more)?
            };
            if !text.is_empty() {
                self.tell(json!({"chunk": text}));
            }
            if done {
                return Ok(());
            }
        }
    }
}

async fn send(request: &HttpRequest, headers: &Headers, controller: &AbortController) -> Result<Response, JsValue> {
    let init = RequestInit::new();
    init.set_method(&request.method);
    init.set_headers(headers);
    init.set_signal(Some(&controller.signal()));
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_redirect(RequestRedirect::Manual);
    if !request.body.is_empty() {
        init.set_body(&JsValue::from_str(&request.body));
    }
    let request = Request::new_with_str_and_init(&request.url, &init)?;
    JsFuture::from(js::scope().fetch_with_request(&request)).await?.dyn_into()
}

/// The browser gives the names in lower case.
fn listed(headers: &Headers) -> Vec<(String, String)> {
    let entries = js_sys::try_iter(headers).ok().flatten().into_iter().flatten();
    entries
        .filter_map(|entry| {
            let pair: js_sys::Array = entry.ok()?.dyn_into().ok()?;
            Some((pair.get(0).as_string()?, pair.get(1).as_string()?))
        })
        .collect()
}
