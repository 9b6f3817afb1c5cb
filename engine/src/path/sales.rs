//! Stake that must be sold: holders of a liquid staking token sell as it falls, which makes it fall further.
//!
//! Holder i sells `s_i = min(1, o_i + φ_i (x_i + p))` of what it holds: `o_i` fled, `x_i` is the fall of its token before anything is
//! sold (what is slashed, times one more than its discount factor, and the drawdown after an attack), `p` the fall of the asset's
//! price by all that is sold, `p = Σ κ_i s_i` with `κ_i` what it holds over the asset's liquidity. Sales follow falls and falls
//! follow sales without end; below saturation that is the geometric series `p = Σ κ_i (o_i + φ_i x_i) / (1 − Σ κ_i φ_i)`.

use super::plan::Standing;
use crate::study::Study;

/// One holder in one asset.
#[derive(Debug, Clone)]
pub(super) struct Seller {
    /// Name in tables.
    pub(super) name: String,
    /// Asset held.
    pub(super) asset: usize,
    /// Tokens today.
    pub(super) tokens: f64,
    /// The same as a part of the asset's stake.
    pub(super) part: f64,
    /// Part of what each operator has staked in each pool. `[pool][operator]`
    pub(super) parts: Vec<Vec<f64>>,
    /// Part sold per fall.
    pub(super) forced: f64,
    /// Fall on the market per loss.
    pub(super) discount: f64,
    /// USD of selling that would take the whole price.
    pub(super) liquidity_usd: f64,
}

/// Portfolios that are forced to sell, asset by asset.
pub(super) fn sellers(study: &Study, standing: &Standing) -> Vec<Seller> {
    let mut sellers = Vec::new();
    for portfolio in study.portfolios.iter().filter(|portfolio| portfolio.forced_selling > 0.0) {
        let held = |asset: usize| {
            portfolio.holds.iter().filter(move |(_, pool, _)| study.pools[*pool].asset == asset)
        };
        let assets: Vec<usize> =
            (0..study.assets.len()).filter(|asset| held(*asset).next().is_some()).collect();
        for asset in &assets {
            let Some(stake) = &standing.stakes[*asset] else { continue };
            let mut parts = vec![vec![0.0; study.operators.len()]; study.pools.len()];
            for (operator, pool, tokens) in held(*asset) {
                parts[*pool][*operator] += tokens / study.pools[*pool].tokens(*operator);
            }
            let tokens: f64 = held(*asset).map(|(_, _, tokens)| tokens).sum();
            let alone = assets.len() == 1;
            sellers.push(Seller {
                name: if alone {
                    portfolio.name.clone()
                } else {
                    format!("{} {}", portfolio.name, study.assets[*asset].name)
                },
                asset: *asset,
                tokens,
                part: tokens / stake.tokens,
                parts,
                forced: portfolio.forced_selling,
                discount: portfolio.discount_factor,
                liquidity_usd: study.assets[*asset].liquidity_usd,
            });
        }
    }
    sellers
}

/// One holder in one scenario.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Pressed {
    /// What it holds over the asset's liquidity: κ.
    pub(super) weight: f64,
    /// Part that has fled: o.
    pub(super) fled: f64,
    /// Part sold per fall: φ.
    pub(super) forced: f64,
    /// Fall before anything is sold: x.
    pub(super) fall: f64,
}

impl Pressed {
    /// Part that is sold when the price falls by `p`.
    pub(super) fn sold(&self, p: f64) -> f64 {
        (self.fled + self.forced * (self.fall + p)).min(1.0)
    }

    /// Fall of the price at which everything is sold.
    fn gives_up_at(&self) -> f64 {
        if self.fled >= 1.0 { 0.0 } else { ((1.0 - self.fled) / self.forced - self.fall).max(0.0) }
    }
}

/// The least fall of the price that is what its own sales cause, at most 1.
pub(super) fn fall(holders: &[Pressed]) -> f64 {
    let mut order: Vec<&Pressed> = holders.iter().collect();
    order.sort_by(|a, b| a.gives_up_at().total_cmp(&b.gives_up_at()));
    // Whoever sells all first comes first: with the first `n` sold out, the others follow the fall.
    for n in 0..=order.len() {
        let (out, follow) = order.split_at(n);
        let fixed: f64 = out.iter().map(|holder| holder.weight).sum::<f64>()
            + follow.iter().map(|h| h.weight * (h.fled + h.forced * h.fall)).sum::<f64>();
        let slope: f64 = follow.iter().map(|holder| holder.weight * holder.forced).sum();
        if fixed <= 0.0 {
            return 0.0;
        }
        let p = if slope < 1.0 { fixed / (1.0 - slope) } else { f64::INFINITY };
        if follow.first().is_none_or(|next| p <= next.gives_up_at()) {
            return p.min(1.0);
        }
    }
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One holder: sales of sales of sales, κφ each time.
    #[test]
    fn sales_add_up_to_a_geometric_series() {
        for (weight, forced, start) in [(0.2, 1.5, 0.1), (0.5, 1.9, 0.005), (0.01, 3.0, 0.2)] {
            let holder = Pressed { weight, fled: 0.0, forced, fall: start };
            let series: f64 =
                (1..4000).map(|round| start * libm::pow(weight * forced, f64::from(round))).sum();
            let p = fall(&[holder]);
            assert!((p - series).abs() < 1e-12, "{p} {series}");
            assert!((p - weight * forced * start / (1.0 - weight * forced)).abs() < 1e-12);
            assert!((p - weight * holder.sold(p)).abs() < 1e-12);
        }
    }

    /// Above κφ = 1 nothing stops the sales but that there is nothing left to sell; without a first fall nothing starts them.
    #[test]
    fn the_boundary_is_where_a_sale_causes_as_much_again() {
        let holder = |forced, fall| Pressed { weight: 0.5, fled: 0.0, forced, fall };
        for forced in [2.0, 2.5, 10.0] {
            assert!((fall(&[holder(forced, 1e-9)]) - 0.5).abs() < 1e-15);
            assert_eq!(fall(&[holder(forced, 0.0)]).to_bits(), 0.0f64.to_bits());
        }
        let below = fall(&[holder(1.999, 1e-9)]);
        assert!((below - 1e-9 * 0.9995 / 0.0005).abs() < 1e-12, "{below}");
    }

    /// The least fixed point is where sales from nothing end, whoever sells out on the way.
    #[test]
    fn several_holders_end_where_round_after_round_of_sales_does() {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            f64::from(u32::try_from(state >> 40).unwrap()) / f64::from(1u32 << 24)
        };
        let (mut sold_out, mut held) = (0, 0);
        for _ in 0..2000 {
            let n = 1 + [0.25, 0.5, 0.75].into_iter().filter(|part| next() < *part).count();
            let holders: Vec<Pressed> = (0..n)
                .map(|_| Pressed {
                    weight: next() * 0.4,
                    fled: 0.3 * next() * next(),
                    forced: 4.0 * next(),
                    fall: 0.2 * next(),
                })
                .collect();
            let mut p = 0.0;
            for _ in 0..20_000 {
                p = holders.iter().map(|holder| holder.weight * holder.sold(p)).sum::<f64>().min(1.0);
            }
            assert!((fall(&holders) - p).abs() < 1e-6, "{holders:?}: {} {p}", fall(&holders));
            let out = holders.iter().filter(|holder| holder.sold(p) >= 1.0).count();
            sold_out += usize::from(out > 0);
            held += usize::from(out < n);
        }
        assert!(sold_out > 100 && held > 100, "{sold_out} {held}");
    }
}
