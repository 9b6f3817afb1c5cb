//! Tables of a study: files, or given in place; and the cells of their rows.

use std::collections::BTreeMap;
use std::rc::Rc;

use toml::de::{DeTable, DeValue};

use super::super::keys::{Key, Kind, Range};
use super::super::names::{nearest, suggest};
use super::super::reader::{Context, Field, Place, Reader, Source, describe, number_text};
use super::super::resolved::Resolved;
use super::super::table::{Table, is_table_path, read};
use crate::fraction::{Decimal, FractionError};

/// A row given in place: its line, and per column the text and what the resolved study says.
type Row = (usize, BTreeMap<String, (String, Resolved)>);

impl Reader<'_, '_> {
    /// The table of a key, with its required columns, if there is one that can be read.
    pub(super) fn table(&mut self, name: &str) -> Option<Rc<Source>> {
        let field = self.field(name)?;
        let Kind::Table(columns) = field.key.kind else { unreachable!("`{name}` is a table") };
        let (source, resolved) = self.context.source(&field, columns)?;
        self.resolve(name, resolved);
        Some(source)
    }
}

impl Context<'_> {
    /// A table from a path or given in place, with its required columns.
    pub(super) fn source(&self, field: &Field<'_>, columns: &[&str]) -> Option<(Rc<Source>, Resolved)> {
        let (source, resolved) = match &*field.value {
            DeValue::String(path) => {
                (self.file_source(path, &field.place)?, Resolved::Path(path.to_string()))
            }
            DeValue::Table(table) if columns.len() == 2 => self.pairs(table, columns, &field.place)?,
            DeValue::Array(rows) => self.in_place(rows, &field.place)?,
            other => {
                self.error(
                    &field.place,
                    format!("must be a path or rows in place, got {}", describe(other)),
                    remedy(field.key, columns),
                );
                return None;
            }
        };
        self.check_columns(&source, columns).then_some((source, resolved))
    }

    /// A table file, read once.
    fn file_source(&self, path: &str, place: &Place) -> Option<Rc<Source>> {
        if !is_table_path(path) {
            self.error(place, format!("`{path}` is no table"), "write a path that ends in .csv or .parquet");
            return None;
        }
        if let Some(source) = self.files.borrow().get(path) {
            return source.clone();
        }
        let (table, problems) = read(&self.dir.join(path));
        let source = Source { table, file: path.into(), is_file: true, key: String::new() };
        for problem in &problems {
            // A file that cannot be read at all is named where the study names it.
            let missing = Place { in_table: true, ..place.clone() };
            let at = Place { line: problem.line, ..source.whole() };
            let is_missing =
                problem.message.starts_with("cannot read") || problem.message.ends_with("is not a file");
            self.error(if is_missing { &missing } else { &at }, &*problem.message, &*problem.remedy);
        }
        let source = (!source.table.columns.is_empty()).then(|| Rc::new(source));
        self.files.borrow_mut().insert(path.to_owned(), source.clone());
        source
    }

    /// `{ op1 = 100, op2 = 50 }`
    fn pairs(
        &self,
        entries: &DeTable<'_>,
        columns: &[&str],
        place: &Place,
    ) -> Option<(Rc<Source>, Resolved)> {
        let mut table = Table::new(columns.iter().map(|&column| column.to_owned()).collect());
        let mut resolved: Vec<(String, Resolved)> = Vec::new();
        let mut is_sound = true;
        for (name, value) in entries.iter() {
            let at = self.place(name.span(), &super::super::resolved::join_path(&place.key, name.get_ref()));
            match self.cell(value.get_ref(), &at) {
                Some((text, cell)) => {
                    table.push(at.line.unwrap_or_default(), [&**name.get_ref(), &*text]);
                    resolved.push((name.get_ref().trim().to_owned(), cell));
                }
                None => is_sound = false,
            }
        }
        resolved.sort_by(|a, b| a.0.cmp(&b.0));
        is_sound.then(|| (self.in_study(table, place), Resolved::Inline(resolved)))
    }

    /// `[{ operator = "a", own_share = 0.5 }, …]`
    fn in_place(&self, rows: &[toml::Spanned<DeValue<'_>>], place: &Place) -> Option<(Rc<Source>, Resolved)> {
        let mut columns: Vec<String> = Vec::new();
        let mut cells: Vec<Row> = Vec::new();
        let mut is_sound = true;
        for row in rows {
            let at = self.place(row.span(), &place.key);
            let DeValue::Table(entries) = row.get_ref() else {
                let message = format!("must be a row {{ column = value }}, got {}", describe(row.get_ref()));
                self.error(&at, message, "write one inline table per row");
                is_sound = false;
                continue;
            };
            let mut line = BTreeMap::new();
            for (name, value) in entries.iter() {
                let at =
                    self.place(value.span(), &super::super::resolved::join_path(&place.key, name.get_ref()));
                let name = name.get_ref().trim().to_owned();
                if !columns.contains(&name) {
                    columns.push(name.clone());
                }
                match self.cell(value.get_ref(), &at) {
                    Some(cell) => drop(line.insert(name, cell)),
                    None => is_sound = false,
                }
            }
            cells.push((at.line.unwrap_or_default(), line));
        }
        is_sound.then(|| self.gathered(columns, cells, place))
    }

    /// Rows given in place as a table and as resolved text, rows in the order of their text.
    fn gathered(&self, columns: Vec<String>, rows: Vec<Row>, place: &Place) -> (Rc<Source>, Resolved) {
        let mut table = Table::new(columns.clone());
        let mut resolved = Vec::new();
        for (line, mut cells) in rows {
            table.push(
                line,
                columns.iter().map(|column| cells.get(column).map_or("", |cell| cell.0.as_str())),
            );
            cells.retain(|_, cell| !cell.0.is_empty());
            let key: Vec<String> =
                cells.iter().map(|(column, cell)| format!("{column}\u{1f}{}", cell.0)).collect();
            let entries = cells.into_iter().map(|(column, cell)| (column, cell.1)).collect();
            resolved.push((key, Resolved::Inline(entries)));
        }
        resolved.sort_by(|a, b| a.0.cmp(&b.0));
        let list = resolved.into_iter().map(|(_, row)| row).collect();
        (self.in_study(table, place), Resolved::List(list))
    }

    /// A table given in the study itself.
    fn in_study(&self, table: Table, place: &Place) -> Rc<Source> {
        Rc::new(Source { table, file: Rc::clone(&self.file), is_file: false, key: place.key.clone() })
    }

    /// A cell given in place: its text, and what the resolved study says.
    fn cell(&self, value: &DeValue<'_>, place: &Place) -> Option<(String, Resolved)> {
        if let Some(text) = number_text(value) {
            let resolved =
                Decimal::parse(&text).map_or_else(|_| Resolved::Text(text.clone()), decimal_resolved);
            return Some((text, resolved));
        }
        match value {
            DeValue::String(text) => {
                let text = text.trim().to_owned();
                Some((text.clone(), Resolved::Text(text)))
            }
            DeValue::Boolean(flag) => Some((flag.to_string(), Resolved::Flag(*flag))),
            other => {
                let message = format!("must be text, a number, true or false, got {}", describe(other));
                self.error(place, message, "write one value per cell");
                None
            }
        }
    }

    /// Whether all required columns are there; columns that nobody reads are worth a warning.
    fn check_columns(&self, source: &Source, required: &[&str]) -> bool {
        let names: Vec<&str> = source.table.columns.iter().map(String::as_str).collect();
        let missing =
            required.iter().filter(|&&column| !names.contains(&column) && !source.table.columns.is_empty());
        let mut is_complete = true;
        for column in missing {
            let near = nearest(column, names.iter().copied().filter(|name| !required.contains(name)));
            let hint = near.map_or_else(String::new, |near| format!(" (`{near}`?)"));
            let remedy = format!("name the columns {}{hint}", required.join(", "));
            self.error(&source.whole(), format!("has no column `{column}`"), remedy);
            is_complete = false;
        }
        if required.len() > 1 && is_complete {
            for name in names.iter().filter(|name| !required.contains(name)) {
                self.warn(&source.whole(), format!("column `{name}` is not read"), suggest(name, required));
            }
        }
        // In place, no rows are no columns: an empty table.
        is_complete
    }
}

