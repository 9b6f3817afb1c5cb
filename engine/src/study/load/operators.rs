//! Operators, their attributes, and how they come to collude or fail.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::super::keys::{
    COLLUSION, COLUMNS, DOWNTIME, EQUIVOCATION, FAULTS, Kind, OPERATORS, Otherwise, Range,
};
use super::super::names::{nearest, suggest};
use super::super::reader::{Context, Named, Place, Reader, Source};
use super::super::resolved::Resolved;
use super::super::{Attribute, Collusion, Factor, Fault, FaultKind, Loading, Operator};
use super::attributes::read_attributes;
use super::pools::Bonded;

/// The word for the factor common to all operators.
pub(super) const COMMON: &str = "common";
/// Begins the columns that override a loading.
pub(super) const OVERRIDE: &str = "loading_";

/// All there is to say of operators.
pub(super) struct People {
    /// Operators in name order.
    pub(super) operators: Vec<Operator>,
    /// Attributes in name order.
    pub(super) attributes: Vec<Attribute>,
    /// How they come to collude.
    pub(super) collusion: Collusion,
    /// How they fail.
    pub(super) faults: Vec<Fault>,
    /// Their table.
    pub(super) table: Option<Rc<Source>>,
}

impl People {
    /// Names in order.
    pub(super) fn names(&self) -> Vec<&str> {
        self.operators.iter().map(|operator| operator.name.as_str()).collect()
    }

    /// Position of an operator; an unknown one is an error.
    pub(super) fn find(&self, context: &Context<'_>, named: &Named) -> Option<usize> {
        let found = self.operators.binary_search_by(|operator| operator.name.as_str().cmp(&named.name)).ok();
        if found.is_none() && !context.is_full(&named.place) {
            let near = nearest(&named.name, self.operators.iter().map(|operator| operator.name.as_str()));
            let remedy = near.map_or_else(
                || "add it to the operators table or to the stake of a pool".to_owned(),
                |near| format!("did you mean `{near}`?"),
            );
            context.error(&named.place, format!("there is no operator `{}`", named.name), remedy);
        }
        found
    }
}

/// Loadings by the names of their factors.
type NamedLoadings = Vec<(Named, f64)>;

/// `[collusion]`, `[faults]` and `[operators]`.
pub(super) fn read_people(root: &mut Reader<'_, '_>, bonded: &[Bonded]) -> People {
    let (mut collusion, factors) = read_collusion(root);
    let mut faults = read_faults(root);
    let mut reader = root.section("operators", &OPERATORS);
    let table = reader.table("table");
    let membership = reader.table("membership");
    let entries = reader.finish();
    root.resolve("operators", Resolved::Section(entries));
    let context = root.context;

    let rows = table.as_ref().map_or_else(BTreeMap::new, |table| table.by_operator(context));
    let staking = bonded.iter().flat_map(|pool| pool.stake.iter().map(|(operator, _)| operator.as_str()));
    let names: BTreeSet<&str> = rows.keys().copied().chain(staking).collect();
    let mut people = People {
        operators: names.into_iter().map(|name| default_operator(name, &collusion)).collect(),
        attributes: Vec::new(),
        collusion: collusion.clone(),
        faults: Vec::new(),
        table: table.clone(),
    };
    let wanted: BTreeSet<&str> = factor_names(&factors, &faults);
    people.attributes =
        read_attributes(context, &people, (table.as_deref(), &rows), membership.as_deref(), &wanted);
    collusion.loadings = resolve_loadings(context, &factors, &people.attributes);
    for (fault, factors) in &mut faults {
        fault.loadings = resolve_loadings(context, factors, &people.attributes);
    }
    people.faults = faults.into_iter().map(|(fault, _)| fault).collect();
    people.collusion = collusion;
    if let Some(table) = &table {
        fill_operators(context, &mut people, table, &rows);
    } else {
        people
            .operators
            .iter_mut()
            .for_each(|operator| operator.loadings = plain(&people.collusion.loadings));
    }
    people
}

