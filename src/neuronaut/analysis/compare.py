"""Compare: what tells two groups of samples apart, unit by unit, and whether the held-out half agrees."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from neuronaut.analysis.comparison_notes import comparison_notes
from neuronaut.analysis.groups import Group, two_groups
from neuronaut.analysis.recorded import chosen, reduced, unit_blocks, unit_coords
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.remembered import Remembered
from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.analysis.statistics.bootstrap import Bootstrap
from neuronaut.analysis.statistics.contrast import Halves, Table, contrast, corrected, effects
from neuronaut.analysis.statistics.moments import single
from neuronaut.analysis.statistics.percentile import among
from neuronaut.analysis.statistics.permutation import MaxT, Shuffles
from neuronaut.analysis.statistics.replication import replication_rate, shrinkage
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

THREADS = 2
LAST = Remembered(64 << 20)
"""What each unit told by itself in the comparisons made last: one that was stopped is not begun again."""
INTERVALS = ("welch", "bca")
_Question = Callable[[np.ndarray, Halves], Table]


@analysis(version=2)
def compare(
    rec: Recording,
    a: Where,
    b: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    interval: str = "welch",
    resamples: int = 2000,
    max_t: int = 0,
    twin: Recording | None = None,
    seed: int = 0,
) -> Result:
    """How each unit differs between two groups: effect size with interval, AUROC, p, q and held-out replication.

    What each value means stands with ``neuronaut.compare``, which makes the twin as well. Here ``twin`` is a recording
    of the same samples by the same network re-initialised.

    Formulas and their sources: the modules of ``neuronaut.analysis.statistics``.
    Raises FilterError when a group cannot be read, DataError for options that make no sense.
    """
    _check(interval, resamples, max_t, seed)
    pair, arrays, halves, found = contrasted(rec, a, b, layers, site, reduction)
    values = corrected(found)
    notes: list[str] = []
    if interval == "bca":
        values |= _bca(arrays, halves, resamples, seed)
    if max_t:
        values |= _max_t(arrays, halves, found["claim"], max_t, seed, notes)
    if twin is not None:
        values["twin_percentile"] = _twin_percentile(rec, twin, arrays, halves, values["hedges_g"], notes)
    whole = {
        "replication_rate": np.array(replication_rate(values["q_half0"], values["replicated"])[0]),
        "shrinkage": np.array(shrinkage(values["q_half0"], values["g_half0"], values["g_half1"])),
    }
    coords = unit_coords(rec, arrays)
    said = comparison_notes(rec, b, pair, halves, values | whole, coords["unit"])
    return Result(
        "compare",
        values | whole,
        dict.fromkeys(values, ("unit",)) | dict.fromkeys(whole, ()),
        coords,
        n={group.name: group.n for group in pair},
        seed=seed,
        notes=(*said, *notes),
    )


def _check(interval: str, resamples: int, max_t: int, seed: int) -> None:
    if interval not in INTERVALS:
        raise DataError(f"no interval {interval!r}. There are: {', '.join(map(repr, INTERVALS))}.")
    if interval == "bca" and resamples < 100:
        raise DataError(f"an interval from {resamples} resamples says nothing. Ask for 100 at least; 2,000 is usual.")
    if max_t < 0 or 0 < max_t < 19:
        raise DataError(f"{max_t} shuffles cannot give a p below .05. Ask for 0, or 19 at least; 999 is usual.")
    if seed < 0:
        raise DataError(f"a seed is a whole number from 0 on; got {seed}.")


class Contrasted(NamedTuple):
    """Two groups of a recording's samples, the layers they are compared in, and what each unit tells by itself."""

    pair: tuple[Group, Group]
    arrays: list[Activations]
    halves: Halves
    found: Table


def contrasted(
    rec: Recording, a: Where, b: Where, layers: str | Sequence[str], site: str, reduction: str
) -> Contrasted:
    """What each unit of these layers tells of two groups by itself, before all together tell which to believe."""
    pair = two_groups(rec, a, b)
    arrays = chosen(rec, layers, site, reduction)
    halves = Halves(pair[0].mask, pair[1].mask, np.asarray(rec.half), rec.groups)
    return Contrasted(pair, arrays, halves, _of_each(rec, arrays, halves))


def _of_each(rec: Recording, arrays: Sequence[Activations], halves: Halves) -> Table:
    """What each unit tells by itself; layers that were looked at lately need no reading."""
    groups = hashlib.sha256(halves.a.tobytes() + halves.b.tobytes()).hexdigest()
    keys = {array: (rec.id, rec.sequence, groups, array.layer, array.site, array.reduction) for array in arrays}
    known = {array: table for array, key in keys.items() if (table := LAST.get(key)) is not None}
    missing = [array for array in arrays if array not in known]
    for array, table in zip(missing, _apart(missing, halves, contrast, halves.ordered), strict=True):
        LAST.put(keys[array], table)
        known[array] = table
    return _joined([known[array] for array in arrays])