/// What to write for a table.
fn remedy(key: &Key, columns: &[&str]) -> String {
    let in_place = if columns.len() == 2 { ", or { name = number }" } else { "" };
    format!("{}: a path that ends in .csv or .parquet, a list of rows{in_place}", key.remedy())
}

/// A decimal as the resolved study writes it: an integer where it is one, else text, so that no digit is lost.
fn decimal_resolved(decimal: Decimal) -> Resolved {
    match (decimal.decimals, i64::try_from(decimal.units)) {
        (0, Ok(units)) => Resolved::Whole(units.into()),
        _ => Resolved::Text(decimal_text(decimal)),
    }
}

/// A decimal written out.
fn decimal_text(Decimal { units, decimals }: Decimal) -> String {
    let width = usize::try_from(decimals).unwrap_or_default() + 1;
    let mut digits = format!("{units:0>width$}");
    if decimals > 0 {
        digits.insert(digits.len() + 1 - width, '.');
    }
    digits
}

impl Source {
    /// Text of a cell, blank where the table has no such column.
    pub(super) fn text(&self, row: usize, column: &str) -> &str {
        self.table.column(column).map_or("", |at| self.table.cell(row, at))
    }

    /// A number of a cell; `None` where it is blank or wrong.
    pub(super) fn number(
        &self,
        context: &Context<'_>,
        (row, column): (usize, &str),
        range: Range,
        remedy: &str,
    ) -> Option<f64> {
        let text = self.text(row, column);
        if text.is_empty() {
            return None;
        }
        let number = text.replace('_', "").parse::<f64>().ok().filter(|number| range.contains(*number));
        if number.is_none() {
            context.error(
                &self.place(row, column),
                format!("must be {}, got `{text}`", range.words()),
                remedy,
            );
        }
        number.map(|number| number + 0.0)
    }

