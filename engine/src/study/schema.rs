//! The table of keys as JSON Schema and as a page of documentation.

use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::keys::{COLUMNS, Key, Kind, Otherwise, Range, STUDY, SYSTEMS, Section};

/// JSON Schema (draft 2020-12) of `study.toml`.
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    let mut schema = section_schema(&STUDY, &mut definitions);
    schema.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    schema.insert("title".to_owned(), json!("Monte Cartel study"));
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

/// Every key with its unit and default, as Markdown tables.
pub fn key_reference() -> String {
    let mut out = String::new();
    write_reference(&mut out, "", &STUDY);
    out
}

/// Adds a section to the definitions, and says where it is.
fn reference(section: &'static Section, definitions: &mut Map<String, Value>) -> Value {
    if !definitions.contains_key(section.name) {
        // Holds the name while the section itself is being described.
        definitions.insert(section.name.to_owned(), Value::Null);
        let schema = section_schema(section, definitions);
        definitions.insert(section.name.to_owned(), Value::Object(schema));
    }
    json!({ "$ref": format!("#/$defs/{}", section.name) })
}

/// A section.
fn section_schema(section: &'static Section, definitions: &mut Map<String, Value>) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in section.keys {
        properties.insert(key.name.to_owned(), key_schema(section, key, definitions));
    }
    let required: Vec<&str> = section
        .keys
        .iter()
        .filter(|key| matches!(key.otherwise, Otherwise::Required))
        .map(|key| key.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("description".to_owned(), json!(section.meaning));
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema
}

/// A key.
fn key_schema(section: &'static Section, key: &'static Key, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = Map::new();
    let unit = if key.unit.is_empty() { String::new() } else { format!(" ({})", key.unit) };
    schema.insert("description".to_owned(), json!(format!("{}{unit}", key.meaning)));
    if let Otherwise::Value(text) = key.otherwise
        && let Some(default) = default_json(key.kind, text)
    {
        schema.insert("default".to_owned(), default);
    }
    if key.name == "system" {
        schema.insert("const".to_owned(), json!(section.name));
    } else if let Value::Object(kind) = kind_schema(key.kind, definitions) {
        schema.extend(kind);
    }
    Value::Object(schema)
}

/// A default, from TOML to JSON: the same text for what has defaults.
fn default_json(kind: Kind, text: &str) -> Option<Value> {
    match kind {
        Kind::Number(_) | Kind::Premium => text.parse::<f64>().ok().map(|number| json!(number)),
        _ => serde_json::from_str(text).ok(),
    }
}

/// A number in its range.
fn range_schema(range: Range) -> Value {
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("number"));
    schema.insert(if range.low_open { "exclusiveMinimum" } else { "minimum" }.to_owned(), json!(range.low));
    if range.high.is_finite() {
        schema.insert(
            if range.high_open { "exclusiveMaximum" } else { "maximum" }.to_owned(),
            json!(range.high),
        );
    }
    Value::Object(schema)
}

