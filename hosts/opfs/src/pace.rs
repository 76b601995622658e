//! When a group leaves: some time after its first record, or as soon as it is large.
use crate::{Journal, Trouble, web};
use peerd_journal::Position;
use std::{future::poll_fn, pin::pin, task::Poll};

/// The flush policy, to be printed beside every measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// A record waits so long for others.
    pub ms: u32,
    /// A group of so many bytes does not wait.
    pub bytes: usize,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { ms: 2, bytes: 256 << 10 }
    }
}

impl Pace {
    /// Flies whatever is appended, as long as it can; tells `landed` what is durable, each time that it is more.
    ///
    /// # Errors
    /// It only ends with one.
    pub async fn keep(self, journal: &Journal, mut landed: impl FnMut(Position)) -> Result<(), Trouble> {
        loop {
            gathers(journal, 1).await;
            let mut late = pin!(web::pause(self.ms));
            let mut large = pin!(gathers(journal, self.bytes));
            poll_fn(|cx| {
                let is_time = large.as_mut().poll(cx).is_ready() || late.as_mut().poll(cx).is_ready();
                if is_time { Poll::Ready(()) } else { Poll::Pending }
            })
            .await;
            landed(journal.fly().await?);
        }
    }
}

/// So many bytes wait for a flight.
async fn gathers(journal: &Journal, bytes: usize) {
    poll_fn(|cx| {
        if journal.gathered() >= bytes {
            return Poll::Ready(());
        }
        journal.waker.set(Some(cx.waker().clone()));
        Poll::Pending
    })
    .await;
}
