//! Reading sections by the table of keys: each value checked, each mistake noted with its line, each default recorded.

mod context;
mod typed;
mod values;

pub(super) use context::{Context, Named, Place, Source};
pub(super) use values::{describe, number_text};

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Key, Otherwise, Section};
use super::names::suggest;
use super::resolved::{Entries, Resolved, join_path};

/// A value with its place.
#[derive(Debug, Clone)]
pub(super) struct Field<'a> {
    /// The value; a default is owned.
    pub(super) value: Cow<'a, DeValue<'a>>,
    /// Where it stands.
    pub(super) place: Place,
    /// Its key.
    pub(super) key: &'static Key,
}

/// Reads one section.
pub(super) struct Reader<'c, 'a> {
    /// What is shared.
    pub(super) context: &'c Context<'c>,
    /// Full key of the section.
    pub(super) path: String,
    /// Where the section begins.
    pub(super) place: Place,
    section: &'static Section,
    table: Option<&'a DeTable<'a>>,
    /// Whether missing keys are worth a word: not where the section itself is missing or broken.
    is_sound: bool,
    resolved: Entries,
    read: Vec<&'static str>,
}

impl<'c, 'a> Reader<'c, 'a> {
    /// Opens the whole study.
    pub(super) fn root(
        context: &'c Context<'c>,
        section: &'static Section,
        table: &'a Spanned<DeTable<'a>>,
    ) -> Self {
        let place = Place { line: None, ..context.place(0..0, "") };
        Self::opened(context, section, place, Some(table.get_ref()))
    }

    /// Opens a section whose value stands at `place`; anything but a table is an error.
    pub(super) fn open(
        context: &'c Context<'c>,
        section: &'static Section,
        place: Place,
        value: Option<&'a DeValue<'a>>,
    ) -> Self {
        match value {
            Some(DeValue::Table(table)) => Self::opened(context, section, place, Some(table)),
            None => Self { is_sound: false, ..Self::opened(context, section, place, None) },
            Some(other) => {
                let message = format!("must be a table of keys, got {}", describe(other));
                context.error(&place, message, format!("write {}", section.meaning));
                Self { is_sound: false, ..Self::opened(context, section, place, None) }
            }
        }
    }

    /// A reader that has looked for unknown keys.
    fn opened(
        context: &'c Context<'c>,
        section: &'static Section,
        place: Place,
        table: Option<&'a DeTable<'a>>,
    ) -> Self {
        let path = place.key.clone();
        let reader = Self {
            context,
            path,
            place,
            section,
            table,
            is_sound: true,
            resolved: Vec::new(),
            read: Vec::new(),
        };
        reader.refuse_unknown();
        reader
    }

    /// Notes keys that the section does not know, and those that are not computed yet.
    fn refuse_unknown(&self) {
        let known: Vec<&str> = self.section.keys.iter().map(|key| key.name).collect();
        for (name, _) in self.table.into_iter().flat_map(|table| table.iter()) {
            let place = self.context.place(name.span(), &join_path(&self.path, name.get_ref()));
            if self.section.key(name.get_ref()).is_none() {
                self.context.error(&place, "is no known key", suggest(name.get_ref(), &known));
            }
        }
    }

