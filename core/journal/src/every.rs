//! An alarm that comes again and again: each due one period after the one before, whenever that was handled.
use crate::bytes::{Take, put_number};
use alloc::vec::Vec;
use core::num::NonZeroU64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Every {
    pub period_ms: NonZeroU64,
    pub missed: Missed,
}

/// What comes of ticks whose next one is due as well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Missed {
    /// One stands for all, and says how many more there were.
    #[default]
    Coalesce,
    /// None of them comes, nor one that was due while the vat was down.
    Skip,
    /// Each comes, oldest first, but no more than the newest so many.
    Each(u32),
}

impl Every {
    /// # Panics
    /// When the period is 0: it would never come to an end.
    #[must_use]
    pub const fn ms(period_ms: u64) -> Every {
        Every { period_ms: NonZeroU64::new(period_ms).expect("a period is not 0"), missed: Missed::Coalesce }
    }

    #[must_use]
    pub const fn missed(self, missed: Missed) -> Every {
        Every { missed, ..self }
    }

    /// The tick so many after the one that was due at `due`. At the end of time there is none.
    #[must_use]
    pub const fn after(self, due: u64, ticks: u64) -> u64 {
        due.saturating_add(self.period_ms.get().saturating_mul(ticks))
    }

    /// How many ticks after the one at `due` are due at `now`.
    #[must_use]
    pub const fn behind(self, due: u64, now: u64) -> u64 {
        now.saturating_sub(due) / self.period_ms.get()
    }

    pub(crate) fn put(self, to: &mut Vec<u8>) {
        put_number(to, self.period_ms.get());
        let missed = match self.missed {
            Missed::Coalesce => 0,
            Missed::Skip => 1,
            Missed::Each(most) => 2 + u64::from(most),
        };
        put_number(to, missed);
    }

    pub(crate) fn take(from: &mut Take<'_>) -> Option<Every> {
        let period_ms = NonZeroU64::new(from.number()?)?;
        let missed = match from.number()? {
            0 => Missed::Coalesce,
            1 => Missed::Skip,
            most => Missed::Each(u32::try_from(most - 2).ok()?),
        };
        Some(Every { period_ms, missed })
    }
}
