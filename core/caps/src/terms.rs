//! Under which terms a caretaker passes messages on. Without any it passes all.
use crate::{Rate, budget::Budget, facet::Facet, rate::Bucket};
use peerd_vat::{Cx, Settle, Time, Wall};
use serde::{Deserialize, Serialize};

/// What may be asked, how often, how fast, for how long.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    facet: Option<Facet>,
    budget: Option<Budget>,
    rate: Option<Rate>,
    for_ms: Option<u64>,
}

impl Terms {
    /// Only messages that begin with one of these bytes: for an enum, with the tags of these variants. Said twice, what both allow.
    #[must_use]
    pub fn only(self, kinds: &[u8]) -> Terms {
        let new = Facet::of(kinds);
        Terms { facet: Some(self.facet.as_ref().map_or_else(|| new.clone(), |facet| facet.and(&new))), ..self }
    }

    /// So many messages. After that it is as revoked.
    #[must_use]
    pub fn at_most(self, messages: u64) -> Terms {
        Terms { budget: Some(Budget { left: messages }), ..self }
    }

    /// Faster ones settle `overloaded`.
    #[must_use]
    pub fn rate(self, messages: u32, period_ms: u32) -> Terms {
        Terms { rate: Some(Rate { messages, period_ms }), ..self }
    }

    /// From its birth. Then it is revoked, by the vat's own time or, if it is durable, by the time of day.
    #[must_use]
    pub fn expires_after(self, ms: u64) -> Terms {
        Terms { for_ms: Some(ms), ..self }
    }

    pub(crate) fn begin(self, cx: &Cx<'_>) -> Running {
        let ends = self.for_ms.map(|ms| if cx.is_durable() { Ends::OfDay(cx.wall().after(ms)) } else { Ends::OfVat(cx.now().after(ms)) });
        Running { facet: self.facet, budget: self.budget, bucket: self.rate.map(|rate| Bucket::full(rate, cx.now())), ends }
    }
}

/// Terms that somebody goes by.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Running {
    facet: Option<Facet>,
    budget: Option<Budget>,
    bucket: Option<Bucket>,
    ends: Option<Ends>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) enum Ends {
    OfVat(Time),
    OfDay(Wall),
}

impl Running {
    pub const fn ends(&self) -> Option<Ends> {
        self.ends
    }

    pub fn is_over(&self, cx: &Cx<'_>) -> bool {
        match self.ends {
            Some(Ends::OfVat(time)) => cx.now() >= time,
            Some(Ends::OfDay(wall)) => cx.wall() >= wall,
            None => false,
        }
    }

    /// What is refused for one term counts for no other: the budget comes last.
    pub fn admit(&mut self, body: &[u8], cx: &Cx<'_>) -> Result<(), Settle> {
        if self.is_over(cx) || self.facet.as_ref().is_some_and(|facet| !facet.shows(body)) || self.left() == Some(0) {
            return Err(Settle::Revoked);
        }
        if self.bucket.as_mut().is_some_and(|bucket| !bucket.take(cx.now())) {
            return Err(Settle::Overloaded);
        }
        self.budget.as_mut().is_none_or(Budget::spend).then_some(()).ok_or(Settle::Revoked)
    }

    pub fn left(&self) -> Option<u64> {
        self.budget.as_ref().map(|budget| budget.left)
    }
}
