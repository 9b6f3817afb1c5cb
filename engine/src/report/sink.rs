//! Recorded rows on their way to the disk: bounded memory, whole parts.

use std::path::{Path, PathBuf};

use super::chunk::PAGE_ROWS;
use super::column::Table;
use super::part::PartFile;
use super::provenance::Provenance;
use super::{PartRecord, ReportError, tables};
use crate::record::{MarketRows, Rows, ScenarioRows, TargetRows};
use crate::run::{Plan, Sink};
use crate::study::{Record, RunSettings};

/// Writes recorded rows to `scenarios`, `targets` and `market`, one file per part of the run.
pub struct TableSink {
    /// Nothing is written when recording is off.
    records: bool,
    /// Rows of the targets table that may still be written.
    rows_left: u64,
    /// First scenario that was not recorded because of the limit.
    stopped_at: Option<i64>,
    limit: u64,
    /// Designs of a scenario, and their targets.
    designs: usize,
    targets_of_scenario: usize,
    scenarios: Stream<ScenarioRows>,
    targets: Stream<TargetRows>,
    market: Stream<MarketRows>,
}

impl TableSink {
    /// Writes into `dir` what the settings ask for.
    pub(super) fn new(
        dir: &Path,
        plan: &Plan,
        assets: &[String],
        settings: &RunSettings,
        origin: &Provenance,
    ) -> Self {
        Self {
            records: settings.record != Record::None,
            rows_left: settings.record_limit_rows,
            stopped_at: None,
            limit: settings.record_limit_rows,
            designs: plan.graph().designs.len(),
            targets_of_scenario: tables::targets_of_scenario(plan).len(),
            scenarios: Stream::new(dir, tables::scenarios(plan, origin)),
            targets: Stream::new(dir, tables::targets(plan, origin)),
            market: Stream::new(dir, tables::market(assets, origin)),
        }
    }

    /// What a user must know about the recorded rows.
    pub fn warning(&self) -> Option<String> {
        let scenario = self.stopped_at?;
        Some(format!(
            "recording stopped before scenario {scenario}: the targets table reached run.record_limit_rows = {}; \
             summaries use every scenario",
            self.limit
        ))
    }

    /// First scenario that is missing because of the row limit.
    pub(super) fn stopped_at(&self) -> Option<i64> {
        self.stopped_at
    }

    /// Ends the tables; each has at least one file when recording is on. Parts table by table.
    pub(super) fn finish(mut self) -> Result<Vec<PartRecord>, ReportError> {
        if !self.records {
            return Ok(Vec::new());
        }
        let mut parts = self.scenarios.finish()?;
        parts.extend(self.targets.finish()?);
        parts.extend(self.market.finish()?);
        Ok(parts)
    }

    /// Drops the scenarios of a block that the row limit has no room for.
    fn limit(&mut self, rows: &mut Rows) {
        let kept = rows.market.scenario.len();
        let room = self.rows_left.checked_div(self.targets_of_scenario as u64).unwrap_or(u64::MAX);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(kept);
        if room < kept || self.stopped_at.is_some() {
            let stop = self.stopped_at.is_some();
            let room = if stop { 0 } else { room };
            self.stopped_at = self.stopped_at.or_else(|| rows.market.scenario.get(room).copied());
            truncate_market(&mut rows.market, room);
            truncate_scenarios(&mut rows.scenarios, (room, room * self.designs));
            truncate_targets(&mut rows.targets, (room, room * self.targets_of_scenario));
        }
        self.rows_left -= (rows.market.scenario.len() * self.targets_of_scenario) as u64;
    }
}

impl Sink for TableSink {
    type Error = ReportError;

    fn rows(&mut self, mut rows: Rows) -> Result<(), ReportError> {
        if !self.records {
            return Ok(());
        }
        self.limit(&mut rows);
        let kept = rows.market.scenario.len();
        self.scenarios.take(rows.scenarios, kept * self.designs)?;
        self.targets.take(rows.targets, kept * self.targets_of_scenario)?;
        self.market.take(rows.market, kept)
    }

    fn end_part(&mut self, part: u64) -> Result<(), ReportError> {
        self.scenarios.end_part(part)?;
        self.targets.end_part(part)?;
        self.market.end_part(part)
    }
}

/// The files of one table.
struct Stream<R> {
    dir: PathBuf,
    table: Table<R>,
    /// Part that rows belong to.
    part: u64,
    pending: Vec<R>,
    pending_rows: usize,
    open: Option<PartFile>,
    finished: Vec<PartRecord>,
}

impl<R: Sync> Stream<R> {
    fn new(dir: &Path, table: Table<R>) -> Self {
        Self {
            dir: dir.to_owned(),
            table,
            part: 0,
            pending: Vec::new(),
            pending_rows: 0,
            open: None,
            finished: Vec::new(),
        }
    }