/// Names of all factors but the common one.
fn factor_names<'a>(collusion: &'a NamedLoadings, faults: &'a [(Fault, NamedLoadings)]) -> BTreeSet<&'a str> {
    let all = collusion.iter().chain(faults.iter().flat_map(|(_, factors)| factors));
    all.map(|(named, _)| named.name.as_str()).filter(|name| *name != COMMON).collect()
}

/// The loadings alone.
fn plain(loadings: &[Loading]) -> Vec<f64> {
    loadings.iter().map(|loading| loading.loading).collect()
}

/// `[collusion]`, loadings still by name.
fn read_collusion(root: &mut Reader<'_, '_>) -> (Collusion, NamedLoadings) {
    let mut reader = root.section("collusion", &COLLUSION);
    let collusion = Collusion {
        probability: reader.number("probability"),
        altruistic_probability: reader.number("altruistic_probability"),
        compromised_share: reader.number("compromised_share"),
        copula: reader.copula(),
        loadings: Vec::new(),
    };
    let loadings = read_loadings(&mut reader);
    let place = reader.place_of("altruistic_probability");
    check_states(root.context, &place, (collusion.probability, collusion.altruistic_probability), "");
    let entries = reader.finish();
    root.resolve("collusion", Resolved::Section(entries));
    (collusion, loadings)
}

/// An operator is in one state: the probabilities of two of them add up to at most 1.
fn check_states(context: &Context<'_>, place: &Place, (colluder, altruist): (f64, f64), who: &str) {
    if colluder + altruist > 1.0 + 1e-12 {
        let message = format!(
            "probabilities to be a colluder ({colluder}) and altruistic ({altruist}){who} add up to more than 1"
        );
        context.error(place, message, "lower one of them");
    }
}

/// `loadings` of collusion or of a fault: squares add up to less than 1.
fn read_loadings(reader: &mut Reader<'_, '_>) -> NamedLoadings {
    let loadings = reader.numbers("loadings");
    let squares: f64 = loadings.iter().map(|(_, loading)| loading * loading).sum();
    if squares >= 1.0 {
        let place = reader.place_of("loadings");
        let message = format!("the squares of the loadings add up to {squares}, which must be less than 1");
        reader.context.error(&place, message, "lower some of the loadings");
    }
    loadings
}

/// `[faults]`, in the order of names.
fn read_faults(root: &mut Reader<'_, '_>) -> Vec<(Fault, NamedLoadings)> {
    let mut reader = root.section("faults", &FAULTS);
    let mut faults = Vec::new();
    for (kind, name, section) in [
        (FaultKind::Downtime, "downtime", &DOWNTIME),
        (FaultKind::Equivocation, "equivocation", &EQUIVOCATION),
    ] {
        if !reader.has(name) {
            reader.skip(name);
            continue;
        }
        let mut inner = reader.section(name, section);
        let fault = Fault {
            kind,
            rate_per_key_year: inner.number("rate_per_key_year"),
            duration_hours: if kind == FaultKind::Downtime { inner.number("duration_hours") } else { 0.0 },
            cluster_keys: inner.optional_number("cluster_keys"),
            copula: inner.copula(),
            loadings: Vec::new(),
        };
        faults.push((fault, read_loadings(&mut inner)));
        let entries = inner.finish();
        reader.resolve(name, Resolved::Section(entries));
    }
    let entries = reader.finish();
    root.resolve("faults", Resolved::Section(entries));
    faults
}

/// An operator of which nothing is known but its name.
fn default_operator(name: &str, collusion: &Collusion) -> Operator {
    Operator {
        name: name.to_owned(),
        collusion_probability: collusion.probability,
        altruistic_probability: collusion.altruistic_probability,
        own_share: column_default("own_share"),
        commission: column_default("commission"),
        friction_usd: column_default("friction_usd"),
        keys: column_default("keys"),
        node_cost_factor: column_default("node_cost_factor"),
        loadings: Vec::new(),
        defaulted: true,
    }
}

/// The default of a column, from the table of keys.
fn column_default(name: &str) -> f64 {
    match COLUMNS.key(name).map(|key| key.otherwise) {
        Some(Otherwise::Value(text)) => text.parse().unwrap_or_default(),
        _ => 0.0,
    }
}

