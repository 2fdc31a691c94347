"""Attribution of one batch: what each value of a layer adds to a number of the model, by one of six methods.

References: Simonyan et al., Deep inside convolutional networks, 2014 (gradient x activation); Sundararajan et al.,
Axiomatic attribution for deep networks, 2017 (integrated gradients); Dhamdhere et al., How important is a neuron?, 2019
(conductance); Erion et al., Improving performance of deep learning models with axiomatic attribution priors and
expected gradients, 2021; Bach et al., On pixel-wise explanations by layer-wise relevance propagation, 2015; Nanda,
Attribution patching, 2023.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import copied
from neuronaut.core.errors import DataError
from neuronaut.core.model import Attributable, Batch, Relevance, Site, Slope

Float64 = npt.NDArray[np.float64]
Values = Mapping[Site, npt.NDArray[Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """``unit`` of ``target`` as a function of ``sites``; ``moved`` are the sites that a path moves.

    ``positions``: whether attributions keep their positions, or are summed over them.
    """

    model: Attributable
    target: Site
    unit: int
    sites: tuple[Site, ...]
    moved: tuple[Site, ...]
    positions: bool = False

    def folded(self, values: Float64) -> Float64:
        """What is kept of [sample, *position, unit]."""
        return values if self.positions else summed(values)

    def ask(
        self, inputs: Batch, put: Values | None = None, *, slope: bool = True, rule: Relevance | None = None
    ) -> Slope:
        """The number on one batch with values put at sites; raises DataError when no site reaches it."""
        sites = self.sites if slope else ()
        # A copy, since the first operation of a model may work in place.
        found = self.model.slope(copied(inputs), self.target, self.unit, sites, put=put, rule=rule)
        if slope and not found.gradient:
            names = " and ".join(repr(site.layer) for site in sites)
            raise DataError(
                f"{names} does not reach {self.target.layer}:{self.unit}: nothing it does can change it (it runs "
                "later, on another way, or is cut off by a detach). Name a layer before it."
            )
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """One batch: ``attribution`` [sample, unit] by site; ``value`` and ``start`` [sample], the number on the samples
    and where the path starts (NaN where there is no path); for relevance what was ``absorbed``, and came ``around``.
    """

    attribution: Mapping[Site, Float64]
    value: Float64
    start: Float64
    absorbed: float = 0.0
    around: Float64 | None = None


@dataclass(frozen=True, slots=True)
class Batched:
    """The samples of one batch: their inputs, the values of the moved sites, and where the path to them starts.

    ``start(number)`` gives the start for each draw of a method that draws.
    """

    inputs: Batch
    own: Values
    start: Callable[[int], Values]
    random: np.random.Generator = field(default_factory=np.random.default_rng)


def gradient(question: Question, batch: Batched) -> Part:
    """(a - a') dF/da at the samples: exact where the number is linear in the layer."""
    start, here = batch.start(0), question.ask(batch.inputs)
    return Part(
        {site: question.folded(_times(_minus(batch.own[site], start[site]), here, site)) for site in question.sites},
        _double(here.value),
        _value(question, batch, start),
    )


def patching(question: Question, batch: Batched) -> Part:
    """(a' - a) dF/da at the samples: the change, to first order, when a' is put in the place of a."""
    found = gradient(question, batch)
    return Part({site: -one for site, one in found.attribution.items()}, found.value, found.start)


def integrated(question: Question, batch: Batched, steps: int) -> Part:
    """(a - a') times the mean of dF/da on the straight way from a' to a, by Gauss-Legendre nodes."""
    start, places = batch.start(0), np.polynomial.legendre.leggauss(steps)
    total: dict[Site, Float64] = {}
    for node, weight in zip((places[0] + 1) / 2, places[1] / 2, strict=True):
        here = question.ask(batch.inputs, _between(start, batch.own, float(node)))
        for site in question.sites:
            product = weight * question.folded(_times(_minus(batch.own[site], start[site]), here, site))
            total[site] = total[site] + product if site in total else product
    return Part(total, _value(question, batch), _value(question, batch, start))


def expected(question: Question, batch: Batched, steps: int) -> Part:
    """(a - a') dF/da, averaged over starts a' drawn from the data and places on the straight way from each."""
    samples = len(next(iter(batch.own.values())))
    strata = np.argsort(batch.random.random((samples, steps)), axis=1)
    places = (strata + batch.random.random((samples, steps))) / steps
    total: dict[Site, Float64] = {}
    starts = np.zeros(samples)
    for draw in range(steps):
        start = batch.start(draw)
        here = question.ask(batch.inputs, _between(start, batch.own, places[:, draw]))
        starts += _value(question, batch, start) / steps
        for site in question.sites:
            product = question.folded(_times(_minus(batch.own[site], start[site]), here, site)) / steps
            total[site] = total[site] + product if site in total else product
    return Part(total, _value(question, batch), starts)


def conductance(question: Question, batch: Batched, steps: int) -> Part:
    """dF/dy times the change of y, summed along the straight way of the inputs; by trapezoids."""
    start = batch.start(0)
    total: dict[Site, Float64] = {}
    first = before = question.ask(batch.inputs, _between(start, batch.own, 0.0))
    for step in range(1, steps + 1):
        here = question.ask(batch.inputs, _between(start, batch.own, step / steps))
        for site in question.sites:
            moved = _minus(here.activation[site], before.activation[site])
            product = question.folded((_times(moved, before, site) + _times(moved, here, site)) / 2)
            total[site] = total[site] + product if site in total else product
        before = here
    return Part(total, _double(before.value), _double(first.value))


def relevance(question: Question, batch: Batched, rule: Relevance) -> Part:
    """Layer-wise relevance propagation from the number down to the layer."""
    here = question.ask(batch.inputs, rule=rule)
    found = {site: question.folded(_times(_double(here.activation[site]), here, site)) for site in question.sites}
    value = _double(here.value)
    around = np.zeros(len(value)) if here.around is None else _double(here.around)
    return Part(found, value, np.full(len(value), np.nan), here.absorbed, around)


def patched(
    question: Question, batch: Batched, value: Float64, units: Mapping[Site, Sequence[int]]
) -> dict[Site, Float64]:
    """The true change [sample, unit] when one unit at a time gets the values of the start."""
    start, found = batch.start(0), dict[Site, Float64]()
    for site, chosen in units.items():
        changes = []
        for unit in chosen:
            mixed = np.array(batch.own[site])
            mixed[..., unit] = start[site][..., unit]
            changes.append(_minus(question.ask(batch.inputs, {site: mixed}, slope=False).value, value))
        found[site] = np.stack(changes, 1)
    return found


def _value(question: Question, batch: Batched, put: Values | None = None) -> Float64:
    return _double(question.ask(batch.inputs, put, slope=False).value)


def _between(start: Values, own: Values, place: float | Float64) -> Values:
    """Values on the straight way from ``start`` (0) to ``own`` (1), at one place or one of each sample."""

    def mixed(site: Site) -> npt.NDArray[Any]:
        at = np.reshape(place, (-1, *[1] * (own[site].ndim - 1))).astype(own[site].dtype)
        with np.errstate(invalid="ignore"):
            return np.asarray(start[site] + at * (own[site] - start[site]), own[site].dtype)

    return {site: mixed(site) for site in own}


def _minus(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> Float64:
    with np.errstate(invalid="ignore"):
        return np.asarray(_double(one) - other)


def _times(change: Float64, slope: Slope, site: Site) -> Float64:
    """The change times the derivative; 0 at a site that does not reach the number."""
    if site not in slope.gradient:
        return np.zeros_like(change)
    with np.errstate(invalid="ignore", over="ignore"):
        return np.asarray(change * slope.gradient[site])


def summed(values: Float64) -> Float64:
    """Summed over positions: [sample, unit]."""
    if values.ndim == 2:
        return values
    return np.asarray(values.reshape(len(values), -1, values.shape[-1]).sum(1), np.float64)


def _double(values: npt.NDArray[Any]) -> Float64:
    return np.asarray(values, np.float64)
