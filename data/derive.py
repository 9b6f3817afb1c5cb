#!/usr/bin/env python3
"""Derives the tables of the shipped studies from the figures of their sources.

Usage: python3 derive.py --sources DIR [--out DIR]

DIR holds the source tables named below as CSV; the READMEs of the studies say where each figure was
published. Only `*.csv` tables are written: study.toml and README.md are written by hand. The output depends
on the sources alone: every rule that assigns something which no source gives (hosts, signers, who serves
which AVS) orders names by a SHA-256 digest; only the seven of power-cap are taken by rank.
"""

import argparse
import csv
import hashlib
import math
import re
from decimal import Decimal
from pathlib import Path

ETH_PER_VALIDATOR = Decimal(32)
N_REST = 50  # assumption: the unnamed rest of Ethereum as this many equal operators
STRIDE_TOKENS = Decimal(10_000_000)  # assumption: times 3.50 USD = the quoted 35 M USD
STRIDE_SET = 100  # assumption: size of Stride's own set
STRIDE_TOP_N, STRIDE_SEATS = Decimal("0.95"), 7  # Hub proposal 1012: from Top-95 to an opt-in set of seven
SIGNERS = [("tmkms", 0.5), ("horcrux", 0.3)]  # assumption: no published shares
CONSENSUS = ["prysm", "lighthouse", "teku", "nimbus", "lodestar"]
EXECUTION = ["geth", "nethermind", "besu", "erigon"]
CHAINS = {  # our chain: columns of the cross-chain table, source file, what it holds
    "cosmoshub": ("hub_tokens_atom", "hub_monikers", "cosmos", "Cosmos Hub bonded ATOM, 180 active validators"),
    "osmosis": ("osmosis_tokens_osmo", "osmosis_monikers", "osmosis", "Osmosis bonded OSMO, 150 active validators"),
    "celestia": ("celestia_tokens_tia", "celestia_monikers", "celestia", "Celestia bonded TIA, the 100 active validators"),
}
COSMOS_COLUMNS = [
    "host: no source per validator; assigned so that shares of operators match the shares of peers published at",
    "lucag.dev/blog/cosmos-peers-decentralization (Hedrun crawl of 9176 peers, undated); blank = own group",
    "client: ASSUMPTION (key management; tmkms 50 %, horcrux 30 %, blank = own group)",
    "commission: Cosmos Hub about 2022-10-03, leapwallet/cosmos-extension (saved cosmos.directory answer); blank = 0",
]


# ---- reading and writing ------------------------------------------------------------------------


def read(sources, name):
    """Rows of a source table as dictionaries."""
    with open(sources / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path, comments, header, rows):
    """Writes one of our tables: comment lines with source and date, a header, rows in the order given."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"# {line}\n" for line in comments)
        table = csv.writer(file, lineterminator="\n")
        table.writerow(header)
        table.writerows(rows)
    print(f"  {path.parent.name}/{path.name}: {len(rows)} rows")


def write_stake(path, comments, stake):
    """Writes operator,tokens by falling tokens; operators without stake are left out."""
    rows = sorted(((o, t) for o, t in stake.items() if t > 0), key=lambda row: (-row[1], row[0]))
    write(path, comments, ["operator", "tokens"], [(o, plain(t)) for o, t in rows])


def plain(number):
    """A decimal without exponent and without trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimal(text):
    """A cell as a decimal; blank is 0."""
    return Decimal(text or "0")


# ---- rules for what no source gives ---------------------------------------------------------------


def digest(*words):
    """A number in (0, 1) that depends on the words alone."""
    bits = hashlib.sha256(":".join(words).encode()).digest()
    return (int.from_bytes(bits[:6], "big") + 1) / (2**48 + 2)


def assign_groups(operators, shares, label):
    """Operator -> group: in digest order the first round(share * n) operators go to the first group, the next
    to the second, and so on, so that shares of operators match; the rest stays blank, a group of its own."""
    order = sorted(operators, key=lambda operator: digest(label, operator))
    groups, start, cumulated = {}, 0, 0.0
    for group, share in shares:
        cumulated += share
        stop = round(cumulated * len(order))
        groups.update((operator, group) for operator in order[start:stop])
        start = stop
    return groups


