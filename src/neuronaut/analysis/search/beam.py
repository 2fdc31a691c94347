"""Search: the conjunctions and disjunctions of a few predicates that tell a target set best; a beam over bit sets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from neuronaut.analysis.search.bitsets import overlaps, size
from neuronaut.analysis.search.counts import Counts
from neuronaut.analysis.shapes import Bool, Float, Int, Num

Join = Literal["and", "or"]
Score = Callable[..., Any]


def average_precision(
    chosen: Num[np.ndarray, "*shape"], hits: Num[np.ndarray, "*shape"], positives: int, rows: int
) -> Float[np.ndarray, "*shape"]:
    """Average precision of a set as the prediction of the target: recall x precision + (1 - recall) x base rate.

    The set has ``chosen`` of the ``rows``, ``hits`` of the ``positives`` among them. A set that tells nothing scores
    the base rate, the target itself 1.

    Reference: scikit-learn's average_precision_score with the set as a score of 0 and 1.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        recall = hits / positives
        precision = np.where(chosen > 0, hits / chosen, 0.0)
    return np.asarray(recall * precision + (1 - recall) * (positives / rows))


def f1(
    chosen: Num[np.ndarray, "*shape"], hits: Num[np.ndarray, "*shape"], positives: int, rows: int
) -> Float[np.ndarray, "*shape"]:
    """Harmonic mean of precision and recall, 2 hits / (chosen + positives); ``rows`` do not matter."""
    return np.asarray(2 * hits / (chosen + positives))


SCORES: dict[str, Score] = {"ap": average_precision, "f1": f1}


@dataclass(frozen=True, slots=True)
class Found:
    """A set that was found: its first predicate, what was joined to it in turn, and what it holds."""

    first: int
    joined: tuple[tuple[Join, int], ...]
    score: float
    rows: Num[np.ndarray, "word"] = field(repr=False)

    @property
    def used(self) -> set[int]:
        return {self.first, *(place for _, place in self.joined)}


@dataclass(frozen=True, slots=True)
class Search:
    """A beam search, the same for every target.

    ``counts`` may be shared by searches of the same sets.

    ``depth`` predicates at most are joined; ``beam`` sets are kept of each length. ``least`` rows must be inside and
    outside of a set. A longer set is kept only if the rows by which it differs from the shorter one differ so much
    in their share of the target that chance among all P predicates does not explain it: z^2 > 2 ln P.

    Reference: Mu and Andreas, Compositional explanations of neurons, 2020; the bound is Foster and George's risk
    inflation criterion, 1994.
    """

    sets: Num[np.ndarray, "set word"]
    score: Score
    depth: int
    beam: int
    least: int
    counts: Counts | None = None

    def best(self, target: Num[np.ndarray, "word"], known: Num[np.ndarray, "word"]) -> list[Found]:
        """The best sets of every length together, best first, no two with the same rows; all within ``known``."""
        return _ranked([one for level in self.levels(target, known) for one in level])

    def levels(self, target: Num[np.ndarray, "word"], known: Num[np.ndarray, "word"]) -> Iterator[list[Found]]:
        """The kept sets of one predicate, of two, and so on."""
        if not len(self.sets):
            return
        task = _Task(self, target, known)
        level = task.singles()
        seen = {one.rows.tobytes() for one in level}
        for length in range(1, self.depth + 1):
            yield level
            if not level or length == self.depth:
                return
            level = task.longer(level, seen)


