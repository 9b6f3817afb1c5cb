"""Joint attacks against a mixed-integer program: 40 operators, 8 services, linear loss rules.

Every study has one scenario in which everybody can be bribed for what it loses, so that the engine's interval for the best net gain
must contain the optimum of

    max Σ_t π_t y_t − Σ_o c_o,   Σ_o p_ot x_o ≥ need_t y_t,   x, y binary,
    once:      c_o ≥ stake_o f_t (x_o + y_t − 1)                     for every t that o serves
    additive:  c_o ≥ Σ_t stake_o a_ot f_t z_ot,  z_ot ≥ x_o + y_t − 1, z ≥ 0

x of operators in a divisible pool lies anywhere in [0, 1]; as long as y is binary the rows say what a part costs. HiGHS solves it (or bounds it, where its time is up: then the two intervals must overlap).

    python tests/milp.py target/debug/cartel [graphs per rule] [seconds a program]
"""

import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_matrix

OPERATORS, SERVICES = 40, 8
RULES = ("full", "once", "additive")
# Tokens are cut so fine that a part of somebody's power hardly falls between two of them.
FINE = 10**6


class Graph:
    """Stakes, who serves what with which part of its stake, and what each service pays, needs and slashes.

    `whole`: operators that join whole, the others in any part of their keys.
    """

    def __init__(self, rule: str, seed: int, whole: range):
        dice = random.Random(f"{rule} {seed}")
        self.rule, self.whole = rule, set(whole)
        self.fine = 1 if len(self.whole) == OPERATORS else FINE
        self.stakes = [100 * int(1 + 300 * dice.random() ** 3) for _ in range(OPERATORS)]
        serves = [[dice.random() < 0.5 for _ in range(SERVICES)] for _ in range(OPERATORS)]
        for service in range(SERVICES):
            serves[service][service] = True
        # Whole percents of a stake in hundreds: power stays whole.
        self.part = [
            [(int(100 / sum(row)) / 100 if rule == "additive" else 1.0) if here else 0.0 for here in row]
            for row in serves
        ]
        self.slash = [1.0 if rule == "full" else dice.choice([0.05, 0.1, 0.3, 0.5]) for _ in range(SERVICES)]
        self.sixths = [dice.choice([2, 3, 4]) for _ in range(SERVICES)]
        self.power = np.array(
            [[round(stake * part) for part in row] for stake, row in zip(self.stakes, self.part)], dtype=float
        )
        # More than so many sixths of the power.
        self.need = [
            (int(total) * self.fine * sixths // 6 + 1) / self.fine
            for total, sixths in zip(self.power.sum(axis=0), self.sixths)
        ]
        scale = {"full": 0.35, "once": 0.6, "additive": 1.1}[rule]
        self.profit = [
            round(2 * dice.random() * scale * need * slash, 2) for need, slash in zip(self.need, self.slash)
        ]

    def study(self) -> str:
        pools = {"p": self.whole, "q": set(range(OPERATORS)) - self.whole}
        pools = {pool: sorted(operators) for pool, operators in pools.items() if operators}
        pool_of = {o: pool for pool, operators in pools.items() for o in operators}
        names = ", ".join(f'"{pool}"' for pool in pools)
        combine = "additive" if self.rule == "additive" else "once"
        text = f"""
name = "milp"
[assets.A]
price_usd = {1 / self.fine}
[collusion]
probability = 1e-15
altruistic_probability = 0
[adversary]
bribe_premium = 0
joint = true
[designs.d]
losses = {{ {", ".join(f'{pool} = "{combine}"' for pool in pools)} }}
"""
        for pool, operators in pools.items():
            stake = ", ".join(f"o{o:02} = {self.stakes[o] * self.fine}" for o in operators)
            text += f"""
[pools.{pool}]
asset = "A"
stake = {{ {stake} }}
divisible = {"true" if pool == "q" else "false"}
"""
        for s in range(SERVICES):
            members = [o for o in range(OPERATORS) if self.part[o][s] > 0]
            if self.rule == "additive":
                row = 'operator = "o{:02}", service = "s{}", pool = "{}", fraction = {}'
                rows = ", ".join("{ " + row.format(o, s, pool_of[o], self.part[o][s]) + " }" for o in members)
                who = f'stake = "unique"\nallocations = [{rows}]'
            else:
                who = "operators = [" + ", ".join(f'"o{o:02}"' for o in members) + "]"
            text += f"""
[services.s{s}]
consensus = "quorum"
attacks.control = {{ profit_usd = {self.profit[s]}, threshold = "> {self.sixths[s]}/6" }}
[designs.d.services.s{s}]
system = "eigenlayer"
pools = [{names}]
slash = {self.slash[s]}
{who}
"""
        return text

    def optimum(self, seconds: float) -> tuple[float, float]:
        """A net gain that is reached, and one that no attack exceeds."""
        additive = self.rule == "additive"
        pairs = [(o, s) for o in range(OPERATORS) for s in range(SERVICES) if self.part[o][s] > 0]
        n_pairs = len(pairs) if additive else 0
        # x, y, c, z
        n = OPERATORS + SERVICES + OPERATORS + n_pairs
        y, c, z = OPERATORS, OPERATORS + SERVICES, 2 * OPERATORS + SERVICES
        rows, low = lil_matrix((SERVICES + len(pairs) + (OPERATORS if additive else 0), n)), []
        for s in range(SERVICES):
            rows[s, :OPERATORS] = self.power[:, s]
            rows[s, y + s] = -self.need[s]
            low.append(0.0)
        for at, (o, s) in enumerate(pairs, start=SERVICES):
            loss = self.stakes[o] * self.slash[s]
            target, size = (z + at - SERVICES, 1.0) if additive else (c + o, loss)
            rows[at, target] = 1.0
            rows[at, o] = rows[at, y + s] = -size
            low.append(-size)
        if additive:
            for o in range(OPERATORS):
                at = SERVICES + len(pairs) + o
                rows[at, c + o] = 1.0
                for index, (other, s) in enumerate(pairs):
                    if other == o:
                        rows[at, z + index] = -self.stakes[o] * self.part[o][s] * self.slash[s]
                low.append(0.0)
        cost = np.zeros(n)
        cost[y : y + SERVICES] = [-profit for profit in self.profit]
        cost[c : c + OPERATORS] = 1.0
        binary = np.zeros(n)
        binary[: OPERATORS + SERVICES] = 1
        binary[sorted(set(range(OPERATORS)) - self.whole)] = 0
        upper = np.full(n, np.inf)
        upper[: OPERATORS + SERVICES] = 1
        found = milp(
            cost,
            constraints=LinearConstraint(rows.tocsr(), lb=np.array(low)),
            integrality=binary,
            bounds=Bounds(np.zeros(n), upper),
            options={"time_limit": seconds, "mip_rel_gap": 1e-9},
        )
        # Nobody attacking is always possible.
        reached = max(0.0, -found.fun) if found.x is not None else 0.0
        return reached, max(reached, -found.mip_dual_bound)


def engine(cartel: str, graph: Graph) -> tuple[float, float]:
    """The engine's witness and bound."""
    with tempfile.TemporaryDirectory() as folder:
        study, out = Path(folder) / "study.toml", Path(folder) / "out"
        study.write_text(graph.study(), encoding="utf-8")
        command = [cartel, "run", study, "--out", out, "--scenarios", "1", "--record", "all", "--threads", "1", "--quiet"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        row = pq.read_table(out / "scenarios").to_pylist()[0]
        return row["net_gain_usd"], row["net_gain_upper_usd"]


def median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2] if values else 0.0


def main(cartel: str, graphs: int, seconds: float) -> None:
    for rule in RULES:
        for whole in (range(OPERATORS), range(0, OPERATORS, 2), range(0)):
            compare(cartel, (rule, whole), graphs, seconds)


def compare(cartel: str, kind: tuple[str, range], graphs: int, seconds: float) -> None:
    rule, whole = kind
    name = f"{rule}, {len(whole)} join whole"
    spent, optimal, exact, gaps, short, pays, undecided = 0.0, 0, 0, [], [], 0, 0
    for seed in range(graphs):
        graph = Graph(rule, seed, whole)
        started = time.monotonic()
        reached, bound = graph.optimum(seconds)
        spent += time.monotonic() - started
        lower, upper = engine(cartel, graph)
        # HiGHS allows integers to be off by a part in a million.
        slack = 1e-6 * (1.0 + sum(graph.profit))
        assert lower <= bound + slack and reached <= upper + slack, (name, seed, lower, upper, reached, bound)
        optimal += bound - reached <= slack
        exact += lower >= reached - slack
        pays += lower > 0
        undecided += lower <= 0 < upper
        if upper > 0:
            gaps.append(1 - lower / upper)
        if reached > slack:
            short.append(1 - lower / reached)
    print(
        f"{name}: {graphs} graphs of {OPERATORS} x {SERVICES}: HiGHS solved {optimal} in {spent / graphs:.2f} s each; "
        f"the engine's witness is as good in {exact} (median shortfall {median(short):.2%}), an attack pays in {pays}, "
        f"undecided {undecided}, median gap {median(gaps):.2%}",
        flush=True,
    )
    # An attack that pays is found, though it may not be the best.
    assert pays >= 0.9 * len(short), f"{name}: attacks that pay are missed"
    # Single graphs may stay further open: the engine's work is limited.
    assert median(gaps) < 0.01, f"{name}: witness and bound are {median(gaps):.2%} apart"


if __name__ == "__main__":
    main(
        sys.argv[1],
        int(sys.argv[2]) if len(sys.argv) > 2 else 20,
        float(sys.argv[3]) if len(sys.argv) > 3 else 10.0,
    )