def _each(arrays: Sequence[Activations], halves: Halves, of: _Question) -> Table:
    """``of`` the samples of either group, for all units of all arrays."""
    return _joined(list(_apart(arrays, halves, of, np.flatnonzero(halves.either))))


def _joined(tables: Sequence[Mapping[str, np.ndarray]]) -> Table:
    return {name: np.concatenate([table[name] for table in tables]) for name in tables[0]} if tables else {}


def _apart(
    arrays: Sequence[Activations], halves: Halves, of: _Question, rows: Int[np.ndarray, "sample_chosen"]
) -> Iterator[Table]:
    """``of`` these samples, a table for each array as soon as it is there; in blocks of units that fit in memory."""
    inside = halves.within(rows)
    blocks = [[(array, units) for units in unit_blocks(array, len(rows))] for array in arrays]

    def one(block: tuple[Activations, slice]) -> Table:
        array, units = block
        return of(single(array.read(units=units)[rows]), inside)

    if sum(map(len, blocks)) == 1:
        yield one(*blocks[0])
        return
    with ThreadPoolExecutor(THREADS) as pool:
        coming = pool.map(one, [block for of_array in blocks for block in of_array])
        for of_array in blocks:
            yield _joined([next(coming) for _ in of_array])


def _bca(arrays: Sequence[Activations], halves: Halves, resamples: int, seed: int) -> Table:
    sizes = int(halves.a.sum()), int(halves.b.sum())
    if not all(sizes):
        empty = np.full(sum(array.shape[-1] for array in arrays), np.nan)
        return {"bca_low": empty, "bca_high": empty}
    plan = Bootstrap.plan(
        *sizes, halves.groups_of(halves.a), halves.groups_of(halves.b), resamples=resamples, seed=seed
    )

    def of(columns: Num[np.ndarray, "sample unit"], inside: Halves) -> Table:
        low, high = plan.bca(columns[inside.a], columns[inside.b])
        return {"bca_low": low, "bca_high": high}

    return _each(arrays, halves, of)


def _max_t(
    arrays: Sequence[Activations],
    halves: Halves,
    claim: Float[np.ndarray, "unit"],
    shuffles: int,
    seed: int,
    notes: list[str],
) -> Table:
    """Permutation p-values; the units come in the order of the comparison, so that ``claim`` can be cut alongside."""
    if (halves.a & halves.b).any() or not (halves.a.any() and halves.b.any()):
        if (halves.a & halves.b).any():
            notes.append("labels cannot be shuffled while samples are in both groups: p_permutation, p_max are empty.")
        empty = np.full(len(claim), np.nan)
        return {"p_permutation": empty, "p_max": empty}
    rows = halves.either
    inside = halves.within(rows)
    test = MaxT(Shuffles(inside.a, inside.groups, shuffles, seed))
    start = 0
    for array in arrays:
        for units in unit_blocks(array, len(rows)):
            columns = single(array.read(units=units)[rows])
            stop = start + columns.shape[1]
            test.add(columns, ~np.isnan(claim[start:stop]))
            start = stop
    return {"p_permutation": test.p, "p_max": test.adjusted}


def _twin_percentile(
    rec: Recording,
    twin: Recording,
    arrays: Sequence[Activations],
    halves: Halves,
    g: Float[np.ndarray, "unit"],
    notes: list[str],
) -> Float[np.ndarray, "unit"]:
    """Where each unit's |g| stands among those of the same layer of a network that learned nothing."""
    if not np.array_equal(twin.sample_ids, rec.sample_ids):
        raise DataError(f"the twin {twin.path.name} holds other samples than {rec.path.name}. Record it on the same.")
    parts, start = [], 0
    for array in arrays:
        own = g[start : start + array.shape[-1]]
        start += array.shape[-1]
        layer = rec.layers[array.layer]
        there = twin.layers.get(array.layer)
        if layer.kind == "input" or there is None or there.unit_count != layer.unit_count:
            why = "is the input, which no weights change" if layer.kind == "input" else "is not in the twin"
            notes.append(f"layer {array.layer} {why}: its twin_percentile is empty.")
            parts.append(np.full(len(own), np.nan))
            continue
        other = reduced(twin, array.layer, array.site, array.reduction)
        theirs = _each([other], halves, lambda columns, inside: {"g": effects(columns, inside)})["g"]
        parts.append(among(np.abs(own), np.abs(theirs)))
    return np.concatenate(parts)