def provider_shares(sources, network):
    """Published shares of hosting providers; Amazon's two names are one company."""
    shares = {}
    for row in read(sources, "hosting_shares"):
        if row["network"] == network:
            name = "Amazon" if row["provider"].startswith("Amazon") else row["provider"]
            name = re.sub(r",? (Inc\.?|LLC|GmbH|SAS|B\.V\.|Online GmbH|Pte Ltd|Limited)$", "", name)
            shares[name] = shares.get(name, 0.0) + float(row["share"])
    return sorted(shares.items(), key=lambda item: -item[1])


def print_group_shares(groups, stakes):
    """Prints what each group came to hold, by operators and by stake of each chain."""
    names = sorted(set(groups.values()))
    n_operators = len({operator for stake in stakes.values() for operator in stake})
    for name in names:
        members = {operator for operator, group in groups.items() if group == name}
        by_stake = [
            f"{chain} {sum(t for o, t in stake.items() if o in members) / sum(stake.values()):.1%}"
            for chain, stake in stakes.items()
        ]
        print(f"    {name}: {len(members) / n_operators:.1%} of operators; of stake {', '.join(by_stake)}")


# ---- cosmos-2023 ---------------------------------------------------------------------------------


def cosmos(sources, out):
    """Hub, Osmosis and Celestia on 2023-12-14, one row per operator and chain."""
    rows = read(sources, "cosmos_cross_chain_operators_2023_12_14")
    stakes = {chain: chain_stake(rows, chain) for chain in CHAINS}
    for chain in CHAINS:
        write_chain(out, chain, stakes[chain])
    write_cosmos_operators(sources, out, rows, stakes)
    hub = stakes["cosmoshub"]
    largest = sorted(hub, key=lambda o: (-hub[o], o))[:STRIDE_SET]
    total = sum(hub[o] for o in largest)
    stakes["stride"] = {o: round(STRIDE_TOKENS * hub[o] / total, 6) for o in largest}
    note = f"ASSUMPTION: Stride's own set is in no source; the {STRIDE_SET} largest Hub operators, in proportion to"
    write_stake(out / "stride.csv", [note, "Hub stake, scaled to 10 M STRD (at 3.50 USD the quoted 35 M USD)"], stakes["stride"])

    print_overlap(stakes)
    print_cosmos_faults(sources)


def chain_stake(rows, chain):
    """Operator -> tokens on one chain."""
    tokens = CHAINS[chain][0]
    return {row["operator_key"]: decimal(row[tokens]) for row in rows if row[tokens]}


def write_chain(out, chain, stake):
    """Writes the stake of one chain."""
    _, _, file, what = CHAINS[chain]
    source = f"source: sm86/de-stake data/14122023_{file}.csv (Apache-2.0), figures only, summed by operator"
    write_stake(out / f"{chain}.csv", [f"{what}, 2023-12-14; {source}"], stake)


def cosmos_groups(sources, rows):
    """Operator -> host and operator -> key management."""
    operators = sorted(row["operator_key"] for row in rows)
    hosts = assign_groups(operators, provider_shares(sources, "cosmos_117_chains"), "host")
    return hosts, assign_groups(operators, SIGNERS, "client")


def write_cosmos_operators(sources, out, rows, stakes):
    """Writes operators with host, key management, commission and number of validators."""
    operators = sorted(row["operator_key"] for row in rows)
    hosts, signers = cosmos_groups(sources, rows)
    commissions = hub_commissions(sources, rows)
    keys = {
        row["operator_key"]: sum(len(row[monikers].split(";")) for tokens, monikers, *_ in CHAINS.values() if row[tokens])
        for row in rows
    }
    write(
        out / "operators.csv",
        [
            "Operators of Cosmos Hub, Osmosis and Celestia, 2023-12-14; joined on cleaned moniker",
            *COSMOS_COLUMNS,
            "keys: validators the operator runs on the three chains",
        ],
        ["operator", "host", "client", "commission", "keys"],
        [(o, hosts.get(o, ""), signers.get(o, ""), commissions.get(o, ""), keys[o]) for o in operators],
    )
    print_group_shares(hosts, stakes)
    print_group_shares(signers, stakes)


def hub_commissions(sources, rows):
    """Operator -> commission on the Hub in 2022-10, weighted by stake over its validators."""
    known = {row["operator_address"]: row for row in read(sources, "cosmoshub_validators_2022_10_03")}
    commissions = {}
    for row in rows:
        of = [known[a] for a in row["hub_operator_addresses"].split(";") if a in known]
        stake = sum(decimal(v["tokens_atom"]) for v in of)
        if stake > 0:
            mean = sum(decimal(v["commission_rate"]) * decimal(v["tokens_atom"]) for v in of) / stake
            commissions[row["operator_key"]] = plain(round(mean, 4))
    print(f"  commission known for {len(commissions)} of {sum(bool(r['hub_tokens_atom']) for r in rows)} Hub operators")
    return commissions


