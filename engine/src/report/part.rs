//! One Parquet file: written under a temporary name, hashed on the way, renamed when it is whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::column::Table;
use super::disk::{TEMPORARY, make_folder, publish};
use super::encode::Encoder;
use super::{PartRecord, ReportError};

/// What goes to the hash and to the disk at a time.
const BUFFER_BYTES: usize = 1 << 18;

/// A Parquet file that is being written; dropped before [`PartFile::commit`] it leaves nothing behind.
pub(super) struct PartFile {
    writer: Option<Encoder<BufWriter<Hashed>>>,
    temporary: PathBuf,
    path: PathBuf,
    record: PartRecord,
}

impl PartFile {
    /// Starts `dir/name` (`targets/part-00000.parquet`, `summary.parquet`).
    pub(super) fn create<R>(dir: &Path, name: String, table: &Table<R>) -> Result<Self, ReportError> {
        let path = dir.join(&name);
        path.parent().map_or(Ok(()), make_folder)?;
        // Readers of a folder take every `.parquet` for data, hidden or not: a temporary name must not end so.
        let temporary = dir.join(TEMPORARY).join(name.trim_end_matches(".parquet").replace('/', "-"));
        let file = File::create(&temporary).map_err(ReportError::io("create", &temporary))?;
        let hashed = Hashed { file, hasher: blake3::Hasher::new(), bytes: 0 };
        let record = PartRecord { table: table.name.to_owned(), path: name, ..PartRecord::default() };
        let mut part = Self { writer: None, temporary, path, record };
        let writer = Encoder::new(BufWriter::with_capacity(BUFFER_BYTES, hashed), table);
        part.writer = Some(writer.map_err(ReportError::parquet(&part.path))?);
        Ok(part)
    }

    /// Adds blocks of rows; whole row groups go to the disk.
    pub(super) fn write<R: Sync>(&mut self, table: &Table<R>, blocks: &[R]) -> Result<(), ReportError> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let rows = writer.write(table, blocks).map_err(ReportError::parquet(&self.path))?;
        self.record.rows += rows as u64;
        Ok(())
    }

    /// Writes the footer, syncs, renames.
    pub(super) fn commit(mut self) -> Result<PartRecord, ReportError> {
        if let Some(writer) = self.writer.take() {
            let buffered = writer.finish().map_err(ReportError::parquet(&self.path))?;
            let hashed = buffered
                .into_inner()
                .map_err(|error| ReportError::io("write", &self.path)(error.into_error()))?;
            hashed.file.sync_all().map_err(ReportError::io("sync", &self.path))?;
            self.record.bytes = hashed.bytes;
            self.record.blake3 = hashed.hasher.finalize().to_hex().to_string();
        }
        publish(&self.temporary, &self.path)?;
        Ok(std::mem::take(&mut self.record))
    }
}

impl Drop for PartFile {
    fn drop(&mut self) {
        drop(self.writer.take());
        // Already renamed when all went well; else the error that led here is the one to tell.
        let _ = fs::remove_file(&self.temporary);
    }
}

/// A file and the hash of what went into it.
struct Hashed {
    file: File,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
