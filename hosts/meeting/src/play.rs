//! One case at work: asked again after everything that has happened, until it has an end.
use std::task::{Context, Poll, Waker};

use crate::{
    cases::{Case, Played, Seen},
    cx::Cx,
};

pub struct Play {
    case: Played,
}

impl Play {
    pub fn new(case: &Case, cx: Cx) -> Play {
        Play { case: (case.play)(cx) }
    }

    /// Its end, if it has one now: what was seen, or what was not as it should be. Why no waker: nothing here happens but what the host
    /// has just told.
    pub fn go_on(&mut self) -> Option<Seen> {
        match self.case.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(end) => Some(end),
            Poll::Pending => None,
        }
    }
}
