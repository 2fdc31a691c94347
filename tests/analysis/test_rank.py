"""Rank: identity, rank one, and singular values of numpy."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis import rank as rank_of
from neuronaut.analysis.measures import matrices
from neuronaut.analysis.measures.matrices import heaped
from neuronaut.analysis.measures.spectrum import (
    effective_rank,
    participation_ratio,
    singular_values,
    srank,
    stable_rank,
)


@pytest.mark.parametrize("n", [1, 2, 7, 64])
def test_the_identity_has_its_own_size_and_rank_one_is_one(n: int) -> None:
    identity = singular_values(np.eye(n), centre=False)
    for measure in (effective_rank, stable_rank, participation_ratio):
        assert measure(identity) == pytest.approx(n)
        one = singular_values(np.outer(np.arange(1.0, 9), np.arange(1.0, n + 1)), centre=False)
        assert measure(one) == pytest.approx(1, abs=1e-6)
    assert srank(identity) == np.ceil(0.99 * n)


def test_effective_rank_is_the_exponential_of_the_entropy() -> None:
    values = np.array([4.0, 2.0, 1.0, 1.0])
    share = values / 8
    assert effective_rank(values) == pytest.approx(np.exp(-(share * np.log(share)).sum()))
    assert participation_ratio(values) == pytest.approx((16 + 4 + 1 + 1) ** 2 / (256 + 16 + 1 + 1))


@pytest.mark.parametrize("held", [0, 1 << 25])
@pytest.mark.parametrize("shape", [(200, 6), (6, 40), (30, 30)])
def test_a_recorded_layer_has_the_ranks_of_its_centred_matrix(
    made: Made, shape: tuple[int, int], held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.modules["neuronaut.analysis.rank"], "HELD", held)
    values = np.random.default_rng(0).normal(size=shape) * np.arange(1, shape[1] + 1) + 100
    found = rank_of(made({"fc": values}))
    expected = np.linalg.svd(values - values.mean(0), compute_uv=False)
    expected = expected[expected > 1e-9 * expected[0]]
    for name, measure in (("effective_rank", effective_rank), ("participation_ratio", participation_ratio)):
        assert found[name][0] == pytest.approx(measure(expected), rel=1e-6)
    assert found["srank"][0] == srank(expected)
    assert found["stable_rank"][0] == pytest.approx(stable_rank(expected))
    assert (found["units"][0], found["samples"][0]) == (shape[1], shape[0])


def test_small_pieces_are_put_together_to_larger_ones_with_every_row_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrices, "HEAP_ROWS", 4)
    rows = np.arange(22.0).reshape(11, 2)
    heaps = list(heaped(rows[start : start + 3] for start in range(0, 11, 3)))
    assert [len(heap) for heap in heaps] == [6, 5]
    np.testing.assert_array_equal(np.concatenate(heaps), rows)


def test_rotation_and_scale_change_no_rank(made: Made) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(300, 8)) * np.arange(1, 9)
    turn = np.linalg.qr(rng.normal(size=(8, 8)))[0]
    plain, turned = rank_of(made({"fc": values})), rank_of(made({"fc": 7 * values @ turn}))
    assert plain["effective_rank"][0] == pytest.approx(turned["effective_rank"][0])


def test_a_recorded_identity_loses_one_direction_to_its_mean(made: Made) -> None:
    found = rank_of(made({"fc": np.eye(9)}))
    assert found["effective_rank"][0] == pytest.approx(8)
    assert "at most 8 directions" in found.notes[0]


def test_nothing_that_varies_has_no_rank_and_broken_units_are_left_out(made: Made) -> None:
    values = np.random.default_rng(2).normal(size=(50, 3))
    broken = np.c_[values, np.full(50, np.nan)]
    found = rank_of(made({"still": np.full((50, 4), 3.0), "fc": broken}))
    assert np.isnan(found["effective_rank"][0])
    assert np.isnan(found["srank"][0])
    assert any(note.startswith("still: nothing varies") for note in found.notes)
    assert found["effective_rank"][1] == pytest.approx(effective_rank(singular_values(values)))
    assert any("1 unit (fc:3)" in note for note in found.notes)


def test_an_empty_filter_gives_nothing_and_the_reason(made: Made) -> None:
    found = rank_of(made({"fc": np.eye(5)}, {"x": range(5)}), "x > 9")
    assert np.isnan(found["effective_rank"]).all()
    assert len(found.notes) == 1


def test_a_large_layer_is_looked_at_on_fewer_samples_and_that_is_said(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    import sys

    monkeypatch.setattr(sys.modules["neuronaut.analysis.rank"], "WORK", 1e4)
    values = np.random.default_rng(3).normal(size=(5000, 4))
    found = rank_of(made({"fc": values}))
    assert found["samples"][0] == 625
    assert found["effective_rank"][0] == pytest.approx(effective_rank(singular_values(values)), rel=0.01)
    assert "looked at on 625 of 5,000 samples" in found.notes[0]


def test_a_few_samples_that_are_not_finite_are_left_out_and_not_all_units(made: Made) -> None:
    values = np.random.default_rng(3).normal(size=(200, 6)).astype(np.float32)
    broken = values.copy()
    broken[[7, 90]] = np.nan
    broken[11, 2] = np.inf
    found = rank_of(made({"fc": broken, "gone": np.full((200, 2), np.nan, np.float32)}))
    rest = np.delete(values, [7, 11, 90], axis=0)
    assert found["effective_rank"][0] == pytest.approx(effective_rank(singular_values(rest)))
    assert found["samples"].tolist() == [197, 200]
    assert "fc: 3 samples with NaN or infinite activations are left out." in found.notes
    assert not any(note.startswith("fc: nothing varies") for note in found.notes)
