//! Tables: CSV and Parquet files as columns of text, with the line of each row. The only place here that knows Parquet.
//!
//! Files are hostile until read: size, cells and bytes are capped, and a panic of the Parquet reader is an error.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float32Type, Float64Type};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::fraction::Decimal;

/// Largest file, bytes.
const MOST_BYTES: u64 = 1 << 30;
/// Most cells (rows × columns).
const MOST_CELLS: u64 = 100_000_000;
/// Rows per batch of a Parquet file.
const BATCH_ROWS: usize = 1024;

/// Why a table cannot be read, or a row of it: line, message and remedy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableProblem {
    /// Line from 1, or `None` for the whole file.
    pub(super) line: Option<usize>,
    /// What is wrong.
    pub(super) message: String,
    /// What to do about it.
    pub(super) remedy: String,
}

impl TableProblem {
    /// A problem of the whole file.
    fn whole(message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line: None, message: message.into(), remedy: remedy.into() }
    }

    /// A problem of one line.
    fn at(line: usize, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { line: Some(line), message: message.into(), remedy: remedy.into() }
    }
}

/// A table of trimmed text cells.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Table {
    /// Names of the columns.
    pub(super) columns: Vec<String>,
    /// Line (CSV) or row number from 1 (Parquet) of each row. `[row]`
    pub(super) lines: Vec<usize>,
    /// All cells one after the other, row by row.
    text: String,
    /// End of each cell in `text`. `[row × column]`
    ends: Vec<usize>,
}

impl Table {
    /// An empty table with these columns.
    pub(super) fn new(columns: Vec<String>) -> Self {
        Self { columns, ..Self::default() }
    }

    /// Number of rows.
    pub(super) fn rows(&self) -> usize {
        self.lines.len()
    }

    /// Text of one cell.
    pub(super) fn cell(&self, row: usize, column: usize) -> &str {
        let at = row * self.columns.len() + column;
        let start = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.text[start..self.ends[at]]
    }

    /// Position of a column.
    pub(super) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    /// Adds a row: one cell per column.
    pub(super) fn push<'a>(&mut self, line: usize, cells: impl IntoIterator<Item = &'a str>) {
        for cell in cells {
            self.text.push_str(cell.trim());
            self.ends.push(self.text.len());
        }
        self.lines.push(line);
        debug_assert_eq!(self.ends.len(), self.rows() * self.columns.len(), "one cell per column");
    }

    /// True once the table is larger than any study needs.
    fn is_too_large(&self) -> bool {
        self.ends.len() as u64 > MOST_CELLS || self.text.len() as u64 > MOST_BYTES
    }

    /// BLAKE3 of the content, hex: columns sorted by name, rows sorted by text, numbers in one spelling, so that
    /// equal content has equal digests whether it came from CSV or Parquet and in whatever order.
    pub(super) fn digest(&self) -> String {
        let mut order: Vec<usize> = (0..self.columns.len()).collect();
        order.sort_by_key(|column| &self.columns[*column]);
        let mut rows: Vec<String> = (0..self.rows())
            .map(|row| {
                let cells: Vec<String> =
                    order.iter().map(|column| canonical(self.cell(row, *column)) + "\u{1f}").collect();
                cells.concat()
            })
            .collect();
        rows.sort_unstable();
        let mut hasher = blake3::Hasher::new();
        for column in order {
            hasher.update(self.columns[column].as_bytes()).update(b"\x1f");
        }
        for row in rows {
            hasher.update(b"\x1e").update(row.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// A number in its one spelling, any other text as it is.
fn canonical(text: &str) -> String {
    if !text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) {
        return text.to_owned();
    }
    match (Decimal::parse(text), text.parse::<f64>()) {
        (Ok(decimal), _) => format!("{}e-{}", decimal.units, decimal.decimals),
        (Err(_), Ok(number)) => format!("{number:?}"),
        _ => text.to_owned(),
    }
}

/// Whether a text names a table file.
pub(super) fn is_table_path(text: &str) -> bool {
    is_csv(text) || is_parquet(text)
}

/// Whether the path ends in `.csv`.
fn is_csv(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("csv"))
}

/// Whether the path ends in `.parquet`.
fn is_parquet(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("parquet"))
}

