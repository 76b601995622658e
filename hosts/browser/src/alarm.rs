//! One timer that is set again and again.
use crate::js;
use std::cell::Cell;
use wasm_bindgen::closure::Closure;

pub struct Alarm {
    closure: Closure<dyn FnMut()>,
    timer: Cell<Option<i32>>,
}

impl Alarm {
    pub fn new(ring: impl Fn() + 'static) -> Alarm {
        Alarm { closure: Closure::new(ring), timer: Cell::new(None) }
    }

    pub fn set(&self, ms: u64) {
        self.cancel();
        self.timer.set(Some(js::after(&self.closure, ms)));
    }

    pub fn cancel(&self) {
        if let Some(timer) = self.timer.take() {
            js::cancel(timer);
        }
    }

    pub fn is_set(&self) -> bool {
        self.timer.get().is_some()
    }
}
