//! Long work in short pieces, so that a Worker's turns and messages come in between.
use crate::{Trouble, web};
use std::{cell::Cell, rc::Rc};

/// Limit: milliseconds at one go beside a vat that runs. A piece of work is some milliseconds at most.
const SHORT_MS: f64 = 4.0;

pub struct Slice {
    ms: f64,
    begun: f64,
    longest: f64,
    is_over: Rc<Cell<bool>>,
}

impl Slice {
    pub fn of(ms: f64) -> Slice {
        Slice { ms, begun: web::now(), longest: 0.0, is_over: Rc::default() }
    }

    pub fn short() -> Slice {
        Slice::of(SHORT_MS)
    }

    /// Until this says so.
    pub fn until(self, is_over: &Rc<Cell<bool>>) -> Slice {
        Slice { is_over: Rc::clone(is_over), ..self }
    }

    /// It was waiting, and others had their turn.
    pub fn begin(&mut self) {
        self.begun = web::now();
    }

    /// Between two pieces: rests when it is time.
    pub async fn end(&mut self) -> Result<(), Trouble> {
        let now = web::now();
        self.longest = self.longest.max(now - self.begun);
        if now - self.begun > self.ms {
            web::pause(0).await;
            self.begin();
        }
        if self.is_over.get() { Err(Trouble::Over) } else { Ok(()) }
    }

    /// Nothing else was done for so many milliseconds.
    pub fn longest(&self) -> f64 {
        self.longest
    }
}