    /// Takes a block of `n` rows.
    fn take(&mut self, rows: R, n: usize) -> Result<(), ReportError> {
        if n == 0 {
            return Ok(());
        }
        self.pending.push(rows);
        self.pending_rows += n;
        if self.pending_rows >= PAGE_ROWS { self.flush() } else { Ok(()) }
    }

    /// Hands pending rows to the file of the part.
    fn flush(&mut self) -> Result<(), ReportError> {
        let blocks = std::mem::take(&mut self.pending);
        self.pending_rows = 0;
        let file = match self.open.take() {
            Some(file) => self.open.insert(file),
            None => self.open.insert(self.create()?),
        };
        file.write(&self.table, &blocks)
    }

    fn create(&self) -> Result<PartFile, ReportError> {
        let name = format!("{}/part-{:05}.parquet", self.table.name, self.part);
        PartFile::create(&self.dir, name, &self.table)
    }

    /// Ends the file of a part; a part without rows has none.
    fn end_part(&mut self, part: u64) -> Result<(), ReportError> {
        if self.pending_rows > 0 {
            self.flush()?;
        }
        if let Some(file) = self.open.take() {
            self.finished.push(file.commit()?);
        }
        self.part = part + 1;
        Ok(())
    }

    /// Every file of the table, an empty one if there is no other, so that readers find the schema.
    fn finish(&mut self) -> Result<Vec<PartRecord>, ReportError> {
        self.end_part(self.part)?;
        if self.finished.is_empty() {
            self.part = 0;
            self.finished.push(self.create()?.commit()?);
        }
        Ok(std::mem::take(&mut self.finished))
    }
}

fn truncate_market(rows: &mut MarketRows, n: usize) {
    let MarketRows { scenario, weight, common_factor, prices, colluders, altruists } = rows;
    scenario.truncate(n);
    prices.iter_mut().chain([weight, common_factor]).for_each(|column| column.truncate(n));
    [colluders, altruists].into_iter().for_each(|column| column.truncate(n));
}

/// So many scenarios, and rows.
fn truncate_scenarios(rows: &mut ScenarioRows, (scenarios, n): (usize, usize)) {
    let ScenarioRows { scenario, weight, sampled, attacked, certified, coalition_size, .. } = rows;
    scenario.truncate(scenarios);
    weight.truncate(scenarios);
    coalition_size.truncate(n);
    [sampled, attacked, certified].into_iter().for_each(|column| column.truncate(n));
    let ScenarioRows {
        net_gain_usd,
        net_gain_upper_usd,
        profit_usd,
        cost_usd,
        slashed_usd,
        fault_slashed_usd,
        nominal_slashed_usd,
        settlement_gap_usd,
        cascade_rounds,
        cascade_loss_usd,
        cascade_left_usd,
        byzantine_services,
        byzantine_slashed_usd,
        overcollateralization,
        ..
    } = rows;
    overcollateralization.truncate(n);
    cascade_rounds.truncate(n);
    byzantine_services.truncate(n);
    let money = [net_gain_usd, net_gain_upper_usd, profit_usd, cost_usd];
    let settled = [slashed_usd, fault_slashed_usd, nominal_slashed_usd, settlement_gap_usd];
    let cascade = [cascade_loss_usd, cascade_left_usd, byzantine_slashed_usd];
    money.into_iter().chain(settled).chain(cascade).for_each(|column| column.truncate(n));
}

/// So many scenarios, and rows.
fn truncate_targets(rows: &mut TargetRows, (scenarios, n): (usize, usize)) {
    let TargetRows { scenario, weight, reachable, corrupted, cheapest_route, .. } = rows;
    scenario.truncate(scenarios);
    weight.truncate(scenarios);
    [reachable, corrupted].into_iter().for_each(|column| column.truncate(n));
    cheapest_route.truncate(n);
    rows.cheapest_bribe.truncate(n);
    rows.bribe_usd.iter_mut().chain([&mut rows.bribe_escrow_usd]).for_each(|column| column.truncate(n));
    let TargetRows { route_cost_usd, route_capital_usd, .. } = rows;
    route_cost_usd.iter_mut().chain(route_capital_usd).for_each(|column| column.truncate(n));
    let TargetRows { colluding_share, rational_share, cost_of_corruption_usd, attack_cost_usd, .. } = rows;
    let first = [colluding_share, rational_share, cost_of_corruption_usd, attack_cost_usd];
    first.into_iter().for_each(|column| column.truncate(n));
    let TargetRows { attack_cost_lower_usd, profit_usd, security_margin, .. } = rows;
    [attack_cost_lower_usd, profit_usd, security_margin].into_iter().for_each(|column| column.truncate(n));
}