    /// The section's key of this name.
    fn key(&mut self, name: &str) -> &'static Key {
        let key =
            self.section.key(name).unwrap_or_else(|| panic!("`{name}` is no key of {}", self.section.name));
        self.read.push(key.name);
        key
    }

    /// Full key of a name in this section.
    pub(super) fn path_of(&self, name: &str) -> String {
        join_path(&self.path, name)
    }

    /// The value given for a key, or its default; a missing required key is an error.
    pub(super) fn field(&mut self, name: &str) -> Option<Field<'a>> {
        let key = self.key(name);
        let path = self.path_of(name);
        if let Some((given, value)) = self.table.and_then(|table| table.get_key_value(name)) {
            // The line of the key, or of the value where that is a plain one: what an editor should jump to.
            let span = if matches!(value.get_ref(), DeValue::Table(_)) { given.span() } else { value.span() };
            let place = self.context.place(span, &path);
            return Some(Field { value: Cow::Borrowed(value.get_ref()), place, key });
        }
        let place = self.place.with_key(&path);
        match key.otherwise {
            Otherwise::Value(text) => {
                let unit = if key.unit.is_empty() { String::new() } else { format!(" {}", key.unit) };
                self.context.took_default(&path, &format!("{}{unit}", text.trim_matches('"')));
                let value = DeValue::parse(text).unwrap_or_else(|_| panic!("default of `{name}` is no TOML"));
                return Some(Field { value: Cow::Owned(value.into_inner()), place, key });
            }
            Otherwise::Words(words) => self.context.took_default(&path, words),
            Otherwise::Required if self.is_sound => self.context.error(&place, "is missing", key.remedy()),
            Otherwise::Required | Otherwise::Nothing => {}
        }
        None
    }

    /// Puts a value into the resolved study.
    pub(super) fn resolve(&mut self, name: &str, value: Resolved) {
        self.resolved.push((name.to_owned(), value));
    }

    /// A section of this one; missing keys of an absent optional section take their defaults.
    pub(super) fn section(&mut self, name: &str, inner: &'static Section) -> Reader<'c, 'a> {
        let (value, place) = self.part(name);
        let is_absent = value.is_none();
        let mut reader = Reader::open(self.context, inner, place, value);
        // An absent section is read as an empty one unless it was required and its absence is already noted.
        let required = self.section.key(name).is_some_and(|key| matches!(key.otherwise, Otherwise::Required));
        reader.is_sound |= is_absent && !required;
        reader
    }

    /// Sections by name in the order of writing.
    pub(super) fn sections(&mut self, name: &str) -> Vec<(Named, &'a DeValue<'a>)> {
        let (value, place) = self.part(name);
        match value {
            None => Vec::new(),
            Some(DeValue::Table(table)) => {
                table.iter().filter_map(|(key, value)| self.child(name, key, value)).collect()
            }
            Some(other) => {
                let message = format!("must be a table of tables, got {}", describe(other));
                self.context.error(&place, message, format!("write [{}.NAME]", place.key));
                Vec::new()
            }
        }
    }

    /// One named section.
    fn child(
        &self,
        name: &str,
        key: &'a Spanned<Cow<'a, str>>,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Option<(Named, &'a DeValue<'a>)> {
        let child = key.get_ref();
        let place = self.context.place(key.span(), &join_path(&self.path_of(name), child));
        self.context
            .check_name(child, &place)
            .then(|| (Named { name: child.to_string(), place }, value.get_ref()))
    }

    /// Sections of a list, in order.
    pub(super) fn list(&mut self, name: &str) -> Vec<(Place, &'a DeValue<'a>)> {
        let (value, place) = self.part(name);
        match value {
            None => Vec::new(),
            Some(DeValue::Array(values)) => values
                .iter()
                .enumerate()
                .map(|(position, value)| {
                    (self.context.place(value.span(), &format!("{}[{position}]", place.key)), value.get_ref())
                })
                .collect(),
            Some(other) => {
                let message = format!("must be a list of tables, got {}", describe(other));
                self.context.error(&place, message, format!("write [{{ ... }}] or [[{}]]", place.key));
                Vec::new()
            }
        }
    }

    /// The value of a key that holds sections. A missing required one is an error.
    fn part(&mut self, name: &str) -> (Option<&'a DeValue<'a>>, Place) {
        let key = self.key(name);
        let path = self.path_of(name);
        match self.table.and_then(|table| table.get_key_value(name)) {
            Some((given, value)) => (Some(value.get_ref()), self.context.place(given.span(), &path)),
            None => {
                let place = self.place.with_key(&path);
                match key.otherwise {
                    Otherwise::Required if self.is_sound => {
                        self.context.error(&place, "is missing", key.remedy())
                    }
                    Otherwise::Value(text) => self.context.took_default(&path, text),
                    _ => {}
                }
                (None, place)
            }
        }
    }

    /// Where a key stands, or the section where it is absent.
    pub(super) fn place_of(&self, name: &str) -> Place {
        let path = self.path_of(name);
        match self.table.and_then(|table| table.get_key_value(name)) {
            Some((given, _)) => self.context.place(given.span(), &path),
            None => self.place.with_key(&path),
        }
    }

    /// Marks an optional section as dealt with although it is absent.
    pub(super) fn skip(&mut self, name: &str) {
        self.key(name);
    }

    /// Whether the section has such a key.
    pub(super) fn knows(&self, name: &str) -> bool {
        self.section.key(name).is_some()
    }

    /// Whether a key is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(name))
    }

    /// The resolved section, keys in canonical order.
    pub(super) fn finish(mut self) -> Entries {
        let read = |key: &Key| self.read.contains(&key.name);
        debug_assert!(
            self.section.keys.iter().all(read),
            "`{}` is not read in full: {:?}",
            self.path,
            self.read
        );
        let keys = self.section.keys;
        self.resolved.sort_by_key(|(name, _)| keys.iter().position(|key| key.name == name));
        self.resolved
    }
}
