#!/usr/bin/env python3
"""Writes the workloads w1 (one chain) and w2 (eight services) beside this file: `python3 benches/workloads/make.py`.

180 operators with made-up stakes, groups, probabilities and loadings that need no random numbers: every engine that is compared
can compute them. Exact: mean share of w1 0.0366356, mean number of colluders 6.69613.
"""

from math import exp, floor, sqrt
from pathlib import Path

HERE = Path(__file__).parent
OPERATORS = 180
SERVICES = 8
TOTAL_USD = 1e9


def fraction(x):
    return x - floor(x)


def shares(weights):
    total = sum(weights)
    return [weight / total for weight in weights]


def name(v):
    return f"v{v:03d}"


def table(path, header, rows):
    path.write_text("\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]) + "\n")


def write_operators(folder, operators=OPERATORS):
    def row(v):
        i = v + 1
        probability = 0.001 * 200 ** fraction(0.6180339887498949 * i)
        common = sqrt(0.20 + 0.25 * fraction(0.4142135623730951 * i))
        group = sqrt(0.10 + 0.20 * fraction(0.7320508075688772 * i))
        return name(v), probability, f"g{(7 * v + v // 12) % 12:02d}", common, group

    header = ["operator", "collusion_probability", "group", "loading_common", "loading_group"]
    table(folder / "operators.csv", header, map(row, range(operators)))
    stake = shares([1 / (v + 10) for v in range(operators)])
    rows = ((name(v), f"{TOTAL_USD * share:.0f}") for v, share in enumerate(stake))  # whole tokens: a part in 1e9
    table(folder / "stake.csv", ["operator", "tokens"], rows)


COMMON = """\
# Written by benches/workloads/make.py: a workload, not a model of anything.

name = "{name}"
horizon_days = 365.25
run = {{ scenarios = 1_000_000, seed = 1, record = "none" }}
assets.T = {{ price_usd = 1, volatility = {volatility} }}
market.stress_loading = {{ T = {stress} }}
operators.table = "operators.csv"
collusion = {{ probability = 0.01, altruistic_probability = 0, loadings = {{ common = 0.5, group = 0.4 }} }}
adversary = {{ routes = ["collude"], bribe_premium = 0 }}
pools.chain = {{ asset = "T", stake = "stake.csv" }}
"""


def write_w1(folder):
    write_operators(folder)
    (folder / "study.toml").write_text(
        COMMON.format(name="w1", volatility=0, stress=0)
        + """
[services.chain]
consensus = "quorum"
attacks.third = { profit_usd = 0, threshold = ">= 1/3" }
attacks.two_thirds = { profit_usd = 0, threshold = ">= 2/3" }
[designs.alone.services]
chain = { system = "pos", pool = "chain", slash = 0.05, executes_on = "always" }
"""
    )


def write_w2(folder):
    write_operators(folder)
    text = COMMON.format(name="w2", volatility=0.6, stress=0.5)
    for s in range(SERVICES):
        members = [v for v in range(OPERATORS) if (v * (s + 2) + 3 * s) % 11 < 6]
        weights = shares([(v + 10) ** -(0.5 + 0.1 * s) for v in members])
        table(folder / f"power{s}.csv", ["operator", "weight"], ((name(v), f"{weight:.9f}") for v, weight in zip(members, weights)))
        spread = 0.5 + 0.05 * s
        profit = 2e6 * exp(0.25 * s + spread * spread / 2)
        text += f"""
[services.s{s}]
consensus = "quorum"
attacks.corrupt = {{ profit_usd = {profit!r}, profit_volatility = {spread:.2f}, threshold = ">= {20 + 4 * s}/100" }}
[designs.shared.services.s{s}]
system = "pos"
pool = "chain"
power = "power{s}.csv"
slash = 0.05
executes_on = "always"
"""
    (folder / "study.toml").write_text(text)


if __name__ == "__main__":
    for workload, write in [("w1", write_w1), ("w2", write_w2)]:
        (HERE / workload).mkdir(exist_ok=True)
        write(HERE / workload)
