//! The kinds of value that a section holds.

use toml::de::DeValue;

use super::super::Copula;
use super::super::keys::Kind;
use super::super::resolved::Resolved;
use super::values::{describe, whole_of};
use super::{Named, Place, Reader};

impl Reader<'_, '_> {
    /// A number, 0 or another number of its range after a mistake.
    pub(in crate::study) fn number(&mut self, name: &str) -> f64 {
        self.optional_number(name).unwrap_or_else(|| match self.section.key(name).map(|key| key.kind) {
            Some(Kind::Number(range)) => range.inside(),
            _ => 0.0,
        })
    }

    /// A number, if there is one.
    pub(in crate::study) fn optional_number(&mut self, name: &str) -> Option<f64> {
        let field = self.field(name)?;
        let Kind::Number(range) = field.key.kind else { unreachable!("`{name}` is a number") };
        let number = self.context.number(&field.value, range, &field.place, &field.key.remedy())?;
        self.resolve(name, Resolved::Number(number));
        Some(number)
    }

    /// A whole number, its lower end after a mistake.
    pub(in crate::study) fn whole(&mut self, name: &str) -> u64 {
        self.optional_whole(name).unwrap_or_default()
    }

    /// A whole number, if there is one.
    pub(in crate::study) fn optional_whole(&mut self, name: &str) -> Option<u64> {
        let field = self.field(name)?;
        let Kind::Whole(low, high) = field.key.kind else { unreachable!("`{name}` is a whole number") };
        match whole_of(&field.value).filter(|whole| (low..=high).contains(whole)) {
            Some(whole) => {
                self.resolve(name, Resolved::Whole(whole.into()));
                Some(whole)
            }
            None => {
                let rule = if low == high {
                    low.to_string()
                } else {
                    format!("a whole number from {low} to {high}")
                };
                let message = format!("must be {rule}, got {}", describe(&field.value));
                self.context.error(&field.place, message, field.key.remedy());
                None
            }
        }
    }

    /// Text, empty after a mistake.
    pub(in crate::study) fn text(&mut self, name: &str) -> String {
        self.optional_text(name).map(|named| named.name).unwrap_or_default()
    }

    /// Text that is not blank, if there is one.
    pub(in crate::study) fn optional_text(&mut self, name: &str) -> Option<Named> {
        let field = self.field(name)?;
        let text = self.context.text(&field.value, &field.place, field.key)?;
        self.resolve(name, Resolved::Text(text.clone()));
        Some(Named { name: text, place: field.place })
    }

    /// True or false.
    pub(in crate::study) fn flag(&mut self, name: &str) -> Option<(bool, Place)> {
        let field = self.field(name)?;
        let Some(flag) = field.value.as_bool() else {
            let message = format!("must be true or false, got {}", describe(&field.value));
            self.context.error(&field.place, message, field.key.remedy());
            return None;
        };
        self.resolve(name, Resolved::Flag(flag));
        Some((flag, field.place))
    }

    /// One of the key's words.
    pub(in crate::study) fn choice(&mut self, name: &str) -> Option<&'static str> {
        let field = self.field(name)?;
        let Kind::Choice(known, refused) = field.key.kind else { unreachable!("`{name}` is a choice") };
        let word = self.context.word(&field.value, known, refused, &field.place)?;
        self.resolve(name, Resolved::Text(word.to_owned()));
        Some(word)
    }

    /// Names with numbers, in name order.
    pub(in crate::study) fn numbers(&mut self, name: &str) -> Vec<(Named, f64)> {
        let Some(field) = self.field(name) else { return Vec::new() };
        let Kind::Numbers(range) = field.key.kind else { unreachable!("`{name}` is a table of numbers") };
        let mut numbers: Vec<(Named, f64)> = self
            .context
            .entries(&field)
            .filter_map(|(entry, value)| {
                let number = self.context.number(value, range, &entry.place, &field.key.remedy())?;
                Some((entry, number))
            })
            .collect();
        numbers.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let entries = numbers.iter().map(|(entry, number)| (entry.name.clone(), Resolved::Number(*number)));
        self.resolve(name, Resolved::Inline(entries.collect()));
        numbers
    }

    /// Names with words, in name order.
    pub(in crate::study) fn words(&mut self, name: &str) -> Vec<(Named, &'static str)> {
        let Some(field) = self.field(name) else { return Vec::new() };
        let Kind::Words(known) = field.key.kind else { unreachable!("`{name}` is a table of words") };
        let mut words: Vec<(Named, &'static str)> = self
            .context
            .entries(&field)
            .filter_map(|(entry, value)| {
                let word = self.context.word(value, known, &[], &entry.place)?;
                Some((entry, word))
            })
            .collect();
        words.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        let entries =
            words.iter().map(|(entry, word)| (entry.name.clone(), Resolved::Text((*word).to_owned())));
        self.resolve(name, Resolved::Inline(entries.collect()));
        words
    }

    /// The copula.
    pub(in crate::study) fn copula(&mut self) -> Copula {
        let Some(field) = self.field("copula") else { return Copula::Gaussian };
        let freedom = match &*field.value {
            DeValue::Table(table) if table.len() == 1 => {
                table.get("student_t").and_then(|v| whole_of(v.get_ref()))
            }
            _ => None,
        };
        let freedom =
            freedom.and_then(|freedom| u32::try_from(freedom).ok()).filter(|n| (1..=200).contains(n));
        let (copula, resolved) = match (field.value.as_str(), freedom) {
            (Some("gaussian"), _) => (Copula::Gaussian, Resolved::Text("gaussian".to_owned())),
            (_, Some(n)) => (
                Copula::StudentT(n),
                Resolved::Inline(vec![("student_t".to_owned(), Resolved::Whole(n.into()))]),
            ),
            _ => {
                let message = format!("is no copula: {}", describe(&field.value));
                self.context.error(&field.place, message, field.key.remedy());
                return Copula::Gaussian;
            }
        };
        self.resolve("copula", resolved);
        copula
    }
}
