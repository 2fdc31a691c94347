"""Measuring: the same samples through the untouched model and through changed ones, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import copied
from neuronaut.capture.chunk import Chunk
from neuronaut.capture.live import session
from neuronaut.core.errors import DataError
from neuronaut.core.model import Batch, Edit, Site
from neuronaut.live.inputs import Rows
from neuronaut.live.scores import METRICS, Float64, Scores, levels, scores
from neuronaut.live.subject import Subject
from neuronaut.live.truth import Truth
from neuronaut.live.unit_sets import UnitSet

How = Literal["mean", "zero", "resample", "scale"]
WIDE = 128
"""Outputs whose change is kept for every sample; of more only the averages."""


@dataclass(slots=True)
class Measured:
    """``before`` and ``change`` [sample, metric] in the order of the subject's rows.

    ``outputs`` [sample, output] is their change, None when there are more than WIDE. ``output_sums`` [3, output] are of
    the samples in which the change is finite: the change, its size, and how many they are.
    ``others_sum`` and ``others_count`` [set, metric] belong to the other sets: the sum over samples whose change is
    finite, and their number.
    """

    samples: int
    sets: int
    before: Float64 = field(init=False)
    change: Float64 = field(init=False)
    outputs: Float64 | None = None
    output_sums: Float64 = field(init=False)
    others_sum: Float64 = field(init=False)
    others_count: Float64 = field(init=False)

    def __post_init__(self) -> None:
        self.before = np.full((self.samples, len(METRICS)), np.nan)
        self.change = np.full((self.samples, len(METRICS)), np.nan)
        self.output_sums = np.zeros((3, 0))
        self.others_sum = np.zeros((self.sets, len(METRICS)))
        self.others_count = np.zeros((self.sets, len(METRICS)))

    @property
    def others(self) -> Float64:
        """The average change that each of the other sets makes, [set, metric]."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.others_sum / self.others_count)

    def see(self, places: Rows, base: Float64, moved: Float64, shift: Float64) -> None:
        """One batch of the chosen set: metrics before, their change, and the change of the outputs."""
        self.before[places], self.change[places] = base, moved
        if not self.output_sums.size:
            self.output_sums = np.zeros((3, shift.shape[1]))
            self.outputs = np.zeros((self.samples, shift.shape[1])) if shift.shape[1] <= WIDE else None
        finite = np.isfinite(shift)
        known = np.where(finite, shift, 0.0)
        self.output_sums += [known.sum(0), np.abs(known).sum(0), finite.sum(0)]
        if self.outputs is not None:
            self.outputs[places] = shift

    def see_other(self, number: int, moved: Float64) -> None:
        """One batch of another set."""
        finite = np.isfinite(moved)
        self.others_sum[number] += np.where(finite, moved, 0.0).sum(0)
        self.others_count[number] += finite.sum(0)


def measure(
    subject: Subject, chosen: UnitSet, others: Sequence[UnitSet], how: How, seed: int, scale: float | None = None
) -> Measured:
    """What changing the chosen units does to each sample, and what changing the others does on average.

    All sets are changed alike: each unit becomes its mean over the rows, zero, its own values in another sample, or
    ``scale`` times what it is. Raises DataError when there is no other sample.
    """
    if how == "resample" and len(subject.rows) < 2:
        raise DataError("resampling takes values from another sample, and there is only one. Use how='mean' or 'zero'.")
    found = Measured(len(subject.rows), len(others))
    with session(subject.model):
        means = _means(subject, chosen.sites) if how == "mean" else {}
        for places, chunk in _batches(subject, how, seed):
            truth = None if subject.truth is None else subject.truth[places]
            donors = _donors(len(chunk), (seed, int(places[0]))) if how == "resample" else None
            plain = _scored(subject, chunk.inputs, [], truth)
            base = levels(subject.task, plain, plain, truth)
            for number, one in enumerate([chosen, *others]):
                edits = [_edit(site, units, how, means, donors, scale) for site, units in one.units]
                after = _scored(subject, chunk.inputs, edits, truth)
                with np.errstate(invalid="ignore"):  # infinite before and after: no change can be told
                    moved = levels(subject.task, plain, after, truth) - base
                    shift = after.outputs - plain.outputs
                if number:
                    found.see_other(number - 1, moved)
                else:
                    found.see(places, base, moved, shift)
    return found


def _scored(subject: Subject, inputs: Batch, edits: Sequence[Edit], truth: Truth) -> Scores:
    # A copy, since the first operation of a model may work in place.
    run = subject.model.run(copied(inputs), (), edits)
    return scores(subject.task, run.outputs, truth)


def _edit(
    site: Site,
    units: tuple[int, ...],
    how: How,
    means: Mapping[Site, Float64],
    donors: npt.NDArray[np.int64] | None,
    scale: float | None,
) -> Edit:
    if how == "scale":
        return Edit(site, units, how, np.full(len(units), scale, np.float64))
    return Edit(site, units, how, means[site][list(units)] if how == "mean" else donors)


def _means(subject: Subject, sites: Sequence[Site]) -> dict[Site, Float64]:
    """Each unit's mean over all rows where it is finite, and over positions where there are any, [unit] by site."""
    sums: dict[Site, Float64] = {}
    counts: dict[Site, Float64] = {}
    for chunk in subject.feed.batches(subject.rows, subject.batch):
        captured = subject.model.run(copied(chunk.inputs), sites).captured
        for site in sites:
            values = captured[site]["mean" if "mean" in captured[site] else "value"]
            finite = np.isfinite(values)
            total = np.where(finite, values, 0).sum(0, dtype=np.float64)
            sums[site] = sums[site] + total if site in sums else total
            counts[site] = counts[site] + finite.sum(0) if site in counts else finite.sum(0).astype(np.float64)
    return {site: total / np.maximum(counts[site], 1) for site, total in sums.items()}


def _batches(subject: Subject, how: How, seed: int) -> Iterator[tuple[Rows, Chunk]]:
    """The samples batch by batch, with their places among the rows.

    Values are taken from a sample of the same batch, so batches are mixed for that where the data can be read in any
    order, and none holds a single sample.
    """
    n, size, order = len(subject.rows), subject.batch, np.arange(len(subject.rows))
    if how == "resample":
        size = never_alone(n, size)
        order = np.random.default_rng(seed).permutation(n) if subject.feed.scattered else order
    start = 0
    for chunk in subject.feed.batches(subject.rows[order], size):
        yield order[start : start + len(chunk)], chunk
        start += len(chunk)


def never_alone(n: int, size: int) -> int:
    """The size of batches, near ``size``, that leaves no batch of one.

    >>> never_alone(9, 4), never_alone(8, 4), never_alone(3, 1)
    (3, 4, 3)
    """
    smaller = [fit for fit in range(size, 1, -1) if n % fit != 1]
    return smaller[0] if smaller else next(fit for fit in range(max(2, size), n + 1) if n % fit != 1)


def _donors(n: int, seed: tuple[int, int]) -> npt.NDArray[np.int64]:
    """For each sample of a batch another one, each taken once: one random cycle through all of them."""
    cycle = np.random.default_rng(seed).permutation(n)
    donors = np.empty(n, np.int64)
    donors[cycle] = np.roll(cycle, 1)
    return donors
