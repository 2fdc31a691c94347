"""Verdict: whether an effect is more than chance and more than what any units of the layer would do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from neuronaut.analysis.statistics.two_groups import FEWEST, SIGNIFICANT
from neuronaut.core.numerals import equals, measured
from neuronaut.live.interval import Float64

FEWEST_SETS = 19
"""Random sets below which none of R + 1 can be told apart at 5%."""


def verdicts(
    names: Sequence[str],
    table: Mapping[str, Float64],
    why: Mapping[str, str],
    *,
    units: int,
    pieces: Sequence[int],
    sets: int,
    grouped: bool,
    asked: int | None = None,
) -> tuple[Float64, list[str]]:
    """1 causal, 0 not shown, NaN not to be told, for each metric; and sentences that say why.

    Causal: the interval excludes 0, and the effect lies outside the central 95% of the random sets (beyond their
    range, and p <= .05 by rank). Nothing is claimed from fewer than 20 samples (or groups: ``pieces`` of each metric)
    or 19 random sets. ``asked``: the random sets asked for, where that may be more than there are.
    """
    found, said, ranks = np.full(len(names), np.nan), [], []
    random = f"{sets:,} random sets of {units:,} units" if units > 1 else f"{sets:,} other units"
    unclaimed = _unclaimed(max(pieces), sets, random, asked, grouped=grouped) if any(pieces) else ""
    for place, name in enumerate(names):
        row = {key: float(column[place]) for key, column in table.items()}
        if name in why or np.isnan(row["effect"]):
            said.append(f"{name}: not measured, {why.get(name, 'no sample has a finite value')}.")
            continue
        effect = f"{name} {measured(row['effect'])} [{measured(row['low'])}, {measured(row['high'])}]"
        if unclaimed:
            if pieces[place] >= FEWEST and np.isfinite(row["null_p"]):
                beyond = " (beyond all)" if row["null_p"] * (sets + 1) < 1.5 else ""
                ranks.append(f"{name} {equals('p', row['null_p'])}{beyond}")
            continue
        if pieces[place] < FEWEST:
            said.append(f"{name}: no verdict, {_unclaimed(pieces[place], sets, random, asked, grouped=grouped)}.")
            continue
        apart = not row["low"] <= 0 <= row["high"]
        outside = not row["null_low"] <= row["effect"] <= row["null_high"] and row["null_p"] <= SIGNIFICANT
        found[place] = float(apart and outside)
        spread = f"{random} ({measured(row['null_low'])} to {measured(row['null_high'])})"
        if apart and outside:
            said.append(f"{effect}: causal, beyond {spread}.")
        elif not apart:
            said.append(f"{effect}: not shown, the interval holds 0.")
        else:
            said.append(f"{effect}: not special, {spread} of the same layer do as much.")
    if not unclaimed:
        return found, said
    return found, [*said, f"no verdict: {unclaimed}.", *([_ranked(ranks, random, sets, asked)] if ranks else [])]


def _ranked(ranks: Sequence[str], random: str, sets: int, asked: int | None) -> str:
    """Where the effects stand among random sets that are too few for a verdict."""
    more = f" With null={FEWEST_SETS} or more there is one." if asked is not None and asked < FEWEST_SETS else ""
    return f"by rank among {random} of the layer: {', '.join(ranks)}; no p can be below 1/{sets + 1}.{more}"


def _unclaimed(pieces: int, sets: int, random: str, asked: int | None, *, grouped: bool) -> str:
    """Why nothing may be claimed; empty when something may."""
    if pieces < FEWEST:
        return f"{pieces} {'groups' if grouped else 'samples'} are fewer than {FEWEST}"
    if not sets:
        return f"no random units to compare with ({'null=0' if asked == 0 else 'the layer has no others'})"
    if sets < FEWEST_SETS:
        more = "" if asked is not None and asked < FEWEST_SETS else "; the layer has no more"
        return f"{random} are too few to tell 5%, it takes {FEWEST_SETS}{more}"
    return ""