    /// The rows by operator; blank and repeated operators are errors.
    pub(super) fn by_operator(&self, context: &Context<'_>) -> BTreeMap<&str, usize> {
        let mut rows = BTreeMap::new();
        for row in 0..self.table.rows() {
            let Some(operator) = self.operator(context, row) else { continue };
            if let Some(first) = rows.insert(operator, row) {
                let message =
                    format!("operator `{operator}` stands on line {} already", self.table.lines[first]);
                context.error(&self.place(row, "operator"), message, "write one row per operator");
            }
        }
        rows
    }

    /// The operator of a row.
    pub(super) fn operator(&self, context: &Context<'_>, row: usize) -> Option<&str> {
        let operator = self.text(row, "operator");
        context.check_name(operator, &self.place(row, "operator")).then_some(operator)
    }

    /// Exact amounts by operator.
    pub(super) fn amounts(&self, context: &Context<'_>, column: &str) -> Vec<(String, Decimal)> {
        let mut amounts = Vec::new();
        for (operator, row) in self.by_operator(context) {
            match Decimal::parse(self.text(row, column)) {
                Ok(amount) => amounts.push((operator.to_owned(), amount)),
                Err(error) => self.bad_amount(context, (row, column), &error),
            }
        }
        amounts
    }

    /// An amount that is none.
    fn bad_amount(&self, context: &Context<'_>, (row, column): (usize, &str), error: &FractionError) {
        let text = self.text(row, column);
        let remedy = match error {
            FractionError::TooManyDigits(_) => "write at most 18 decimals and 30 digits",
            _ => "write a plain decimal such as 1250.75",
        };
        let message = format!("must be a finite number at least 0 with at most 18 decimals, got `{text}`");
        context.error(&self.place(row, column), message, remedy);
    }
}

/// Amounts as integers on one scale: `(decimals, units)`; an error if their sum reaches 2^96.
pub(super) fn on_one_scale(
    context: &Context<'_>,
    place: &Place,
    amounts: &[(String, Decimal)],
) -> (u32, Vec<u128>) {
    const MOST: u128 = 1 << 96;
    let decimals = amounts.iter().map(|(_, amount)| amount.decimals).max().unwrap_or(0);
    let units: Option<Vec<u128>> = amounts.iter().map(|(_, amount)| amount.units_at(decimals)).collect();
    let total = |units: &Vec<u128>| units.iter().try_fold(0u128, |sum, unit| sum.checked_add(*unit));
    match units.filter(|units| total(units).is_some_and(|total| total < MOST)) {
        Some(units) => (decimals, units),
        None => {
            let message = format!("adds up to 2^96 or more units of 10^-{decimals}");
            context.error(place, message, "write the amounts with fewer decimals");
            (decimals, vec![0; amounts.len()])
        }
    }
}