/// Opens a plain file of at most [`MOST_BYTES`].
pub(super) fn open(path: &Path) -> Result<File, TableProblem> {
    let missing = |error: std::io::Error| {
        TableProblem::whole(
            format!("cannot read `{}`: {error}", path.display()),
            "paths are relative to the folder of the study",
        )
    };
    let found = std::fs::metadata(path).map_err(missing)?;
    if !found.is_file() {
        return Err(TableProblem::whole(format!("`{}` is not a file", path.display()), "name a file"));
    }
    if found.len() > MOST_BYTES {
        return Err(TableProblem::whole(
            format!("`{}` has {} bytes, more than {MOST_BYTES}", path.display(), found.len()),
            "leave out rows and columns that the study does not need",
        ));
    }
    File::open(path).map_err(missing)
}

/// Reads all bytes of a plain file.
pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, TableProblem> {
    let mut bytes = Vec::new();
    // The cap holds even if the file grows between the check and the read.
    let read = open(path)?.take(MOST_BYTES).read_to_end(&mut bytes);
    read.map_err(|error| TableProblem::whole(format!("cannot read `{}`: {error}", path.display()), ""))?;
    Ok(bytes)
}

/// Reads a CSV or Parquet file: the table as far as it could be read, and what is wrong with it.
pub(super) fn read(path: &Path) -> (Table, Vec<TableProblem>) {
    if path.to_str().is_some_and(is_parquet) {
        return match read_parquet(path) {
            Ok(table) => check_columns(table),
            Err(problem) => (Table::default(), vec![problem]),
        };
    }
    match read_bytes(path).and_then(text_of) {
        Ok(text) => read_csv(text.strip_prefix('\u{feff}').unwrap_or(&text)),
        Err(problem) => (Table::default(), vec![problem]),
    }
}

/// Bytes as UTF-8, or the line that is not.
fn text_of(bytes: Vec<u8>) -> Result<String, TableProblem> {
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        TableProblem::at(line_count(good) + 1, "is not UTF-8 text", "save the table as CSV in UTF-8")
    })
}

/// Number of line ends.
fn line_count(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// Finds the line on which a record begins, comments and blank lines before it skipped.
struct LineFinder<'a> {
    bytes: &'a [u8],
    at: usize,
    line: usize,
}

impl LineFinder<'_> {
    /// Line of the record found at or after byte `from`; positions must not decrease.
    fn line_at(&mut self, from: usize) -> usize {
        let from = from.clamp(self.at, self.bytes.len());
        self.line += line_count(&self.bytes[self.at..from]);
        self.at = from;
        while let Some(skip) = self.skipped() {
            self.line += line_count(&self.bytes[self.at..self.at + skip]);
            self.at += skip;
        }
        self.line
    }

    /// Bytes of the blank line, comment or left-over line end that starts here, if one does.
    fn skipped(&self) -> Option<usize> {
        let rest = &self.bytes[self.at..];
        match rest.first()? {
            b'\n' | b'\r' => Some(1),
            b'#' => Some(rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |end| end + 1)),
            _ => None,
        }
    }
}

/// Reads CSV text.
fn read_csv(text: &str) -> (Table, Vec<TableProblem>) {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .has_headers(false)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut finder = LineFinder { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut record = csv::StringRecord::new();
    let mut table: Option<Table> = None;
    let mut problems = Vec::new();
    loop {
        let from = usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
        let more = reader.read_record(&mut record);
        let line = finder.line_at(from);
        match (more, &mut table) {
            (Ok(false), _) => break,
            (Ok(true), None) => table = Some(Table::new(record.iter().map(str::to_owned).collect())),
            (Ok(true), Some(table)) => table.push(line, record.iter()),
            (Err(error), _) => problems.push(csv_problem(line, &error)),
        }
        if table.as_ref().is_some_and(Table::is_too_large) {
            return (Table::default(), vec![too_large()]);
        }
    }
    let (table, more) = match table {
        Some(table) => check_columns(table),
        None => {
            (Table::default(), vec![TableProblem::whole("is empty", "begin the table with a header line")])
        }
    };
    problems.extend(more);
    (table, problems)
}

/// The cap on cells, in words.
fn too_large() -> TableProblem {
    TableProblem::whole(
        format!("has more than {MOST_CELLS} cells or {MOST_BYTES} bytes of text"),
        "leave out rows and columns that the study does not need",
    )
}

/// A CSV error as ours.
fn csv_problem(line: usize, error: &csv::Error) -> TableProblem {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => TableProblem::at(
            line,
            format!("has {len} cells where the header has {expected_len}"),
            "write one cell per column; quote cells that hold commas",
        ),
        _ => TableProblem::at(line, format!("is not CSV: {error}"), "save the table as CSV in UTF-8"),
    }
}

