//! Prices, profits and bribe premiums at the horizon.
//!
//! `log P = log P0 − σ²T/2 + σ√T·X`; X correlated between assets and with the common factor of collusion through the
//! Cholesky factor of the correlation matrix bordered by that factor.

use super::Draws;
use crate::kernels::level::Level;
use crate::kernels::{Column, LANES, cholesky, exp};
use crate::streams::Purpose;
use crate::study::{BribePremium, Study};
use libm::sqrt;
use ndarray::Array2;

/// Laws of everything in USD.
#[derive(Debug, Clone)]
pub struct MarketPlan {
    assets: Vec<AssetPlan>,
    profits: Vec<ProfitPlan>,
    premium: (Purpose, BribePremium),
    /// Rows of the Cholesky factor: column 0 the common factor, then the assets. `[asset][factor]`
    mixing: Array2<f64>,
}

#[derive(Debug, Clone)]
struct AssetPlan {
    purpose: Purpose,
    price_usd: f64,
    /// σ√T.
    spread: f64,
}

#[derive(Debug, Clone)]
struct ProfitPlan {
    purpose: Purpose,
    profit_usd: f64,
    asset: Option<usize>,
    /// s√T.
    spread: f64,
}

impl MarketPlan {
    /// Compiles the study's prices and profits.
    pub fn new(study: &Study, seed: u64) -> Self {
        let root_t = sqrt(study.horizon_days / 365.25);
        let assets = study.assets.iter().map(|asset| AssetPlan {
            purpose: Purpose::new(seed, &format!("price/{}", asset.name)),
            price_usd: asset.price_usd,
            spread: asset.volatility * root_t,
        });
        let attacks =
            study.services.iter().flat_map(|service| service.attacks.iter().map(move |a| (service, a)));
        let profits = attacks.map(|(service, attack)| ProfitPlan {
            purpose: Purpose::new(seed, &format!("profit/{}/{}", service.name, attack.deed)),
            profit_usd: attack.profit_usd,
            asset: attack.profit_asset,
            spread: attack.profit_volatility * root_t,
        });
        // Tokens that can be sold short, worth their price.
        let shorts = study.shortable().map(|asset| ProfitPlan {
            purpose: Purpose::new(seed, &format!("short/{}", study.assets[asset].name)),
            profit_usd: study.assets[asset].short_capacity_usd,
            asset: Some(asset),
            spread: 0.0,
        });
        Self {
            assets: assets.collect(),
            profits: profits.chain(shorts).collect(),
            premium: (Purpose::new(seed, "bribe/premium"), study.adversary.bribe_premium),
            mixing: mixing(study),
        }
    }

    /// Number of assets.
    pub fn n_assets(&self) -> usize {
        self.assets.len()
    }
    /// Number of profits.
    pub fn n_profits(&self) -> usize {
        self.profits.len()
    }

    /// Draws prices, profits and premium; `draws.common` is there already.
    pub fn draw(&self, level: Level, block: u64, draws: &mut Draws) {
        let Draws { common, prices, profits, premium, normals, .. } = draws;
        normals.resize(self.assets.len(), [0.0; LANES]);
        for (a, normals) in normals.iter_mut().enumerate() {
            self.draw_normals(level, block, a, normals);
        }
        for (a, (asset, price)) in self.assets.iter().zip(&mut *prices).enumerate() {
            price.iter_mut().zip(&*common).for_each(|(x, z)| *x = z * self.mixing[[a, 0]]);
            for (b, normal) in normals.iter().enumerate().take(a + 1) {
                let weight = self.mixing[[a, b + 1]];
                if weight != 0.0 {
                    price.iter_mut().zip(normal).for_each(|(x, z)| *x += weight * z);
                }
            }
            lognormal(level, asset.price_usd, asset.spread, price);
        }
        for (profit, column) in self.profits.iter().zip(profits) {
            if profit.spread > 0.0 {
                draw_normals(&profit.purpose, level, block, column);
            }
            lognormal(level, profit.profit_usd, profit.spread, column);
            if let Some(asset) = profit.asset {
                let today = self.assets[asset].price_usd;
                column.iter_mut().zip(&prices[asset]).for_each(|(usd, price)| *usd *= price / today);
            }
        }
        self.draw_premium(level, block, premium);
    }

