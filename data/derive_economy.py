#!/usr/bin/env python3
"""Derives the tables of the studies of payments and time from the figures of their sources.

Usage: python3 derive_economy.py --sources DIR [--out DIR]

As derive.py, whose rules it uses; study.toml and README.md are written by hand.
"""

import argparse
from pathlib import Path

from derive import (
    COSMOS_COLUMNS,
    STRIDE_SEATS,
    STRIDE_SET,
    STRIDE_TOKENS,
    STRIDE_TOP_N,
    chain_stake,
    cosmos_groups,
    decimal,
    evenly_spread,
    hub_commissions,
    read,
    top_n,
    unique_names,
    write,
    write_chain,
    write_stake,
)

OWN_SHARE = "0.05"  # assumption: what validators stake themselves is in no source
AVS_OPERATORS = 60  # the largest; the other 590 hold little


def write_operators(path, sources, rows, stakes, more_columns=(), more=lambda operator: ()):
    """Operators with groups, commission and the assumed own share."""
    hosts, signers = cosmos_groups(sources, rows)
    commissions = hub_commissions(sources, rows)
    write(
        path,
        [
            "Operators, 2023-12-14; groups and commission as in cosmos-2023; a commission of 5 % where none is known (ASSUMPTION)",
            *COSMOS_COLUMNS,
            f"own_share: ASSUMPTION, {OWN_SHARE} for all",
        ],
        ["operator", "host", "client", "commission", "own_share", *more_columns],
        [
            (o, hosts.get(o, ""), signers.get(o, ""), commissions.get(o) or "0.05", OWN_SHARE, *more(o))
            for o in sorted(set().union(*stakes))
        ],
    )


def stride(sources, out):
    """The Hub, Stride's own set, and seven operators for its later opt-in set."""
    rows = read(sources, "cosmos_cross_chain_operators_2023_12_14")
    hub = chain_stake(rows, "cosmoshub")
    write_chain(out, "cosmoshub", hub)
    largest = sorted(hub, key=lambda o: (-hub[o], o))[:STRIDE_SET]
    whole = sum(hub[o] for o in largest)
    own = {o: (STRIDE_TOKENS * hub[o] / whole).quantize(decimal("0.000001")) for o in largest}
    write_stake(
        out / "stride.csv",
        [
            f"ASSUMPTION: Stride's own set is in no source; the {STRIDE_SET} largest Hub operators, in proportion to",
            "Hub stake, scaled to 10 M STRD (at 3.50 USD the quoted 35 M USD)",
        ],
        own,
    )
    seats = evenly_spread(top_n(hub, STRIDE_TOP_N), STRIDE_SEATS)
    write_operators(
        out / "operators.csv",
        sources,
        rows,
        [hub],
        ["runs_stride"],
        lambda operator: ("true" if operator in seats else "false",),
    )


def mesh(sources, out):
    """The Hub and Osmosis."""
    rows = read(sources, "cosmos_cross_chain_operators_2023_12_14")
    stakes = [chain_stake(rows, chain) for chain in ("cosmoshub", "osmosis")]
    for chain, stake in zip(("cosmoshub", "osmosis"), stakes):
        write_chain(out, chain, stake)
    write_operators(out / "operators.csv", sources, rows, stakes)


def avs(sources, out):
    """The largest operators of EigenLayer with all ETH restaked with them."""
    rows = read(sources, "eigenlayer_operators_2024_10")
    names = unique_names(rows)
    stake = {
        names[row["operator_address"]]: decimal(row["native_eth"]) + decimal(row["eth_lst_total"]) for row in rows
    }
    largest = sorted(stake, key=lambda o: (-stake[o], o))[:AVS_OPERATORS]
    write_stake(
        out / "restaked.csv",
        [
            f"Restaked ETH per operator (native and liquid staking tokens together, as ETH), the {AVS_OPERATORS} largest, 2024-10;",
            "source: protofire/slalayer.xyz src/static-data (Apache-2.0), commit 2024-10-31, figures only",
        ],
        {operator: stake[operator] for operator in largest},
    )
    held = sum(stake[operator] for operator in largest) / sum(stake.values())
    print(f"    the {AVS_OPERATORS} largest hold {held:.1%}")


def main():
    """Derives every study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder with the source tables")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the studies")
    args = parser.parse_args()
    studies = {"stride-joins-the-hub": stride, "mesh-hub-osmosis": mesh, "avs-bootstrap": avs}
    for study, derive in studies.items():
        print(study)
        derive(args.sources, args.out / study)


if __name__ == "__main__":
    main()
