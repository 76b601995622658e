//! Port `egress`: fetches for code that was not written by us. The broker has judged the address; here it is fetched, one hop, without
//! cookies and credentials, and no more of the answer is read than may be.
use crate::{chrome, engine::Asked, js, world::World};
use peerd_egress::{
    Hop,
    broker::{FromHost, ToHost},
};
use peerd_otp::message::{decode, encode};
use peerd_vat::Ref;
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    AbortController, Headers, ReadableStreamDefaultReader, Request, RequestCache, RequestCredentials, RequestInit, RequestRedirect,
    Response, ResponseType,
};

/// What an answer's reader may know; the rest is the network's business.
const HEADERS: [&str; 12] = [
    "content-type",
    "content-length",
    "content-language",
    "content-range",
    "accept-ranges",
    "cache-control",
    "date",
    "etag",
    "expires",
    "last-modified",
    "link",
    "retry-after",
];

/// Invariant: what is not in here any more says nothing to the vat.
#[derive(Default)]
pub struct Egress {
    under_way: BTreeMap<u64, AbortController>,
}

pub fn asked(world: &Rc<World>, asked: &Asked) {
    match (decode(&asked.body), asked.refs.first()) {
        (Some(ToHost::Fetch { fetch, hop }), Some(to)) => begin(world, fetch, hop, *to),
        (Some(ToHost::Abort { fetch }), _) => {
            if let Some(controller) = world.egress.borrow_mut().under_way.remove(&fetch) {
                controller.abort();
            }
        }
        _ => js::log("a request to the egress port can't be read"),
    }
}

fn begin(world: &Rc<World>, fetch: u64, hop: Hop, to: Ref) {
    let controller = AbortController::new().expect("a Worker can make one");
    world.egress.borrow_mut().under_way.insert(fetch, controller.clone());
    let world = Rc::clone(world);
    spawn_local(async move {
        let call = Call { world: &world, fetch, to };
        let last = match call.run(&hop, &controller).await {
            Ok(last) => last,
            Err(why) => FromHost::Failed { fetch, why },
        };
        call.tell(&last);
        world.egress.borrow_mut().under_way.remove(&fetch);
    });
}

struct Call<'a> {
    world: &'a Rc<World>,
    fetch: u64,
    to: Ref,
}

impl Call<'_> {
    fn is_under_way(&self) -> bool {
        self.world.egress.borrow().under_way.contains_key(&self.fetch)
    }

    fn tell(&self, said: &FromHost) {
        if self.is_under_way() {
            self.world.message(self.to, encode(said));
        }
    }

    async fn run(&self, hop: &Hop, controller: &AbortController) -> Result<FromHost, String> {
        let fetch = self.fetch;
        let response = send(hop, controller).await.map_err(|error| js::why(&error))?;
        if response.type_() == ResponseType::Opaqueredirect {
            // The browser hides where it leads from whoever fetches by hand; the service worker asks again, and sees it go by.
            let ask = json!({"op": "redirect", "method": hop.method, "url": hop.url, "headers": hop.headers});
            let seen = chrome::call(self.world, &ask.to_string()).await;
            let status = seen.as_ref().and_then(|seen| seen["status"].as_u64()).unwrap_or(302) as u16;
            let location = seen.and_then(|seen| seen["location"].as_str().map(str::to_owned));
            return Ok(FromHost::Redirect { fetch, status, location });
        }
        let headers = HEADERS.iter().filter_map(|name| Some(((*name).to_owned(), response.headers().get(name).ok()??))).collect();
        self.tell(&FromHost::Head { fetch, status: response.status(), headers });
        self.body(&response, hop.response_max, controller).await.map_err(|error| js::why(&error))?;
        Ok(FromHost::End { fetch })
    }

    /// The broker counts as well, and cuts off what is too much; here no more is read than its first byte too many.
    async fn body(&self, response: &Response, bytes_max: u64, controller: &AbortController) -> Result<(), JsValue> {
        let Some(stream) = response.body() else { return Ok(()) };
        let reader: ReadableStreamDefaultReader = stream.get_reader().unchecked_into();
        let mut read_so_far = 0;
        while self.is_under_way() {
            let read = JsFuture::from(reader.read()).await?;
            if js_sys::Reflect::get(&read, &"done".into())?.is_truthy() {
                return Ok(());
            }
            let bytes: js_sys::Uint8Array = js_sys::Reflect::get(&read, &"value".into())?.unchecked_into();
            let left = bytes_max.saturating_sub(read_so_far) as u32;
            let kept = bytes.subarray(0, bytes.length().min(left.saturating_add(1)));
            read_so_far += u64::from(kept.length());
            self.tell(&FromHost::Bytes { fetch: self.fetch, bytes: kept.to_vec() });
            if read_so_far > bytes_max {
                controller.abort();
                return Ok(());
            }
        }
        Ok(())
    }
}

async fn send(hop: &Hop, controller: &AbortController) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    for (name, value) in &hop.headers {
        headers.append(name, value)?;
    }
    let init = RequestInit::new();
    init.set_method(&hop.method);
    init.set_headers(&headers);
    init.set_signal(Some(&controller.signal()));
    init.set_credentials(RequestCredentials::Omit);
    init.set_cache(RequestCache::NoStore);
    init.set_redirect(RequestRedirect::Manual);
    init.set_referrer_policy(web_sys::ReferrerPolicy::NoReferrer);
    if !hop.body.is_empty() {
        init.set_body(&js_sys::Uint8Array::from(hop.body.as_slice()));
    }
    let request = Request::new_with_str_and_init(&hop.url, &init)?;
    JsFuture::from(js::scope().fetch_with_request(&request)).await?.dyn_into()
}