/// What a key holds.
fn kind_schema(kind: Kind, definitions: &mut Map<String, Value>) -> Value {
    let name = || json!({ "type": "string", "minLength": 1 });
    let ratio =
        |pattern: &str| json!({ "anyOf": [{ "type": "number" }, { "type": "string", "pattern": pattern }] });
    match kind {
        Kind::Number(range) => range_schema(range),
        Kind::Whole(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Kind::Text => name(),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Choice(known, _) => json!({ "enum": known }),
        Kind::Choices(known) => {
            json!({ "type": "array", "items": { "enum": known }, "minItems": 1, "uniqueItems": true })
        }
        Kind::Names => json!({ "type": "array", "items": name(), "minItems": 1, "uniqueItems": true }),
        Kind::Numbers(range) => json!({ "type": "object", "additionalProperties": range_schema(range) }),
        Kind::Words(known) => json!({ "type": "object", "additionalProperties": { "enum": known } }),
        Kind::Threshold => ratio(r"^\s*(>=|>|≥)?\s*[0-9./eE_+-]+\s*$"),
        Kind::Ratio => ratio(r"^\s*[0-9./eE_+ -]+\s*$"),
        Kind::Copula => copula_schema(),
        Kind::Premium => premium_schema(),
        Kind::Correlations => json!({ "type": "array", "items": { "type": "array",
            "prefixItems": [name(), name(), range_schema(Range::CORRELATION)], "minItems": 3, "maxItems": 3 } }),
        Kind::Table(columns) => table_schema(columns, definitions),
        Kind::Operators => json!({ "anyOf": [name(), kind_schema(Kind::Names, definitions)] }),
        Kind::Section(section) => reference(section, definitions),
        Kind::Sections(section) => {
            json!({ "type": "object", "additionalProperties": reference(section, definitions) })
        }
        Kind::List(section) => json!({ "type": "array", "items": reference(section, definitions) }),
        Kind::Systems => {
            let systems = SYSTEMS.map(|(_, section)| reference(section, definitions));
            json!({ "type": "object", "additionalProperties": { "oneOf": systems } })
        }
    }
}

/// `"gaussian"` or `{ student_t = 4 }`.
fn copula_schema() -> Value {
    let freedom = json!({ "type": "integer", "minimum": 1, "maximum": 200 });
    let student = json!({ "type": "object", "properties": { "student_t": freedom }, "required": ["student_t"],
        "additionalProperties": false });
    json!({ "anyOf": [{ "const": "gaussian" }, student] })
}

/// A number, or `{ median, sigma }`.
fn premium_schema() -> Value {
    let number = range_schema(Range::NOT_NEGATIVE);
    let lognormal = json!({ "type": "object", "properties": { "median": number, "sigma": number },
        "required": ["median", "sigma"], "additionalProperties": false });
    json!({ "anyOf": [number, lognormal] })
}

/// A path, or rows in place.
fn table_schema(columns: &[&str], definitions: &mut Map<String, Value>) -> Value {
    let mut forms =
        vec![json!({ "type": "string", "pattern": r"\.([cC][sS][vV]|[pP][aA][rR][qQ][uU][eE][tT])$" })];
    let cell = json!({ "type": ["string", "number", "boolean"] });
    if columns.len() == 1 {
        let mut row = section_schema(&COLUMNS, definitions);
        row.insert("additionalProperties".to_owned(), cell);
        forms.push(json!({ "type": "array", "items": row }));
    } else {
        let row = json!({ "type": "object", "required": columns, "additionalProperties": cell });
        forms.push(json!({ "type": "array", "items": row }));
    }
    if columns.len() == 2 {
        forms.push(json!({ "type": "object", "additionalProperties": { "type": ["string", "number"] } }));
    }
    json!({ "anyOf": forms })
}

/// One section and those within it.
fn write_reference(out: &mut String, path: &str, section: &'static Section) {
    let title = if path.is_empty() { "top of the study".to_owned() } else { format!("[{path}]") };
    // Writing to a string cannot fail.
    let _ = writeln!(
        out,
        "### `{title}`\n\n{}.\n\n| key | holds | unit | default | meaning |",
        capital(section.meaning)
    );
    let _ = writeln!(out, "| --- | --- | --- | --- | --- |");
    for key in section.keys {
        let default = match key.otherwise {
            Otherwise::Required => "required".to_owned(),
            Otherwise::Value(text) => format!("`{text}`"),
            Otherwise::Words(words) => words.to_owned(),
            Otherwise::Nothing => "none".to_owned(),
        };
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {default} | {} |",
            key.name,
            kind_words(key.kind),
            key.unit,
            key.meaning
        );
    }
    out.push('\n');
    let join = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    for key in section.keys {
        match key.kind {
            Kind::Section(inner) => write_reference(out, &join(key.name), inner),
            Kind::Sections(inner) => write_reference(out, &join(&format!("{}.NAME", key.name)), inner),
            Kind::List(inner) => write_reference(out, &format!("[{}]", join(key.name)), inner),
            Kind::Systems => {
                for (name, inner) in SYSTEMS {
                    write_reference(out, &format!("{} (system = \"{name}\")", join("services.NAME")), inner);
                }
            }
            Kind::Table(["operator"]) => {
                write_reference(out, &format!("{}: columns", join(key.name)), &COLUMNS)
            }
            _ => {}
        }
    }
}

/// The first letter as a capital.
fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().collect::<String>() + chars.as_str())
}

/// What a key holds, in words.
fn kind_words(kind: Kind) -> String {
    let list = |words: &[&str]| words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    match kind {
        Kind::Number(range) => range.words(),
        Kind::Whole(low, high) => format!("a whole number from {low} to {high}"),
        Kind::Text => "text".to_owned(),
        Kind::Flag => "true or false".to_owned(),
        Kind::Choice(known, _) => format!("one of {}", list(known)),
        Kind::Choices(known) => format!("a list of {}", list(known)),
        Kind::Names => "a list of names".to_owned(),
        Kind::Numbers(range) => format!("name = {}", range.words()),
        Kind::Words(known) => format!("name = one of {}", list(known)),
        Kind::Threshold | Kind::Ratio => "a ratio".to_owned(),
        Kind::Copula => "a copula".to_owned(),
        Kind::Premium => "a number, or median and sigma".to_owned(),
        Kind::Correlations => "a list of pairs".to_owned(),
        Kind::Table(columns) => format!("a table: {}", list(columns)),
        Kind::Operators => "operators".to_owned(),
        Kind::Section(_) | Kind::Sections(_) | Kind::Systems => "a section".to_owned(),
        Kind::List(_) => "a list of sections".to_owned(),
    }
}
