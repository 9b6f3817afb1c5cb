//! A table as a list of columns: one definition gives names, types, encodings, units and values.

use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::file::properties::{WriterProperties, WriterVersion};
use std::collections::HashMap;
use std::iter::repeat_n;
use std::sync::Arc;

use super::provenance::Provenance;
use super::values::Values;

/// How a column is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Storage {
    /// Text of few values: dictionary.
    Label,
    /// Increasing i64: differences.
    Counter,
    /// Small i32: as they are.
    Count,
    /// True or false.
    Flag,
    /// f64 that are often zero, missing or repeated, by designs among others: as they are.
    Plain,
    /// f64 that vary in every digit and repeat nothing: byte by byte.
    Split,
}

/// Adds a block's values of one column.
type Fill<R> = Box<dyn Fn(&R, &mut Values) + Send + Sync>;

/// One column of a table whose rows come in blocks of type `R`.
pub(super) struct Column<R> {
    name: String,
    unit: &'static str,
    comment: &'static str,
    pub(super) storage: Storage,
    pub(super) fill: Fill<R>,
}

impl<R> Column<R> {
    /// Numbers, stored as said (plain or split).
    pub(super) fn numbers(
        name: impl Into<String>,
        (unit, comment): (&'static str, &'static str),
        storage: Storage,
        values: impl Fn(&R) -> &[f64] + Send + Sync + 'static,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| out.numbers(values(block));
        Self { name: name.into(), unit, comment, storage, fill: Box::new(fill) }
    }

    /// The same number in `times` rows.
    pub(super) fn repeated_numbers(
        name: &str,
        (unit, comment): (&'static str, &'static str),
        times: usize,
        values: impl Fn(&R) -> &[f64] + Send + Sync + 'static,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| {
            values(block).iter().for_each(|value| out.numbers.extend(repeat_n(value.to_le_bytes(), times)));
        };
        Self { name: name.into(), unit, comment, storage: Storage::Plain, fill: Box::new(fill) }
    }

    /// Increasing integers, each in `times` rows.
    pub(super) fn counters(
        name: &str,
        comment: &'static str,
        times: usize,
        values: impl Fn(&R) -> &[i64] + Send + Sync + 'static,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| repeat(values(block), times, &mut out.integers);
        Self { name: name.into(), unit: "", comment, storage: Storage::Counter, fill: Box::new(fill) }
    }

    /// One count per block, for tables whose blocks are single rows.
    pub(super) fn wide_counts(
        name: &str,
        comment: &'static str,
        value: impl Fn(&R) -> u64 + Send + Sync + 'static,
    ) -> Self {
        let count = move |block: &R| i64::try_from(value(block)).unwrap_or(i64::MAX);
        let fill = move |block: &R, out: &mut Values| out.integers.push(count(block));
        Self { name: name.into(), unit: "", comment, storage: Storage::Counter, fill: Box::new(fill) }
    }

    /// Small integers.
    pub(super) fn counts(
        name: &str,
        (unit, comment): (&'static str, &'static str),
        values: impl Fn(&R) -> &[i32] + Send + Sync + 'static,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| out.counts.extend_from_slice(values(block));
        Self { name: name.into(), unit, comment, storage: Storage::Count, fill: Box::new(fill) }
    }

    /// True or false.
    pub(super) fn flags(
        name: &str,
        comment: &'static str,
        values: impl Fn(&R) -> &[bool] + Send + Sync + 'static,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| out.flags.extend_from_slice(values(block));
        Self { name: name.into(), unit: "", comment, storage: Storage::Flag, fill: Box::new(fill) }
    }

    /// The same names over and over, as often as the block says.
    pub(super) fn labels(
        name: &str,
        labels: Vec<String>,
        times: impl Fn(&R) -> usize + Send + Sync + 'static,
    ) -> Self {
        let mut known = Values::default();
        labels.iter().for_each(|label| known.text(label));
        let Values { names, positions, .. } = known;
        let fill = move |block: &R, out: &mut Values| {
            if out.names.is_empty() {
                out.names.clone_from(&names);
            }
            (0..times(block)).for_each(|_| out.positions.extend_from_slice(&positions));
        };
        Self { name: name.into(), unit: "", comment: "", storage: Storage::Label, fill: Box::new(fill) }
    }

    /// The word of each value: one of `words`, by its position.
    pub(super) fn words<K: Copy + 'static>(
        name: &str,
        comment: &'static str,
        words: Vec<&'static str>,
        values: impl Fn(&R) -> &[K] + Send + Sync + 'static,
        position: fn(K) -> u32,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| {
            if out.names.is_empty() {
                out.names.extend(words.iter().map(|word| (*word).to_owned()));
            }
            out.positions.extend(values(block).iter().map(|value| position(*value)));
        };
        Self { name: name.into(), unit: "", comment, storage: Storage::Label, fill: Box::new(fill) }
    }

    /// One text per block, for tables whose blocks are single rows.
    pub(super) fn text(
        name: &str,
        comment: &'static str,
        value: impl Fn(&R) -> &str + Send + Sync + 'static,
    ) -> Self {
        let fill = move |block: &R, out: &mut Values| out.text(value(block));
        Self { name: name.into(), unit: "", comment, storage: Storage::Label, fill: Box::new(fill) }
    }

    fn field(&self) -> Field {
        let data_type = match self.storage {
            Storage::Label => DataType::Utf8,
            Storage::Counter => DataType::Int64,
            Storage::Count => DataType::Int32,
            Storage::Flag => DataType::Boolean,
            Storage::Plain | Storage::Split => DataType::Float64,
        };
        let about =
            [("comment", self.comment), ("unit", self.unit)].into_iter().filter(|(_, text)| !text.is_empty());
        let metadata: HashMap<String, String> =
            about.map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
        Field::new(&self.name, data_type, false).with_metadata(metadata)
    }
}

fn repeat<T: Copy>(values: &[T], times: usize, out: &mut Vec<T>) {
    values.iter().for_each(|value| out.extend(repeat_n(*value, times)));
}

/// A table: its columns, and how its files are written.
pub(super) struct Table<R> {
    /// Name of the table, its folder or its file.
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column<R>>,
    schema: SchemaRef,
    properties: WriterProperties,
}

impl<R> Table<R> {
    /// A table whose files carry `provenance`.
    pub(super) fn new(name: &'static str, columns: Vec<Column<R>>, provenance: &Provenance) -> Self {
        let fields: Vec<Field> = columns.iter().map(Column::field).collect();
        let schema = Arc::new(Schema::new(fields).with_metadata(provenance.arrow()));
        // Version 1.0: fastparquet reads wrong numbers from 2.0 without an error.
        let properties = WriterProperties::builder()
            .set_writer_version(WriterVersion::PARQUET_1_0)
            .set_offset_index_disabled(true)
            .set_key_value_metadata(Some(provenance.footer()))
            .build();
        Self { name, columns, schema, properties }
    }

    /// Names, types and metadata of the columns.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How its files are written.
    pub(super) fn properties(&self) -> WriterProperties {
        self.properties.clone()
    }
}
