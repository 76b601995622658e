//! What a chat has used: tokens, and money where the provider or the owner gave a figure.
use crate::{
    model::Usage,
    view::{Provider, UsageView},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spend {
    usage: Usage,
    micro_dollars: u64,
    /// One reply had no figure, so the sum would be a guess.
    unpriced: bool,
}

impl Spend {
    pub fn add(&mut self, reply: &Usage, provider: &Provider) {
        self.usage.input += reply.input;
        self.usage.output += reply.output;
        self.usage.cache_read += reply.cache_read;
        self.usage.cache_write += reply.cache_write;
        self.usage.reasoning += reply.reasoning;
        match reply.cost.or_else(|| owners_price(reply, provider)) {
            Some(cost) => self.micro_dollars += cost,
            None => self.unpriced = true,
        }
    }

    /// Everything that went in or came out, cached or not.
    pub fn tokens(&self) -> u64 {
        let Usage { input, output, cache_read, cache_write, .. } = self.usage;
        input + output + cache_read + cache_write
    }

    pub fn view(&self) -> UsageView {
        UsageView {
            tokens_in: self.usage.input,
            tokens_out: self.usage.output,
            cache_read: self.usage.cache_read,
            cache_write: self.usage.cache_write,
            micro_dollars: (!self.unpriced && self.tokens() > 0).then_some(self.micro_dollars),
        }
    }
}

/// Prices are per million tokens, so micro-dollars times tokens by a million. The owner has one price for what goes in.
fn owners_price(reply: &Usage, provider: &Provider) -> Option<u64> {
    let (price_in, price_out) = (provider.price_in?, provider.price_out?);
    let tokens_in = u128::from(reply.input + reply.cache_read + reply.cache_write);
    let sum = tokens_in * u128::from(price_in) + u128::from(reply.output) * u128::from(price_out);
    u64::try_from(sum / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Dialect;

    fn provider(price: Option<u64>) -> Provider {
        Provider {
            id: "p".into(),
            label: "P".into(),
            dialect: Dialect::Anthropic,
            base: "https://p.example".into(),
            models: [].into(),
            needs_key: true,
            has_key: true,
            price_in: price,
            price_out: price.map(|price| price * 5),
        }
    }

    #[test]
    fn money_comes_from_the_provider_or_the_owner_or_not_at_all() {
        let reply = Usage { input: 1_000, output: 100, cache_read: 1_000, ..Usage::default() };
        let mut spend = Spend::default();
        assert_eq!(spend.view().micro_dollars, None);
        spend.add(&reply, &provider(Some(3_000_000)));
        assert_eq!(spend.view().micro_dollars, Some(7_500));
        spend.add(&Usage { cost: Some(10), ..reply }, &provider(Some(3_000_000)));
        assert_eq!((spend.view().micro_dollars, spend.tokens()), (Some(7_510), 4_200));
        spend.add(&reply, &provider(None));
        assert_eq!(spend.view().micro_dollars, None);
    }
}
