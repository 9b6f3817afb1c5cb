//! From the text of a study to checked values.

mod attributes;
mod byzantine;
mod designs;
mod economy;
mod eigenlayer;
mod figures;
mod ics;
mod market;
mod members;
mod operators;
mod pools;
mod services;
mod slash;
mod systems;
mod tables;
mod time;

use std::path::Path;

use toml::de::DeTable;

use super::keys::{RUN, STUDY};
use super::problem::{Problem, Severity, StudyError};
use super::reader::{Context, Reader};
use super::resolved::{Entries, replace_paths, to_toml};
use super::table::{TableProblem, read_bytes};
use super::{Design, Estimator, Pool, Provenance, Record, RunSettings, Service, Study, System, TableDigest};

/// Name of the study file in a folder.
const STUDY_FILE: &str = "study.toml";

impl Study {
    /// Loads a study: a folder that holds `study.toml`, or the file itself.
    ///
    /// # Errors
    /// All mistakes of the study and its tables in one go.
    pub fn load(path: &Path) -> Result<Self, StudyError> {
        let file = if path.is_dir() { path.join(STUDY_FILE) } else { path.to_owned() };
        let name = file
            .file_name()
            .map_or_else(|| STUDY_FILE.to_owned(), |name| name.to_string_lossy().into_owned());
        let text = read_bytes(&file).and_then(utf8).map_err(|problem| refuse(&name, problem))?;
        Self::from_text(&text, &name, file.parent().unwrap_or(Path::new("")))
    }

    /// Reads a study from its text; `file_name` stands in messages, tables are looked for in `dir`.
    ///
    /// # Errors
    /// All mistakes of the study and its tables in one go.
    pub fn from_text(text: &str, file_name: &str, dir: &Path) -> Result<Self, StudyError> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let context = Context::new(text, file_name, dir);
        let document = match DeTable::parse(text) {
            Ok(document) => document,
            Err(error) => {
                let line = error.span().map(|span| context.line(span.start));
                let message = format!("is not TOML: {}", error.message().trim().replace('\n', "; "));
                return Err(refuse(
                    file_name,
                    TableProblem { line, message, remedy: "correct the syntax".to_owned() },
                ));
            }
        };
        let mut root = Reader::root(&context, &STUDY, &document);
        let study = read_study(&mut root);
        let entries = root.finish();
        let tables = digests(&context);
        let (errors, warnings, defaults) = context.finish();
        if !errors.is_empty() {
            return Err(StudyError { problems: errors });
        }
        let (resolved, problem_id) = (to_toml(&entries), identity(entries, &tables));
        Ok(Self { provenance: Provenance { resolved, problem_id, tables, defaults, warnings }, ..study })
    }
}

/// Bytes as text.
fn utf8(bytes: Vec<u8>) -> Result<String, TableProblem> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        TableProblem {
            line: Some(line),
            message: "is not UTF-8 text".to_owned(),
            remedy: "save it as UTF-8".to_owned(),
        }
    })
}

/// A study file that cannot be read at all.
fn refuse(file: &str, problem: TableProblem) -> StudyError {
    let TableProblem { line, message, remedy } = problem;
    let (file, key) = (file.to_owned(), String::new());
    StudyError {
        problems: vec![Problem {
            severity: Severity::Error,
            file,
            line,
            key,
            message,
            remedy,
            in_table: false,
        }],
    }
}

/// Most targets of a design that joint attacks are sought over.
pub const MOST_JOINT_TARGETS: usize = 128;

/// Reads every section. After a mistake the values are fillers that nobody sees.
fn read_study(root: &mut Reader<'_, '_>) -> Study {
    let name = root.text("name");
    let horizon_days = root.number("horizon_days");
    let stream = u32::try_from(root.whole("stream")).unwrap_or(1);
    let run = read_run(root);
    let assets = market::read_assets(root);
    let market = market::read_market(root, &assets);
    let bonded = pools::read_bonded(root, &assets);
    let people = operators::read_people(root, &bonded);
    let pools = pools::on_operators(bonded, &people.names());
    let (services, adversary, turning) = services::read_attacks(root, &assets);
    let world = systems::World {
        context: root.context,
        assets: &assets,
        pools: &pools,
        services: &services,
        people: &people,
        horizon_days,
    };
    let designs = designs::read_designs(root, &world);
    let choosing = economy::read_choosing(root);
    let portfolios = economy::read_portfolios(root, &world);
    let time = time::read_time(root);
    let quoted = figures::read_quoted(root, &designs, &services);
    let backtest = figures::read_backtest(root, &designs, &services);
    let assertions = figures::read_assertions(root, &designs, &services);
    warn_of_unused(root.context, &designs, &pools, &services);
    if adversary.joint {
        refuse_too_many_targets(root.context, &designs, &services);
    }
    byzantine::check(root.context, &turning, &designs, time.is_some());
    let operators::People { operators, attributes, collusion, faults, .. } = people;
    Study {
        name,
        horizon_days,
        stream,
        run,
        assets,
        market,
        operators,
        attributes,
        collusion,
        faults,
        pools,
        services,
        adversary,
        designs,
        choosing,
        portfolios,
        time,
        quoted,
        backtest,
        assertions,
        provenance: Provenance::default(),
    }
}

