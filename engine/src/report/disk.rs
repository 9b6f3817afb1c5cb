//! Files that appear whole or not at all, and folders that are emptied with care.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use super::ReportError;

/// Folder of temporary files; also the mark of a folder that a run writes.
pub(super) const TEMPORARY: &str = ".tmp";
/// Empty file that says that a run finished.
pub(super) const SUCCESS: &str = "_SUCCESS";
/// The manifest.
pub(super) const MANIFEST: &str = "manifest.json";
/// What the run met: clock, host, warnings.
pub(super) const RUN_RESULTS: &str = "run_results.json";
/// The resolved study.
pub(super) const STUDY: &str = "study.toml";
/// Folders of parts.
pub(super) const BIG_TABLES: [&str; 3] = ["scenarios", "targets", "market"];
/// Folder of the tables of paths, and its files.
pub(super) const PATHS: &str = "paths";
const PATH_FILES: [&str; 3] = ["bands.parquet", "survival.parquet", "sample.parquet"];
/// Tables of one file.
pub(super) const SMALL_TABLES: [&str; 7] =
    ["summary", "quantiles", "differences", "operators", "members", "portfolios", "attribution"];

/// Writes `DIR/name` under a temporary name, syncs and renames it.
pub(super) fn write_file(dir: &Path, name: &str, content: &[u8]) -> Result<(), ReportError> {
    let temporary = dir.join(TEMPORARY).join(name);
    let written = File::create(&temporary).and_then(|mut file| {
        file.write_all(content)?;
        file.sync_all()
    });
    if let Err(source) = written {
        // The first error is the one to tell.
        let _ = fs::remove_file(&temporary);
        return Err(ReportError::Io { doing: "write", path: dir.join(name), source });
    }
    publish(&temporary, &dir.join(name))
}

/// Renames a synced temporary file to its place and syncs the folder.
pub(super) fn publish(temporary: &Path, path: &Path) -> Result<(), ReportError> {
    fs::rename(temporary, path).map_err(ReportError::io("rename a finished file to", path))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Makes the entries of a folder durable, where the system can.
pub(super) fn sync_folder(dir: &Path) -> Result<(), ReportError> {
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(dir).and_then(|folder| folder.sync_all()) {
        // Some network file systems cannot sync a folder.
        Err(error) if !matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => {
            Err(ReportError::io("sync", dir)(error))
        }
        _ => Ok(()),
    }
}

/// Makes sure that `dir` is a folder.
pub(super) fn make_folder(dir: &Path) -> Result<(), ReportError> {
    if dir.exists() && !dir.is_dir() {
        return Err(ReportError::NotAFolder { path: dir.to_owned() });
    }
    fs::create_dir_all(dir).map_err(ReportError::io("create the folder", dir))
}

/// Names in a folder, sorted.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, ReportError> {
    let failed = || ReportError::io("list", dir);
    let mut names = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed())? {
        names.push(entry.map_err(failed())?.file_name().to_string_lossy().into_owned());
    }
    names.sort_unstable();
    Ok(names)
}

/// Removes an earlier run, finished or not, or nothing at all if the folder holds anything else.
pub(super) fn clear(dir: &Path) -> Result<(), ReportError> {
    check_is_run(dir)?;
    // From the first removal on the folder reads as unfinished.
    make_folder(&dir.join(TEMPORARY))?;
    remove(&dir.join(SUCCESS))?;
    sync_folder(dir)?;
    for folder in BIG_TABLES.iter().chain(&[TEMPORARY, PATHS]) {
        let folder = dir.join(folder);
        if folder.is_dir() {
            for name in names(&folder)? {
                remove(&folder.join(name))?;
            }
        }
    }
    for folder in
        BIG_TABLES.iter().chain(&[PATHS]).map(|name| dir.join(name)).filter(|folder| folder.is_dir())
    {
        fs::remove_dir(&folder).map_err(ReportError::io("remove", &folder))?;
    }
    for name in files() {
        remove(&dir.join(name))?;
    }
    Ok(())
}

/// Files of a run beside its folders.
fn files() -> impl Iterator<Item = String> {
    let tables = SMALL_TABLES.iter().map(|table| format!("{table}.parquet"));
    [SUCCESS, RUN_RESULTS, STUDY, MANIFEST].into_iter().map(str::to_owned).chain(tables)
}

fn remove(file: &Path) -> Result<(), ReportError> {
    match fs::remove_file(file) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ReportError::io("remove", file)(error)),
        _ => Ok(()),
    }
}

/// Refuses a folder that holds anything that a run does not write.
fn check_is_run(dir: &Path) -> Result<(), ReportError> {
    // A study's own folder holds a `study.toml` too: only the manifest or the temporary folder tell a run.
    let is_run = is_folder(&dir.join(TEMPORARY)) || is_file(&dir.join(MANIFEST));
    for name in names(dir)? {
        let path = dir.join(&name);
        let is_part = |part: &String| part.starts_with("part-") && part.ends_with(".parquet");
        let blocks = if BIG_TABLES.contains(&name.as_str()) && is_folder(&path) {
            names(&path)?.into_iter().find(|part| !is_part(part) || !is_file(&path.join(part)))
        } else if name == PATHS && is_folder(&path) {
            names(&path)?.into_iter().find(|file| !PATH_FILES.contains(&file.as_str()))
        } else if name == TEMPORARY && is_folder(&path) {
            names(&path)?.into_iter().find(|part| !is_file(&path.join(part)))
        } else {
            (!files().any(|file| file == name) || !is_file(&path)).then(String::new)
        };
        match blocks {
            Some(inner) if !inner.is_empty() => return Err(ReportError::Foreign { path: path.join(inner) }),
            None if is_run => {}
            _ => return Err(ReportError::Foreign { path }),
        }
    }
    Ok(())
}

/// A folder, not a link to one.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// A file, not a link to one.
fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}
