//! Single values: numbers in their range, words, names.

use toml::de::DeValue;

use super::super::keys::{Key, Range};
use super::super::names::suggest;
use super::super::resolved::join_path;
use super::{Context, Field, Named, Place};

impl Context<'_> {
    /// A number in its range.
    pub(in crate::study) fn number(
        &self,
        value: &DeValue<'_>,
        range: Range,
        place: &Place,
        remedy: &str,
    ) -> Option<f64> {
        let number = number_text(value).and_then(|text| text.parse::<f64>().ok());
        let inside = number.filter(|number| range.contains(*number));
        if inside.is_none() {
            self.error(place, format!("must be {}, got {}", range.words(), describe(value)), remedy);
        }
        // No difference between 0 and -0 may reach a result.
        inside.map(|number| number + 0.0)
    }

    /// Text that is not blank.
    pub(in crate::study) fn text(&self, value: &DeValue<'_>, place: &Place, key: &Key) -> Option<String> {
        match value.as_str() {
            Some(text) if !text.trim().is_empty() => return Some(text.to_owned()),
            Some(_) => self.error(place, "must not be blank", key.remedy()),
            None => self.error(place, format!("must be text, got {}", describe(value)), key.remedy()),
        }
        None
    }

    /// One of the known words.
    pub(in crate::study) fn word(
        &self,
        value: &DeValue<'_>,
        known: &[&'static str],
        refused: &[&str],
        place: &Place,
    ) -> Option<&'static str> {
        let Some(text) = value.as_str() else {
            self.error(place, format!("must be a word, got {}", describe(value)), suggest("", known));
            return None;
        };
        let found = known.iter().find(|word| **word == text).copied();
        if found.is_none() && refused.contains(&text) {
            self.error(
                place,
                format!("`{text}` is not computed yet"),
                suggest("", known).replace("known", "write one of"),
            );
        } else if found.is_none() {
            self.error(place, format!("`{text}` is none of its words"), suggest(text, known));
        }
        found
    }

    /// Names and values of a table, in the order of writing; anything but a table is an error.
    pub(in crate::study) fn entries<'f>(
        &self,
        field: &'f Field<'_>,
    ) -> impl Iterator<Item = (Named, &'f DeValue<'f>)> {
        let table = match &*field.value {
            DeValue::Table(table) => Some(table),
            other => {
                let message = format!("must be a table {{ name = value }}, got {}", describe(other));
                self.error(&field.place, message, field.key.remedy());
                None
            }
        };
        table.into_iter().flat_map(|table| table.iter()).map(|(name, value)| {
            let place = self.place(name.span(), &join_path(&field.place.key, name.get_ref()));
            (Named { name: name.get_ref().to_string(), place }, value.get_ref())
        })
    }

    /// Refuses names that no table could show.
    pub(in crate::study) fn check_name(&self, name: &str, place: &Place) -> bool {
        let message = if name.is_empty() {
            "must have a name"
        } else if name.trim() != name || name.chars().any(char::is_control) {
            "is a name with blanks at its ends or with control characters"
        } else if name == "*" {
            "is a name that stands for `all` in results"
        } else {
            return true;
        };
        self.error(place, message, "give it a plain name");
        false
    }

    /// Position of a name among known ones, or an error with the nearest.
    pub(in crate::study) fn find(&self, what: &str, named: &Named, known: &[&str]) -> Option<usize> {
        let found = known.iter().position(|name| *name == named.name);
        if found.is_none() && !self.is_full(&named.place) {
            self.error(
                &named.place,
                format!("there is no {what} `{}`", named.name),
                suggest(&named.name, known),
            );
        }
        found
    }
}

/// Text of a number as written, `None` for anything else.
pub(in crate::study) fn number_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::Integer(integer) if integer.radix() == 10 => Some(integer.as_str().to_owned()),
        DeValue::Integer(integer) => {
            i128::from_str_radix(integer.as_str(), integer.radix()).ok().map(|n| n.to_string())
        }
        DeValue::Float(float) => Some(float.as_str().to_owned()),
        _ => None,
    }
}

/// A whole number, also when written as `1e6`.
pub(super) fn whole_of(value: &DeValue<'_>) -> Option<u64> {
    let decimal = crate::fraction::Decimal::parse(&number_text(value)?).ok()?;
    if decimal.decimals == 0 { u64::try_from(decimal.units).ok() } else { None }
}

/// A value in words for a message.
pub(in crate::study) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.chars().count() > 60 => "a long text".to_owned(),
        DeValue::String(text) => format!("the text \"{text}\""),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => format!("the date {time}"),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
        DeValue::Integer(_) | DeValue::Float(_) => {
            number_text(value).unwrap_or_else(|| "a huge number".to_owned())
        }
    }
}
