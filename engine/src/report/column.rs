//! A table as a list of columns: one definition gives names, types, encodings, units and values.

use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::properties::{
    EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use std::collections::HashMap;
use std::sync::Arc;

use super::provenance::Provenance;
use crate::run::map_in_parallel;

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
    /// f64 that are often zero, missing or repeated: as they are.
    Plain,
    /// f64 that vary in every digit: byte by byte.
    Split,
}

/// Values of one column, made from blocks of rows.
type Fill<R> = Box<dyn Fn(&[R]) -> ArrayRef + Send + Sync>;

/// Fewer blocks than this are not worth a second thread.
const SHARED_BLOCKS: usize = 16;

/// One column of a table whose rows come in blocks of type `R`.
pub(super) struct Column<R> {
    name: String,
    unit: &'static str,
    comment: &'static str,
    storage: Storage,
    fill: Fill<R>,
}

impl<R> Column<R> {
    /// Numbers, stored as said (plain or split).
    pub(super) fn numbers(
        name: impl Into<String>,
        (unit, comment): (&'static str, &'static str),
        storage: Storage,
        values: impl Fn(&R) -> &[f64] + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            Arc::new(Float64Array::from_iter_values(blocks.iter().flat_map(&values).copied()))
        };
        Self { name: name.into(), unit, comment, storage, fill: Box::new(array) }
    }

    /// Increasing integers.
    pub(super) fn counters(
        name: &str,
        comment: &'static str,
        values: impl Fn(&R) -> &[i64] + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(blocks.iter().flat_map(&values).copied()))
        };
        Self { name: name.into(), unit: "", comment, storage: Storage::Counter, fill: Box::new(array) }
    }

    /// One count per block, for tables whose blocks are single rows.
    pub(super) fn wide_counts(
        name: &str,
        comment: &'static str,
        value: impl Fn(&R) -> u64 + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            let counts = blocks.iter().map(|block| i64::try_from(value(block)).unwrap_or(i64::MAX));
            Arc::new(Int64Array::from_iter_values(counts))
        };
        Self { name: name.into(), unit: "", comment, storage: Storage::Counter, fill: Box::new(array) }
    }

    /// Small integers.
    pub(super) fn counts(
        name: &str,
        (unit, comment): (&'static str, &'static str),
        values: impl Fn(&R) -> &[i32] + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            Arc::new(Int32Array::from_iter_values(blocks.iter().flat_map(&values).copied()))
        };
        Self { name: name.into(), unit, comment, storage: Storage::Count, fill: Box::new(array) }
    }

    /// True or false.
    pub(super) fn flags(
        name: &str,
        comment: &'static str,
        values: impl Fn(&R) -> &[bool] + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            let flags: Vec<bool> = blocks.iter().flat_map(&values).copied().collect();
            Arc::new(BooleanArray::from(flags))
        };
        Self { name: name.into(), unit: "", comment, storage: Storage::Flag, fill: Box::new(array) }
    }

    /// The name at each position.
    pub(super) fn labels(
        name: &str,
        names: Vec<String>,
        positions: impl Fn(&R) -> &[usize] + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            let positions = blocks.iter().flat_map(&positions);
            Arc::new(StringArray::from_iter_values(positions.map(|position| &names[*position])))
        };
        Self { name: name.into(), unit: "", comment: "", storage: Storage::Label, fill: Box::new(array) }
    }

    /// The word of each value.
    pub(super) fn words<K: 'static>(
        name: &str,
        comment: &'static str,
        values: impl Fn(&R) -> &[K] + Send + Sync + 'static,
        word: fn(&K) -> &'static str,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            let values = blocks.iter().flat_map(&values);
            Arc::new(StringArray::from_iter_values(values.map(word)))
        };
        Self { name: name.into(), unit: "", comment, storage: Storage::Label, fill: Box::new(array) }
    }

    /// One text per block, for tables whose blocks are single rows.
    pub(super) fn text(
        name: &str,
        comment: &'static str,
        value: impl Fn(&R) -> &str + Send + Sync + 'static,
    ) -> Self {
        let array = move |blocks: &[R]| -> ArrayRef {
            Arc::new(StringArray::from_iter_values(blocks.iter().map(&value)))
        };
        Self { name: name.into(), unit: "", comment, storage: Storage::Label, fill: Box::new(array) }
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

    fn store(&self, properties: WriterPropertiesBuilder) -> WriterPropertiesBuilder {
        let path = ColumnPath::from(self.name.as_str());
        match self.storage {
            Storage::Label => properties.set_column_dictionary_enabled(path, true),
            Storage::Counter => properties.set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            Storage::Split => properties.set_column_encoding(path, Encoding::BYTE_STREAM_SPLIT),
            Storage::Count | Storage::Flag | Storage::Plain => {
                properties.set_column_encoding(path, Encoding::PLAIN)
            }
        }
    }
}

/// A table: its columns, and how its files are written.
pub(super) struct Table<R> {
    /// Name of the table, its folder or its file.
    pub(super) name: &'static str,
    columns: Vec<Column<R>>,
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
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_dictionary_enabled(false)
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_key_value_metadata(Some(provenance.footer()));
        let properties =
            columns.iter().fold(properties, |properties, column| column.store(properties)).build();
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

    /// Blocks of rows as one array per column, filled on all threads where there are many.
    pub(super) fn arrays(&self, blocks: &[R]) -> Vec<ArrayRef>
    where
        R: Sync,
    {
        let fill = |column: &Column<R>| (column.fill)(blocks);
        if blocks.len() < SHARED_BLOCKS {
            return self.columns.iter().map(fill).collect();
        }
        map_in_parallel(self.columns.iter().collect(), fill)
    }
}
