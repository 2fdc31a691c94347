"""Matching: units of two layers paired by how they correlate over the same samples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.measures.likeness import Likened, likened
from neuronaut.analysis.measures.neighbours import ROUNDING, along, directions
from neuronaut.analysis.shapes import Float, Int, Num

SAME_NUMBER = 1e-9
"""What a pair of units of the same number has ahead of another that correlates as well."""
TOLERANCE = 1e-9
AT_ONCE = 256
"""Pairs whose shuffles are held at a time."""


def correlations(
    x: Num[np.ndarray, "sample unit"], y: Num[np.ndarray, "sample other"]
) -> Float[np.ndarray, "unit other"]:
    """Pearson's r of every unit of one layer with every unit of another.

    NaN where a unit is constant. Where values are not finite, on the samples where both are, at least half of all.

    >>> x = np.array([[0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    >>> correlations(x, -x).round(9).tolist()
    [[-1.0, nan], [nan, nan]]
    """
    if np.isfinite(x).all() and np.isfinite(y).all():
        return np.asarray((directions(x, centre=True).T @ directions(y, centre=True)).clip(-1.0, 1.0))
    there = [np.isfinite(each).astype(np.float64) for each in (x, y)]
    values = [np.where(np.isfinite(each), each, 0.0).astype(np.float64) for each in (x, y)]
    values = [
        one - known * (one.sum(0) / np.maximum(known.sum(0), 1)) for one, known in zip(values, there, strict=True)
    ]
    squares = [one**2 for one in values]
    n = there[0].T @ there[1]
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        means = values[0].T @ there[1] / n, there[0].T @ values[1] / n
        whole = squares[0].T @ there[1], there[0].T @ squares[1]
        left = [part - n * mean**2 for part, mean in zip(whole, means, strict=True)]
        enough = 2 * n >= max(len(x), 4)
        for part, of in zip(left, whole, strict=True):
            enough &= np.isfinite(part) & (part > ROUNDING**2 * of)
        product = values[0].T @ values[1] - n * means[0] * means[1]
        return np.asarray(np.where(enough, product / np.sqrt(left[0] * left[1]), np.nan).clip(-1.0, 1.0))


def assigned(r: Float[np.ndarray, "unit other"]) -> Int[np.ndarray, "unit"]:
    """The partner of each unit, so that the sum of all correlations is largest and no unit has two; -1 for none.

    Units that correlate with none above 0 stay alone. Of pairings as good, that of units with the same number.

    >>> assigned(np.array([[0.1, 0.9], [0.8, 0.85], [np.nan, np.nan]])).tolist()
    [1, 0, -1]

    Reference: Kuhn, The Hungarian method for the assignment problem, 1955, as scipy.optimize.linear_sum_assignment
    solves it (Crouse 2016); for units of networks: Li et al., Convergent learning, ICLR 2016.
    """
    from scipy.optimize import linear_sum_assignment

    known = r > 0
    rows, columns = np.flatnonzero(known.any(1)), np.flatnonzero(known.any(0))
    partner = np.full(len(r), -1, np.int64)
    if rows.size and columns.size:
        score = np.where(known, r, 0.0)[np.ix_(rows, columns)] + SAME_NUMBER * (rows[:, None] == columns)
        mine, theirs = linear_sum_assignment(score, maximize=True)
        good = known[rows[mine], columns[theirs]]
        partner[rows[mine[good]]] = columns[theirs[good]]
    return partner


def best(r: Float[np.ndarray, "unit other"]) -> tuple[Int[np.ndarray, "unit"], Float[np.ndarray, "unit"]]:
    """The unit of the other layer that correlates most with each, whoever else it suits; -1 and NaN for none."""
    scores = np.where(np.isnan(r), -np.inf, r)
    if not r.shape[1]:
        return np.full(len(r), -1, np.int64), np.full(len(r), np.nan)
    place = scores.argmax(1)
    value = scores[np.arange(len(r)), place]
    return np.where(np.isfinite(value), place, -1), np.where(np.isfinite(value), value, np.nan)


@dataclass(frozen=True, slots=True)
class HeldOut:
    """How pairs found elsewhere are ``alike`` here, ``p``, and what 95 % of shuffles stay below."""

    alike: Likened
    p: Float[np.ndarray, "pair"]
    null: Float[np.ndarray, "pair"]


def held_out(
    x: Num[np.ndarray, "sample pair"],
    y: Num[np.ndarray, "sample pair"],
    groups: Int[np.ndarray, "sample"] | None,
    shuffles: int,
    seed: int,
) -> HeldOut:
    """The correlation of each column with its partner, against the same with the samples of one side shuffled.

    Shuffles are circular shifts of samples in random order, any number of which cost no more than two Fourier
    transforms; a test over them is as exact as over any group of permutations. Samples of a group stay together, and
    are shifted past their own group. p = (1 + shuffles with r as large) / (1 + shuffles), one sided.

    References: Hemerik and Goeman, Exact testing with random permutations, 2018; Phipson and Smyth, Permutation
    p-values should never be zero, 2010.
    """
    alike = likened(x, y, groups, centre=True)
    empty = np.full_like(alike.r, np.nan)
    p, null = (empty, empty) if not shuffles else _against_chance(alike.r, x, y, groups, shuffles, seed)
    return HeldOut(alike, p, null)


def _against_chance(
    r: Float[np.ndarray, "pair"],
    x: Num[np.ndarray, "sample pair"],
    y: Num[np.ndarray, "sample pair"],
    groups: Int[np.ndarray, "sample"] | None,
    shuffles: int,
    seed: int,
) -> tuple[Float[np.ndarray, "pair"], Float[np.ndarray, "pair"]]:
    """p of each correlation, and what 95 % of the shuffles stay below."""
    codes = np.arange(len(x)) if groups is None else np.unique(groups, return_inverse=True)[1]
    drawn = pairings(codes, shuffles, seed)
    p, null = np.full_like(r, np.nan), np.full_like(r, np.nan)
    for start in range(0, len(r), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        joint = np.isfinite(x[:, part]) & np.isfinite(y[:, part])
        mine, theirs = along(x[:, part], joint, centre=True), along(y[:, part], joint, centre=True)
        chance = np.concatenate([_shifted(mine[one.order], theirs[one.order])[one.shifts] for one in drawn])
        p[part] = (1 + (chance >= r[part] - TOLERANCE).sum(0)) / (1 + shuffles)
        null[part] = np.quantile(chance, 0.95, axis=0)
    return np.where(np.isnan(r), np.nan, p), null


@dataclass(frozen=True, slots=True)
class Pairing:
    """Samples in a random order, and by how many places one side is shifted: each shift pairs them anew."""

    order: Int[np.ndarray, "sample"]
    shifts: Int[np.ndarray, "shift"]


def pairings(codes: Int[np.ndarray, "sample"], shuffles: int, seed: int) -> tuple[Pairing, ...]:
    """As many shuffles of the samples' pairing as were asked for; ``codes`` say of which group each sample is.

    Samples of a group stay together and are shifted past their own group.
    """
    random = np.random.default_rng(seed)
    drawn, left = [], shuffles
    sizes = np.bincount(codes)
    away = min(int(sizes.max(initial=0)), (len(codes) - 1) // 2) or 1
    while left > 0:
        order = np.lexsort((random.random(len(codes)), random.permutation(len(sizes))[codes]))
        shifts = random.permutation(np.arange(away, len(codes) - away + 1))[:left]
        drawn.append(Pairing(order, shifts))
        left -= len(shifts)
    return tuple(drawn)


def _shifted(
    x: Float[np.ndarray, "sample pair"], y: Float[np.ndarray, "sample pair"]
) -> Float[np.ndarray, "shift pair"]:
    """The products of each column with its partner at every circular shift."""
    spectrum = np.conj(np.fft.rfft(x, axis=0)) * np.fft.rfft(y, axis=0)
    return np.asarray(np.fft.irfft(spectrum, len(x), axis=0))
