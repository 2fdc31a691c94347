"""Order: in which order the units of each layer are drawn."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.ordering.arrangement import arranged, source_scales
from neuronaut.analysis.ordering.links import Link, expected_crossings, links_of, total_crossings
from neuronaut.analysis.ordering.sweeps import SIFTED, fewest_crossings
from neuronaut.analysis.recorded import named
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Int
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.layer import Layer
from neuronaut.core.result import Result
from neuronaut.core.selection import restrict
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording

ORDERS = ("crossings", "class", "firing_rate", "mean", "together", "index")
WEIGHTS = ("weight", "weight x activity")
PERMUTATION = "permutation\t"


@analysis(version=1)
def order(
    rec: Recording,
    by: str = "crossings",
    *,
    column: str | None = None,
    weights: str = "weight",
    where: Where = None,
    layers: str | Sequence[str] = "*",
    passes: int = 24,
    seed: int = 0,
    inputs: bool = False,
    outputs: bool = False,
) -> Result:
    """An order of the units of each layer, and how many weighted crossings of lines it leaves.

    ``by`` is one of

    - ``crossings``: few weighted crossings between the layers, never more than in index order; ``passes`` sweeps and
      passes of sifting at most (other tools call it n_reorder_passes), the same for the same ``seed``;
    - ``class``: by the class of ``column`` that each unit prefers (two classes: from one to the other; more: by the
      preferred class, strongest first; numbers: by correlation with them). Without a column, the label;
    - ``firing_rate``, ``mean``: the highest first;
    - ``together``: units whose activations correlate side by side;
    - ``index``: as the model has them.

    Input features and outputs keep their own order, which their names give a meaning, unless ``inputs=True`` or
    ``outputs=True``. ``where`` restricts the samples; ``weights="weight x activity"`` counts each line by its weight
    times the mean absolute activation of its source. All edges with weights from unit to unit count, also those that
    skip layers; a note lists them.

    Values: ``permutation<tab>LAYER`` with the units in drawn order (``permutations`` gives them by layer), and
    ``crossings_before``, ``crossings_after``, ``crossings_random``: in index order, in this order, and on average over
    random orders; NaN where no weights are known. Units that give no reason for a place come last, and a note says so.

    Raises UnknownName for an order, a layer or a column that is not there, DataError for a column without two classes.
    """
    _check(by, column, weights, passes)
    names = named(rec, layers)
    sizes = {name: rec.layers[name].unit_count for name in names}
    still = {name for name in names if _stays(rec.layers[name], inputs=inputs, outputs=outputs)}
    group = group_of(rec, where)
    scales, notes = source_scales(rec, names, group, where) if weights != WEIGHTS[0] else ({}, [])
    links, counted = links_of(rec, restrict(rec.graph, names).edges, scales)
    index = {name: np.arange(size) for name, size in sizes.items()}
    if by == "crossings":
        found, said = _few_crossings(links, sizes, still, passes, seed)
    else:
        moving = [name for name in names if name not in still]
        found, said = arranged(rec, moving, by, group, where, column=column, seed=seed)
    drawn = {**index, **found}
    sampled = by not in ("crossings", "index") or weights != WEIGHTS[0]
    values: dict[str, Any] = {f"{PERMUTATION}{name}": places for name, places in drawn.items()}
    values |= _totals(links, index, drawn, still)
    return Result(
        "order",
        values,
        {name: (f"place\t{name.removeprefix(PERMUTATION)}",) if array.ndim else () for name, array in values.items()},
        n={group.name: group.n} if sampled else {},
        seed=seed,
        notes=(*notes, *(_where_note(where) if not sampled else notes_on([group])), *counted, *said, *_none(links)),
    )


def permutations(result: Result) -> dict[str, Int[np.ndarray, "place"]]:
    """The units of each layer in drawn order, by layer, from what ``order`` gave."""
    return {
        name.removeprefix(PERMUTATION): np.asarray(array)
        for name, array in result.values.items()
        if name.startswith(PERMUTATION)
    }


def _totals(
    links: Sequence[Link], index: Mapping[str, Any], drawn: Mapping[str, Any], still: Collection[str]
) -> dict[str, Any]:
    """Crossings in index order, as drawn, and on average over random orders; NaN without weights."""
    if not links:
        return {f"crossings_{name}": np.array(np.nan) for name in ("before", "after", "random")}
    return {
        "crossings_before": np.array(total_crossings(links, index)),
        "crossings_after": np.array(total_crossings(links, drawn)),
        "crossings_random": np.array(expected_crossings(links, still, index)),
    }


def _check(by: str, column: str | None, weights: str, passes: int) -> None:
    if by not in ORDERS:
        raise unknown("order", by, ORDERS)
    if weights not in WEIGHTS:
        raise unknown("kind of weights", weights, WEIGHTS)
    if column is not None and by != "class":
        raise DataError(f"column {column!r} was given, but the order is by {by!r}. Ask for by='class'.")
    if passes < 0:
        raise DataError(f"asked for {passes} passes. Ask for 0 (none) or more.")


def _stays(layer: Layer, *, inputs: bool, outputs: bool) -> bool:
    return (layer.kind == "input" and not inputs) or (layer.output and not outputs)


def _few_crossings(
    links: Sequence[Link], sizes: Mapping[str, int], still: Collection[str], passes: int, seed: int
) -> tuple[dict[str, Int[np.ndarray, "place"]], list[str]]:
    notes = []
    tied = {name for link in links for name in (link.source, link.target) if link.weights.any()}
    loose = [name for name, size in sizes.items() if name not in tied and name not in still and size > 1]
    if loose:
        notes.append(f"no weights lead into or out of {_joined(loose)}: index order.")
    if all(size < 2 or name in still for name, size in sizes.items()):
        notes.append("no layer is free to move: inputs=True and outputs=True free the inputs and the outputs.")
    wide = [name for name in sizes if name in tied and name not in still and sizes[name] > SIFTED]
    if wide:
        notes.append(f"{_joined(wide)} is wider than {SIFTED:,} units: ordered by barycentre alone, not sifted.")
    return fewest_crossings(links, sizes, still=still, passes=passes, seed=seed), notes


def _joined(names: Sequence[str], most: int = 8) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _none(links: Sequence[Link]) -> list[str]:
    if links:
        return []
    return ["no weights between these layers are known: crossings cannot be counted, and none can be saved."]


def _where_note(where: Where) -> list[str]:
    if where is None:
        return []
    return ["the filter has no say: this order looks at the weights alone."]