/// Refuses nameless and repeated columns.
fn check_columns(table: Table) -> (Table, Vec<TableProblem>) {
    let mut problems = Vec::new();
    for (position, column) in table.columns.iter().enumerate() {
        if column.is_empty() {
            let message = format!("column {} has no name", position + 1);
            problems.push(TableProblem::whole(message, "give every column a name"));
        } else if table.columns[..position].contains(column) {
            problems.push(TableProblem::whole(format!("has two columns `{column}`"), "rename or drop one"));
        }
    }
    if problems.is_empty() { (table, problems) } else { (Table::default(), problems) }
}

/// Reads a Parquet file; a panic inside the reader is an error.
fn read_parquet(path: &Path) -> Result<Table, TableProblem> {
    let file = open(path)?;
    catch_unwind(AssertUnwindSafe(|| parquet_table(file)))
        .unwrap_or_else(|_| Err(not_parquet("the reader gave up on damaged content")))
}

/// The file is not what its name says.
fn not_parquet(why: impl std::fmt::Display) -> TableProblem {
    TableProblem::whole(
        format!("is not a readable Parquet file: {why}"),
        "write the table again, or give it as CSV",
    )
}

/// Streams a Parquet file into a table.
fn parquet_table(file: File) -> Result<Table, TableProblem> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(not_parquet)?;
    let schema = builder.schema().clone();
    for field in schema.fields() {
        if !is_readable(field.data_type()) {
            return Err(TableProblem::whole(
                format!("column `{}` has type {}", field.name(), field.data_type()),
                "store text, integers, floats, decimals or booleans",
            ));
        }
    }
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(u64::MAX);
    if rows.saturating_mul(schema.fields().len().max(1) as u64) > MOST_CELLS {
        return Err(too_large());
    }
    let mut table = Table::new(schema.fields().iter().map(|field| field.name().trim().to_owned()).collect());
    for batch in builder.with_batch_size(BATCH_ROWS).build().map_err(not_parquet)? {
        push_batch(&mut table, &batch.map_err(not_parquet)?)?;
        // A footer may lie about its rows: what counts is what comes out.
        if table.is_too_large() || table.rows() as u64 > rows {
            return Err(too_large());
        }
    }
    Ok(table)
}

/// Whether a column type can be read as text.
fn is_readable(data_type: &DataType) -> bool {
    match data_type {
        DataType::Dictionary(_, values) => matches!(**values, DataType::Utf8 | DataType::LargeUtf8),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Boolean => true,
        DataType::Float32 | DataType::Float64 | DataType::Decimal128(..) | DataType::Null => true,
        other => other.is_integer(),
    }
}

/// Adds the rows of a batch.
fn push_batch(table: &mut Table, batch: &RecordBatch) -> Result<(), TableProblem> {
    let columns: Result<Vec<Vec<String>>, TableProblem> =
        batch.columns().iter().map(|c| column_text(c)).collect();
    let columns = columns?;
    for row in 0..batch.num_rows() {
        let line = table.rows() + 1;
        table.push(line, columns.iter().map(|column| column[row].as_str()));
    }
    Ok(())
}

/// A column as text; a null is blank.
fn column_text(column: &dyn Array) -> Result<Vec<String>, TableProblem> {
    // The shortest text that reads back as the same float, as a CSV would have it.
    Ok(match column.data_type() {
        DataType::Float64 => column.as_primitive::<Float64Type>().iter().map(or_blank).collect(),
        DataType::Float32 => column.as_primitive::<Float32Type>().iter().map(or_blank).collect(),
        _ => {
            let text = cast(column, &DataType::Utf8).map_err(not_parquet)?;
            text.as_string::<i32>().iter().map(or_blank).collect()
        }
    })
}

/// A cell's text, blank for null.
fn or_blank<T: ToString>(cell: Option<T>) -> String {
    cell.map_or_else(String::new, |cell| cell.to_string())
}
