//! The few browser calls a page of the extension makes itself. All else goes through the desk.
use js_sys::{Array, Promise, Reflect};
use leptos::prelude::{document, window};
use peerd_agent::view::{ChatId, TabId};
use wasm_bindgen::{JsCast, JsValue, prelude::wasm_bindgen};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{Blob, BlobPropertyBag, HtmlAnchorElement, Url};

/// The chat a panel showed last, so that a docked panel goes on where the tab was.
const SHOWN: &str = "peerd.shown";

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = sendMessage)]
    fn send_message(message: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "runtime"], js_name = openOptionsPage)]
    fn open_options_page() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = query)]
    fn tabs_query(filter: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "tabs"], js_name = getCurrent)]
    fn tabs_get_current() -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "permissions"], js_name = request)]
    fn permissions_request(wanted: &JsValue) -> Result<Promise, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["chrome", "sidePanel"], js_name = open)]
    fn side_panel_open(place: &JsValue) -> Result<Promise, JsValue>;
}

/// Where this page is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// None in the side panel.
    pub own_tab: Option<TabId>,
    pub window: Option<i32>,
}

pub fn ensure_host() {
    if let Ok(promise) = send_message(&object(&[("ensure", "host".into())])) {
        // A service worker that is just starting may not answer; hello is repeated anyway.
        spawn_local(async move { drop(JsFuture::from(promise).await) });
    }
}

pub fn open_settings() {
    drop(open_options_page());
}

pub async fn place() -> Place {
    let Some(tab) = settled(tabs_get_current()).await.filter(JsValue::is_object) else { return Place::default() };
    Place { own_tab: number(&tab, "id").map(|id| id as TabId), window: number(&tab, "windowId").map(|id| id as i32) }
}

/// The tab its owner means: the active one; from a panel that is a tab itself, the one looked at before it.
pub async fn meant_tab(place: Place) -> Option<TabId> {
    let filter = match place.own_tab {
        Some(_) => object(&[("currentWindow", true.into())]),
        None => object(&[("active", true.into()), ("currentWindow", true.into())]),
    };
    let tabs: Array = settled(tabs_query(&filter)).await?.dyn_into().ok()?;
    tabs.iter()
        .filter(|tab| number(tab, "id").map(|id| id as TabId) != place.own_tab && is_web_page(tab))
        .max_by(|a, b| seen(a).total_cmp(&seen(b)))
        .and_then(|tab| Some(number(&tab, "id")? as TabId))
}

/// Must be called right in a click: a permission prompt and the side panel open only then.
pub fn ask_for_all_sites(done: impl FnOnce(bool) + 'static) {
    let asked = permissions_request(&object(&[("origins", Array::of1(&"<all_urls>".into()).into())]));
    spawn_local(async move { done(settled(asked).await.is_some_and(|granted| granted.is_truthy())) });
}

/// Must be called right in a click, see above.
pub fn dock(window: i32, done: impl FnOnce(bool) + 'static) {
    let opened = side_panel_open(&object(&[("windowId", window.into())]));
    spawn_local(async move { done(settled(opened).await.is_some()) });
}

pub fn remembered_chat() -> Option<ChatId> {
    window().local_storage().ok()??.get_item(SHOWN).ok()??.parse().ok()
}

pub fn remember_chat(chat: Option<ChatId>) {
    let Ok(Some(storage)) = window().local_storage() else { return };
    // Only a convenience: a full storage is no reason to stop.
    let _ = match chat {
        Some(chat) => storage.set_item(SHOWN, &chat.to_string()),
        None => storage.remove_item(SHOWN),
    };
}

pub async fn copy(text: String) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(&text)).await.is_ok()
}

/// Hands a file to the browser's downloads.
pub fn save(name: &str, text: &str) -> Option<()> {
    let kind = BlobPropertyBag::new();
    kind.set_type("text/markdown;charset=utf-8");
    download(&Blob::new_with_str_sequence_and_options(&Array::of1(&text.into()), &kind).ok()?, name)
}

/// The same with bytes. None: the browser does not do it.
pub fn download(file: &Blob, name: &str) -> Option<()> {
    let url = Url::create_object_url_with_blob(file).ok()?;
    let link: HtmlAnchorElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_href(&url);
    link.set_download(name);
    link.click();
    // Revoked later: the download reads it after this call.
    leptos::prelude::set_timeout(move || drop(Url::revoke_object_url(&url)), std::time::Duration::from_secs(60));
    Some(())
}

/// Milliseconds since the Unix epoch.
pub fn now() -> u64 {
    js_sys::Date::now() as u64
}

/// As the clock of this place shows it, with seconds.
pub fn time_of_day(at: u64) -> String {
    js_sys::Date::new(&(at as f64).into()).to_locale_time_string("en-GB").into()
}

/// For machines.
pub fn iso(at: u64) -> String {
    js_sys::Date::new(&(at as f64).into()).to_iso_string().into()
}

/// As `2026-11-26`.
/// A moment as its owner writes it, in the time of this place.
pub fn moment(at: u64) -> String {
    let date = js_sys::Date::new(&(at as f64).into());
    date.to_locale_string("en-GB", &object(&[("dateStyle", "medium".into()), ("timeStyle", "medium".into())])).into()
}

pub fn today() -> String {
    let mut text: String = js_sys::Date::new_0().to_iso_string().into();
    text.truncate(10);
    text
}

async fn settled(promise: Result<Promise, JsValue>) -> Option<JsValue> {
    JsFuture::from(promise.ok()?).await.ok()
}

fn is_web_page(tab: &JsValue) -> bool {
    let text = |name: &str| Reflect::get(tab, &name.into()).ok().and_then(|value| value.as_string()).unwrap_or_default();
    [text("url"), text("pendingUrl")].iter().any(|url| url.starts_with("http://") || url.starts_with("https://"))
}

fn seen(tab: &JsValue) -> f64 {
    number(tab, "lastAccessed").unwrap_or(0.0)
}

fn number(value: &JsValue, name: &str) -> Option<f64> {
    Reflect::get(value, &name.into()).ok()?.as_f64()
}

pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new();
    for (name, value) in fields {
        // A plain object takes every property.
        let _ = Reflect::set(&object, &(*name).into(), value);
    }
    object.into()
}