def print_overlap(stakes):
    """Prints operators and stake that two chains share."""
    for chain, stake in stakes.items():
        print(f"  {chain}: {len(stake)} operators, {sum(stake.values()):.6f} tokens")
    for a, b in [("cosmoshub", "osmosis"), ("cosmoshub", "celestia"), ("osmosis", "celestia")]:
        shared = stakes[a].keys() & stakes[b].keys()
        parts = [f"{sum(stakes[c][o] for o in shared) / sum(stakes[c].values()):.1%} of {c} stake" for c in (a, b)]
        print(f"  {len(shared)} operators on both {a} and {b}: {parts[0]}, {parts[1]}")


def print_cosmos_faults(sources):
    """Prints the fault rates that the history of the Hub gives."""
    events = next(r for r in read(sources, "slashing_totals") if r["chain"] == "cosmoshub")
    double = [r for r in read(sources, "slashing_events") if r["chain"] == "cosmoshub" and r["kind"] == "double_sign"]
    n_events = int(events["value"])
    print(f"  downtime a key and year: {n_events} / (175 keys x 3.56 years) = {n_events / (175 * 3.56):.3f}")
    print(f"  equivocation a key and year: {len(double)} / (180 keys x 4.76 years) = {len(double) / (180 * 4.76):.1e}")


# ---- power-cap -----------------------------------------------------------------------------------


def power_cap(sources, out):
    """The Hub of cosmos-2023 alone, and seven operators for Stride's opt-in set."""
    rows = read(sources, "cosmos_cross_chain_operators_2023_12_14")
    stake = chain_stake(rows, "cosmoshub")
    write_chain(out, "cosmoshub", stake)
    hosts, signers = cosmos_groups(sources, rows)
    commissions = hub_commissions(sources, rows)
    seats = evenly_spread(top_n(stake, STRIDE_TOP_N), STRIDE_SEATS)
    write(
        out / "operators.csv",
        [
            "Operators of Cosmos Hub, 2023-12-14; groups and commission as in cosmos-2023",
            *COSMOS_COLUMNS,
            "runs_stride: ASSUMPTION, which seven opted in is not published; those that Top-95 made run Stride, in order of",
            "stake, are cut into seven classes of equal number, and the middle one of each class is taken",
        ],
        ["operator", "host", "client", "commission", "runs_stride"],
        [
            (o, hosts.get(o, ""), signers.get(o, ""), commissions.get(o, ""), "true" if o in seats else "false")
            for o in sorted(stake)
        ],
    )
    for operator in seats:
        print(f"    runs Stride: {operator}, {stake[operator]} ATOM, {stake[operator] / sum(stake.values()):.2%}")


def top_n(stake, share):
    """The largest operators that together first reach this share of the stake, by falling stake."""
    order = sorted(stake, key=lambda o: (-stake[o], o))
    total, cumulated = sum(stake.values()), Decimal(0)
    for n, operator in enumerate(order, start=1):
        cumulated += stake[operator]
        if cumulated >= share * total:
            return order[:n]
    return order


