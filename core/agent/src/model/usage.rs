//! Adding up what replies cost.
use super::Usage;
use crate::view::Provider;

impl Usage {
    /// Two replies as one. A cost is known only if both are, or one is of nothing.
    #[must_use]
    pub fn plus(self, other: Usage) -> Usage {
        let none = Usage::default();
        let cost = match (self.cost, other.cost) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (one, _) if other == none => one,
            (_, one) if self == none => one,
            _ => None,
        };
        Usage {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            cost,
        }
    }

    /// What counts towards a limit of tokens.
    #[must_use]
    pub fn tokens(&self) -> u64 {
        [self.input, self.cache_read, self.cache_write, self.output].into_iter().fold(0, u64::saturating_add)
    }

    /// The provider's own figure; else by the owner's price, cached tokens at the full one, so that it is never too little for those
    /// read; else unknown.
    #[must_use]
    pub fn micro_dollars(&self, provider: &Provider) -> Option<u64> {
        let by_price = || {
            let read = u128::from(self.input) + u128::from(self.cache_read) + u128::from(self.cache_write);
            let sum = read * u128::from(provider.price_in?) + u128::from(self.output) * u128::from(provider.price_out?);
            u64::try_from(sum.div_ceil(1_000_000)).ok()
        };
        self.cost.or_else(by_price)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Dialect;

    #[test]
    fn money_is_the_providers_figure_or_the_owners_price_or_unknown() {
        let provider = |price| Provider {
            id: "p".into(),
            label: "P".into(),
            dialect: Dialect::OpenaiChat,
            base: "https://p.example/v1".into(),
            models: [].into(),
            needs_key: true,
            has_key: true,
            price_in: price,
            price_out: price,
        };
        let usage = Usage { input: 1_000, output: 500, ..Usage::default() };
        assert_eq!(Usage { cost: Some(7), ..usage }.micro_dollars(&provider(Some(1_000_000))), Some(7));
        assert_eq!(usage.micro_dollars(&provider(Some(1_000_000))), Some(1_500));
        assert_eq!(usage.micro_dollars(&provider(None)), None);
    }

    #[test]
    fn an_unknown_cost_makes_the_sum_unknown() {
        let known = Usage { input: 1, cost: Some(5), ..Usage::default() };
        assert_eq!(Usage::default().plus(known).cost, Some(5));
        assert_eq!(known.plus(known).cost, Some(10));
        assert_eq!(known.plus(Usage { input: 1, ..Usage::default() }).cost, None);
    }
}
