//! A class of guests: checked, rewritten and proven here, compiled by the browser.
use crate::{
    host,
    quick::{Told, failure},
};
use core::fmt;
use peerd_guest::{Limits, PAGE, Refused, Report, rewrite};
use peerd_metered::{OUTBOX_MAX, Outcome, Product};

/// What `load` answers.
const START_FAILED: i32 = -2;
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
    /// Its start function did not end well, or not within its fuel.
    Start,
    /// The browser would not have what was proven: this is a bug, or a browser too old.
    Browser,
}

impl fmt::Display for NotCompiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NotCompiled::Refused(why) => write!(f, "this module can't be a guest: {why}"),
            NotCompiled::State => write!(f, "its state buffer is larger than {STATE_MAX} bytes"),
            NotCompiled::Start => f.write_str("what it does when it is loaded fails, or takes too long"),
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
    let pages = report.memory_bytes / PAGE;
    let class = unsafe { host::load(trap.as_ptr(), trap.len(), yielding.as_ptr(), yielding.len(), pages, report.granule_shift) };
    if class < 0 {
        return Err(if class == START_FAILED { NotCompiled::Start } else { NotCompiled::Browser });
    }
    Ok(Compiled::imaged(class, report))
}

impl Compiled {
    /// What its memory is now it is before each turn.
    fn imaged(class: i32, report: Report) -> Compiled {
        let mut image = vec![0; report.image_bytes as usize].into_boxed_slice();
        // The image is as long as it says, and stays where it is as long as the class.
        unsafe {
            host::image(class, image.as_mut_ptr(), image.len());
            host::keep(class, image.as_ptr());
        }
        Compiled { class, report, image }
    }

    /// A class of the same code whose memory is, before each turn, what it is after one with this message and an empty state; and what that
    /// turn left. Whoever names classes by a hash makes it of this one's and the message.
    ///
    /// # Errors
    /// When the turn ends in another way, or has changed what is not in the memory's image.
    pub fn prepared(&self, message: &[u8]) -> Result<(Compiled, Product), (Outcome, Product)> {
        let (report, mut out) = (&self.report, Product::default());
        let fault = |why: &str| Outcome::HostFault(why.into());
        // What lies behind the image is put back to zeros.
        if report.image_bytes != report.memory_bytes || message.len() > report.message_max as usize {
            return Err((fault("this class can't be prepared, or not with so much"), out));
        }
        out.outbox.reserve(OUTBOX_MAX);
        out.state.reserve(report.state_max as usize);
        let (entries, next) = (out.outbox.as_mut_ptr(), out.state.as_mut_ptr());
        let mut told = Told::default();
        // The guest's module reads what is given, and writes within the room that there is for each.
        let class = unsafe {
            let end = entries.add(OUTBOX_MAX);
            host::prepare(self.class, message.as_ptr(), message.len(), entries, end, next, &raw mut told)
        };
        if class < host::FAILED {
            return Err((failure(class, host::left(self.class) < 0, host::why(self.class) as u32), out));
        }
        // It has written so many, or the verifier would not have let it be loaded.
        unsafe { out.outbox.set_len(told.out - entries as usize) };
        if class == host::FAILED {
            return Err((Outcome::Failed, out));
        }
        unsafe { out.state.set_len(host::prepared(class)) };
        out.fuel = i64::from(i32::MAX).abs_diff(i64::from(told.fuel));
        Ok((Compiled::imaged(class, report.clone()), out))
    }

    /// Bytes of this module's memory that it takes.
    #[must_use]
    pub fn image_bytes(&self) -> usize {
        self.image.len()
    }
}
