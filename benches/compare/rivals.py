#!/usr/bin/env python3
"""The workloads W1 and W2 in numpy and in numba, as an analyst and as an expert would write them.

`python3 rivals.py {w1,w2} {numpy,numba} --scenarios N --seed S` reads the study of the workload and prints one line of JSON:
scenarios, CPU seconds, and what compare.py checks (means with their standard errors). Needs numpy, and numba for `numba`.
"""

import argparse
import csv
import json
import math
import statistics
import time
import tomllib
from pathlib import Path

import numpy as np

WORKLOADS = Path(__file__).parent.parent / "workloads"
SLASH = 0.05
CHUNK = 4096


def column(workload, table, name):
    """One column of a table of the workload, by operator."""
    with open(WORKLOADS / workload / table, encoding="utf-8", newline="") as file:
        return {row["operator"]: row[name] for row in csv.DictReader(file)}


class Law:
    """What both tools draw from: cutoffs and slopes of the operators, stake, powers and thresholds of the services."""

    def __init__(self, workload):
        read = lambda name: np.array([float(x) for x in column(workload, "operators.csv", name).values()])
        common, group = read("loading_common"), read("loading_group")
        names = list(column(workload, "operators.csv", "group").values())
        residual = np.sqrt(1 - common**2 - group**2)
        normal = statistics.NormalDist()
        cutoff = np.array([normal.inv_cdf(p) for p in read("collusion_probability")])
        labels = sorted(set(names))
        self.n, self.n_groups = len(names), len(labels)
        self.group = np.array([labels.index(name) for name in names])
        self.cutoff, self.common, self.own = cutoff / residual, -common / residual, -group / residual
        tokens = column(workload, "stake.csv", "tokens")
        self.stake = np.array([float(tokens[name]) for name in sorted(tokens)])
        study = tomllib.loads((WORKLOADS / workload / "study.toml").read_text())
        self.services = []
        for name, service in sorted(study["services"].items()):
            for attack in service["attacks"].values():
                num, _, den = attack["threshold"].removeprefix(">= ").partition("/")
                secured = next(iter(study["designs"].values()))["services"][name]
                self.services.append((self.power(workload, secured), float(num) / float(den or 1)))

    def power(self, workload, secured):
        """Shares of the power of one service."""
        if "power" not in secured:
            return self.stake / self.stake.sum()
        weights = column(workload, secured["power"], "weight")
        power = np.array([float(weights.get(f"v{v:03d}", 0)) for v in range(self.n)])
        return power / power.sum()


def attack_costs(colludes, power, stake, threshold):
    """Stake lost by the colluders less those that are not needed, largest first. Rows of `colludes` reach the threshold."""
    excess = colludes @ power - threshold
    loss = colludes @ stake
    for v in np.argsort(-power, kind="stable"):
        leaves = colludes[:, v] & (power[v] > 0) & (power[v] <= excess)
        excess = excess - leaves * power[v]
        loss = loss - leaves * stake[v]
    idle = colludes[:, power == 0] @ stake[power == 0]
    return SLASH * (loss - idle)


def with_numpy(law, scenarios, seed):
    """Share, hits and cost per target: sums over the scenarios."""
    rng = np.random.Generator(np.random.SFC64(seed))
    f32 = np.float32
    loads = np.zeros((1 + law.n_groups, law.n), dtype=f32)
    loads[0], loads[1 + law.group, np.arange(law.n)] = law.common, law.own
    powers = np.stack([power for power, _ in law.services], axis=1).astype(f32)
    sums = np.zeros((len(law.services), 3))
    for start in range(0, scenarios, CHUNK):
        m = min(CHUNK, scenarios - start)
        cutoff = rng.standard_normal((m, 1 + law.n_groups), dtype=f32) @ loads
        cutoff += law.cutoff.astype(f32)
        colludes = rng.standard_normal((m, law.n), dtype=f32) < cutoff
        shares = colludes.astype(f32) @ powers
        for target, (power, threshold) in enumerate(law.services):
            share = shares[:, target]
            hit = share >= f32(threshold)
            sums[target, :2] += share.sum(dtype=np.float64), hit.sum()
            if hit.any():
                sums[target, 2] += attack_costs(colludes[hit], power, law.stake, threshold).sum()
    return sums


