"""Holds the Parquet files of a run against three readers: polars, DuckDB and pandas must see the same.

Usage: readers.py RUN_DIR        (pip install polars duckdb pandas pyarrow)

Compares column names, types, row counts and sums of every table, and the provenance that each reader shows.
Prints `N passed, N failed` and exits 1 if anything disagrees.
"""

import argparse
import json
import math
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl

SMALL_TABLES = ["summary", "quantiles", "differences", "operators", "members"]
BIG_TABLES = ["scenarios", "targets", "market"]
# Type as named here: its names in polars, DuckDB and pandas.
TYPES = {
    "i32": ("Int32", "INTEGER", {"int32"}),
    "i64": ("Int64", "BIGINT", {"int64"}),
    "f32": ("Float32", "FLOAT", {"float32"}),
    "f64": ("Float64", "DOUBLE", {"float64"}),
    "bool": ("Boolean", "BOOLEAN", {"bool"}),
    "string": ("String", "VARCHAR", {"str", "object", "string"}),
}
PROVENANCE = ["schema_version", "study", "problem_id", "seed", "engine_version"]


class Checks:
    """Counts what agrees and says what does not."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def that(self, holds, what):
        """Counts one check; `what` names it if it fails."""
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAILED {what}")


def type_of(dtype):
    """Our name of a polars type, or None if a result file must not have it."""
    return next((ours for ours, (polars, _, _) in TYPES.items() if str(dtype) == polars), None)


def close(a, b):
    """Whether two sums agree but for the order of adding."""
    return a == b or (math.isnan(a) and math.isnan(b)) or math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def sums(frame, connection, source, pandas_frame, column, ours):
    """The same sum by three readers; text is summed by length, NaN and infinities are counted."""
    if ours == "string":
        text = frame[column].str.len_bytes().sum() or 0
        sql = f'select coalesce(sum(strlen("{column}")), 0) from {source}'
        return [text, connection.sql(sql).fetchall()[0][0], int(pandas_frame[column].str.encode("utf-8").str.len().sum())]
    if ours in ("f32", "f64"):
        ok = pl.col(column).is_finite()
        finite = frame.filter(ok)[column].sum()
        sql = f'select coalesce(sum("{column}"), 0) from {source} where isfinite("{column}")'
        values = pandas_frame[column]
        return [finite, connection.sql(sql).fetchall()[0][0], values[values.abs() < math.inf].sum()]
    sql = f'select coalesce(sum("{column}"::bigint), 0) from {source}'
    return [frame[column].sum() or 0, connection.sql(sql).fetchall()[0][0], pandas_frame[column].sum()]


def check_table(checks, name, path, pattern, files):
    """Columns, types, rows and sums of one table; `path` is what polars and pandas take, `pattern` what DuckDB takes."""
    connection = duckdb.connect()
    source = f"read_parquet('{pattern}')"
    frame = pl.scan_parquet(path).collect()
    pandas_frame = pd.read_parquet(path)
    description = connection.sql(f"describe select * from {source}").fetchall()
    names = [row[0] for row in description]
    checks.that(frame.columns == names == list(pandas_frame.columns), f"{name}: columns")
    rows = connection.sql(f"select count(*) from {source}").fetchall()[0][0]
    expected = sum(part["rows"] for part in files)
    checks.that(frame.height == rows == len(pandas_frame) == expected, f"{name}: rows {frame.height} {rows} {expected}")
    for column, duck_type in zip(names, [row[1] for row in description]):
        ours = type_of(frame.schema[column])
        checks.that(ours is not None, f"{name}.{column}: type {frame.schema[column]}")
        if ours is None:
            continue
        checks.that(duck_type == TYPES[ours][1], f"{name}.{column}: DuckDB type {duck_type}")
        checks.that(str(pandas_frame[column].dtype) in TYPES[ours][2], f"{name}.{column}: {pandas_frame[column].dtype}")
        checks.that(frame[column].null_count() == 0, f"{name}.{column}: no nulls")
        a, b, c = sums(frame, connection, source, pandas_frame, column, ours)
        checks.that(close(a, b) and close(a, c), f"{name}.{column}: sums {a} {b} {c}")


def check_provenance(checks, path, manifest):
    """Where a file comes from, as each reader shows it."""
    attrs = pd.read_parquet(path).attrs
    connection = duckdb.connect()
    query = f"select decode(key), decode(value) from parquet_kv_metadata('{path}')"
    duck = dict(connection.sql(query).fetchall())
    polars = pl.read_parquet_metadata(path)
    for key in PROVENANCE:
        full = f"montecartel.{key}"
        checks.that(attrs.get(full) == duck.get(full) == polars.get(full) != None, f"{path}: {full}")  # noqa: E711
    for key in ["study", "problem_id", "seed", "engine_version"]:
        checks.that(attrs.get(f"montecartel.{key}") == manifest[key], f"{path}: {key} of the manifest")
    study = "montecartel.study_toml"
    checks.that("[run]" in polars.get(study, "") and polars[study] == duck.get(study), f"{path}: study text")


def check_joins(checks, run):
    """The three big tables hold the same scenarios."""
    scenarios = [set(pl.scan_parquet(run / table).select("scenario").unique().collect()["scenario"]) for table in BIG_TABLES]
    checks.that(scenarios[0] == scenarios[1] == scenarios[2], "scenarios of the big tables")


def main():
    """Checks one run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run_dir", type=Path, help="folder of a finished run")
    run = parser.parse_args().run_dir
    checks = Checks()
    checks.that((run / "_SUCCESS").is_file(), "_SUCCESS")
    manifest = json.loads((run / "manifest.json").read_text())
    for part in manifest["parts"]:
        path = run / part["path"]
        checks.that(path.is_file() and path.stat().st_size == part["bytes"], f"{path}: bytes")
        check_provenance(checks, str(path), manifest)
    for table in SMALL_TABLES:
        files = [part for part in manifest["parts"] if part["table"] == table]
        check_table(checks, table, str(run / f"{table}.parquet"), run / f"{table}.parquet", files)
    recorded = [table for table in BIG_TABLES if (run / table).exists()]
    checks.that(len(recorded) == (0 if manifest["record"] == "none" else 3), f"tables {recorded}")
    for table in recorded:
        files = [part for part in manifest["parts"] if part["table"] == table]
        check_table(checks, table, str(run / table), run / table / "*.parquet", files)
    if recorded:
        check_joins(checks, run)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(main())