def evenly_spread(order, n):
    """The middle one of each of `n` classes of equal number."""
    return [order[(2 * i + 1) * len(order) // (2 * n)] for i in range(n)]


# ---- ethereum-2024 -------------------------------------------------------------------------------


def ethereum_stake(sources):
    """Entity -> ETH on 2024-02-03, with the unnamed rest in N_REST equal parts."""
    entities = {row["entity"]: int(row["validators"]) for row in read(sources, "ethereum_entities_2024_02_03")}
    total = next(int(r["active_validators"]) for r in read(sources, "ethereum_stake_totals") if r["date"] == "2024-02-03")
    rest = total - sum(entities.values())
    parts = {f"rest-of-ethereum-{i + 1:02}": rest // N_REST + (i < rest % N_REST) for i in range(N_REST)}
    print(f"  ethereum: {total} validators, named {1 - rest / total:.1%}, rest {rest} in {N_REST} parts")
    return {name: n * ETH_PER_VALIDATOR for name, n in (entities | parts).items()}


def memberships(row, layer, clients):
    """(value, share) of an entity's clients, 6 decimals, summing to 1; what is unknown is a group of its own."""
    shares = {client: float(row[f"{layer}_{client}"] or 0) for client in clients}
    if layer == "el":
        slug = re.sub("[^a-z0-9]+", "-", row["entity"].lower()).strip("-")
        shares |= {f"{kind}-{slug}": float(row[f"el_{kind}"] or 0) for kind in ("unknown", "nogeth")}
    total = sum(shares.values())
    if total == 0:
        return []
    parts = {value: round(share / total, 6) for value, share in shares.items() if share > 0}
    largest = max(parts, key=parts.get)
    parts[largest] = round(parts[largest] + 1 - sum(parts.values()), 6)
    return sorted(parts.items(), key=lambda item: -item[1])


def ethereum(sources, out):
    """Staking entities of 2024-02-03 with their client splits."""
    rows = read(sources, "ethereum_entities_2024_02_03")
    stake = ethereum_stake(sources)
    origin = "source: etheralpha/clientdiversity-org _data/raw (MIT), figures only"
    write_stake(
        out / "ethereum.csv",
        [
            f"ETH staked per entity (validators x 32), 2024-02-03; {origin}",
            f"rest-of-ethereum-NN: ASSUMPTION, the unnamed third of the network in {N_REST} equal parts",
        ],
        stake,
    )
    table = []
    for row in rows:
        for attribute, layer, clients in [("consensus_client", "cl", CONSENSUS), ("execution_client", "el", EXECUTION)]:
            table += [(row["entity"], attribute, value, f"{share:.6f}") for value, share in memberships(row, layer, clients)]
    write(
        out / "membership.csv",
        [
            f"Client split per entity, 2024-02-03; {origin}",
            "consensus: Rated, measured; execution: execution-diversity survey, self-reported; no rows = not known",
            "shares rescaled to sum to 1; the unknown part of an execution split is a group of its own (unknown-NAME)",
        ],
        ["operator", "attribute", "value", "share"],
        table,
    )
    operators = sorted(((o, int(t / ETH_PER_VALIDATOR)) for o, t in stake.items()), key=lambda row: (-row[1], row[0]))
    write(out / "operators.csv", [f"keys = validators, 2024-02-03; {origin}"], ["operator", "keys"], operators)
    print_client_shares(rows, stake, table)
    print_ethereum_faults(sources)


def print_client_shares(rows, stake, table):
    """Prints each client's share of all stake: the fractional truth, and what one label per entity would say."""
    total = sum(stake.values())
    for attribute, clients in [("consensus_client", CONSENSUS), ("execution_client", EXECUTION)]:
        split = {}
        for operator, kind, value, share in table:
            if kind == attribute:
                split.setdefault(operator, {})[value] = float(share)
        known = sum(stake[o] for o in split) / total
        print(f"  {attribute}: split known for {known:.1%} of all stake")
        for client in clients:
            fractional = sum(float(stake[o]) * s.get(client, 0) for o, s in split.items()) / float(total)
            label = sum(stake[o] for o, s in split.items() if max(s, key=s.get) == client) / total
            print(f"    {client}: fractional {fractional:.1%}, by largest client {label:.1%} of all stake")
    unsure = sum(stake[r["entity"]] for r in rows if r["el_source_reliable"] == "false") / total
    print(f"  execution split marked unreliable by the survey (all Geth): {unsure:.1%} of all stake")


def print_ethereum_faults(sources):
    """Prints the rate of accidental slashings between two dated totals."""
    totals = [int(r["value"]) for r in read(sources, "slashing_totals") if r["measure"] == "slashed_total"]
    counts = [r for r in read(sources, "ethereum_stake_totals") if "2023-02-23" < r["date"] < "2025-09-10"]
    n_slashed, years = totals[1] - totals[0], 2.55
    n_validators = sum(int(r["active_validators"]) for r in counts) / len(counts)
    causes = [int(r["validators"]) for r in read(sources, "slashing_events") if r["chain"] == "ethereum"]
    print(f"  equivocation: {n_slashed} in {years} years among {n_validators:.0f} validators,"
          f" {n_slashed / years / n_validators:.2e} a key and year; {sum(causes) / len(causes):.0f} keys a cause")


# ---- eigenlayer-2024 -----------------------------------------------------------------------------


def unique_names(rows):
    """Address -> name; blank or repeated names carry the start of their address."""
    count = {}
    for row in rows:
        count[row["name"]] = count.get(row["name"], 0) + 1
    names = {}
    for row in rows:
        short = row["operator_address"][:10]
        names[row["operator_address"]] = f"{row['name']} {short}".strip() if count[row["name"]] > 1 else row["name"]
    assert len(set(names.values())) == len(rows)
    return names


def served(address, n_served, avss):
    """The `n_served` AVSs of an operator: AVS k is drawn with weight 1/k by an exponential race of digests."""
    race = sorted(range(len(avss)), key=lambda k: -math.log(digest("serves", address, avss[k])) * (k + 1))
    return {avss[k] for k in race[:n_served]}


def brand_of(name, brands):
    """The brand that stands as whole words in a name, the longest if several; blank if none."""
    def stands_in(brand):
        words = r"[^a-z0-9]*".join(re.escape(w) for w in re.findall("[a-z0-9]+", brand))
        return re.search(rf"(?<![a-z0-9]){words}(?![a-z0-9])", name.lower())

    aliases = {"p2p": "p2p.org", "bwarelabs": "bware"}
    found = [b for b in brands if stands_in(b)] + [b for alias, b in aliases.items() if stands_in(alias)]
    return max(found, key=len, default="")


def eigenlayer(sources, out):
    """Operators of 2024-10 with their restaked pools, and Ethereum's own stake below native ETH."""
    rows = read(sources, "eigenlayer_operators_2024_10")
    names = unique_names(rows)
    avss = [f"avs{k + 1:02}" for k in range(max(int(row["num_avs"]) for row in rows))]
    origin = "protofire/slalayer.xyz src/static-data (Apache-2.0), commit 2024-10-31, figures only"

    def stake(of):
        return {names[row["operator_address"]]: of(row) for row in rows}

    pools = {
        "native_eth": ("Restaked native ETH", stake(lambda r: decimal(r["native_eth"]))),
        "steth": ("Restaked stETH (strategy shares)", stake(lambda r: decimal(r["steth"]))),
        "other_lst": (
            "Restaked other liquid staking tokens (strategy shares, all tokens together)",
            stake(lambda r: decimal(r["eth_lst_total"]) - decimal(r["steth"])),
        ),
    }
    for pool, (what, table) in pools.items():
        write_stake(out / f"{pool}.csv", [f"{what} per operator, 2024-10; source: {origin}"], table)
    entities = {f"{entity} (Ethereum)" if not entity.startswith("rest-") else entity: tokens
                for entity, tokens in ethereum_stake(sources).items()}
    write_stake(
        out / "ethereum.csv",
        [
            "ETH staked per entity, 2024-02-03 (eight months older than the pools);",
            "source: etheralpha/clientdiversity-org _data/raw (MIT), figures only;",
            "rest-of-ethereum-NN: ASSUMPTION, the unnamed third of the network in equal parts",
        ],
        entities,
    )
    write_eigenlayer_operators(sources, out, rows, names, avss, entities)
    print_restaked(rows, names, avss, pools)


def write_eigenlayer_operators(sources, out, rows, names, avss, entities):
    """Writes operators with host, brand and the AVSs they serve."""
    brands = [r["operator_brand"] for r in read(sources, "operators_cross_system") if r["eigenlayer_2024_10_share"]]
    hosts = assign_groups(sorted(names.values()), provider_shares(sources, "ethereum"), "host")
    table, by_brand = [], {}
    for row in sorted(rows, key=lambda r: (-float(r["eth_total"]), r["operator_address"])):
        name = names[row["operator_address"]]
        serves = served(row["operator_address"], int(row["num_avs"]), avss)
        brand = brand_of(row["name"], brands)
        by_brand[brand] = by_brand.get(brand, 0.0) + float(row["eth_share"])
        table.append([name, "", hosts.get(name, ""), brand, *("true" if avs in serves else "false" for avs in avss)])
    for entity, tokens in entities.items():
        keys = int(tokens / ETH_PER_VALIDATOR)
        table.append([entity, keys, "", brand_of(entity, brands), *("false" for _ in avss)])
    write(
        out / "operators.csv",
        [
            "EigenLayer operators 2024-10, then Ethereum entities 2024-02-03 (sources: see README.md)",
            "keys: validators of an Ethereum entity; blank (1) for EigenLayer operators",
            "host: no source per operator; assigned so that shares of operators match the shares of validators on seen peers,",
            "syang-ng/geographical-decentralization-simulation data/validators.csv (2024-03 to 2025-04); blank = own group",
            "entity: brand found in the name; blank = own group",
            "serves_avsNN: ASSUMPTION, who serves which AVS is not public; drawn by digest with weight 1/NN; the number of AVSs",
            "per operator is the published one",
        ],
        ["operator", "keys", "host", "entity", *(f"serves_{avs}" for avs in avss)],
        table,
    )
    for row in read(sources, "operators_cross_system"):
        share, ours = row["eigenlayer_2024_10_share"], by_brand.get(row["operator_brand"], 0.0)
        if share and abs(float(share) - ours) > 5e-6:
            print(f"  brand {row['operator_brand']}: {ours:.6f} here, {float(share):.6f} published")


def print_restaked(rows, names, avss, pools):
    """Prints pool totals and what stands behind each AVS."""
    for pool, (_, table) in pools.items():
        print(f"  {pool}: {sum(table.values()):.6f} from {sum(t > 0 for t in table.values())} operators")
    whole = sum(float(row["eth_total"]) for row in rows)
    for avs in avss:
        of = [r for r in rows if avs in served(r["operator_address"], int(r["num_avs"]), avss)]
        stake = sum(float(row["eth_total"]) for row in of)
        unique = sum(float(row["eth_total"]) / int(row["num_avs"]) for row in of)
        print(f"    {avs}: {len(of)} operators, {stake / whole:.1%} of restaked ETH pooled, {unique / whole:.1%} unique")


# ---- two-quorums -----------------------------------------------------------------------------------


def two_quorums(sources, out):
    """Operators of 2024-10 that may join EigenDA: by 32 restaked ETH, or by one EIGEN."""
    rows = read(sources, "eigenlayer_operators_2024_10")
    names = unique_names(rows)
    origin = "protofire/slalayer.xyz src/static-data (Apache-2.0), commit 2024-10-31, figures only"
    pools = {
        "restaked": ("ETH restaked in any form (shares of tokens as one ETH each)", "eth_total", ETH_PER_VALIDATOR),
        "eigen": ("EIGEN staked (shares of bEIGEN)", "beigen", Decimal(1)),
    }
    brands = [r["operator_brand"] for r in read(sources, "operators_cross_system") if r["eigenlayer_2024_10_share"]]
    joins = set()
    for pool, (what, column, least) in pools.items():
        stake = {names[r["operator_address"]]: decimal(r[column]) for r in rows if decimal(r[column]) >= least}
        write_stake(out / f"{pool}.csv", [f"{what} per operator with at least {least}, 2024-10;", f"source: {origin}"], stake)
        joins |= set(stake)
        by_brand, total = {}, sum(stake.values())
        for row in rows:
            name = names[row["operator_address"]]
            brand = brand_of(row["name"], brands) or name
            by_brand[brand] = by_brand.get(brand, 0) + stake.get(name, 0)
        top = sorted(by_brand.items(), key=lambda item: -item[1])[:3]
        print(f"    {pool}: {len(stake)} operators, {total:.0f}; " + ", ".join(f"{b} {t / total:.1%}" for b, t in top))
    write(
        out / "operators.csv",
        ["EigenLayer operators 2024-10 with 32 ETH or 1 EIGEN", "entity: brand found in the name; blank = own group"],
        ["operator", "entity"],
        sorted((names[r["operator_address"]], brand_of(r["name"], brands)) for r in rows if names[r["operator_address"]] in joins),
    )


# ---- bitcoin-2025 --------------------------------------------------------------------------------


def bitcoin(sources, _out):
    """Prints the figures of bitcoin-2025, which needs no table."""
    rows = [row for row in read(sources, "pow_figures") if row["network"] == "bitcoin"]
    figures = {(row["measure"], row["as_of"]): float(row["value"]) for row in rows}
    eh_s, usd_per_ph_day = figures["network_hashrate", "2025-07-08"], figures["hashprice", "2025-07-08"]
    print(f"  {eh_s} EH/s = {eh_s * 1e6:.0f} TH/s; rewards {eh_s * 1000 * usd_per_ph_day:.0f} USD a day")
    print(f"  hardware to match it, 10 to 30 USD per TH/s: {eh_s * 1e7:.3e} to {eh_s * 3e7:.3e} USD")


def main():
    """Derives every study."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sources", type=Path, required=True, help="folder with the source tables")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent, help="folder of the studies")
    args = parser.parse_args()
    studies = {
        "cosmos-2023": cosmos,
        "power-cap": power_cap,
        "ethereum-2024": ethereum,
        "eigenlayer-2024": eigenlayer,
        "two-quorums": two_quorums,
        "bitcoin-2025": bitcoin,
    }
    for study, derive in studies.items():
        print(study)
        derive(args.sources, args.out / study)


if __name__ == "__main__":
    main()
