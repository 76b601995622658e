//! Who owns a vat: a Web Lock that is stolen, and one of the epoch that never is.
use crate::{Trouble, web};
use js_sys::{Array, Function, Promise, Reflect};
use std::{cell::Cell, cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};

/// Held until it is dropped, stolen, or its Worker ends.
pub struct Lock {
    name: String,
    is_over: Rc<Cell<bool>>,
    release: Function,
}

impl Lock {
    /// From whoever has it. He hears of it sooner or later, and until then goes on.
    pub async fn steal(name: &str) -> Result<Lock, Trouble> {
        let lock = Lock::request(name, "steal").await?;
        lock.ok_or_else(|| Trouble::Browser(format!("{name}: a lock can't be stolen")))
    }

    /// None: somebody has it.
    pub async fn if_free(name: &str) -> Result<Option<Lock>, Trouble> {
        Lock::request(name, "ifAvailable").await
    }

    async fn request(name: &str, how: &str) -> Result<Option<Lock>, Trouble> {
        let is_over = Rc::new(Cell::new(false));
        let release = Rc::new(RefCell::new(None));
        let granted = Promise::new(&mut |resolve, reject| {
            let release = Rc::clone(&release);
            let holding = Closure::once_into_js(move |lock: JsValue| {
                let is_ours = !lock.is_null();
                // What it is held for: until this is resolved.
                let held = Promise::new(&mut |end, _| {
                    if is_ours {
                        release.replace(Some(end));
                    } else {
                        let _ = end.call0(&JsValue::NULL);
                    }
                });
                let _ = resolve.call1(&JsValue::NULL, &is_ours.into());
                held
            });
            match web::lock(name, &web::options(how, true), holding.unchecked_ref()) {
                Ok(whole) => {
                    let is_over = Rc::clone(&is_over);
                    spawn_local(async move {
                        let ended = JsFuture::from(whole).await;
                        is_over.set(true);
                        let _ = reject.call1(&JsValue::NULL, &ended.err().unwrap_or_default());
                    });
                }
                Err(error) => {
                    let _ = reject.call1(&JsValue::NULL, &error);
                }
            }
        });
        JsFuture::from(granted).await.map_err(|error| Trouble::of(name, &error))?;
        let release = release.borrow_mut().take();
        Ok(release.map(|release| Lock { name: name.into(), is_over, release }))
    }

    /// Known already to be somebody else's. False says nothing: the news may be on its way.
    pub fn is_over(&self) -> bool {
        self.is_over.get()
    }

    /// Whether, when the browser was asked, who holds `own` held this lock. `own` is never stolen, so its holder is we.
    pub async fn is_held_with(&self, own: &Lock) -> Result<bool, Trouble> {
        let asked = |error: JsValue| Trouble::of("the list of locks", &error);
        let snapshot = web::locks().await.map_err(asked)?;
        let held: Array = Reflect::get(&snapshot, &"held".into()).map_err(asked)?.unchecked_into();
        let field = |lock: &JsValue, key: &str| Reflect::get(lock, &key.into()).ok().and_then(|value| value.as_string());
        let holder =
            |name: &str| held.iter().find(|lock| field(lock, "name").as_deref() == Some(name)).and_then(|lock| field(&lock, "clientId"));
        let (theirs, ours) = (holder(&self.name), holder(&own.name));
        Ok(ours.is_some() && theirs == ours && !self.is_over() && !own.is_over())
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Resolving a promise runs nobody's code at once, and can't fail.
        let _ = self.release.call0(&JsValue::NULL);
    }
}
