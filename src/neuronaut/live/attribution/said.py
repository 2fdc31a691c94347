"""What must be said of attributions: whether they are complete, what was left out, which units stand out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.numerals import equals, measured, number, percent, score
from neuronaut.live.attribution.agreement import Agreement
from neuronaut.live.interval import Float64, few_notes
from neuronaut.live.verdict import FEWEST_SETS

EXACT = 0.01
"""Sums that miss what they should be by no more than this share are complete."""
SMALL = 0.05
"""Of the spread of an answer: mean differences below it are next to none."""
NAMED = 3
"""Units that are named one by one."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the notes are made from; ``pieces`` are the samples (or groups) that the intervals rest on."""

    method: str
    to: str
    layer: str
    name: str
    samples: int
    available: int
    lost: int
    fixed: Sequence[str]
    around: bool
    pieces: int
    grouped: bool
    others: int
    units: Sequence[str]
    table: Mapping[str, Float64]
    singles: Mapping[str, float]
    ranks: Agreement | None
    spread: float


def attributed_notes(told: Told) -> tuple[str, ...]:
    """The notes, the most telling first."""
    said = [*_sums(told), *_ranks(told), *_standing(told)]
    if told.samples < told.available:
        said.append(f"measured on {told.samples:,} of the {told.available:,} samples in {told.name}.")
    if told.lost:
        said.append(
            f"{told.lost:,} sample{'s are' if told.lost > 1 else ' is'} left out, as attributions or answers there are "
            "not finite."
        )
    if told.fixed:
        said.append(f"{', '.join(map(repr, told.fixed))} stays as it is: it holds whole numbers.")
    return (*said, *few_notes("attribution to", [told.to], np.array([told.pieces]), grouped=told.grouped))


def _sums(told: Told) -> Iterator[str]:
    found, off = told.singles, told.singles["relative_error"]
    if not np.isfinite(found["total"]):
        yield f"no sample has attributions to {told.to} that are finite."
        return
    share = "" if np.isnan(off) else f": an error of {percent(off)}"
    if told.method == "lrp":
        around = f", {measured(found['around'])} came to the inputs around {told.layer}" if told.around else ""
        yield (
            f"the relevance sums to {measured(found['total'])}, biases took {measured(found['absorbed'])}{around}; "
            f"{told.to} is {measured(found['value'])}{share}."
        )
        return
    ends = ("baseline", "samples") if told.method == "patching" else ("samples", "baseline")
    yield (
        f"the attributions sum to {measured(found['total'])}, and should to {measured(found['difference'])} ({told.to} "
        f"at the {ends[0]} less at the {ends[1]}){share}."
    )
    if abs(found["difference"]) < SMALL * told.spread:
        yield (
            f"that difference is small beside how {told.to} varies over these samples (sd {number(told.spread)}): on "
            "average what they add cancels out, and an error in % of it says little. Take a slice, another baseline, "
            "or read mean_abs."
        )
    if told.method == "conductance" and told.around:
        yield f"ways lead around {told.layer}: its conductance is only what flows through it, and need not sum to that."
    elif told.method in ("gradient", "patching") and not off <= EXACT:
        yield "to first order: exact where the answer is linear in the layer, and it is not."
    elif not off <= EXACT:
        yield "not complete: more steps come closer."


def _ranks(told: Told) -> Iterator[str]:
    if told.ranks is None:
        return
    if np.isnan(told.ranks.correlation):
        yield f"no rank correlation with true patching: {told.ranks.why or 'none was asked for'}."
        return
    yield (
        f"rank correlation with true patching {score(told.ranks.correlation)} over {told.ranks.count} units "
        f"(shuffled pairs reach that with {equals('p', told.ranks.p)})."
    )


def _standing(told: Told) -> Iterator[str]:
    out = np.flatnonzero(told.table["stands_out"] == 1)
    if not np.isfinite(told.singles["total"]):
        return
    if told.pieces < FEWEST:
        word = "groups" if told.grouped else "samples"
        yield f"no unit is said to stand out: {told.pieces} {word} are fewer than {FEWEST}."
    elif told.others < FEWEST_SETS:
        word = "other" if told.others == 1 else "others"
        yield (
            f"no unit is said to stand out: {told.others} {word} in the layer are fewer than the {FEWEST_SETS} that "
            "could tell 5%."
        )
    elif not len(out):
        yield "no unit stands out of its layer: none has an interval without 0 and lies outside 95% of the others."
    else:
        table = told.table
        first = out[np.argsort(-np.abs(table["attribution"][out]), kind="stable")][:NAMED]
        named = ", ".join(
            f"{told.units[one]} {measured(table['attribution'][one])} "
            f"[{measured(table['low'][one])}, {measured(table['high'][one])}]"
            for one in first
        )
        more = f" and {len(out) - NAMED} more" if len(out) > NAMED else ""
        yield f"beyond 95% of the other units of the layer, with an interval that excludes 0: {named}{more}."
