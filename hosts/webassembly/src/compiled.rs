//! A class of guests: checked, rewritten and proven here, compiled by the browser.
use crate::host;
use core::fmt;
use peerd_guest::{Limits, Refused, Report, rewrite};

/// Limit: of any class's state; there is room for one.
pub(crate) const STATE_MAX: usize = 1 << 20;

/// Kept for as long as any of its actors may run: a module that the browser has compiled is not forgotten.
pub struct Compiled {
    pub(crate) class: i32,
    pub report: Report,
    /// Its memory as it is before a turn. Where it lies is known to the host.
    image: Box<[u8]>,
}

#[derive(Debug)]
pub enum NotCompiled {
    Refused(Refused),
    /// Its state buffer is larger than there is room for.
    State,
    /// The browser would not have what was proven: this is a bug, or a browser too old.
    Browser,
}

impl fmt::Display for NotCompiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCompiled::Refused(why) => write!(f, "this module can't be a guest: {why}"),
            NotCompiled::State => write!(f, "its state buffer is larger than {STATE_MAX} bytes"),
            NotCompiled::Browser => f.write_str("this browser compiles no such module"),
        }
    }
}

/// # Errors
/// When the module may not be a guest, or this browser can't run it.
pub fn compile(source: &[u8], limits: &Limits) -> Result<Compiled, NotCompiled> {
    let rewritten = rewrite(source, limits).map_err(NotCompiled::Refused)?;
    let (trap, yielding, report) = (&rewritten.trap, &rewritten.yielding, rewritten.report);
    if report.state_max as usize > STATE_MAX {
        return Err(NotCompiled::State);
    }
    // Both are slices of this memory, read before this returns.
    let class = unsafe { host::load(trap.as_ptr(), trap.len(), yielding.as_ptr(), yielding.len(), report.granule_shift) };
    if class < 0 {
        return Err(NotCompiled::Browser);
    }
    let mut image = vec![0; report.image_bytes as usize].into_boxed_slice();
    // The image is as long as it says, and stays where it is as long as the class.
    unsafe {
        host::image(class, image.as_mut_ptr(), image.len());
        host::keep(class, image.as_ptr());
    }
    Ok(Compiled { class, report, image })
}

impl Compiled {
    /// Bytes of this module's memory that it takes.
    #[must_use]
    pub fn image_bytes(&self) -> usize {
        self.image.len()
    }
}
