//! The guests that are loaded, by name.
use peerd_guest::Limits;
use peerd_metered::{Class, behaviour as guest};
use peerd_vat::Behaviour;
use peerd_webassembly::{Compiled, Quick, compile};
use std::{cell::RefCell, rc::Rc};

/// The kernels have as much; all others say themselves that they have one.
const PAGES_MAX: u32 = 64;

thread_local! {
    static LOADED: RefCell<Vec<(&'static str, Rc<Compiled>)>> = const { RefCell::new(Vec::new()) };
}

pub fn load(name: &str, module: &[u8]) -> Result<(), String> {
    let compiled = compile(module, &Limits { pages_max: PAGES_MAX, ..Limits::default() }).map_err(|why| format!("{name}: {why}"))?;
    LOADED.with_borrow_mut(|loaded| loaded.push((String::leak(name.to_owned()), Rc::new(compiled))));
    Ok(())
}

pub fn find(name: &str) -> Option<(&'static str, Rc<Compiled>)> {
    LOADED.with_borrow(|loaded| loaded.iter().find(|(known, _)| *known == name).cloned())
}

/// What plays in place of the native actors of this name.
pub fn behaviour(name: &'static str) -> Option<Box<dyn Behaviour>> {
    let (_, compiled) = find(name)?;
    Some(guest(class(name), Quick::new(compiled)))
}

/// Why no hash: nothing here outlives the vat, so no state is bound to a module.
pub fn class(name: &'static str) -> Class {
    Class::new(name, 1, [0; 32])
}