/// `[run]`
fn read_run(root: &mut Reader<'_, '_>) -> RunSettings {
    let mut reader = root.section("run", &RUN);
    let settings = RunSettings {
        scenarios: reader.whole("scenarios"),
        seed: reader.whole("seed"),
        estimator: match reader.choice("estimator") {
            Some("conditional") => Estimator::Conditional,
            Some("importance") => Estimator::Importance,
            Some("auto") => Estimator::Auto,
            _ => Estimator::Plain,
        },
        relative_error: reader.number("relative_error"),
        negligible: reader.number("negligible"),
        attribution: reader.whole("attribution"),
        record: match reader.choice("record") {
            Some("all") => Record::All,
            Some("none") => Record::None,
            _ => Record::Attacks,
        },
        record_every: reader.whole("record_every"),
        record_loss_share: reader.number("record_loss_share"),
        record_limit_rows: reader.whole("record_limit_rows"),
    };
    let entries = reader.finish();
    root.resolve("run", super::resolved::Resolved::Section(entries));
    settings
}

/// Sets of targets are kept as bits.
fn refuse_too_many_targets(context: &Context<'_>, designs: &[Design], services: &[Service]) {
    for design in designs {
        let attacks: usize =
            design.services.iter().map(|(service, _)| services[*service].attacks.len()).sum();
        if attacks > MOST_JOINT_TARGETS {
            let place = super::reader::Place { line: None, ..context.place(0..0, "adversary.joint") };
            let message = format!(
                "design `{}` has {attacks} attacks, joint attacks are sought over at most {MOST_JOINT_TARGETS}",
                design.name
            );
            context.error(&place, message, "write joint = false, or leave attacks out");
        }
    }
}

/// Pools and services that no design uses: odd, perhaps a slip.
fn warn_of_unused(context: &Context<'_>, designs: &[Design], pools: &[Pool], services: &[Service]) {
    let systems = || designs.iter().flat_map(|design| design.services.iter());
    let seconds = || {
        let terms = designs.iter().flat_map(|design| design.services.iter().zip(&design.terms));
        terms.filter_map(|((service, _), terms)| Some((*service, terms.second_quorum?.pool)))
    };
    let used: Vec<usize> =
        systems().flat_map(|(_, system)| pools_of(system)).chain(seconds().map(|(_, pool)| pool)).collect();
    let tell = |key: String, message: &str| {
        context.warn(&super::reader::Place { line: None, ..context.place(0..0, &key) }, message, "");
    };
    let warn = |key: String| tell(key, "is used by no design");
    for (position, service) in services.iter().enumerate() {
        let has_second = seconds().any(|(at, _)| at == position);
        for attack in service
            .attacks
            .iter()
            .filter(|a| a.second_threshold.is_some() && a.bought.is_none() && !has_second)
        {
            let key = format!("services.{}.attacks.{}.second_threshold", service.name, attack.deed);
            tell(key, "means nothing: no design gives the service a second quorum");
        }
    }
    for (position, pool) in pools.iter().enumerate() {
        let lies_under = pools.iter().any(|other| other.underlying == Some(position));
        if !used.contains(&position) && !lies_under {
            warn(super::resolved::join_path("pools", &pool.name));
        }
    }
    for (position, service) in services.iter().enumerate() {
        if !systems().any(|(at, _)| *at == position) {
            warn(super::resolved::join_path("services", &service.name));
        }
    }
}

/// Pools behind a system.
fn pools_of(system: &System) -> Vec<usize> {
    match system {
        System::Pos(pos) => vec![pos.pool],
        System::Ics(ics) | System::Saga(ics, _) => vec![ics.provider],
        System::Eigenlayer(eigenlayer) => eigenlayer.pools.clone(),
        System::Mesh(mesh) => {
            mesh.external.iter().map(|external| external.pool).chain([mesh.local]).collect()
        }
        System::Pow(_) => Vec::new(),
    }
}

/// Digests of the table files read, in the order of their paths.
fn digests(context: &Context<'_>) -> Vec<TableDigest> {
    let files = context.files.borrow();
    let read = files.iter().filter_map(|(path, source)| Some((path, source.as_ref()?)));
    read.map(|(path, source)| TableDigest {
        path: path.clone(),
        rows: source.table.rows(),
        blake3: source.table.digest(),
    })
    .collect()
}

/// BLAKE3 of the resolved study without `[run]`, each table's path replaced by the digest of its content.
fn identity(mut entries: Entries, tables: &[TableDigest]) -> String {
    entries.retain(|(key, _)| key != "run");
    replace_paths(&mut entries, &|path| {
        let digest = tables.iter().find(|table| table.path == path).map(|table| table.blake3.as_str());
        format!("blake3:{}", digest.unwrap_or_default())
    });
    blake3::hash(to_toml(&entries).as_bytes()).to_hex().to_string()
}
