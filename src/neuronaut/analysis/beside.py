"""Beside: every layer of one recording beside every layer of another, over the samples that both hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.measures.alignment import Seen, alike, by_chance, seen
from neuronaut.analysis.measures.matching import Pairing, pairings
from neuronaut.analysis.measures.matrices import rows_of, thinned
from neuronaut.analysis.recorded import chosen, unit_coords, units_of
from neuronaut.analysis.saying import named_units
from neuronaut.analysis.shapes import Int
from neuronaut.analysis.shared import shared_samples
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

SAMPLES = 4096
"""Samples that are looked at, at most: the same ones whichever layers are asked about."""
VALUES = 1 << 26
"""Numbers of a layer that are held at a time."""
SHUFFLED = 1024
"""Samples that are shuffled; what chance gives falls with their number, so that of more it would be lower still."""


@dataclass(frozen=True, slots=True)
class _Question:
    """Rows of both recordings that are looked at, which of them are shuffled, and how."""

    rows: Int[np.ndarray, "sample"]
    others: Int[np.ndarray, "sample"]
    drawn: Int[np.ndarray, "drawn"]
    pairings: tuple[Pairing, ...]


def beside(
    rec: Recording,
    other: Recording,
    where: Where,
    layers: str | Sequence[str],
    other_layers: str | Sequence[str],
    site: str,
    reduction: str,
    shuffles: int,
    seed: int,
) -> Result:
    """What ``cka`` says of two recordings."""
    if rec.id == other.id:
        raise DataError(f"{rec.path.name} beside itself: leave other out, or give the recording of another network.")
    if shuffles < 0 or 0 < shuffles < 19:
        raise DataError(f"{shuffles} shuffles cannot give a p below .05. Ask for 0, or 19 at least; 199 is usual.")
    mine, theirs = chosen(rec, layers, site, reduction), chosen(other, other_layers, site, reduction)
    shared = shared_samples(rec, other)
    group = group_of(rec, where)
    inside = group.mask[shared.rows]
    widest = max(units_of(array) for array in (*mine, *theirs))
    looked = np.flatnonzero(thinned(inside, max(1, min(SAMPLES, VALUES // widest)), seed))
    drawn = np.flatnonzero(thinned(np.ones(len(looked), bool), SHUFFLED, seed))
    codes = next(
        (one.groups[rows] for one, rows in ((rec, shared.rows), (other, shared.others)) if one.groups is not None), None
    )
    pieces = np.arange(len(drawn)) if codes is None else np.unique(codes[looked][drawn], return_inverse=True)[1]
    asked = _Question(
        shared.rows[looked],
        shared.others[looked],
        drawn,
        pairings(pieces, shuffles, seed) if len(drawn) >= 4 else (),
    )
    notes = [*shared.notes, *notes_on([group])]
    if len(looked) < inside.sum():
        notes.append(f"looked at on {len(looked):,} of {int(inside.sum()):,} samples, drawn by the seed.")
    if asked.pairings and len(drawn) < len(looked):
        notes.append(f"chance is that of {len(drawn):,} shuffled samples; of all {len(looked):,} it would be lower.")
    if codes is not None:
        notes.append("samples come in groups: whole groups are shuffled.")
    if 0 < len(looked) < 4:
        notes.append(f"{len(looked)} samples are too few for the debiased value; it needs 4.")
    table, said = _table(rec, other, mine, theirs, asked)
    return Result(
        "cka",
        table,
        dict.fromkeys(table, ("layers", "others")),
        {"layers": [array.layer for array in mine], "others": [array.layer for array in theirs]},
        n={"shared" if where is None else group.name: int(inside.sum())},
        seed=seed,
        notes=(*notes, *said),
    )


def _table(
    rec: Recording, other: Recording, mine: Sequence[Activations], theirs: Sequence[Activations], asked: _Question
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The values of each two layers, and what must be said of single layers."""
    table = {name: np.full((len(mine), len(theirs)), np.nan) for name in ("cka", "debiased", "null", "p")}
    said: dict[str, None] = {}
    few = sum(units_of(array) for array in theirs) * len(asked.rows) <= VALUES
    held: dict[str, Seen] = {}
    for row, array in enumerate(mine):
        one = _seen(rec, array, asked.rows, asked, said)
        for column, beside_it in enumerate(theirs):
            two = held.get(beside_it.layer) or _seen(other, beside_it, asked.others, asked, said)
            if few:
                held[beside_it.layer] = two
            table["cka"][row, column], debiased = alike(one, two)
            table["debiased"][row, column] = debiased
            table["null"][row, column], table["p"][row, column] = by_chance(debiased, one, two, asked.pairings)
    return table, list(said)


def _seen(
    rec: Recording, array: Activations, rows: Int[np.ndarray, "sample"], asked: _Question, said: dict[str, None]
) -> Seen:
    values = rows_of(array, rec.n, rows)
    finite = np.isfinite(values).all(0)
    broken = named_units(~finite, unit_coords(rec, [array])["unit"])
    if broken:
        said[f"NaN or infinite activations; left out: {broken} of {rec.path.name}."] = None
    found = seen(values[:, finite], asked.drawn, asked.pairings)
    if len(rows) and not found.own > 0:
        said[f"nothing varies in {array.layer!r} of {rec.path.name}: it is like no other layer."] = None
    return found
