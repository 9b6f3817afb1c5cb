//! Tables to Parquet: the columns of a page are encoded on all threads, row groups written in their order.
//!
//! The bytes do not depend on the threads: every column is encoded by itself.

use parquet::arrow::ArrowWriter;
use parquet::errors::Result;
use parquet::file::writer::SerializedFileWriter;
use std::io::Write;

use super::chunk::{Chunk, PAGE_ROWS};
use super::column::Table;
use crate::run::map_in_parallel;

/// A row group ends with the page that brings it to so many rows: enough groups that one part feeds several threads of a reader.
const ROW_GROUP_ROWS: usize = 131_072;
/// Fewer rows than this are not worth a second thread.
const SHARED_ROWS: usize = 2048;

/// A file that is being encoded.
pub(super) struct Encoder<W: Write + Send> {
    file: SerializedFileWriter<W>,
    /// Columns of the row group that is open.
    chunks: Vec<Chunk>,
    /// Rows in it.
    rows: usize,
}

impl<W: Write + Send> Encoder<W> {
    /// Starts a file with its header.
    pub(super) fn new<R>(file: W, table: &Table<R>) -> Result<Self> {
        // Its writer of arrays is not used: it puts the Arrow schema into the footer.
        let writer = ArrowWriter::try_new(file, table.schema(), Some(table.properties()))?;
        let (file, _) = writer.into_serialized_writer()?;
        let columns = file.schema_descr().columns().iter().zip(&table.columns);
        let chunks = columns.map(|(descr, column)| Chunk::new(descr.clone(), column.storage)).collect();
        Ok(Self { file, chunks, rows: 0 })
    }

    /// Adds rows, a page in each column; a row group that is full goes to the file. How many rows there are.
    pub(super) fn write<R: Sync>(&mut self, table: &Table<R>, blocks: &[R]) -> Result<usize> {
        // Blocks of one row each come in any number.
        blocks.chunks(PAGE_ROWS).try_fold(0, |rows, blocks| Ok(rows + self.page(table, blocks)?))
    }

    fn page<R: Sync>(&mut self, table: &Table<R>, blocks: &[R]) -> Result<usize> {
        let mut columns = self.chunks.iter_mut().zip(&table.columns);
        let Some((chunk, column)) = columns.next() else { return Ok(0) };
        let rows = chunk.page(column, blocks)?;
        let page = |(chunk, column): (&mut Chunk, &_)| chunk.page(column, blocks);
        if rows < SHARED_ROWS {
            columns.try_for_each(|column| page(column).map(drop))?;
        } else {
            map_in_parallel(columns.collect(), page).into_iter().try_for_each(|page| page.map(drop))?;
        }
        self.rows += rows;
        if self.rows >= ROW_GROUP_ROWS {
            self.end_group()?;
        }
        Ok(rows)
    }

