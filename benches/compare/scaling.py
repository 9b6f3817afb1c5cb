#!/usr/bin/env python3
"""How the engine's cost grows with operators, services and designs: `python3 scaling.py` prints Markdown tables.

CPU time of one thread, a run of one block taken off for starting up, median of the repeats. Build the engine first
(`cargo build --release`). Studies are those of workload w1 with other numbers: `collude` alone, or `collude` and `bribe`.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "workloads"))

import make  # noqa: E402
from compare import BLOCK, ROOT, cpu_seconds_of  # noqa: E402


def study(folder, operators, services, designs, bribes):
    """Writes a study of so many operators, services and designs."""
    make.write_operators(folder, operators)
    text = make.COMMON.format(name="scaling", volatility=0.6, stress=0.5)
    if bribes:
        text = text.replace('["collude"]', '["collude", "bribe"]').replace("altruistic_probability = 0,", "altruistic_probability = 0.5,")
    for s in range(services):
        text += f"""
[services.s{s}]
consensus = "quorum"
attacks.corrupt = {{ profit_usd = 1e6, profit_volatility = 0.5, threshold = ">= {34 + s % 30}/100" }}
"""
    for d in range(designs):
        for s in range(services):
            # Designs that differ, so that no work is shared.
            text += f"""
[designs.d{d}.services.s{s}]
system = "pos"
pool = "chain"
slash = {0.05 + 0.01 * d}
executes_on = "always"
"""
    (folder / "study.toml").write_text(text)


def nanoseconds(operators, services, designs, bribes, repeats):
    """CPU time a scenario."""
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        study(folder, operators, services, designs, bribes)

        def run(n):
            command = [ROOT / "target" / "release" / "cartel", "run", folder, "--out", folder / "out", "--quiet", "--force",
                       "--record", "none", "--threads", "1", "--scenarios", n]
            return cpu_seconds_of([str(part) for part in command])[1]

        idle = run(BLOCK)
        work = max(operators, 50) * services * designs * (30 if bribes else 1)
        n = max(BLOCK * 8, int(2e8 / work) // BLOCK * BLOCK)
        return statistics.median((run(n) - idle) / n * 1e9 for _ in range(repeats))


def table(title, sizes, at, repeats):
    """One table: a row for each size."""
    print(f"| {title} | collude, ns a scenario | collude and bribe, ns a scenario |\n| --- | --- | --- |")
    for size in sizes:
        print(f"| {size:,} | {nanoseconds(*at(size), False, repeats):,.0f} | {nanoseconds(*at(size), True, repeats):,.0f} |", flush=True)
    print()


def main():
    """Measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    repeats = parser.parse_args().repeat
    table("operators (one service, one design)", [10, 100, 1000, 5000], lambda n: (n, 1, 1), repeats)
    table("services (180 operators, one design)", [1, 4, 16, 64], lambda n: (180, n, 1), repeats)
    table("designs (180 operators, one service)", [1, 2, 4, 8], lambda n: (180, 1, n), repeats)


if __name__ == "__main__":
    main()