/// Loadings by position: common first, then attributes in name order.
fn resolve_loadings(
    context: &Context<'_>,
    factors: &NamedLoadings,
    attributes: &[Attribute],
) -> Vec<Loading> {
    let mut loadings = Vec::new();
    for (named, loading) in factors {
        let attribute = attributes.iter().position(|attribute| attribute.name == named.name);
        let factor = match attribute {
            _ if named.name == COMMON => Factor::Common,
            Some(attribute) => Factor::Attribute(attribute),
            None => {
                let known: Vec<&str> = attributes.iter().map(|a| a.name.as_str()).chain([COMMON]).collect();
                let message = format!("there is no attribute `{}` of operators", named.name);
                context.error(&named.place, message, suggest(&named.name, &known));
                continue;
            }
        };
        loadings.push(Loading { factor, loading: *loading });
    }
    loadings.sort_by_key(|loading| match loading.factor {
        Factor::Common => 0,
        Factor::Attribute(attribute) => attribute + 1,
    });
    loadings
}

/// Fills operators from their rows.
fn fill_operators(context: &Context<'_>, people: &mut People, table: &Source, rows: &BTreeMap<&str, usize>) {
    let factors: Vec<String> = people
        .collusion
        .loadings
        .iter()
        .map(|loading| match loading.factor {
            Factor::Common => COMMON.to_owned(),
            Factor::Attribute(attribute) => people.attributes[attribute].name.clone(),
        })
        .collect();
    check_overrides(context, table, &factors);
    let defaults = plain(&people.collusion.loadings);
    for operator in &mut people.operators {
        operator.loadings.clone_from(&defaults);
        if let Some(&row) = rows.get(operator.name.as_str()) {
            fill_operator(context, operator, (table, row), &factors);
        }
    }
}

/// Refuses overrides of loadings that the study does not have.
fn check_overrides(context: &Context<'_>, table: &Source, factors: &[String]) {
    let known: Vec<String> = factors.iter().map(|factor| format!("{OVERRIDE}{factor}")).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    for column in table.table.columns.iter().filter(|column| column.starts_with(OVERRIDE)) {
        if !known.contains(&column.as_str()) {
            let place = table.whole().with_key(column);
            let message = "overrides a loading that `collusion.loadings` does not have";
            context.error(&place, message, suggest(column, &known));
        }
    }
}

/// Fills an operator from its row.
fn fill_operator(
    context: &Context<'_>,
    operator: &mut Operator,
    (table, row): (&Source, usize),
    factors: &[String],
) {
    let number = |column: &str, value: &mut f64| {
        let Some(key) = COLUMNS.key(column) else { return };
        let Kind::Number(range) = key.kind else { return };
        *value = table.number(context, (row, column), range, &key.remedy()).unwrap_or(*value);
    };
    number("collusion_probability", &mut operator.collusion_probability);
    number("altruistic_probability", &mut operator.altruistic_probability);
    number("own_share", &mut operator.own_share);
    number("commission", &mut operator.commission);
    number("friction_usd", &mut operator.friction_usd);
    number("keys", &mut operator.keys);
    number("node_cost_factor", &mut operator.node_cost_factor);
    operator.defaulted = false;
    let mut is_overridden = false;
    for (factor, loading) in factors.iter().zip(&mut operator.loadings) {
        let cell = (row, &*format!("{OVERRIDE}{factor}"));
        let given = table.number(context, cell, Range::CORRELATION, "write the loading on this factor");
        *loading = given.unwrap_or(*loading);
        is_overridden |= given.is_some();
    }
    let squares: f64 = operator.loadings.iter().map(|loading| loading * loading).sum();
    if is_overridden && squares >= 1.0 {
        let message = format!(
            "the squares of the loadings of operator `{}` add up to {squares}, which must be less than 1",
            operator.name
        );
        context.error(&table.place(row, "operator"), message, "lower some of its loadings");
    }
    let given =
        ["collusion_probability", "altruistic_probability"].map(|column| !table.text(row, column).is_empty());
    if given.contains(&true) {
        let states = (operator.collusion_probability, operator.altruistic_probability);
        check_states(
            context,
            &table.place(row, "operator"),
            states,
            &format!(" of operator `{}`", operator.name),
        );
    }
}
