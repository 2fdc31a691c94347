"""Starts: where the way to a sample begins, from which a layer's values are attributed."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import copied, leaves, over, to_numpy
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.model import Batch, Model, Site
from neuronaut.live.inputs import Feed, Rows

Values = Mapping[Site, npt.NDArray[Any]]
POOL_BYTES = 128 << 20
"""Other samples whose values are held to draw from take at most this many bytes."""
WORDS = ("zero", "mean", "resample")


@dataclass(frozen=True, slots=True)
class Source:
    """The data behind baselines: rows of ``feed`` to average and to draw from, and how many run at a time."""

    model: Model
    feed: Feed
    rows: Rows
    pool: Rows
    batch: int


Start = Callable[[Values, Rows, int], Values]
"""``start(own, rows, draw)``: where the way to these samples (rows of the feed) begins, at this draw."""


def start_of(source: Source, sites: Sequence[Site], baseline: Any, seed: int) -> Start:
    """The starts that ``baseline`` names: zero, mean, resample, a number, or values as one sample has them.

    For inputs these are values as in the data, without the axis of samples; for a layer one number per unit, or
    [*position, unit]. Raises UnknownName for another word, DataError for values that do not fit.
    """
    if isinstance(baseline, str):
        if baseline not in WORDS:
            raise unknown("baseline", baseline, WORDS)
        if baseline == "mean":
            return _constant(_means(source, sites))
        if baseline == "resample":
            return _drawn(source, sites, seed)
        baseline = 0.0
    if isinstance(baseline, (int, float)):
        return lambda own, rows, draw: {site: np.full_like(one, baseline) for site, one in own.items()}
    graph = source.model.graph
    if all(graph[site.layer].kind == "input" for site in sites):
        return _constant(_as_sample(source, sites, baseline))
    return _constant({site: _as_layer(source, site, baseline) for site in sites})


def values_at(model: Model, inputs: Batch, sites: Sequence[Site]) -> Values:
    """The values [sample, *position, unit] of whole sites on one batch."""
    captured = model.run(copied(inputs), sites, position="keep").captured
    return {site: np.asarray(captured[site]["full" if "full" in captured[site] else "value"]) for site in sites}


def pool_size(values: Values, limit: int) -> int:
    """How many samples can be held to draw from, judged by the values of a few."""
    size = sum(one.nbytes / max(1, len(one)) for one in values.values())
    return max(2, min(limit, int(POOL_BYTES / max(1.0, size))))


def _constant(values: Values) -> Start:
    def start(own: Values, rows: Rows, draw: int) -> Values:
        for site, one in own.items():
            if values[site].ndim > 1 and values[site].shape != one.shape[1:]:
                raise _sizes(site, values[site].shape, one.shape[1:])
        return {site: np.broadcast_to(values[site], one.shape).astype(one.dtype) for site, one in own.items()}

    return start


def _sizes(site: Site, one: tuple[int, ...], other: tuple[int, ...]) -> DataError:
    return DataError(
        f"the samples have {site.layer} in several sizes ({one} and {other}), so one baseline does not fit all. "
        "Give baseline=0 or another number."
    )


def _means(source: Source, sites: Sequence[Site]) -> Values:
    """The mean over samples, where finite, of each value of each site."""
    sums: dict[Site, Any] = {}
    counts: dict[Site, Any] = {}
    for chunk in source.feed.batches(source.rows, source.batch):
        for site, values in values_at(source.model, chunk.inputs, sites).items():
            if site in sums and sums[site].shape != values.shape[1:]:
                raise _sizes(site, sums[site].shape, values.shape[1:])
            finite = np.isfinite(values)
            sums[site] = sums.get(site, 0) + np.where(finite, values, 0).sum(0, dtype=np.float64)
            counts[site] = counts.get(site, 0) + finite.sum(0)
    return {site: total / np.maximum(counts[site], 1) for site, total in sums.items()}


def _drawn(source: Source, sites: Sequence[Site], seed: int) -> Start:
    """Values of another sample: at each draw the pool in another order, each sample's own left out."""
    if len(source.pool) < 2:
        raise DataError("values are to be taken from another sample, and there is only one. Give baseline='zero'.")
    parts = [values_at(source.model, chunk.inputs, sites) for chunk in source.feed.batches(source.pool, source.batch)]
    held = {site: np.concatenate([part[site] for part in parts]) for site in sites}
    place = {int(row): number for number, row in enumerate(source.pool)}

    @functools.cache
    def others(row: int) -> npt.NDArray[np.int64]:
        order = np.random.default_rng((seed, row)).permutation(len(source.pool))
        return np.asarray(order[order != place.get(row, -1)])

    def start(own: Values, rows: Rows, draw: int) -> Values:
        chosen = [others(int(row))[draw % (len(source.pool) - 1)] for row in rows]
        return {site: held[site][chosen] for site in own}

    return start