    /// Derivative of the log density of prices and profits given the common factor, with respect to `ln P0` of one asset. A higher price
    /// today shifts X by `1/(σ√T)`, hence the normals Z that X is made of; and since profits in that asset are known in USD, it
    /// shifts each one's own ξ back by `1/(s√T)`. `None` where the price does not move, or such a profit has no spread of its own.
    pub fn price_score(&self, level: Level, block: u64, asset: usize) -> Option<Column> {
        let n = self.assets.len();
        if self.assets[asset].spread <= 0.0 {
            return None;
        }
        let mut shift = vec![0.0; n];
        for b in asset..n {
            let moved: f64 = (asset..b).map(|c| self.mixing[[b, c + 1]] * shift[c]).sum();
            let wanted = if b == asset { 1.0 / self.assets[asset].spread } else { 0.0 };
            shift[b] = (wanted - moved) / self.mixing[[b, b + 1]];
        }
        let (mut score, mut normals) = ([0.0; LANES], [0.0; LANES]);
        let mut add = |by: f64, normals: &Column| {
            score.iter_mut().zip(normals).for_each(|(score, z)| *score += by * z);
        };
        for (b, by) in shift.iter().enumerate().filter(|(_, by)| **by != 0.0) {
            self.draw_normals(level, block, b, &mut normals);
            add(*by, &normals);
        }
        for profit in self.profits.iter().filter(|p| p.asset == Some(asset) && p.profit_usd > 0.0) {
            if profit.spread <= 0.0 {
                return None;
            }
            draw_normals(&profit.purpose, level, block, &mut normals);
            add(-1.0 / profit.spread, &normals);
        }
        Some(score)
    }

    /// Draws the normals of one asset; zeros where no price that moves depends on them.
    fn draw_normals(&self, level: Level, block: u64, a: usize, normals: &mut Column) {
        let matters =
            |(b, asset): (usize, &AssetPlan)| asset.spread > 0.0 && self.mixing[[b, a + 1]].abs() > 0.0;
        if self.assets.iter().enumerate().any(matters) {
            draw_normals(&self.assets[a].purpose, level, block, normals);
        } else {
            normals.fill(0.0);
        }
    }

    fn draw_premium(&self, level: Level, block: u64, premium: &mut Column) {
        match self.premium.1 {
            BribePremium::Fixed(fixed) => premium.fill(fixed),
            BribePremium::Lognormal { median, sigma } => {
                draw_normals(&self.premium.0, level, block, premium);
                premium.iter_mut().for_each(|z| *z *= sigma);
                exp::scaled(level, median, premium);
            }
        }
    }
}

/// From normals z to `mean · exp(s·z − s²/2)`.
fn lognormal(level: Level, mean: f64, spread: f64, column: &mut Column) {
    if spread > 0.0 {
        column.iter_mut().for_each(|z| *z = spread * *z - 0.5 * spread * spread);
        exp::scaled(level, mean, column);
    } else {
        column.fill(mean);
    }
}

fn draw_normals(purpose: &Purpose, level: Level, block: u64, normals: &mut Column) {
    let mut singles = [0.0; LANES];
    let extra = |lane| purpose.extra_bits(block * LANES as u64 + lane as u64, 0);
    purpose.stream(block).factors(level, &mut singles, extra);
    normals.iter_mut().zip(singles).for_each(|(normal, single)| *normal = f64::from(single));
}

/// Cholesky rows of the assets in the correlation matrix bordered by the common factor.
fn mixing(study: &Study) -> Array2<f64> {
    let n = study.assets.len();
    let bordered = study.market.bordered_correlation(n);
    // The loader has refused matrices that are not positive definite.
    let lower = cholesky::factor(&bordered).unwrap_or_else(|| Array2::eye(n + 1));
    lower.slice_move(ndarray::s![1.., ..])
}
