"""Arrangement: orders of units by what they do on the samples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.activity import activity
from neuronaut.analysis.groups import Group
from neuronaut.analysis.ordering.class_order import (
    Classes,
    Numbers,
    by_keys,
    class_contrast,
    class_keys,
    classes_of,
    number_keys,
)
from neuronaut.analysis.ordering.together import fire_together, standardised
from neuronaut.analysis.recorded import by_layer, holds, reduced, unit_blocks
from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.analysis.statistics.moments import single
from neuronaut.core.errors import DataError
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording

SAMPLES = 4096
"""Samples, evenly spaced, that tell which units fire together."""
TOGETHER = 8192
"""Units beyond which a layer's correlations are not computed."""

Arranged = tuple[dict[str, np.ndarray[Any, np.dtype[np.int64]]], list[str]]
"""Orders by layer, and what must be said."""


def arranged(
    rec: Recording,
    layers: Sequence[str],
    by: str,
    group: Group,
    where: Where,
    *,
    column: str | None,
    seed: int,
) -> Arranged:
    """The orders of these layers, and what must be said; layers that cannot be ordered are left out.

    Raises UnknownName for a column that is not there, DataError for one without two classes.
    """
    if by == "index":
        return {}, []
    if by == "class":
        name = _column(rec, column)
        rec.columns[name]
    if not group.n:
        return {}, ["without samples every layer stays in index order."]
    held = [name for name in layers if holds(rec, name, "post")]
    notes = [f"the site post of {name} was not recorded: index order." for name in layers if name not in held]
    if not held:
        return {}, notes
    if by == "class":
        keys, said = _class_keys(rec, held, _column(rec, column), group)
    elif by == "together":
        return _together(rec, held, group, seed, notes)
    else:
        keys, said = _statistic_keys(rec, held, by, where), []
    nowhere = {name: int(np.isnan(one[0]).sum()) for name, one in keys.items()}
    notes += said + [_placeless(name, count, keys[name].shape[1]) for name, count in nowhere.items() if count]
    return {name: by_keys(one) for name, one in keys.items()}, notes


def _placeless(layer: str, count: int, units: int) -> str:
    return f"{count:,} of {units:,} units of {layer} do not vary, or have no finite values: they come last."


def _column(rec: Recording, column: str | None) -> str:
    if column is not None:
        return column
    label = rec.task.get("label")
    if isinstance(label, str) and label in rec.columns:
        return label
    said = ", ".join(repr(name) for name in list(rec.columns)[:8])
    raise DataError(f"an order by class needs a column, as column='sex'. There are: {said}.")


def _class_keys(
    rec: Recording, layers: Sequence[str], column: str, group: Group
) -> tuple[dict[str, Float[np.ndarray, "2 unit"]], list[str]]:
    found, notes = classes_of(rec.columns[column], group.mask)

    def keys(values: Num[np.ndarray, "sample unit"]) -> Float[np.ndarray, "2 unit"]:
        if isinstance(found, Numbers):
            return number_keys(values, found.values[group.mask])
        return class_keys(class_contrast(values, found.codes[group.mask], len(found.names)))

    return {name: _blockwise(rec, name, group, keys) for name in layers}, [*notes, _legend(column, found)]


def _legend(column: str, found: Classes | Numbers) -> str:
    if isinstance(found, Numbers):
        return f"first the units that fall as {column} rises, last those that rise with it."
    if len(found.names) == 2:
        return f"first the units that prefer {column} {found.names[0]}, last those that prefer {found.names[1]}."
    first, then = found.names[:2]
    return f"units that prefer {column} {first} first, then {then} and so on, in each the strongest first."


def _blockwise(
    rec: Recording, layer: str, group: Group, keys: Callable[..., Float[np.ndarray, "2 unit"]]
) -> Float[np.ndarray, "2 unit"]:
    array = reduced(rec, layer, "post", "mean")
    blocks = unit_blocks(array, len(group.mask))
    return np.concatenate([keys(single(array.read(units=units)[group.mask])) for units in blocks], axis=1)


def _statistic_keys(
    rec: Recording, layers: Sequence[str], statistic: str, where: Where
) -> dict[str, Float[np.ndarray, "2 unit"]]:
    """The highest first: the keys are negative."""
    found = activity(rec, where, layers=list(layers))
    column = -np.asarray(found[statistic])[0]
    return {name: np.stack([column[units], np.zeros(column[units].size)]) for name, units in by_layer(found).items()}


def _together(rec: Recording, layers: Sequence[str], group: Group, seed: int, notes: Sequence[str]) -> Arranged:
    found: dict[str, Int[np.ndarray, "place"]] = {}
    said = list(notes)
    if group.n > SAMPLES:
        said.append(f"correlations are taken over {SAMPLES:,} of {group.n:,} samples, evenly spaced.")
    for name in layers:
        units = rec.layers[name].unit_count
        if units > TOGETHER:
            said.append(f"{name} has {units:,} units, too many to correlate with each other: index order.")
            continue
        values = spaced_rows(rec, name, group, SAMPLES)
        found[name] = fire_together(values, seed)
        still = int((~standardised(values).any(0)).sum())
        if still:
            said.append(_placeless(name, still, units))
    return found, said


def spaced_rows(rec: Recording, layer: str, group: Group, most: int) -> Num[np.ndarray, "sample unit"]:
    """What a layer does on at most so many samples of a group, evenly spaced."""
    rows = np.flatnonzero(group.mask)
    if rows.size > most:
        rows = rows[np.linspace(0, rows.size - 1, most).astype(np.int64)]
    return np.asarray(single(reduced(rec, layer, "post", "mean").read(rows=rows)))


def source_scales(
    rec: Recording, layers: Sequence[str], group: Group, where: Where
) -> tuple[dict[str, Float[np.ndarray, "unit"]], list[str]]:
    """The mean absolute activation of each unit, by which the lines that leave it are weighed; 0 where it is not known.

    A layer that was not recorded after its activation, and every layer without samples, is weighed by 1.
    """
    held = [name for name in layers if holds(rec, name, "post")]
    notes = [f"lines that leave {name} count by their weight alone: its site post was not recorded." for name in layers
             if name not in held]  # fmt: skip
    if not group.n or not held:
        return {}, [*notes, *(["without samples lines count by their weight alone."] if not group.n else [])]
    found = activity(rec, where, layers=held)
    size = np.asarray(found["mean_abs"])[0]
    unknown = [found.coords["unit"][place] for place in np.flatnonzero(np.isnan(size)).tolist()]
    if unknown:
        more = f" and {len(unknown) - 8:,} more" if len(unknown) > 8 else ""
        notes.append(f"lines that leave {', '.join(unknown[:8])}{more} count as 0: no finite activation.")
    return {name: np.nan_to_num(size[units]) for name, units in by_layer(found).items()}, notes
