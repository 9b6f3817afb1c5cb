//! One column of a row group on its way into a file: encoded and compressed page by page, in memory.

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType, ZstdLevel};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::column::{Column, Storage};
use super::pages;
use super::values::{Range, Values};

/// Rows of a page, unless a table has fewer: enough to compress well, few enough to stay in the cache of a core.
pub(super) const PAGE_ROWS: usize = 16_384;
/// Snappy shrinks a value that repeats to a twentieth, zstd to nothing at half its speed: from here on zstd is used.
const REPEATED: usize = 12;

/// A column of the open row group. Memory is kept from one row group to the next.
pub(super) struct Chunk {
    descr: ColumnDescPtr,
    storage: Storage,
    values: Values,
    /// The page at hand, encoded; numbers as they are stand in `values` alone.
    raw: Vec<u8>,
    compressor: Compressor,
    last: LastPage,
    open: Open,
    /// Pages of the row group that was closed last.
    closed: Vec<u8>,
}

/// The page before: one that repeats it costs nothing.
#[derive(Default)]
struct LastPage {
    raw: Vec<u8>,
    numbers: Vec<[u8; 8]>,
    compressed: Bytes,
    compression: Option<Compression>,
    range: Range,
}

/// Pages of the open row group.
#[derive(Default)]
struct Open {
    body: Vec<u8>,
    pages: Vec<PageEncodingStats>,
    /// Chosen by the first page.
    compression: Option<Compression>,
    data_offset: i64,
    n_values: i64,
    /// Bytes that are not in `body` because of compression.
    saved: i64,
    range: Range,
}

impl Chunk {
    pub(super) fn new(descr: ColumnDescPtr, storage: Storage) -> Self {
        Self {
            descr,
            storage,
            values: Values::default(),
            raw: Vec::new(),
            compressor: Compressor::new(),
            last: LastPage::default(),
            open: Open::default(),
            closed: Vec::new(),
        }
    }

    /// Adds a page of the values of these blocks; how many there are. Names become one page when the row group ends.
    pub(super) fn page<R>(&mut self, column: &Column<R>, blocks: &[R]) -> Result<usize> {
        let values = &mut self.values;
        let before = values.positions.len();
        blocks.iter().for_each(|block| (column.fill)(block, values));
        self.raw.clear();
        let (n, encoding) = match self.storage {
            Storage::Label => return Ok(values.positions.len() - before),
            Storage::Counter => {
                pages::deltas(&values.integers, &mut self.raw);
                (values.integers.len(), Encoding::DELTA_BINARY_PACKED)
            }
            Storage::Count => {
                pages::counts(&values.counts, &mut self.raw);
                (values.counts.len(), Encoding::PLAIN)
            }
            Storage::Flag => {
                pages::bits(&values.flags, &mut self.raw);
                (values.flags.len(), Encoding::PLAIN)
            }
            Storage::Plain => (values.numbers.len(), Encoding::PLAIN),
            Storage::Split => {
                pages::split(&values.numbers, &mut self.raw);
                (values.numbers.len(), Encoding::BYTE_STREAM_SPLIT)
            }
        };
        self.add_data(n, encoding)?;
        self.values.clear();
        Ok(n)
    }

    /// Pages of the row group that was closed last.
    pub(super) fn closed(&self) -> Pages<'_> {
        Pages(&self.closed)
    }

    /// Ends the row group: what the footer says of its pages, which stand in [`Self::closed`].
    pub(super) fn close(&mut self) -> Result<ColumnCloseResult> {
        if self.storage == Storage::Label {
            self.add_names()?;
        }
        let Open { body, pages, compression, data_offset, n_values, saved, range } =
            std::mem::take(&mut self.open);
        self.open.body = std::mem::replace(&mut self.closed, body);
        self.open.body.clear();
        let body = &self.closed;
        let bytes = i64::try_from(body.len()).unwrap_or(i64::MAX);
        let dictionary = pages.iter().any(|page| page.page_type == PageType::DICTIONARY_PAGE).then_some(0);
        // Levels, of which a column without nulls has none, count as RLE.
        let encodings = pages.iter().map(|page| page.encoding).chain([Encoding::RLE]).collect();
        let metadata = ColumnChunkMetaData::builder(self.descr.clone())
            .set_compression(compression.unwrap_or_else(zstd))
            .set_encodings(encodings)
            .set_page_encoding_stats(pages)
            .set_total_compressed_size(bytes)
            .set_total_uncompressed_size(bytes + saved)
            .set_num_values(n_values)
            .set_data_page_offset(data_offset)
            .set_dictionary_page_offset(dictionary);
        let metadata = match range.statistics() {
            Some(statistics) => metadata.set_statistics(statistics).build()?,
            None => metadata.build()?,
        };
        let closed = ColumnCloseResult {
            bytes_written: bytes.cast_unsigned(),
            rows_written: n_values.cast_unsigned(),
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok(closed)
    }

    /// The dictionary, and the page of all rows of the group.
    fn add_names(&mut self) -> Result<()> {
        self.raw.clear();
        pages::texts(&self.values.names, &mut self.raw);
        let (compressed, compression) = self.compressor.compress_as(&self.raw, Some(zstd()))?;
        self.open.compression = Some(compression);
        let num_values = u32::try_from(self.values.names.len()).unwrap_or(u32::MAX);
        let encoding = Encoding::PLAIN;
        let page = Page::DictionaryPage { buf: compressed, num_values, encoding, is_sorted: false };
        self.open.add(page, self.raw.len())?;
        self.open.data_offset = i64::try_from(self.open.body.len()).unwrap_or(i64::MAX);
        self.raw.clear();
        pages::positions(&self.values.positions, self.values.names.len(), &mut self.raw);
        self.add_data(self.values.positions.len(), Encoding::RLE_DICTIONARY)?;
        self.values.clear();
        Ok(())
    }

    /// Compresses and adds the page at hand.
    fn add_data(&mut self, n: usize, encoding: Encoding) -> Result<()> {
        let is_plain = self.storage == Storage::Plain;
        let (raw, last) = if is_plain {
            (self.values.numbers.as_flattened(), self.last.numbers.as_flattened())
        } else {
            (&self.raw[..], &self.last.raw[..])
        };
        let raw_bytes = raw.len();
        let compressed_alike =
            self.open.compression.is_none_or(|chosen| Some(chosen) == self.last.compression);
        if raw != last || !compressed_alike || self.last.compression.is_none() {
            // What varies is worth the faster codec; the first page says whether it does.
            let chosen = self.open.compression.or((!is_plain || n < PAGE_ROWS).then(zstd));
            let (compressed, compression) = self.compressor.compress_as(raw, chosen)?;
            let range = self.values.range();
            std::mem::swap(&mut self.last.numbers, &mut self.values.numbers);
            std::mem::swap(&mut self.last.raw, &mut self.raw);
            self.last = LastPage {
                compressed,
                compression: Some(compression),
                range,
                ..std::mem::take(&mut self.last)
            };
        }
        let last = &self.last;
        self.open.compression = last.compression;
        self.open.range = std::mem::take(&mut self.open.range).and(&last.range);
        self.open.n_values += i64::try_from(n).unwrap_or(i64::MAX);
        let page = Page::DataPage {
            buf: last.compressed.clone(),
            num_values: u32::try_from(n).unwrap_or(u32::MAX),
            encoding,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        self.open.add(page, raw_bytes)
    }
}

/// Pages in memory, as the writer of files takes them.
pub(super) struct Pages<'a>(&'a [u8]);

