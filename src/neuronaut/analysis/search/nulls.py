"""Nulls: how well the same search does on shuffled copies of a unit, where there is nothing to be found."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np

from neuronaut.analysis.search.beam import Search
from neuronaut.analysis.search.bitsets import pack
from neuronaut.analysis.search.target import Part
from neuronaut.analysis.shapes import Bool, Float, Int


def best_of_shuffles(
    search: Search, part: Part, shuffles: int, seed: int, kept: MutableMapping[tuple[object, ...], Any]
) -> Float[np.ndarray, "shuffle"]:
    """The best score of the search on each shuffled copy.

    ``part`` is the half that slices are checked on: there a score that owes nothing to chance must be above what the
    whole search reaches by chance. A shuffled copy of a unit is known by how many samples are at its top, so ``kept``
    holds the scores for the next unit with as many; where samples come in groups, or values are missing, every unit
    has copies of its own.
    """
    positives, known = int(part.top.sum()), part.known_bits
    shared = part.groups is None and bool(part.known.all())
    key = (search.score, search.depth, search.beam, search.least, positives, shuffles, seed)
    if shared and key in kept:
        return np.asarray(kept[key])
    base = float(search.score(np.array(0), np.array(0), positives, int(part.known.sum())))
    best = []
    top_of_all = np.arange(len(part.top)) < positives if shared else part.top
    for top in shuffled(top_of_all, part.known, part.groups, shuffles, seed):
        found = search.best(pack(top), known)
        best.append(found[0].score if found else base)
    if shared:
        kept[key] = np.array(best)
    return np.array(best)


def shuffled(
    top: Bool[np.ndarray, "row"],
    known: Bool[np.ndarray, "row"],
    groups: Int[np.ndarray, "row"] | None,
    shuffles: int,
    seed: int,
) -> Iterator[Bool[np.ndarray, "row"]]:
    """The top moved to other known rows; where rows come in groups, whole groups change places.

    The rows of all groups, one group after the other, take the values of the groups in another order: what is alike
    within a group stays together.
    """
    rows = np.flatnonzero(known)
    own = top[rows]
    random = np.random.default_rng((seed, int(own.sum())))
    if groups is None:
        for _ in range(shuffles):
            moved = np.zeros(len(top), bool)
            moved[rows[random.permutation(len(rows))]] = own
            yield moved
        return
    order = np.argsort(groups[rows], kind="stable")
    _, places = np.unique(groups[rows][order], return_inverse=True)
    for _ in range(shuffles):
        turn = random.permutation(places[-1] + 1)[places]
        moved = np.zeros(len(top), bool)
        moved[rows[order]] = own[order][np.argsort(turn, kind="stable")]
        yield moved
