//! Sentences on what happens in time.

use crate::amount::{count, share, usd};
use montecartel::path::{PathResults, SurvivalRow};
use montecartel::study::Time;

/// One sentence on the paths, then one per design and service.
pub fn sentences(paths: &PathResults, time: &Time) -> Vec<String> {
    let (epochs, days) = (time.epochs, time.epoch_days);
    let head = format!("In time: {} paths of {epochs} epochs of {days} days.", count(paths.paths));
    let last = paths.survival.iter().filter(|row| row.epoch == epochs);
    let notes = paths.notes.iter().map(|note| format!("  NOTE: {note}"));
    std::iter::once(head).chain(last.map(|row| survival(paths, row))).chain(notes).collect()
}

fn survival(paths: &PathResults, row: &SurvivalRow) -> String {
    let SurvivalRow { design, service, epoch, survival, .. } = row;
    let curve = paths.survival.iter().filter(|other| (&other.design, &other.service) == (design, service));
    let half = curve.into_iter().find(|other| other.survival.value < 0.5);
    let half = half.map_or_else(
        || "fewer than half see one".to_owned(),
        |row| format!("half have seen one by day {:.0}", row.day),
    );
    let median =
        |metric: &str| paths.band(design, service, metric, *epoch).map_or(f64::NAN, |band| band.quantiles[3]);
    let tail =
        |metric: &str| paths.band(design, service, metric, *epoch).map_or(f64::NAN, |band| band.quantiles[1]);
    let members = paths.band(design, service, "members", *epoch).map_or_else(String::new, |band| {
        let [_, low, _, median, _, high, _] = band.quantiles;
        format!("; operators in the end: median {median:.0}, 5% {low:.0}, 95% {high:.0}")
    });
    format!(
        "  {service} in design {design}: no attack ever pays on {} of paths [{}, {}] ({half}); least attack cost on the way: median {}, 5% {}{members}",
        share(survival.value),
        share(survival.low),
        share(survival.high),
        usd(median("least_attack_cost_usd")),
        usd(tail("least_attack_cost_usd"))
    )
}