impl Length for Pages<'_> {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }
}

impl<'a> ChunkReader for Pages<'a> {
    type T = &'a [u8];

    fn get_read(&self, start: u64) -> Result<&'a [u8]> {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.0.get(start..).ok_or_else(|| ParquetError::EOF(format!("no page at {start}")))
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        let pages = self.get_read(start)?.get(..length);
        pages
            .map(Bytes::copy_from_slice)
            .ok_or_else(|| ParquetError::EOF(format!("no {length} bytes at {start}")))
    }
}

impl Open {
    /// Writes a page behind its header.
    fn add(&mut self, page: Page, raw_bytes: usize) -> Result<()> {
        let (page_type, encoding) = (page.page_type(), page.encoding());
        match self.pages.last_mut().filter(|last| (last.page_type, last.encoding) == (page_type, encoding)) {
            Some(last) => last.count += 1,
            None => self.pages.push(PageEncodingStats { page_type, encoding, count: 1 }),
        }
        let mut body = TrackedWrite::new(std::mem::take(&mut self.body));
        let written =
            SerializedPageWriter::new(&mut body).write_page(CompressedPage::new(page, raw_bytes))?;
        self.body = body.into_inner()?;
        let sizes = [written.uncompressed_size, written.compressed_size];
        let [uncompressed, compressed] = sizes.map(|bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        self.saved += uncompressed - compressed;
        Ok(())
    }
}

/// Compressors and their room.
struct Compressor {
    zstd: Option<zstd::bulk::Compressor<'static>>,
    snappy: snap::raw::Encoder,
    out: Vec<u8>,
    snappy_out: Vec<u8>,
}

impl Compressor {
    fn new() -> Self {
        Self { zstd: None, snappy: snap::raw::Encoder::new(), out: Vec::new(), snappy_out: Vec::new() }
    }

    /// A page compressed as asked, or else as suits it; and how.
    fn compress_as(&mut self, raw: &[u8], chosen: Option<Compression>) -> Result<(Bytes, Compression)> {
        if chosen.is_none_or(|chosen| chosen == Compression::SNAPPY) {
            let compressed = self.snappy(raw)?;
            if chosen.is_some() || compressed.len() * REPEATED > raw.len() {
                return Ok((Bytes::copy_from_slice(compressed), Compression::SNAPPY));
            }
        }
        Ok((Bytes::copy_from_slice(self.zstd(raw)?), zstd()))
    }

    fn snappy(&mut self, raw: &[u8]) -> Result<&[u8]> {
        let room = snap::raw::max_compress_len(raw.len());
        if self.snappy_out.len() < room {
            self.snappy_out.resize(room, 0);
        }
        let n = self.snappy.compress(raw, &mut self.snappy_out).map_err(external)?;
        Ok(&self.snappy_out[..n])
    }

    fn zstd(&mut self, raw: &[u8]) -> Result<&[u8]> {
        let zstd = match &mut self.zstd {
            Some(zstd) => zstd,
            none => none.insert(zstd::bulk::Compressor::new(ZSTD_LEVEL).map_err(external)?),
        };
        self.out.clear();
        self.out.reserve(zstd::zstd_safe::compress_bound(raw.len()));
        zstd.compress_to_buffer(raw, &mut self.out).map_err(external)?;
        Ok(&self.out)
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> ParquetError {
    ParquetError::External(Box::new(error))
}

/// The least: what the next ones gain is not worth their time.
const ZSTD_LEVEL: i32 = 1;

/// The codec of everything but numbers that vary.
fn zstd() -> Compression {
    // Level 1 by default; no reader asks.
    Compression::ZSTD(ZstdLevel::default())
}
