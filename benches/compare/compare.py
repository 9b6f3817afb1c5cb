#!/usr/bin/env python3
"""The engine against numpy and numba on W1 and W2, in turn in one run, one core each.

`python3 compare.py [--repeat R] [--scenarios N]` prints scenarios per CPU second of each program, their ratio to numpy with
its spread over the repeats, and what each estimates: all must agree within four standard errors. Build the engine first
(`cargo build --release`); numpy and numba must be installed. The engine runs through its command line, tables of estimates
written and no rows; a run of one block is taken off for starting up.
"""

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BLOCK = 256


def cpu_seconds_of(command):
    """Standard output of a command and the CPU time it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"OPENBLAS_NUM_THREADS": "1"})
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr.strip()}\nIs the engine built, and are numpy and numba installed?")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def engine(workload, scenarios, seed):
    """Scenarios per CPU second of the engine, and its estimates per target: mean share, hits, sum of costs."""
    binary = ROOT / "target" / "release" / "cartel"
    with tempfile.TemporaryDirectory() as folder:
        def run(n):
            command = [binary, "run", HERE.parent / "workloads" / workload, "--out", Path(folder) / str(n), "--quiet", "--json",
                       "--record", "none", "--threads", "1", "--scenarios", str(n), "--seed", str(seed)]
            return cpu_seconds_of([str(part) for part in command])
        (_, idle), (document, seconds) = run(BLOCK), run(scenarios)
    rows = json.loads(document)["summary"]
    share = {row["service"]: row["estimate"] for row in rows if row["metric"] == "colluding_share"}
    sums = []
    for row in rows:
        if row["metric"] == "p_threshold_reached":
            cost = [r["estimate"] for r in rows if r["service"] == row["service"] and r["attack"] == row["attack"]
                    and r["route"] == "collude" and r["metric"] == "attack_cost_usd_given_reachable"]
            hits = row["estimate"] * scenarios
            sums.append([share[row["service"]] * scenarios, hits, hits * (cost[0] if cost else 0.0)])
    return scenarios / (seconds - idle), sums


def rival(workload, tool, scenarios, seed):
    """The same of another tool."""
    command = [sys.executable, HERE / "rivals.py", workload, tool, "--scenarios", scenarios, "--seed", seed]
    result = json.loads(cpu_seconds_of([str(part) for part in command])[0])
    return result["scenarios"] / result["cpu_seconds"], result["sums"]


def agree(workload, found):
    """Holds the programs' probabilities against each other; `found` is tool -> (scenarios, sums)."""
    worst = 0.0
    base_n, base = found["numpy"]
    for tool, (n, sums) in found.items():
        for target, (mine, theirs) in enumerate(zip(sums, base)):
            p, q = mine[1] / n, theirs[1] / base_n
            pooled = (mine[1] + theirs[1]) / (n + base_n)
            error = math.sqrt(max(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / base_n))
            worst = max(worst, abs(p - q) / error)
            if abs(p - q) > 4 * error:
                raise SystemExit(f"{workload}: {tool} and numpy disagree on target {target}: {p} against {q} ± {error}")
    return worst


def main():
    """Compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--scenarios", type=int, default=200_000, help="of numpy and numba; the engine draws ten times as many")
    parser.add_argument("--workloads", nargs="+", default=["w1", "w2"])
    options = parser.parse_args()
    for workload in options.workloads:
        rates, found = {}, {}
        for repeat in range(options.repeat):
            for tool in ["numpy", "numba", "cartel"]:
                n = options.scenarios * (10 if tool == "cartel" else 1)
                rate, sums = engine(workload, n, repeat) if tool == "cartel" else rival(workload, tool, n, repeat)
                rates.setdefault(tool, []).append(rate)
                n_before, before = found.get(tool, (0, [[0.0] * 3 for _ in sums]))
                found[tool] = (n_before + n, [[a + b for a, b in zip(x, y)] for x, y in zip(before, sums)])
        worst = agree(workload, found)
        for tool, measured in rates.items():
            ratios = [mine / theirs for mine, theirs in zip(measured, rates["numpy"])]
            low, high = min(ratios), max(ratios)
            print(f"{workload} {tool:6} {statistics.median(measured) / 1e6:8.3f} M scenarios per CPU second, "
                  f"{statistics.median(ratios):6.2f} x numpy (from {low:.2f} to {high:.2f})")
        print(f"{workload} programs agree: probabilities at most {worst:.1f} standard errors apart")


if __name__ == "__main__":
    main()
