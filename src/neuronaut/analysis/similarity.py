"""Similarity: which units do the same, by what they answer or by how they are wired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronaut.analysis.groups import Group, group_of, notes_on
from neuronaut.analysis.measures.against import Against
from neuronaut.analysis.measures.likeness import likened
from neuronaut.analysis.measures.matrices import row_blocks, thinned
from neuronaut.analysis.measures.neighbours import ROUNDING, Likeness, directions, likeness_of, products, ranked
from neuronaut.analysis.measures.wiring import weights_in, weights_out
from neuronaut.analysis.recorded import chosen, shared_out, spans, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import fewer_samples, named_units
from neuronaut.analysis.shapes import Bool, Float, Int
from neuronaut.analysis.statistics.moments import STRIP_ROWS, pivot
from neuronaut.analysis.statistics.pieces import counted
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.address import parse_address
from neuronaut.core.errors import DataError, UnknownName, unknown
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

VALUES = 1 << 26
"""Numbers of a layer that are held at a time; a larger one is looked at on fewer samples, and that is said."""
BY = ("activation", "weight in", "weight out")
METRICS = ("pearson", "cosine")
CHECKED = 16
"""Ranks of each unit of a layer whose likeness on the held-out half gets an interval."""
ALL_CHOSE = "all samples choose the similar units, and nothing is held out."
HELD = ("found", "heldout", "heldout_low", "heldout_high", "heldout_n")
_Ranked = dict[str, np.ndarray]
"""index [unit, rank], and what is known of each of these pairs."""


@dataclass(frozen=True, slots=True)
class _Asked:
    by: str
    metric: str
    k: int
    opposite: bool
    unit: int | None
    seed: int

    @property
    def centre(self) -> bool:
        return self.metric == "pearson"


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """How many samples were looked at, on how many each unit is finite, and between what."""

    rows: int
    finite: Int[np.ndarray, "unit"]
    high: Float[np.ndarray, "unit"]
    low: Float[np.ndarray, "unit"]

    @classmethod
    def of(cls, columns: Float[np.ndarray, "number unit"]) -> _Seen:
        known = np.isfinite(columns)
        if known.all():
            high, low = columns.max(0, initial=-np.inf), columns.min(0, initial=np.inf)
        else:
            high, low = np.where(known, columns, -np.inf).max(0), np.where(known, columns, np.inf).min(0)
        return cls(len(columns), known.sum(0), high, low)


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    """The samples that a layer is looked at on, in two halves where both are large enough, else in one."""

    inside: Bool[np.ndarray, "sample"]
    half: Int[np.ndarray, "sample"]
    groups: Int[np.ndarray, "sample"] | None

    @property
    def held(self) -> bool:
        """Whether what one half shows can be checked on the other."""
        return min(counted(self.inside & (self.half == half), self.groups) for half in (0, 1)) >= FEWEST

    def of(self, half: int) -> Bool[np.ndarray, "sample"]:
        """Those of one half; all of them are half 0 where nothing is held out."""
        if not self.held:
            return self.inside if half == 0 else np.zeros_like(self.inside)
        return np.asarray(self.inside & (self.half == half))

    def groups_of(self, half: int) -> Int[np.ndarray, "sample"] | None:
        return None if self.groups is None else self.groups[self.of(half)]


@analysis(version=3)
def similarity(
    rec: Recording,
    at: str | None = None,
    *,
    by: str = "activation",
    metric: str | None = None,
    k: int = 10,
    opposite: bool = False,
    where: Where = None,
    site: str = "post",
    reduction: str = "mean",
    seed: int = 0,
) -> Result:
    """The k units of the same layer most similar to a unit, or to each unit of a layer or of all layers.

    ``at`` is a unit (``"fc1:11"``: values ``similar``, the addresses, and ``value`` along ``rank``), a layer, or
    nothing for all layers (``index``, the similar unit's number in the same layer, and ``value``, along ``unit`` and
    ``rank``).
    ``by`` compares activations over the samples, or the vectors of weights: ``"weight in"`` (also ``"weight"``) or
    ``"weight out"``. ``metric`` is pearson for activations and cosine for weights unless it is named; both are signed,
    from -1 to 1, and with ``opposite`` the most negative come first. Equal values come by number.

    By activation, the k are chosen and ordered on half 0 of the samples, where they are as alike as ``found`` says; of
    the best of many that is too much. Trust ``heldout``, the same pair on half 1, which had no say in the choice, with
    its 95 % interval, ``heldout_low heldout_high``, on ``heldout_n`` samples (of a layer, for the first 16 ranks);
    ``value`` is that of all samples. The interval is the wider of Fisher's and one that assumes no distribution, and
    counts groups where samples come in groups. With fewer than 20 samples (or groups) in a half nothing is held out:
    all samples choose, and that is said.

    A unit that is constant or all 0 is similar to none: -1, NaN, and a note. Where activations are NaN or infinite, two
    units are compared on the samples where both are finite, at least half of all, and that is said. A layer of more
    than 2^26 numbers is looked at on samples drawn by ``seed``, and that is said.

    Raises UnknownName for a layer or unit that is not there, DataError for weights of a layer that has none.
    Reference: Pearson 1895; cosines of weight vectors as in Olah et al., Zoom in: an introduction to circuits, 2020;
    intervals: Fisher 1921, Steiger and Hakstian 1982.
    """
    by = "weight in" if by == "weight" else by
    metric = metric or ("pearson" if by == "activation" else "cosine")
    _check(by, metric, k)
    group = group_of(rec, where)
    layers, unit = _asked(rec, at)
    arrays = chosen(rec, layers, site, reduction)
    asked = _Asked(by, metric, k, opposite, unit, seed)
    notes = [] if by != "activation" else notes_on([group])
    parts = []
    for array in arrays:
        if by == "activation" and unit is not None:
            part, said = _of_one(rec, array, unit, group, asked)
        else:
            part, said = _of_all(rec, array, group, asked, alone=len(arrays) == 1)
        parts.append(part)
        notes += said
        if units_of(array) == 1:
            notes.append(f"{array.layer} has a single unit: there is none to compare it with.")
    table = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    coords: dict[str, Sequence[Any]] = {**unit_coords(rec, arrays), "rank": list(range(1, k + 1))}
    n = {group.name: group.n} if by == "activation" else {}
    if unit is None:
        dims = dict.fromkeys(table, ("unit", "rank"))
        return Result("similarity", table, dims, coords, n=n, seed=seed, notes=tuple(notes))
    there = table["index"][0] >= 0
    similar = np.array([coords["unit"][place] for place in table.pop("index")[0][there].tolist()], dtype=str)
    values = {"similar": similar, **{name: column[0][there] for name, column in table.items()}}
    ranks = {"rank": list(range(1, len(similar) + 1))}
    return Result("similarity", values, dict.fromkeys(values, ("rank",)), ranks, n=n, seed=seed, notes=tuple(notes))


def _check(by: str, metric: str, k: int) -> None:
    if by not in BY:
        raise unknown("way to compare units", by, BY)
    if metric not in METRICS:
        raise unknown("metric", metric, METRICS)
    if k < 1:
        raise DataError(f"asked for {k} similar units. Ask for at least 1.")


def _asked(rec: Recording, at: str | None) -> tuple[str | list[str], int | None]:
    """The layers to look at, and the unit of the only one if one was named."""
    if at is None:
        return "*", None
    address = parse_address(at, list(rec.layers))
    if address.layer not in rec.layers:
        raise unknown("layer", address.layer, rec.layers)
    count = rec.layers[address.layer].unit_count
    if address.unit is not None and address.unit >= count:
        raise UnknownName(f"no unit {address.unit} in layer {address.layer!r}: its units are 0 to {count - 1}.")
    return [address.layer], address.unit


def _of_one(rec: Recording, array: Activations, unit: int, group: Group, asked: _Asked) -> tuple[_Ranked, list[str]]:
    """The most similar of one unit: a single pass over the samples, of which no copy is held."""
    looked, said = _looked_at(rec, array, group, asked.seed)
    near = pivot(array.read(rows=slice(0, STRIP_ROWS))) if asked.centre else np.zeros(units_of(array))
    halves = [looked.of(half) for half in (0, 1)]

    def of(pieces: Sequence[slice]) -> tuple[Against, Against]:
        sums = Against(unit, near), Against(unit, near)
        for piece in pieces:
            block = array.read(rows=piece)
            for one, rows in zip(sums, halves, strict=True):
                if rows[piece].any():
                    one.add_rows(block[rows[piece]])
        return sums

    inside = looked.inside
    (first, second), *others = shared_out([piece for piece in spans(array, len(inside)) if inside[piece].any()], of)
    for more in others:
        first.add(more[0])
        second.add(more[1])
    chosen_on = _Seen(first.rows, first.finite, first.high, first.low)
    ways = [_known(first, asked)]
    if looked.held:
        second_alone = _known(second, asked)
        first.add(second)
        ways += [_known(first, asked), second_alone]
    whole = _Seen(first.rows, first.finite, first.high, first.low)
    found = _ranked(ways, units_of(array), asked, np.array([unit]))
    if looked.held:
        there = found["index"][0] >= 0
        columns = [array.read(units=place)[halves[1]] for place in (unit, *found["index"][0][there].tolist())]
        _check_pairs(found, 0, columns[0], np.stack(columns, 1)[:, 1:], looked, asked)
    return found, [*said, *_silent_notes(whole, chosen_on, unit_coords(rec, [array])["unit"], asked)]


def _known(sums: Against, asked: _Asked) -> Likeness:
    alike = sums.likeness(centre=asked.centre)[None]
    return lambda _: alike


def _of_all(
    rec: Recording, array: Activations, group: Group, asked: _Asked, *, alone: bool
) -> tuple[_Ranked, list[str]]:
    """The most similar of each unit, or of one by its weights: all that is compared is held."""
    addresses, of = unit_coords(rec, [array])["unit"], None if asked.unit is None else np.array([asked.unit])
    if asked.by != "activation":
        columns, said = _weights(rec, array, asked.by, alone=alone)
        along = directions(columns, centre=asked.centre)
        silent = named_units(np.isnan(along).any(0), addresses) if columns.size else ""
        if silent:
            said.append(f"{silent}: all weights are 0 or the same, or some are not finite; similar to none.")
        index, (value,) = ranked(products(along), units_of(array), asked.k, opposite=asked.opposite, of=of)
        return {"index": index, "value": value}, said
    looked, said = _looked_at(rec, array, group, asked.seed)
    columns = np.concatenate([np.zeros((0, units_of(array))), *row_blocks([array], looked.inside)])
    first, second = (columns[looked.of(half)[looked.inside]] for half in (0, 1))
    parts = (first, columns, second) if looked.held else (columns,)
    ways = [likeness_of(part, centre=asked.centre) for part in parts]
    found = _ranked(ways, units_of(array), asked)
    if looked.held:
        second = np.asfortranarray(second)
        for unit, places in enumerate(found["index"][:, :CHECKED]):
            _check_pairs(found, unit, second[:, unit], second[:, places[places >= 0]], looked, asked)
    return found, [*said, *_silent_notes(_Seen.of(columns), _Seen.of(first), addresses, asked)]


def _ranked(ways: Sequence[Likeness], units: int, asked: _Asked, of: Int[np.ndarray, "asked"] | None = None) -> _Ranked:
    """The most similar of each unit by the first way; beside it what all samples say, and the held-out half."""
    index, values = ranked(ways[0], units, asked.k, opposite=asked.opposite, of=of, beside=ways[1:])
    found = {"index": index, "value": values[0], **{name: np.full(index.shape, np.nan) for name in HELD}}
    if len(ways) > 1:
        found |= dict(zip(("found", "value", "heldout"), values, strict=True))
    return found


def _check_pairs(
    found: _Ranked,
    row: int,
    own: Float[np.ndarray, "sample"],
    others: Float[np.ndarray, "sample pair"],
    looked: _Looked,
    asked: _Asked,
) -> None:
    """Give the first pairs of a unit, those it has, their interval on the held-out half."""
    alike = likened(own[:, None], others, looked.groups_of(1), centre=asked.centre)
    places = np.flatnonzero(found["index"][row] >= 0)[: others.shape[1]]
    known = np.isfinite(found["heldout"][row, places])
    for name, values in (("heldout_low", alike.low), ("heldout_high", alike.high)):
        found[name][row, places] = np.where(known, values, np.nan)
    found["heldout_n"][row, places] = alike.n


def _looked_at(rec: Recording, array: Activations, group: Group, seed: int) -> tuple[_Looked, list[str]]:
    """The samples that a layer is looked at on, and what must be said of them."""
    inside = thinned(group.mask, max(2, VALUES // units_of(array)), seed)
    n = int(inside.sum())
    said = [f"{array.layer}: {fewer_samples(n, group.n, 'it')}"] if n < group.n else []
    looked = _Looked(inside, np.asarray(rec.half, np.int64), rec.groups)
    word = "samples" if looked.groups is None else "groups of samples"
    if n and not looked.held:
        said.append(f"{array.layer}: fewer than {FEWEST} {word} in a half: {ALL_CHOSE}")
    elif n and looked.groups is not None:
        said.append("samples come in groups: intervals count groups.")
    return looked, said


def _weights(
    rec: Recording, array: Activations, by: str, *, alone: bool
) -> tuple[Float[np.ndarray, "number unit"], list[str]]:
    """The weights of each unit as a column, and what must be said where there are none."""
    layer = rec.layers[array.layer]
    found = weights_in(rec, layer) if by == "weight in" else weights_out(rec, layer)
    if found is not None:
        return found, []
    side = "into" if by == "weight in" else "out of"
    reason = f"{array.layer}: no weights {side} its units were recorded as a matrix"
    if alone:
        raise DataError(f"{reason}. Compare by activation.")
    return np.zeros((0, units_of(array))), [f"{reason}."]


def _silent_notes(seen: _Seen, first: _Seen, addresses: Sequence[str], asked: _Asked) -> list[str]:
    """Which units are similar to none, and which are compared on fewer samples, each with its reason."""
    if not seen.rows:
        return []
    few = 2 * seen.finite < seen.rows
    still, still_first = _still(seen, asked), _still(first, asked)
    word = "constant" if asked.centre else "0 for every sample"
    said = {
        word: (still & ~few, "similar to none"),
        f"{word} on half 0, which chooses": (still_first & ~still & ~few, "similar to none"),
        "NaN or infinite for more than half of the samples": (few, "similar to none"),
        "NaN or infinite for some samples": (~few & (seen.finite < seen.rows), "compared on the others"),
    }
    named = {reason: (named_units(units, addresses), what) for reason, (units, what) in said.items()}
    return [f"{units}: {reason}; {what}." for reason, (units, what) in named.items() if units]


def _still(seen: _Seen, asked: _Asked) -> Bool[np.ndarray, "unit"]:
    """Which units say nothing."""
    largest = np.maximum(np.abs(seen.high), np.abs(seen.low))
    with np.errstate(invalid="ignore"):
        return np.asarray(seen.high - seen.low <= ROUNDING * largest if asked.centre else largest == 0)
