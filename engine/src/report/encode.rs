//! Columns to Parquet: those of one row group are encoded on all threads and written in their order.
//!
//! The bytes do not depend on the threads: every column is encoded by itself.

use arrow::array::{Array, ArrayRef};
use arrow::datatypes::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use std::io::Write;

use crate::run::map_in_parallel;

/// Rows of a row group: enough groups that one part feeds several threads of a reader.
const ROW_GROUP_ROWS: usize = 131_072;
/// Fewer rows than this are not worth a second thread.
const SHARED_ROWS: usize = 4096;

/// A file that is being encoded.
pub(super) struct Encoder<W: Write + Send> {
    file: SerializedFileWriter<W>,
    groups: ArrowRowGroupWriterFactory,
    schema: SchemaRef,
    /// Columns of the row group that is not full yet.
    open: Vec<ArrowColumnWriter>,
    /// Rows in it.
    rows: usize,
    n_groups: usize,
}

impl<W: Write + Send> Encoder<W> {
    /// Starts a file with its header.
    pub(super) fn new(file: W, schema: SchemaRef, properties: WriterProperties) -> Result<Self> {
        let writer = ArrowWriter::try_new(file, SchemaRef::clone(&schema), Some(properties))?;
        let (file, groups) = writer.into_serialized_writer()?;
        Ok(Self { file, groups, schema, open: Vec::new(), rows: 0, n_groups: 0 })
    }

    /// Adds rows; whole row groups go to the file. One array per column of the schema, all of one length.
    pub(super) fn write(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let n = columns.first().map_or(0, |column| column.len());
        let mut first = 0;
        while first < n {
            if self.rows == 0 {
                self.open = self.groups.create_column_writers(self.n_groups)?;
            }
            let length = (n - first).min(ROW_GROUP_ROWS - self.rows);
            self.encode(columns, first, length)?;
            self.rows += length;
            first += length;
            if self.rows == ROW_GROUP_ROWS {
                self.end_group()?;
            }
        }
        Ok(())
    }

    /// Encodes `length` rows from `first` on.
    fn encode(&mut self, columns: &[ArrayRef], first: usize, length: usize) -> Result<()> {
        let encode = |(index, mut writer): (usize, ArrowColumnWriter)| -> Result<ArrowColumnWriter> {
            let leaves = compute_leaves(self.schema.field(index), &columns[index].slice(first, length))?;
            leaves.iter().try_for_each(|leaf| writer.write(leaf))?;
            Ok(writer)
        };
        let open = std::mem::take(&mut self.open).into_iter().enumerate();
        self.open = if length < SHARED_ROWS {
            open.map(encode).collect::<Result<_>>()?
        } else {
            map_in_parallel(open.collect(), encode).into_iter().collect::<Result<_>>()?
        };
        Ok(())
    }

    /// Writes the open row group.
    fn end_group(&mut self) -> Result<()> {
        let chunks = map_in_parallel(std::mem::take(&mut self.open), ArrowColumnWriter::close);
        let mut group = self.file.next_row_group()?;
        for chunk in chunks {
            chunk?.append_to_row_group(&mut group)?;
        }
        group.close()?;
        self.rows = 0;
        self.n_groups += 1;
        Ok(())
    }

    /// Writes the rest and the footer.
    pub(super) fn finish(mut self) -> Result<W> {
        if self.rows > 0 {
            self.end_group()?;
        }
        self.file.into_inner()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::Threads;
    use arrow::array::{Float64Array, RecordBatch, StringArray};
    use arrow::datatypes::{DataType, Field, Schema};
    use std::sync::Arc;

    /// In batches of every size, on one thread and on three, it writes what the library's own writer does.
    #[test]
    fn a_file_is_byte_by_byte_that_of_one_thread() {
        let fields =
            vec![Field::new("usd", DataType::Float64, false), Field::new("name", DataType::Utf8, false)];
        let schema: SchemaRef = Arc::new(Schema::new(fields));
        let properties =
            WriterProperties::builder().set_max_row_group_row_count(Some(ROW_GROUP_ROWS)).build();
        let columns = |from: u32, n: u32| -> Vec<ArrayRef> {
            let names = (from..from + n).map(|row| format!("o{}", row % 7));
            vec![
                Arc::new(Float64Array::from_iter_values((from..from + n).map(|row| f64::from(row).sqrt()))),
                Arc::new(StringArray::from_iter_values(names)),
            ]
        };
        let sizes = [100, 5000, 131_072, 1, 262_200, 70_000];
        let mut plain = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties.clone())).unwrap();
        for (batch, n) in sizes.into_iter().enumerate() {
            let from = sizes[..batch].iter().sum();
            plain.write(&RecordBatch::try_new(schema.clone(), columns(from, n)).unwrap()).unwrap();
        }
        let plain = plain.into_inner().unwrap();
        for threads in [1, 3] {
            let pool = Threads::new(std::num::NonZeroUsize::new(threads)).unwrap();
            let encoded = pool.install(|| {
                let mut encoder = Encoder::new(Vec::new(), schema.clone(), properties.clone()).unwrap();
                for (batch, n) in sizes.into_iter().enumerate() {
                    encoder.write(&columns(sizes[..batch].iter().sum(), n)).unwrap();
                }
                encoder.finish().unwrap()
            });
            assert!(encoded == plain, "{threads} threads");
        }
    }
}
