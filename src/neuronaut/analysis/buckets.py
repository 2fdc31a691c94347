"""Buckets: a wide layer as fewer groups of like units that stand side by side."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.activity import activity
from neuronaut.analysis.groups import group_of
from neuronaut.analysis.ordering.arrangement import spaced_rows
from neuronaut.analysis.ordering.together import standardised
from neuronaut.analysis.recorded import holds
from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording

SAMPLES = 512
"""Samples, evenly spaced, by which units are held to be alike."""


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """What the members of each bucket have in common, and what the mean hides: mean, largest, standard deviation."""

    mean: Float[np.ndarray, "..."]
    max: Float[np.ndarray, "..."]
    spread: Float[np.ndarray, "..."]


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """Groups of the units of a layer: each is a run of the drawn order, and all together are the order.

    ``activity`` is the spread of the members' mean activations; NaN where the layer's site post was not recorded.
    """

    layer: str
    groups: tuple[Int[np.ndarray, "_"], ...]
    activity: Spread

    @property
    def order(self) -> Int[np.ndarray, "place"]:
        return np.concatenate(self.groups)

    @property
    def number(self) -> Int[np.ndarray, "unit"]:
        """The bucket that each unit is in."""
        found = np.empty(sum(map(len, self.groups)), np.int64)
        for number, group in enumerate(self.groups):
            found[group] = number
        return found


def buckets(
    rec: Recording,
    layer: str,
    permutation: Sequence[int] | Int[np.ndarray, "place"] | None = None,
    at_most: int = 200,
    *,
    where: Where = None,
) -> Buckets:
    """The units of a layer in at most so many groups (max_display_units): neighbours in the order that act alike.

    Without a permutation the order is that of the index. A layer that is narrow enough has a bucket for each unit.
    ``where`` restricts the samples on which likeness and activity are looked at. ``bucket_weights`` puts the same
    groups on both sides of a matrix of weights; ``groups`` opens a bucket.

    Raises UnknownName for a layer that was not recorded, DataError when the permutation is none of its units.
    """
    if layer not in rec.layers:
        raise unknown("layer", layer, rec.layers)
    units = rec.layers[layer].unit_count
    order = np.arange(units) if permutation is None else np.asarray(permutation, np.int64)
    if not np.array_equal(np.sort(order), np.arange(units)):
        raise DataError(f"the order of {layer!r} must name each of its units 0 to {units - 1} once.")
    group = group_of(rec, where)
    held = holds(rec, layer, "post") and group.n > 0
    profiles = standardised(spaced_rows(rec, layer, group, SAMPLES)).T if held else np.zeros((units, 1))
    mean = np.asarray(activity(rec, where, layers=[layer])["mean"])[0] if held else np.full(units, np.nan)
    groups = runs_alike(profiles[order], order, at_most)
    return Buckets(layer, groups, bucket_values(mean, groups))


def runs_alike(
    profiles: Num[np.ndarray, "place feature"], order: Int[np.ndarray, "place"], at_most: int
) -> tuple[Int[np.ndarray, "_"], ...]:
    """The order cut into at most so many runs with like profiles inside: Ward's clustering of neighbours only.

    The two neighbouring runs whose joining adds least to the sum of squares are joined until few enough are left, the
    smaller ones first where that is equal. A unit unlike its neighbours stays alone. O(n log n) joins.

    >>> import numpy as np
    >>> [run.tolist() for run in runs_alike(np.array([[0.0], [0.1], [9.0], [5.0], [5.2]]), np.arange(5), 3)]
    [[0, 1], [2], [3, 4]]

    Reference: Ward 1963; Grimm, CONISS: stratigraphically constrained cluster analysis, 1987.
    """
    if at_most < 1:
        raise DataError(f"asked for {at_most} buckets. Ask for at least 1.")
    count = len(order)
    sums, sizes = profiles.astype(np.float64), np.ones(count, np.int64)
    after, before = list(range(1, count + 1)), list(range(-1, count - 1))
    version = [0] * count
    gaps = np.diff(sums, axis=0)
    costs = 0.5 * np.einsum("pf,pf->p", gaps, gaps)
    heap = [(cost, 2, left, 0, 0) for left, cost in enumerate(costs.tolist())]
    heapq.heapify(heap)

    def offer(left: int, right: int) -> None:
        apart = sums[left] / sizes[left] - sums[right] / sizes[right]
        both = int(sizes[left] + sizes[right])
        cost = float(apart @ apart) * int(sizes[left]) * int(sizes[right]) / both
        heapq.heappush(heap, (cost, both, left, version[left], version[right]))

    for _ in range(count - at_most):
        left, right = _next(heap, version, after)
        sums[left] += sums[right]
        sizes[left] += sizes[right]
        version[left] += 1
        version[right] = -1
        after[left] = after[right]
        if after[left] < count:
            before[after[left]] = left
            offer(left, after[left])
        if before[left] >= 0:
            offer(before[left], left)
    starts = [place for place in range(count) if version[place] >= 0]
    return tuple(np.split(order, starts[1:])) if count else ()


def _next(
    heap: list[tuple[float, int, int, int, int]], version: Sequence[int], after: Sequence[int]
) -> tuple[int, int]:
    """The cheapest pair of neighbours that still stand as they were when the cost was taken."""
    while True:
        _, _, left, of_left, of_right = heapq.heappop(heap)
        right = after[left]
        if version[left] == of_left and right < len(version) and version[right] == of_right:
            return left, right


def bucket_values(values: Num[np.ndarray, "unit"], groups: Sequence[Int[np.ndarray, "_"]]) -> Spread:
    """Mean, largest and standard deviation of one value for each unit, by bucket; NaN members are left out.

    >>> import numpy as np
    >>> found = bucket_values(np.array([1.0, 5.0, 3.0]), [np.array([0, 2]), np.array([1])])
    >>> found.mean.tolist(), found.max.tolist(), found.spread.tolist()
    ([2.0, 5.0], [3.0, 5.0], [1.0, 0.0])
    """
    numbers = [values[group].astype(np.float64) for group in groups]
    finite = [one[np.isfinite(one)] for one in numbers]

    def each(verb: str) -> Float[np.ndarray, "bucket"]:
        return np.array([float(getattr(one, verb)()) if one.size else np.nan for one in finite])

    return Spread(each("mean"), each("max"), each("std"))


def bucket_weights(
    weights: Num[np.ndarray, "source target"],
    source: Sequence[Int[np.ndarray, "_"]],
    target: Sequence[Int[np.ndarray, "_"]],
) -> Spread:
    """Mean, largest and standard deviation of the absolute weights from each source bucket to each target bucket.

    Give each layer its own groups on whichever side it stands, so that a bucket means the same units everywhere. NaN
    and infinity count as 0.

    >>> import numpy as np
    >>> found = bucket_weights(np.array([[1.0, -3.0], [2.0, 0.0]]), [np.array([1, 0])], [np.array([0]), np.array([1])])
    >>> found.mean.tolist(), found.max.tolist(), found.spread.tolist()
    ([[1.5, 1.5]], [[2.0, 3.0]], [[0.5, 1.5]])
    """
    drawn = weights[np.ix_(np.concatenate(source), np.concatenate(target))].astype(np.float64)
    size = np.abs(np.nan_to_num(drawn, posinf=0.0, neginf=0.0))
    rows, columns = (np.cumsum([0, *map(len, groups)])[:-1] for groups in (source, target))
    many = np.multiply.outer([len(group) for group in source], [len(group) for group in target])

    def total(matrix: Float[np.ndarray, "source target"]) -> Float[np.ndarray, "bucket bucket2"]:
        return np.asarray(np.add.reduceat(np.add.reduceat(matrix, rows, axis=0), columns, axis=1))

    mean = total(size) / many
    largest = np.maximum.reduceat(np.maximum.reduceat(size, rows, axis=0), columns, axis=1)
    inside = size - np.repeat(np.repeat(mean, [*map(len, source)], 0), [*map(len, target)], 1)
    return Spread(mean, largest, np.sqrt(total(inside**2) / many))
