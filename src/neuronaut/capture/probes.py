"""Probes: the few samples, spread over the labels, on which influence is measured."""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import copied, join, leaves, take
from neuronaut.core.model import Batch

PROBES = 256
"""At most this many samples."""
PROBE_BYTES = 64 << 20
"""The inputs that are kept take at most this many bytes."""


class Probes:
    """A seeded choice of samples, as many of each label as there are, drawn while the samples stream by.

    Each sample's place in the queue is a hash of seed and sample number, so the choice depends neither on the batches
    nor on how often the recording was resumed. Reference: bottom-k sampling, Cohen and Kaplan 2007.
    """

    def __init__(self, limit: int, strata: int, seed: int) -> None:
        self.limit, self.seed = limit, seed
        self.mixed = not 1 < strata <= limit  # with more labels than probes, chance decides among all samples
        self.quota = limit if self.mixed else -(-limit // strata)
        self.kept: dict[int, list[tuple[int, int, Batch]]] = {}

    def offer(self, inputs: Batch, ids: npt.NDArray[np.int64], strata: npt.NDArray[Any] | None) -> None:
        """Look at one batch of samples; those that are kept are copied."""
        ranks = scattered(ids, self.seed)
        groups = np.zeros(len(ids), np.int64) if strata is None or self.mixed else strata
        for stratum in np.unique(groups).tolist():
            queue = self.kept.setdefault(stratum, [])
            bound = -queue[0][0] if len(queue) == self.quota else 1 << 64
            places = np.flatnonzero((groups == stratum) & (ranks <= np.uint64(bound - 1)))
            for place in places[np.argsort(ranks[places])][: self.quota].tolist():
                entry = (-int(ranks[place]), int(ids[place]), copied(take(inputs, slice(place, place + 1))))
                if len(queue) < self.quota:
                    heapq.heappush(queue, entry)
                elif entry[0] > queue[0][0]:
                    heapq.heapreplace(queue, entry)

    def batch(self) -> tuple[Batch, npt.NDArray[np.int64]] | None:
        """The chosen samples as one batch, ordered by sample number, and those numbers; None when there are none.

        Labels take turns until the limit is reached.
        """
        queues = [sorted(queue, key=lambda entry: -entry[0]) for _, queue in sorted(self.kept.items())]
        turns = [queue[turn] for turn in range(self.quota) for queue in queues if turn < len(queue)]
        chosen = sorted(turns[: self.limit], key=lambda entry: entry[1])
        if not chosen:
            return None
        return join([inputs for _, _, inputs in chosen]), np.array([sample for _, sample, _ in chosen], np.int64)


def drawn(ids: npt.NDArray[np.int64], strata: npt.NDArray[Any] | None, limit: int, seed: int) -> npt.NDArray[np.intp]:
    """The places of at most ``limit`` samples, rising: a seeded choice, as many of each stratum as there are.

    >>> drawn(np.arange(6), np.array([0, 0, 0, 0, 0, 1]), 2, seed=0).tolist()[1]
    5
    """
    probes = Probes(limit, 1 if strata is None else len(np.unique(strata)), seed)
    probes.offer(np.arange(len(ids)), ids, strata)
    chosen = probes.batch()
    return np.zeros(0, np.intp) if chosen is None else np.sort(np.asarray(chosen[0], np.intp))


def scattered(ids: npt.NDArray[np.int64], seed: int) -> npt.NDArray[np.uint64]:
    """A pseudo-random number for each sample number, the same for the same seed.

    Reference: splitmix64, Steele, Lea and Flood 2014.
    """
    with np.errstate(over="ignore"):
        z = ids.astype(np.uint64) + np.uint64((seed * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) % 2**64)
        z = z * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)), dtype=np.uint64)


def probe_count(inputs: Batch, samples: int) -> int:
    """How many probes fit, judged by the size of the inputs of one batch of ``samples``."""
    size = sum(leaf.nbytes for leaf in leaves(inputs)) / max(1, samples)
    return max(1, min(PROBES, int(PROBE_BYTES / max(1.0, size))))
