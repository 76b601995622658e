//! So many messages and no more.
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Budget {
    pub left: u64,
}

impl Budget {
    /// False: it is used up.
    pub fn spend(&mut self) -> bool {
        let is_left = self.left > 0;
        self.left = self.left.saturating_sub(1);
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_of_two_is_two() {
        let mut budget = Budget { left: 2 };
        assert_eq!([budget.spend(), budget.spend(), budget.spend(), budget.spend()], [true, true, false, false]);
    }
}