def with_numba(law, scenarios, seed):
    """The same with a compiled loop, a generator of its own and an interpolated table of the normal law."""
    from numba import njit

    low, high, steps = -9.0, 9.0, 4608
    grid = np.linspace(low, high, steps + 1)
    table = np.array([0.5 * math.erfc(-x / math.sqrt(2)) * 2.0**32 for x in grid]).astype(np.float32)
    word = np.uint64

    @njit(inline="always")
    def mixed(x):
        x = (x ^ (x >> word(30))) * word(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> word(27))) * word(0x94D049BB133111EB)
        return x ^ (x >> word(31))

    @njit(inline="always")
    def draw(s):
        a, b, c, d = s[0], s[1], s[2], s[3]
        out = (a + d) << word(23) | (a + d) >> word(41)
        out += a
        c, d = c ^ a, d ^ b
        s[2], s[1], s[0], s[3] = c ^ (b << word(17)), b ^ c, a ^ d, d << word(45) | d >> word(19)
        return out

    @njit(fastmath=True)
    def loop(seed, scenarios, group, cutoff, common, own, stake, powers, thresholds, order, table, sums):
        state = np.empty(4, dtype=np.uint64)
        for k in range(4):
            state[k] = mixed(word(seed) * word(0x9E3779B97F4A7C15) + word(k + 1))
        n, n_targets = len(group), len(thresholds)
        factors = np.empty(own.shape[0] + 3, dtype=np.float32)
        hit = np.empty(n, dtype=np.bool_)
        share = np.empty(n_targets, dtype=np.float32)
        n_factors = group.max() + 2
        scale = np.float32(steps / (high - low))
        for _ in range(scenarios):
            for j in range(0, n_factors, 2):
                radius = math.sqrt(-2 * math.log((float(draw(state) >> word(11)) + 0.5) * 2.0**-53))
                angle = float(draw(state) >> word(11)) * (2.0**-53 * 2 * math.pi)
                factors[j], factors[j + 1] = radius * math.cos(angle), radius * math.sin(angle)
            share[:] = 0
            for v in range(0, n, 2):
                bits = draw(state)
                for e in range(2):
                    x = cutoff[v + e] + common[v + e] * factors[0] + own[v + e] * factors[1 + group[v + e]]
                    y = (min(max(x, np.float32(-8.9)), np.float32(8.9)) + np.float32(9)) * scale
                    i = int(y)
                    u = np.float32((bits >> word(32 * e)) & word(0xFFFFFFFF))
                    hit[v + e] = u < table[i] + (y - np.float32(i)) * (table[i + 1] - table[i])
                    if hit[v + e]:
                        for t in range(n_targets):
                            share[t] += powers[v + e, t]
            for t in range(n_targets):
                sums[t, 0] += share[t]
                if share[t] >= thresholds[t]:
                    sums[t, 1] += 1
                    excess, loss = share[t] - thresholds[t], 0.0
                    for k in range(n):
                        v = order[t, k]
                        if hit[v] and powers[v, t] > 0:
                            if powers[v, t] <= excess:
                                excess -= powers[v, t]
                            else:
                                loss += stake[v]
                    sums[t, 2] += SLASH * loss

    f32 = np.float32
    powers = np.stack([power for power, _ in law.services], axis=1).astype(f32)
    thresholds = np.array([threshold for _, threshold in law.services], dtype=f32)
    order = np.stack([np.argsort(-power, kind="stable") for power, _ in law.services])
    sums = np.zeros((len(law.services), 3))
    arguments = [law.group, law.cutoff.astype(f32), law.common.astype(f32), law.own.astype(f32), law.stake]
    arguments += [powers, thresholds, order, table]
    loop(seed, 2, *arguments, np.zeros_like(sums))  # compiles
    started = time.process_time()
    loop(seed, scenarios, *arguments, sums)
    return sums, time.process_time() - started


def main():
    """Runs one tool on one workload."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workload", choices=["w1", "w2"])
    parser.add_argument("tool", choices=["numpy", "numba"])
    parser.add_argument("--scenarios", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    law = Law(options.workload)
    if options.tool == "numpy":
        started = time.process_time()
        sums = with_numpy(law, options.scenarios, options.seed)
        seconds = time.process_time() - started
    else:
        sums, seconds = with_numba(law, options.scenarios, options.seed)
    print(json.dumps({"scenarios": options.scenarios, "cpu_seconds": seconds, "sums": sums.tolist()}))


if __name__ == "__main__":
    main()
