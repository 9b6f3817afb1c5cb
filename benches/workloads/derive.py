#!/usr/bin/env python3
"""Writes the two fixed workloads as studies: `python3 derive.py` in this folder.

Both have 180 operators with one common factor and 12 groups; every number follows from a formula, so that other programs can
draw the same law. W1: one chain, its stake votes. W2: eight services with voting weights of their own over the same operators.
"""

import csv
import math
from pathlib import Path

N, GROUPS, SERVICES = 180, 12, 8
TOTAL = 1_000_000_000  # stake, tokens at one USD


def fraction(x):
    """The part after the point."""
    return x - math.floor(x)


def operators():
    """Name, collusion probability, group and loadings of each operator."""
    for v in range(N):
        i = v + 1
        yield {
            "operator": f"v{v:03d}",
            "collusion_probability": repr(0.001 * 200 ** fraction(0.6180339887498949 * i)),
            "altruistic_probability": "0",
            "group": f"g{(7 * v + v // 12) % GROUPS:02d}",
            "loading_common": repr(math.sqrt(0.20 + 0.25 * fraction(0.4142135623730951 * i))),
            "loading_group": repr(math.sqrt(0.10 + 0.20 * fraction(0.7320508075688772 * i))),
        }


def stakes():
    """Stake of each operator in whole micro-tokens, falling."""
    whole = sum(1 / (u + 10) for u in range(N))
    return {f"v{v:03d}": round(TOTAL * 1_000_000 / (v + 10) / whole) / 1_000_000 for v in range(N)}


def weights(s):
    """Voting weights of the members of service `s`, in 10^-12 of the whole."""
    members = [v for v in range(N) if (v * (s + 2) + 3 * s) % 11 < 6]
    raw = {v: (v + 10) ** -(0.5 + 0.1 * s) for v in members}
    whole = sum(raw.values())
    return {f"v{v:03d}": round(1e12 * weight / whole) for v, weight in raw.items()}


def write(path, rows):
    """Writes a table."""
    path.parent.mkdir(exist_ok=True)
    rows = list(rows)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def by_operator(values, column):
    """Rows of a table of one number per operator."""
    return [{"operator": name, column: value} for name, value in values.items()]


HEAD = """\
# A fixed workload, written by ../derive.py.
name = "{name}"
horizon_days = 365.25
assets.TOKEN = {{ price_usd = 1, volatility = {volatility} }}
market.stress_loading = {{ TOKEN = {stress} }}
operators.table = "operators.csv"
collusion = {{ probability = 0.01, altruistic_probability = 0, loadings = {{ common = 0.5, group = 0.4 }} }}
adversary = {{ routes = ["collude"], bribe_premium = 0 }}
pools.chain = {{ asset = "TOKEN", stake = "stake.csv" }}
"""

ONE_CHAIN = """
[services.chain]
consensus = "quorum"
attacks.third = { profit_usd = 0, threshold = ">= 1/3" }
attacks.two_thirds = { profit_usd = 0, threshold = ">= 2/3" }
[designs.alone.services.chain]
system = "pos"
pool = "chain"
slash = 0.05
executes_on = "always"
"""


def main():
    """Writes both studies."""
    here = Path(__file__).parent
    for name in ["w1", "w2"]:
        write(here / name / "operators.csv", operators())
        write(here / name / "stake.csv", by_operator(stakes(), "tokens"))
    (here / "w1" / "study.toml").write_text(HEAD.format(name="w1", volatility=0, stress=0) + ONE_CHAIN)
    text = HEAD.format(name="w2", volatility=0.6, stress=0.5)
    for s in range(SERVICES):
        write(here / "w2" / f"power-{s}.csv", by_operator(weights(s), "weight"))
        sigma = 0.5 + 0.05 * s
        profit = math.exp(math.log(2e6) + 0.25 * s + sigma * sigma / 2)
        text += f"""
[services.s{s}]
consensus = "quorum"
attacks.corrupt = {{ profit_usd = {profit!r}, profit_volatility = {sigma:.2f}, threshold = ">= {0.20 + 0.04 * s:.2f}" }}
[designs.shared.services.s{s}]
system = "pos"
pool = "chain"
power = "power-{s}.csv"
slash = 0.05
executes_on = "always"
"""
    (here / "w2" / "study.toml").write_text(text)


if __name__ == "__main__":
    main()
