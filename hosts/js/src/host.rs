//! The other side of each vat: the JavaScript that calls the behaviours, and hears what leaves.
use std::cell::RefCell;
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    pub type Host;

    /// One turn of an actor: the behaviour's name, what is handled (see `words::Head`), its state and the message as JSON, and
    /// the refs of all of them.
    #[wasm_bindgen(method)]
    pub fn turn(this: &Host, name: &str, head: &str, state: &str, message: &str, table: &[u8]) -> Turned;

    /// The refs of the actors that the last turn spawned, in order.
    #[wasm_bindgen(method)]
    pub fn born(this: &Host, table: &[u8]);

    /// The root said this through its port.
    #[wasm_bindgen(method)]
    pub fn said(this: &Host, text: &str, table: &[u8]);

    /// For people: a crash report or a library's word.
    #[wasm_bindgen(method)]
    pub fn reported(this: &Host, text: &str);

    /// What a turn ended with: see `command::Turned`.
    pub type Turned;

    #[wasm_bindgen(method, getter)]
    pub fn text(this: &Turned) -> String;

    #[wasm_bindgen(method, getter)]
    pub fn table(this: &Turned) -> Vec<u8>;
}

thread_local! {
    // Why here: a behaviour may move between threads, what belongs to JavaScript may not.
    static HOSTS: RefCell<Vec<Host>> = const { RefCell::new(Vec::new()) };
}

/// Its number.
pub fn add(host: Host) -> usize {
    HOSTS.with_borrow_mut(|hosts| {
        hosts.push(host);
        hosts.len() - 1
    })
}

pub fn with<T>(number: usize, what: impl FnOnce(&Host) -> T) -> T {
    HOSTS.with_borrow(|hosts| what(&hosts[number]))
}
