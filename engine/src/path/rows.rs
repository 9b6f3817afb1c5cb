//! Rows of what paths say.

use super::plan::WorldPlan;
use super::tally::{Of, PathTally};
use crate::estimate::Estimate;
use crate::sketch::Sketch;
use crate::study::Time;

/// Probabilities of the bands.
pub const BANDS: [f64; 7] = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99];
/// All designs alike.
const ANY: &str = "*";

/// Quantiles over paths of one figure in one epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct BandRow {
    /// Design; `*` where designs share it.
    pub design: String,
    /// Epoch from 1.
    pub epoch: u32,
    /// Days from today to its end.
    pub day: f64,
    /// Service, asset, or portfolio that is forced to sell.
    pub subject: String,
    /// `attack_cost_usd`, `least_attack_cost_usd` (so far), `profit_from_corruption_usd`, `use`, `members` (where operators
    /// reconsider); `price_usd`, `stake_usd`, `yield_apr`; `holding_usd`, `sold_share` (so far).
    pub metric: &'static str,
    /// Quantiles at the probabilities of the bands.
    pub quantiles: [f64; 7],
}

/// Survival of a service up to the end of an epoch.
#[derive(Debug, Clone, PartialEq)]
pub struct SurvivalRow {
    /// Design.
    pub design: String,
    /// Service.
    pub service: String,
    /// Epoch from 1.
    pub epoch: u32,
    /// Days from today to its end.
    pub day: f64,
    /// Probability that no attack on it has paid in any epoch so far.
    pub survival: Estimate,
    /// Probability that an attack on it pays in this epoch.
    pub p_attack_pays: Estimate,
}

/// A figure on one whole path.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleRow {
    /// Path.
    pub path: u64,
    /// Epoch from 1.
    pub epoch: u32,
    /// Design; `*` where designs share it.
    pub design: String,
    /// Service or asset.
    pub subject: String,
    /// As in [`BandRow`], and `attack_pays` (1 or 0).
    pub metric: &'static str,
    /// The figure.
    pub value: f64,
}

/// Everything that paths say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathResults {
    /// Paths drawn.
    pub paths: u64,
    /// Bands.
    pub bands: Vec<BandRow>,
    /// Survival.
    pub survival: Vec<SurvivalRow>,
    /// Whole paths.
    pub sample: Vec<SampleRow>,
    /// What could not be done as asked.
    pub notes: Vec<String>,
}

impl PathResults {
    /// Survival of a service of a design at the end of the path.
    pub fn survival_at_end(&self, design: &str, service: &str) -> Option<&SurvivalRow> {
        self.survival.iter().rfind(|row| row.design == design && row.service == service)
    }

    /// The band of a figure in an epoch.
    pub fn band(&self, design: &str, subject: &str, metric: &str, epoch: u32) -> Option<&BandRow> {
        self.bands.iter().find(|row| {
            row.epoch == epoch && row.design == design && row.subject == subject && row.metric == metric
        })
    }
}

/// The rows of a run.
pub fn results(time: &Time, worlds: &[WorldPlan], tally: &mut PathTally) -> PathResults {
    let mut results = PathResults { paths: tally.n, ..PathResults::default() };
    for (world, epochs) in worlds.iter().zip(&tally.bands) {
        for (number, bands) in (1u32..).zip(epochs) {
            let at = (number, f64::from(number) * time.epoch_days);
            for design in &world.today().graph.designs {
                for secured in &design.secured {
                    let name = &world.services[world.today().graph.secured[*secured].service];
                    let service = &bands.services[*secured];
                    results.survival.push(SurvivalRow {
                        design: design.name.clone(),
                        service: name.clone(),
                        epoch: at.0,
                        day: at.1,
                        survival: Estimate::probability(service.survived, tally.n),
                        p_attack_pays: Estimate::probability(service.pays, tally.n),
                    });
                    let figures = [
                        ("attack_cost_usd", &service.attack_cost),
                        ("least_attack_cost_usd", &service.least_cost),
                        ("profit_from_corruption_usd", &service.profit),
                        ("use", &service.uses),
                    ];
                    for (metric, sketch) in figures {
                        results.bands.push(band(&design.name, at, name, metric, sketch));
                    }
                    if service.members.n() > 0 {
                        results.bands.push(band(&design.name, at, name, "members", &service.members));
                    }
                }
            }
            for (seller, sold) in world.sellers.iter().zip(&bands.sellers) {
                for (metric, sketch) in [("holding_usd", &sold.holding), ("sold_share", &sold.sold)] {
                    results.bands.push(band(name_of(world), at, &seller.name, metric, sketch));
                }
            }
            for ((name, _), asset) in world.assets.iter().zip(&bands.assets) {
                let design = name_of(world);
                for (metric, sketch) in
                    [("price_usd", &asset.price), ("stake_usd", &asset.stake), ("yield_apr", &asset.apr)]
                {
                    if sketch.n() > 0 && (metric == "price_usd" || world.moves) {
                        results.bands.push(band(design, at, name, metric, sketch));
                    }
                }
            }
        }
    }
    tally.sampled.sort_by_key(|sampled| (sampled.path, sampled.epoch));
    results.sample = samples(worlds, tally);
    results.notes = worlds.iter().flat_map(WorldPlan::notes).collect();
    results
}

/// Design of a world of one, `*` of one of several.
fn name_of(world: &WorldPlan) -> &str {
    if let [design] = world.today().graph.designs.as_slice() { &design.name } else { ANY }
}

fn band(
    design: &str,
    (epoch, day): (u32, f64),
    subject: &str,
    metric: &'static str,
    sketch: &Sketch,
) -> BandRow {
    let quantiles = BANDS.map(|probability| sketch.quantile(probability).value);
    BandRow { design: design.to_owned(), epoch, day, subject: subject.to_owned(), metric, quantiles }
}

fn samples(worlds: &[WorldPlan], tally: &PathTally) -> Vec<SampleRow> {
    let mut rows = Vec::new();
    for sampled in &tally.sampled {
        let world = &worlds[sampled.world];
        let mut push = |design: &str, subject: &str| {
            rows.push(SampleRow {
                path: sampled.path,
                epoch: sampled.epoch + 1,
                design: design.to_owned(),
                subject: subject.to_owned(),
                metric: sampled.metric,
                value: sampled.value,
            });
        };
        match sampled.of {
            Of::Asset(asset) => push(name_of(world), &world.assets[asset].0),
            Of::Seller(seller) => push(name_of(world), &world.sellers[seller].name),
            Of::Secured(secured) => {
                let subject = &world.services[world.today().graph.secured[secured].service];
                let designs =
                    world.today().graph.designs.iter().filter(|design| design.secured.contains(&secured));
                designs.for_each(|design| push(&design.name, subject));
            }
        }
    }
    rows
}
