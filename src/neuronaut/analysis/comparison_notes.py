"""What must be said about a comparison: what could not be computed, or not be claimed, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.groups import Group, notes_on
from neuronaut.analysis.shapes import Bool
from neuronaut.analysis.statistics.contrast import Halves
from neuronaut.analysis.statistics.pieces import counted
from neuronaut.analysis.statistics.replication import replication_rate
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.numerals import percent
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording

NAMED = 3
"""Units that a note names."""


def comparison_notes(
    rec: Recording, b: Where, pair: tuple[Group, Group], halves: Halves, values: Mapping[str, Any], units: Sequence[str]
) -> tuple[str, ...]:
    """Everything that must be said about a comparison as it stands."""
    return (
        *notes_on(pair),
        *_unknown(b, pair),
        *_overlap(*pair),
        *_grouped(rec, halves),
        *_guard(pair, halves),
        *(_left_out(values, pair, units) if all(group.n for group in pair) else ()),
        *(_incomparable(values, units) if all(group.n for group in pair) else ()),
        *_replication(values),
    )


def _unknown(b: Where, pair: tuple[Group, Group]) -> list[str]:
    neither = 0 if b is not None else int((~(pair[0].mask | pair[1].mask)).sum())
    return [f"{neither:,} samples are in neither group, as {pair[0].name} is unknown for them."] if neither else []


def _overlap(a: Group, b: Group) -> list[str]:
    both = int((a.mask & b.mask).sum())
    if not both:
        return []
    are = "sample is" if both == 1 else "samples are"
    return [f"{both:,} {are} in both groups; they pull the groups together, and p and q are only a guide."]


def _grouped(rec: Recording, halves: Halves) -> list[str]:
    name = rec.card.options.get("groups")
    if not name:
        return []
    if halves.groups is None:
        return [
            "the samples come in groups, but p and q count each sample as independent; "
            "replication is the safer sign, as a group lies in one half whole."
        ]
    numbers = [counted(mask, halves.groups) for mask in (halves.a, halves.b)]
    return [
        f"samples of one group ({name}) are not independent: p, q and the intervals count "
        f"{numbers[0]:,} and {numbers[1]:,} groups, not samples."
    ]


def _guard(pair: Sequence[Group], halves: Halves) -> list[str]:
    word = "samples" if halves.groups is None else "groups of samples"
    numbers = [counted(group.mask, halves.groups) for group in pair]
    small = [(group, n) for group, n in zip(pair, numbers, strict=True) if 0 < n < FEWEST]
    if small:
        said = " and ".join(f"{group.name} has {n}" for group, n in small)
        side = "in a group" if halves.groups is None else "on a side"
        return [f"{said}: with fewer than {FEWEST} {word} {side} nothing is claimed, q is left empty."]
    fewest = min(counted(group.mask & (halves.half == half), halves.groups) for group in pair for half in (0, 1))
    if fewest < FEWEST <= min(numbers):
        held = f"{fewest} of a group" if halves.groups is None else f"{fewest} {word} of one side"
        return [f"one half of the samples holds only {held}, fewer than {FEWEST}: replication could not be checked."]
    return []


def _left_out(values: Mapping[str, Any], pair: tuple[Group, Group], units: Sequence[str]) -> list[str]:
    """Units compared on fewer samples than the groups have."""
    sides = [(values[name], group.n) for name, group in zip(("n_a", "n_b"), pair, strict=True)]
    fewer = np.any([n < whole for n, whole in sides], axis=0) & np.all([n >= 2 for n, _ in sides], axis=0)
    if not fewer.any():
        return []
    named = _named(fewer, units, "{} values")
    left = [f"{int(n[fewer].min()):,} of {whole:,}" for n, whole in sides]
    return [f"{named} NaN or infinite values, which are left out: n_a is down to {left[0]}, n_b to {left[1]}."]


def _incomparable(values: Mapping[str, Any], units: Sequence[str]) -> list[str]:
    """Units that have no p, and why."""
    alike = (values["sd_a"] == 0) & (values["sd_b"] == 0)
    lacking = np.minimum(values["n_a"], values["n_b"]) < 2
    same = alike & (values["difference"] == 0) & ~lacking
    apart = alike & (values["difference"] != 0) & ~lacking
    said = [
        (same, "{} the same for all these samples: nothing differs, and g, p and q are empty."),
        (apart, "{} constant in either group, and another constant: g is infinite and has no interval."),
        (lacking, "{} fewer than two finite values in a group: p and q are empty."),
    ]
    return [text.format(_named(which, units, text)) for which, text in said if which.any()]


def _named(which: Bool[np.ndarray, "unit"], units: Sequence[str], text: str) -> str:
    places = np.flatnonzero(which).tolist()
    more = f" and {len(places) - NAMED:,} more" if len(places) > NAMED else ""
    one = len(places) == 1
    verb = ("has" if one else "have") if "values" in text else ("is" if one else "are")
    return f"{', '.join(units[place] for place in places[:NAMED])}{more} {verb}"


def _replication(values: Mapping[str, Any]) -> list[str]:
    rate, again, found = replication_rate(values["q_half0"], values["replicated"])
    if not found:
        return []
    slope = float(values["shrinkage"])
    size = "" if np.isnan(slope) else f", with effects {slope:.2f} times as large"
    units = "1 unit differs" if found == 1 else f"{found:,} units differ"
    return [
        f"{units} on half 0; {again:,} of {'it' if found == 1 else 'them'} again on half 1 ({percent(rate)}){size}."
    ]
