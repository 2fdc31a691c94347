"""The search over predicates: bit sets, scores against scikit-learn, and what an exhaustive search finds."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score

from neuronaut.analysis.search import counts as counts_module
from neuronaut.analysis.search.beam import SCORES, Found, Search, average_precision, f1
from neuronaut.analysis.search.bitsets import overlaps, pack, size, unpack
from neuronaut.analysis.search.counts import Counts

Array = np.ndarray[Any, np.dtype[Any]]


@pytest.mark.parametrize("rows", [1, 63, 64, 65, 1000])
def test_bit_sets_give_back_the_mask_and_count_as_masks_do(rows: int) -> None:
    masks = np.random.default_rng(rows).random((7, rows)) < 0.4
    sets = np.stack([pack(mask) for mask in masks])
    assert [size(one) for one in sets] == masks.sum(1).tolist()
    np.testing.assert_array_equal([unpack(one, rows) for one in sets], masks)
    np.testing.assert_array_equal(overlaps(sets, sets[:3]), masks[:3].astype(int) @ masks.T.astype(int))


@pytest.mark.parametrize("rows", [63, 64, 1000, 9001])
@pytest.mark.parametrize("share", [0.0, 0.02, 0.5])
@pytest.mark.parametrize("limit", ["MOST_TURNED", "MOST_KEPT", None])
def test_counts_of_rows_shared_with_sets_and_within_a_target_are_those_of_the_masks(
    rows: int, share: float, limit: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if limit is not None:
        monkeypatch.setattr(counts_module, limit, 0)
    rng = np.random.default_rng(rows)
    masks, target = rng.random((11, rows)) < 0.4, rng.random(rows) < share
    counts = Counts(np.stack([pack(mask) for mask in masks]))
    within = counts.within(pack(target))
    for places in ([0, 3], [3, 5, 0], [9]):
        others = np.stack([pack(masks[place]) for place in places])
        numbers = masks.astype(int)
        np.testing.assert_array_equal(counts.shared(others), numbers[places] @ numbers.T)
        np.testing.assert_array_equal(within.shared(others), (numbers[places] * target) @ numbers.T)


def test_a_search_that_shares_its_counts_with_others_finds_the_same() -> None:
    rng = np.random.default_rng(3)
    masks = rng.random((40, 3000)) < rng.uniform(0.05, 0.8, (40, 1))
    sets, known = np.stack([pack(mask) for mask in masks]), pack(np.ones(3000, bool))
    shared = Search(sets, SCORES["ap"], 3, 5, 20, Counts(sets))
    for place in range(6):
        target = pack((masks[place] & masks[place + 1]) | (rng.random(3000) < 0.02))
        one, other = Search(sets, SCORES["ap"], 3, 5, 20).best(target, known), shared.best(target, known)
        assert [(found.first, found.joined, found.score) for found in one] == [
            (found.first, found.joined, found.score) for found in other
        ]


def test_scores_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        target, chosen = rng.random(200) < 0.2, rng.random(200) < 0.4
        counts = (np.array(chosen.sum()), np.array((chosen & target).sum()), int(target.sum()), 200)
        assert average_precision(*counts) == pytest.approx(average_precision_score(target, chosen))
        assert f1(*counts) == pytest.approx(f1_score(target, chosen))


def masks_of(found: Found, masks: Array) -> Array:
    rows = masks[found.first]
    for join, place in found.joined:
        rows = rows & masks[place] if join == "and" else rows | masks[place]
    return rows


def planted(rows: int, sets: int, seed: int) -> Array:
    return np.random.default_rng(seed).random((sets, rows)) < 0.35


@pytest.mark.parametrize("score", ["ap", "f1"])
@pytest.mark.parametrize(
    ("joined", "expected"),
    [(("and",), {3, 8}), (("or",), {3, 8}), (("and", "and"), {3, 8, 11}), (("or", "or"), {3, 8, 11})],
)
def test_a_planted_set_is_found_exactly(score: str, joined: tuple[Any, ...], expected: set[int]) -> None:
    masks = planted(3000, 40, 1)
    target = masks_of(Found(3, tuple(zip(joined, (8, 11), strict=False)), 0.0, np.empty(0)), masks)
    search = Search(np.stack([pack(mask) for mask in masks]), SCORES[score], 3, 10, 20)
    best = search.best(pack(target), pack(np.ones(3000, bool)))[0]
    assert best.used == expected
    assert best.score == 1
    np.testing.assert_array_equal(unpack(best.rows, 3000), target)


def test_the_counted_scores_are_those_of_the_rows() -> None:
    masks = planted(1500, 30, 2)
    rng = np.random.default_rng(3)
    known = rng.random(1500) < 0.9
    target = (masks[0] & masks[1] & masks[2]) & (rng.random(1500) < 0.8) & known
    search = Search(np.stack([pack(mask) for mask in masks]), average_precision, 3, 10, 20)
    found = search.best(pack(target), pack(known))
    assert len({len(one.joined) for one in found}) == 3
    for one in found:
        rows = masks_of(one, masks) & known
        np.testing.assert_array_equal(unpack(one.rows, 1500), rows)
        assert one.score == pytest.approx(average_precision_score(target[known], rows[known]))


def test_a_wide_beam_finds_the_best_pair_of_all() -> None:
    masks = planted(400, 8, 4)
    target = (masks[2] & ~masks[5]) | (np.random.default_rng(5).random(400) < 0.05)
    both = np.concatenate([masks, ~masks])
    search = Search(np.stack([pack(mask) for mask in both]), f1, 2, 100, 20)
    best = search.best(pack(target), pack(np.ones(400, bool)))[0]
    pairs = [op(both[i], both[j]) for i, j in permutations(range(16), 2) for op in (np.logical_and, np.logical_or)]
    assert best.score == pytest.approx(max(f1_score(target, pair) for pair in pairs))


def test_noise_predicates_are_not_joined_to_a_planted_set() -> None:
    for run in range(10):
        masks = planted(4000, 300, run)
        rng = np.random.default_rng(100 + run)
        target = masks[7] & masks[9] & (rng.random(4000) < 0.4)
        search = Search(np.stack([pack(mask) for mask in masks]), average_precision, 3, 10, 20)
        assert search.best(pack(target), pack(np.ones(4000, bool)))[0].used == {7, 9}


def test_sets_with_too_few_rows_inside_or_outside_are_not_found() -> None:
    masks = np.zeros((2, 400), bool)
    masks[0, :19] = True
    masks[1, :390] = True
    search = Search(np.stack([pack(mask) for mask in masks]), f1, 2, 5, 20)
    assert search.best(pack(masks[0]), pack(np.ones(400, bool))) == []


def test_without_predicates_nothing_is_found() -> None:
    search = Search(np.empty((0, 2), np.uint64), f1, 2, 5, 20)
    assert search.best(pack(np.ones(128, bool)), pack(np.ones(128, bool))) == []
