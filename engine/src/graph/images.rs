//! Secured services that are attacked alike: what holds for the first of them holds for all.

use super::{Graph, Secured, Target};

impl Graph {
    /// For each secured service the first with the same outcomes, if there is an earlier one. `[secured]`
    ///
    /// There are none where services may turn Byzantine: what is alike in one scenario need not be in another.
    pub fn images(&self) -> Vec<Option<usize>> {
        if self.varies() || !self.holds_given(0) {
            return vec![None; self.secured.len()];
        }
        let image =
            |(index, secured)| self.secured[..index].iter().position(|other| same_outcomes(secured, other));
        self.secured.iter().enumerate().map(image).collect()
    }

    /// Position of each secured service's first target where targets stand one after another and images have those of the
    /// first. `[secured]`
    pub fn first_targets(&self, images: &[Option<usize>]) -> Vec<usize> {
        let (mut firsts, mut next) = (Vec::new(), 0);
        for (secured, image) in self.secured.iter().zip(images) {
            match image {
                Some(earlier) => firsts.push(firsts[*earlier]),
                None => {
                    firsts.push(next);
                    next += secured.targets.len();
                }
            }
        }
        firsts
    }
}

/// Whether two secured services differ in nothing that their outcomes depend on, nor in what they are called.
fn same_outcomes(a: &Secured, b: &Secured) -> bool {
    let same = |(a, b): (&Target, &Target)| {
        a.profit_column == b.profit_column
            && a.regimes == b.regimes
            && a.short == b.short
            && a.threshold == b.threshold
            && a.second_threshold == b.second_threshold
            && (a.second_threshold.is_none() || a.losses == b.losses)
            && a.success_probability.to_bits() == b.success_probability.to_bits()
            && a.gains == b.gains
            && a.capped == b.capped
            && a.order == b.order
            && a.purchases == b.purchases
            && a.second_purchase == b.second_purchase
            && a.buys_beside == b.buys_beside
            && a.returned == b.returned
            && a.mining == b.mining
    };
    a.power == b.power
        && a.second == b.second
        && a.targets.len() == b.targets.len()
        && a.targets.iter().zip(&b.targets).all(same)
}
