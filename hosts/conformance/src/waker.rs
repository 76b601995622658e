//! Who starts a vat's host, as a case wants it: it says at once that it will, or is waited for.
use peerd_vat::Input;

#[derive(Default)]
pub struct Waker {
    hangs: bool,
    is_asked: bool,
}

impl Waker {
    /// What it says. None: nothing yet.
    pub fn ask(&mut self) -> Option<Input> {
        self.is_asked = self.hangs;
        (!self.hangs).then_some(Input::Armed)
    }

    pub const fn is_asked(&self) -> bool {
        self.is_asked
    }

    pub fn hang(&mut self, on: bool) {
        self.hangs = on;
    }

    /// What it says at last, if it was waited for.
    pub fn answer(&mut self, will: bool) -> Option<Input> {
        let was_asked = std::mem::take(&mut self.is_asked);
        was_asked.then(|| if will { Input::Armed } else { Input::NotArmed { why: "the waker will not".into() } })
    }

    /// Who asked is gone.
    pub fn forget(&mut self) {
        self.is_asked = false;
    }
}