    /// Writes the open row group.
    fn end_group(&mut self) -> Result<()> {
        let closed = map_in_parallel(self.chunks.iter_mut().collect(), Chunk::close);
        let mut group = self.file.next_row_group()?;
        for (chunk, closed) in self.chunks.iter().zip(closed) {
            group.append_column(&chunk.closed(), closed?)?;
        }
        group.close()?;
        self.rows = 0;
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
    use crate::report::column::{Column, Storage};
    use crate::report::provenance::Provenance;
    use crate::run::Threads;
    use crate::study::Study;
    use arrow::array::{AsArray, RecordBatch};
    use arrow::compute::concat_batches;
    use arrow::datatypes::{Float64Type, Int32Type, Int64Type};
    use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use parquet::basic::Compression;
    use parquet::file::metadata::ParquetMetaData;
    use parquet::file::statistics::Statistics;
    use proptest::prelude::*;
    use std::path::Path;

    /// Rows of every kind, as they come and as they are read.
    #[derive(Debug, Clone, Default, PartialEq)]
    struct Block {
        integers: Vec<i64>,
        counts: Vec<i32>,
        flags: Vec<bool>,
        plain: Vec<f64>,
        split: Vec<f64>,
        words: Vec<u32>,
    }

    const WORDS: [&str; 5] = ["", "b", "a", "dd", "c"];

    fn table() -> Table<Block> {
        let text = include_str!("../../../data/example/study.toml");
        let study = Study::from_text(text, "study.toml", Path::new("")).unwrap();
        let about = ("", "");
        let columns = vec![
            Column::counters("integers", "", 1, |block: &Block| &block.integers),
            Column::counts("counts", about, |block: &Block| &block.counts),
            Column::flags("flags", "", |block: &Block| &block.flags),
            Column::numbers("plain", about, Storage::Plain, |block: &Block| &block.plain),
            Column::numbers("split", about, Storage::Split, |block: &Block| &block.split),
            Column::words("words", "", WORDS.to_vec(), |block: &Block| &block.words, |word| word),
        ];
        Table::new("blocks", columns, &Provenance::new(&study))
    }

    fn encode<R: Sync>(table: &Table<R>, blocks: &[R], at_once: usize) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new(), table).unwrap();
        for blocks in blocks.chunks(at_once) {
            encoder.write(table, blocks).unwrap();
        }
        encoder.finish().unwrap()
    }

    fn read(file: Vec<u8>) -> (RecordBatch, ParquetMetaData) {
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).unwrap();
        let (schema, metadata) = (reader.schema().clone(), reader.metadata().as_ref().clone());
        let batches: Vec<RecordBatch> = reader.build().unwrap().map(Result::unwrap).collect();
        (concat_batches(&schema, &batches).unwrap(), metadata)
    }

    fn texts(batch: &RecordBatch, name: &str) -> Vec<String> {
        batch[name].as_string::<i32>().iter().map(|text| text.unwrap().to_owned()).collect()
    }

    /// Numbers as bits: NaN is NaN and -0 is not 0.
    fn bits(values: &[f64]) -> Vec<u64> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    fn assert_is(batch: &RecordBatch, blocks: &[Block]) {
        fn all<T: Clone>(blocks: &[Block], of: impl Fn(&Block) -> &Vec<T>) -> Vec<T> {
            blocks.iter().flat_map(|block| of(block).clone()).collect()
        }
        let number = |name: &str| bits(batch[name].as_primitive::<Float64Type>().values());
        assert_eq!(batch["integers"].as_primitive::<Int64Type>().values(), &all(blocks, |b| &b.integers)[..]);
        assert_eq!(batch["counts"].as_primitive::<Int32Type>().values(), &all(blocks, |b| &b.counts)[..]);
        let flags: Vec<bool> = batch["flags"].as_boolean().iter().map(Option::unwrap).collect();
        assert_eq!(flags, all(blocks, |b| &b.flags));
        assert_eq!(number("plain"), bits(&all(blocks, |b| &b.plain)));
        assert_eq!(number("split"), bits(&all(blocks, |b| &b.split)));
        let words = all(blocks, |b| &b.words).into_iter().map(|word| WORDS[word as usize].to_owned());
        assert_eq!(texts(batch, "words"), words.collect::<Vec<_>>());
    }

    fn any_block() -> impl Strategy<Value = Block> {
        let number = || prop_oneof![Just(0.0), Just(-0.0), Just(f64::NAN), Just(f64::INFINITY), -1e9..1e9];
        let row = (any::<i64>(), any::<i32>(), any::<bool>(), number(), number(), 0_u32..5);
        prop::collection::vec(row, 0..400).prop_map(|rows| {
            let mut block = Block::default();
            for (integer, count, flag, plain, split, word) in rows {
                block.integers.push(integer);
                block.counts.push(count);
                block.flags.push(flag);
                block.plain.push(plain);
                block.split.push(split);
                block.words.push(word);
            }
            block
        })
    }

    proptest! {
        #[test]
        fn any_rows_read_back_as_they_were(blocks in prop::collection::vec(any_block(), 1..6), at_once in 1_usize..4) {
            let (batch, _) = read(encode(&table(), &blocks, at_once));
            assert_is(&batch, &blocks);
        }
    }

    /// Rows as a run makes them, several row groups: half of the numbers repeat, one column is constant.
    fn blocks() -> Vec<Block> {
        let block = |first: u32| {
            let rows = first * 700..(first + 1) * 700;
            Block {
                integers: rows.clone().map(|row| i64::from(row / 12)).collect(),
                counts: rows.clone().map(|row| (row % 90).cast_signed() - 3).collect(),
                flags: rows.clone().map(|row| row % 3 == 0).collect(),
                plain: rows.clone().map(|row| f64::from(row / 2).sqrt()).collect(),
                split: vec![f64::NAN; 700],
                words: rows.map(|row| row % 4).collect(),
            }
        };
        (0..600).map(block).collect()
    }

    #[test]
    fn thread_count_changes_no_byte_of_several_row_groups() {
        let (table, blocks) = (table(), blocks());
        let of_one = encode(&table, &blocks, 30);
        for threads in [2, 3] {
            let pool = Threads::new(std::num::NonZeroUsize::new(threads)).unwrap();
            assert!(pool.install(|| encode(&table, &blocks, 30)) == of_one, "{threads} threads");
        }
        let (batch, metadata) = read(of_one);
        assert_is(&batch, &blocks);
        assert_eq!(metadata.num_row_groups(), 3);
    }

    /// What varies is compressed by snappy, what repeats by zstd; ranges leave NaN out and know only names in use.
    #[test]
    fn footers_tell_codec_and_range() {
        let (_, metadata) = read(encode(&table(), &blocks(), 30));
        let group = metadata.row_group(1);
        let codec = |column: usize| group.column(column).compression();
        assert_eq!(codec(3), Compression::SNAPPY);
        assert!(matches!(codec(4), Compression::ZSTD(_)) && matches!(codec(0), Compression::ZSTD(_)));
        let range = |column: usize| group.column(column).statistics();
        // Pages of 30 blocks.
        assert_eq!(group.num_rows(), 7 * 30 * 700);
        let Some(Statistics::Double(roots)) = range(3) else { panic!("no range") };
        assert_eq!(roots.min_opt(), Some(&f64::from(147_000 / 2).sqrt()));
        let Some(Statistics::Int32(counts)) = range(1) else { panic!("no range") };
        assert_eq!((counts.min_opt(), counts.max_opt()), (Some(&-3), Some(&86)));
        assert!(range(4).is_none_or(|range| range.min_bytes_opt().is_none()), "NaN is no value");
        let Some(Statistics::ByteArray(words)) = range(5) else { panic!("no range") };
        assert_eq!(words.max_opt().map(|word| word.data().to_vec()), Some(b"dd".to_vec()));
        let Some(Statistics::Boolean(flags)) = range(2) else { panic!("no range") };
        assert_eq!((flags.min_opt(), flags.max_opt()), (Some(&false), Some(&true)));
    }

    /// Names met as rows come, more than a byte counts.
    #[test]
    fn texts_of_single_rows_read_back() {
        let text = include_str!("../../../data/example/study.toml");
        let study = Study::from_text(text, "study.toml", Path::new("")).unwrap();
        let columns = vec![Column::text("text", "", |text: &String| text)];
        let table = Table::new("texts", columns, &Provenance::new(&study));
        for (n, distinct) in [(0, 1), (1, 1), (5, 1), (700, 600), (140_000, 70_000)] {
            let rows: Vec<String> = (0..n).map(|row: u32| format!("o{}", row * 7 % distinct)).collect();
            let (batch, metadata) = read(encode(&table, &rows, usize::MAX));
            assert_eq!(texts(&batch, "text"), rows, "{n} rows");
            assert_eq!(metadata.num_row_groups(), [0, 1, 2][usize::from(n > 0) + usize::from(n > 131_072)]);
        }
    }
}
