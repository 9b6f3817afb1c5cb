//! The study written out again with every default in place.

use std::fmt::Write;

/// A value of the resolved study.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Resolved {
    /// A string.
    Text(String),
    /// The path of a table.
    Path(String),
    /// An integer.
    Whole(i128),
    /// A finite number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// An array.
    List(Vec<Resolved>),
    /// An inline table.
    Inline(Entries),
    /// A table with a header of its own.
    Section(Entries),
    /// An array of tables with headers.
    Sections(Vec<Entries>),
}

/// Keys and values in the order of writing.
pub(super) type Entries = Vec<(String, Resolved)>;

/// A key as TOML writes it: bare where that is possible.
pub(super) fn key_text(key: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { string_text(key) }
}

/// `path.key`, each part as TOML writes it.
pub(super) fn join_path(path: &str, key: &str) -> String {
    if path.is_empty() { key_text(key) } else { format!("{path}.{}", key_text(key)) }
}

/// A TOML basic string.
fn string_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a string cannot fail.
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Entries as an inline table.
fn inline_text(entries: &Entries) -> String {
    let parts: Vec<String> =
        entries.iter().map(|(key, value)| format!("{} = {}", key_text(key), value_text(value))).collect();
    if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
}

/// A value on one line.
fn value_text(value: &Resolved) -> String {
    match value {
        Resolved::Text(text) | Resolved::Path(text) => string_text(text),
        Resolved::Whole(whole) => whole.to_string(),
        Resolved::Number(number) => format!("{number:?}"),
        Resolved::Flag(flag) => flag.to_string(),
        Resolved::List(values) => {
            format!("[{}]", values.iter().map(value_text).collect::<Vec<_>>().join(", "))
        }
        Resolved::Inline(entries) | Resolved::Section(entries) => inline_text(entries),
        Resolved::Sections(list) => {
            format!("[{}]", list.iter().map(inline_text).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Entries as TOML text: plain keys first, then the sections.
pub(super) fn to_toml(entries: &Entries) -> String {
    let mut out = String::new();
    write_section(&mut out, "", entries);
    out
}

/// Writes plain keys, then sections under their headers.
fn write_section(out: &mut String, path: &str, entries: &Entries) {
    let is_section = |value: &Resolved| matches!(value, Resolved::Section(_) | Resolved::Sections(_));
    for (key, value) in entries.iter().filter(|(_, value)| !is_section(value)) {
        let _ = writeln!(out, "{} = {}", key_text(key), value_text(value));
    }
    for (key, value) in entries {
        let path = join_path(path, key);
        match value {
            Resolved::Section(inner) => {
                let only_sections = !inner.is_empty() && inner.iter().all(|(_, value)| is_section(value));
                if !only_sections {
                    let _ = writeln!(out, "\n[{path}]");
                }
                write_section(out, &path, inner);
            }
            Resolved::Sections(list) => {
                for inner in list {
                    let _ = writeln!(out, "\n[[{path}]]");
                    write_section(out, &path, inner);
                }
            }
            _ => {}
        }
    }
}

/// Replaces every table's path by what `digest` says of it, so that equal content has equal text.
pub(super) fn replace_paths(entries: &mut Entries, digest: &dyn Fn(&str) -> String) {
    for (_, value) in entries {
        match value {
            Resolved::Path(path) => *value = Resolved::Text(digest(path)),
            Resolved::Section(inner) | Resolved::Inline(inner) => replace_paths(inner, digest),
            Resolved::Sections(list) => list.iter_mut().for_each(|inner| replace_paths(inner, digest)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_reads_back_as_what_was_written() {
        let entries: Entries = vec![
            ("na me".to_owned(), Resolved::Text("a \"b\" \\ \n \u{1} é".to_owned())),
            ("tiny".to_owned(), Resolved::Number(1e-9)),
            ("one".to_owned(), Resolved::Number(1.0)),
            (
                "s".to_owned(),
                Resolved::Section(vec![(
                    "l".to_owned(),
                    Resolved::Sections(vec![vec![("x".to_owned(), Resolved::Whole(1))]]),
                )]),
            ),
        ];
        let text = to_toml(&entries);
        let table = toml::de::DeTable::parse(&text).unwrap();
        let get = |key: &str| table.get_ref().get(key).unwrap().get_ref();
        assert_eq!(get("na me").as_str(), Some("a \"b\" \\ \n \u{1} é"));
        assert_eq!(get("tiny").as_float().unwrap().as_str(), "1e-9");
        assert_eq!(get("one").as_float().unwrap().as_str(), "1.0");
        assert!(text.contains("[[s.l]]\nx = 1"), "{text}");
    }
}
