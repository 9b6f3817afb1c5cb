//! A study with some of its numbers changed, for sweeps and derivatives.

use std::fs;
use std::path::{Path, PathBuf};

use toml::de::{DeTable, DeValue};

use super::names::nearest;
use super::reader::number_text;
use super::resolved::{Entries, Resolved, to_toml};
use super::{Study, StudyError};

/// One number of a study and its new value.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Full key, `collusion.loadings.host`; a part with dots of its own stands in quotes.
    pub key: String,
    /// The value.
    pub value: f64,
}

/// A study whose numbers can be changed: every value it holds or takes by default.
#[derive(Debug, Clone)]
pub struct Variable {
    entries: Entries,
    dir: PathBuf,
    /// The study as it stands.
    pub study: Study,
}

impl Variable {
    /// Loads the study at `path`, a folder or its file.
    ///
    /// # Errors
    /// If the study is invalid.
    pub fn load(path: &Path) -> Result<Self, StudyError> {
        let study = Study::load(path)?;
        let dir = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
        let mut variable = Self { entries: read(&study.provenance.resolved), dir: dir.to_owned(), study };
        // Paths of tables are relative to where the study stands.
        variable.dir = fs::canonicalize(&variable.dir).unwrap_or(variable.dir);
        Ok(variable)
    }

    /// A study given as text, its tables in `dir`.
    ///
    /// # Errors
    /// If it is invalid.
    pub fn from_text(text: &str, dir: &Path) -> Result<Self, StudyError> {
        let study = Study::from_text(text, "study.toml", dir)?;
        Ok(Self { entries: read(&study.provenance.resolved), dir: dir.to_owned(), study })
    }

    /// Every number with its full key; a threshold counts by its share.
    pub fn numbers(&self) -> Vec<Setting> {
        let mut found = Vec::new();
        collect("", &self.entries, &mut found);
        found
    }

    /// The value of a number.
    ///
    /// # Errors
    /// In words, with the nearest key, if there is none of this name.
    pub fn number(&self, key: &str) -> Result<f64, String> {
        let numbers = self.numbers();
        if let Some(setting) = numbers.iter().find(|setting| setting.key == key) {
            return Ok(setting.value);
        }
        let keys = numbers.iter().map(|setting| setting.key.as_str());
        let near = nearest(key, keys).map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        Err(format!("`{key}` is no number of the study{near}"))
    }

    /// The study with these numbers, its run settings as they are in [`Self::study`].
    ///
    /// # Errors
    /// If a number is refused where it stands, as in a study so written. Keys that are no numbers are left alone: ask
    /// [`Self::number`] first.
    pub fn with(&self, settings: &[Setting]) -> Result<Study, StudyError> {
        let mut entries = self.entries.clone();
        settings.iter().for_each(|setting| set(&mut entries, &parts(&setting.key), setting.value));
        let words: Vec<String> = settings.iter().map(|s| format!("{} = {}", s.key, s.value)).collect();
        let name = format!("study.toml with {}", words.join(", "));
        let mut study = Study::from_text(&to_toml(&entries), &name, &self.dir)?;
        study.run = self.study.run.clone();
        Ok(study)
    }
}

/// The parts of a full key.
fn parts(key: &str) -> Vec<String> {
    let (mut parts, mut quoted) = (vec![String::new()], false);
    for c in key.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    parts
}

/// Sign and share of a threshold's text.
fn threshold(text: &str) -> Option<(&str, f64)> {
    let sign = ["> ", ">= "].into_iter().find(|sign| text.starts_with(sign))?;
    let (num, den) = crate::fraction::parse_ratio(&text[sign.len()..])?;
    Some((sign, crate::moments::count(num) / crate::moments::count(den)))
}

fn set(entries: &mut Entries, key: &[String], value: f64) {
    let [first, rest @ ..] = key else { return };
    let Some((_, held)) = entries.iter_mut().find(|(name, _)| name == first) else { return };
    match held {
        Resolved::Section(inner) | Resolved::Inline(inner) => set(inner, rest, value),
        Resolved::Whole(_) | Resolved::Number(_) if rest.is_empty() => *held = Resolved::Number(value),
        Resolved::Text(text) if rest.is_empty() => {
            // Nine decimals are what a threshold is read with.
            let changed = threshold(text).map(|(sign, _)| format!("{sign}{value:.9}"));
            *held = Resolved::Text(changed.unwrap_or_else(|| text.clone()));
        }
        _ => {}
    }
}

fn collect(path: &str, entries: &Entries, found: &mut Vec<Setting>) {
    for (name, held) in entries {
        let key = super::resolved::join_path(path, name);
        let mut add = |value: f64| found.push(Setting { key: key.clone(), value });
        match held {
            Resolved::Section(inner) | Resolved::Inline(inner) => collect(&key, inner, found),
            #[expect(clippy::cast_precision_loss, reason = "a number of a study")]
            Resolved::Whole(whole) => add(*whole as f64),
            Resolved::Number(number) => add(*number),
            Resolved::Text(text) => threshold(text).into_iter().for_each(|(_, share)| add(share)),
            _ => {}
        }
    }
}

/// The entries of a resolved study.
fn read(resolved: &str) -> Entries {
    DeTable::parse(resolved).map_or_else(|_| Vec::new(), |table| entries(table.get_ref(), Resolved::Section))
}

fn entries(table: &DeTable<'_>, inner: fn(Entries) -> Resolved) -> Entries {
    table.iter().map(|(key, value)| (key.get_ref().to_string(), held(value.get_ref(), inner))).collect()
}

fn held(value: &DeValue<'_>, inner: fn(Entries) -> Resolved) -> Resolved {
    match value {
        DeValue::String(text) => Resolved::Text(text.to_string()),
        DeValue::Boolean(flag) => Resolved::Flag(*flag),
        DeValue::Array(values) => {
            Resolved::List(values.iter().map(|value| held(value.get_ref(), Resolved::Inline)).collect())
        }
        DeValue::Table(table) => inner(entries(table, inner)),
        number => {
            let text = number_text(number).unwrap_or_default();
            match text.parse() {
                Ok(whole) => Resolved::Whole(whole),
                Err(_) => Resolved::Number(text.parse().unwrap_or(f64::NAN)),
            }
        }
    }
}