class _Task:
    """One target among the known rows."""

    def __init__(self, search: Search, target: Num[np.ndarray, "word"], known: Num[np.ndarray, "word"]) -> None:
        self.search = search
        self.target = target & known
        self.known = known
        self.positives, self.rows = size(self.target), size(known)
        self.counts = search.counts or Counts(search.sets)
        self.within = self.counts.within(self.target)
        (self.sizes,), (self.hits,) = self.counts.shared(known[None]), self.within.shared(known[None])
        self.bound = np.sqrt(2 * np.log(max(len(search.sets), 2)))

    def singles(self) -> list[Found]:
        scores = self._scores(self.sizes, self.hits)
        places = _largest(scores, 4 * self.search.beam)
        found = [Found(place, (), float(scores[place]), self.search.sets[place] & self.known) for place in places]
        return _ranked(found)[: self.search.beam]

    def longer(self, level: list[Found], seen: set[bytes]) -> list[Found]:
        """The best sets with one predicate more; ``seen`` are those there were, and grows."""
        own = np.stack([one.rows for one in level])
        sizes = overlaps(own, np.stack([self.known, self.target]))
        both, both_hits = self.counts.shared(own), self.within.shared(own)
        narrow = self._gains(sizes[0], sizes[1], both, both_hits)
        # Joined by "or", the outside of the set is narrowed: to what is in neither.
        left, left_hits = self._outside(sizes, both, both_hits)
        wide = self._gains(self.rows - sizes[0], self.positives - sizes[1], left, left_hits, lower=True)
        scores = np.stack(
            [
                np.where(narrow, self._scores(both, both_hits), -1.0),
                np.where(wide, self._scores(self.rows - left, self.positives - left_hits), -1.0),
            ]
        )
        before = np.array([one.score for one in level])[:, None]
        return self._kept(level, np.where(scores > before, scores, -1.0), seen)

    def _outside(
        self, sizes: Int[np.ndarray, "two set"], both: Int[np.ndarray, "set other"], hits: Int[np.ndarray, "set other"]
    ) -> tuple[Int[np.ndarray, "set other"], Int[np.ndarray, "set other"]]:
        """Rows, and rows of the target, that are in neither set."""
        left = self.rows - (sizes[0][:, None] + self.sizes - both)
        return left, self.positives - (sizes[1][:, None] + self.hits - hits)

    def _gains(
        self,
        rows: Int[np.ndarray, "set"],
        hits: Int[np.ndarray, "set"],
        kept: Int[np.ndarray, "set other"],
        kept_hits: Int[np.ndarray, "set other"],
        *,
        lower: bool = False,
    ) -> Bool[np.ndarray, "set other"]:
        """Whether the kept part of a set has a higher (or lower) share of the target than what leaves, beyond chance.

        Two proportions, pooled: z = (p_kept - p_left) / sqrt(p (1 - p) (1 / n_kept + 1 / n_left)).
        """
        gone, gone_hits = rows[:, None] - kept, hits[:, None] - kept_hits
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (hits / rows)[:, None]
            z = (kept_hits / kept - gone_hits / gone) / np.sqrt(share * (1 - share) * (1 / kept + 1 / gone))
            return np.asarray((-z if lower else z) > self.bound)

    def _scores(
        self, chosen: Int[np.ndarray, "*shape"], hits: Int[np.ndarray, "*shape"]
    ) -> Float[np.ndarray, "*shape"]:
        """The score of sets; -1 where too few rows are inside or outside."""
        enough = np.minimum(chosen, self.rows - chosen) >= self.search.least
        return np.where(enough, self.search.score(chosen, hits, self.positives, self.rows), -1.0)

    def _kept(self, level: list[Found], scores: Float[np.ndarray, "join set other"], seen: set[bytes]) -> list[Found]:
        joins: tuple[Join, Join] = ("and", "or")
        kept: list[Found] = []
        for flat in _largest(scores.ravel(), 20 * self.search.beam):
            way, parent, place = (int(index) for index in np.unravel_index(flat, scores.shape))
            base, other = level[parent], self.search.sets[place] & self.known
            rows = base.rows & other if way == 0 else base.rows | other
            if rows.tobytes() not in seen:
                seen.add(rows.tobytes())
                kept.append(Found(base.first, (*base.joined, (joins[way], place)), float(scores.ravel()[flat]), rows))
            if len(kept) == self.search.beam:
                break
        return kept


def _largest(scores: Float[np.ndarray, "place"], k: int) -> list[int]:
    """Places of the k largest scores of 0 and more, in order; equal ones as they come."""
    found = np.flatnonzero(scores >= 0)
    if len(found) > k:
        bound = np.partition(scores[found], len(found) - k)[len(found) - k]
        found = found[scores[found] >= bound]
    ordered: list[int] = found[np.argsort(-scores[found], kind="stable")][:k].tolist()
    return ordered


def _ranked(found: list[Found]) -> list[Found]:
    """By falling score, shorter ones first among equals, the first of those with the same rows only."""
    seen: set[bytes] = set()
    kept = []
    for one in sorted(found, key=lambda one: (-one.score, len(one.joined))):
        if (rows := one.rows.tobytes()) not in seen:
            seen.add(rows)
            kept.append(one)
    return kept