def _as_sample(source: Source, sites: Sequence[Site], baseline: Any) -> Values:
    """Values given as one sample of the data, as the model's input layers have them."""
    (first,) = source.feed.batches(source.rows[:1], 1)
    own, given = leaves(first.inputs), leaves(_like(first.inputs, baseline))
    wrong = [
        f"{np.shape(one)} in place of {tuple(leaf.shape[1:])}"
        for leaf, one in zip(own, given, strict=False)
        if np.shape(one) != tuple(leaf.shape[1:])
    ]
    if len(own) != len(given) or wrong:
        shape = "; ".join(wrong) or f"{len(given)} arrays in place of {len(own)}"
        raise DataError(f"baseline has the wrong shape: {shape}. Give one sample as the data have it, or a number.")
    rest = iter(given)

    def filled(leaf: Any) -> npt.NDArray[Any]:
        return np.asarray(next(rest), to_numpy(leaf).dtype)[None]

    values = values_at(source.model, over(filled, [first.inputs]), sites)
    _check_finite(values)
    return {site: one[0] for site, one in values.items()}


def _like(inputs: Batch, baseline: Any) -> Batch:
    """The baseline in the structure of the inputs. Raises DataError for another structure."""
    if isinstance(inputs, Mapping):
        if not isinstance(baseline, Mapping) or set(baseline) != set(inputs):
            raise DataError(f"the model takes {', '.join(map(repr, inputs))}; give baseline= as a dict of these.")
        return {name: _like(part, baseline[name]) for name, part in inputs.items()}
    if isinstance(inputs, tuple):
        if not isinstance(baseline, (tuple, list)) or len(baseline) != len(inputs):
            raise DataError(f"the model takes {len(inputs)} inputs; give baseline= as a tuple of as many.")
        return tuple(_like(part, one) for part, one in zip(inputs, baseline, strict=True))
    return _numbers(baseline)


def _as_layer(source: Source, site: Site, baseline: Any) -> npt.NDArray[Any]:
    given, layer = _numbers(baseline), source.model.graph[site.layer]
    whole = (*layer.position_shape, layer.unit_count)
    if given.shape not in ((layer.unit_count,), whole):
        shapes = f"({layer.unit_count},)" + (f" or {whole}" if layer.position_shape else "")
        raise DataError(f"baseline has the wrong shape: {given.shape}; {site.layer} takes {shapes}, or a number.")
    _check_finite({site: given})
    return given


def _numbers(baseline: Any) -> npt.NDArray[Any]:
    detached = baseline.detach().cpu().numpy() if hasattr(baseline, "detach") else baseline
    try:
        return np.asarray(detached, np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"baseline takes {', '.join(map(repr, WORDS))}, a number or an array of numbers.") from error


def _check_finite(values: Values) -> None:
    if not all(np.isfinite(one).all() for one in values.values()):
        raise DataError("baseline holds NaN or infinity. Give finite numbers.")
