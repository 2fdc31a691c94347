from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from neuronaut.core.errors import DataError
from neuronaut.core.halves import group_codes, half_of


def bit(text: str, seed: int = 0) -> int:
    return hashlib.blake2b(text.encode(), digest_size=1, key=f"half {seed}".encode()).digest()[0] & 1


def test_a_half_is_one_bit_of_the_hash_of_the_id() -> None:
    assert half_of(np.arange(50)).tolist() == [bit(str(one)) for one in range(50)]
    assert half_of(["a", "é", ""]).tolist() == [bit("a"), bit("é"), bit("")]


def test_the_same_id_in_another_type_lands_in_the_same_half() -> None:
    whole = half_of(np.arange(40))
    assert half_of(np.arange(40.0)).tolist() == whole.tolist()
    assert half_of([str(one) for one in range(40)]).tolist() == whole.tolist()
    assert half_of(pd.Series(np.arange(40), dtype="Int64")).tolist() == whole.tolist()


def test_a_group_is_never_split() -> None:
    groups = np.arange(1000) // 10
    halves = half_of(np.arange(1000), groups).reshape(100, 10)
    assert (halves == halves[:, :1]).all() and set(halves[:, 0].tolist()) == {0, 1}


def test_a_sample_without_a_group_goes_by_its_own_id() -> None:
    assert half_of([5, 6, 7], ["a", None, "b"]).tolist() == [bit("a"), bit("6"), bit("b")]
    assert half_of([5, 6], [2.0, np.nan]).tolist() == [bit("2"), bit("6")]


def test_more_samples_do_not_move_the_earlier_ones() -> None:
    assert half_of(np.arange(100)).tolist() == half_of(np.arange(200))[:100].tolist()


def test_another_seed_draws_other_halves_of_about_the_same_size() -> None:
    one, other = half_of(np.arange(10_000)), half_of(np.arange(10_000), seed=1)
    # 10,000 fair bits: the share lies within 0.5 +- 0.025 but once in two million draws
    assert abs(one.mean() - 0.5) < 0.025 and abs(other.mean() - 0.5) < 0.025
    assert abs((one == other).mean() - 0.5) < 0.025


def test_no_samples_have_no_halves() -> None:
    assert half_of([]).tolist() == [] and half_of(np.zeros(0, int)).dtype == np.uint8


def test_equal_numbers_mean_the_same_group() -> None:
    assert len(np.unique(group_codes(np.arange(1000) // 10))) == 100
    assert group_codes([3, "3", 4]).tolist() == group_codes([0, 0, 1]).tolist() == [0, 0, 1]
    assert group_codes([2.0, np.nan, 2.0, np.nan]).tolist() == [0, 1, 0, 2]
    assert group_codes(np.array([True, False, True])).tolist() == [1, 0, 1]
    assert group_codes([]).dtype == np.int32


def test_groups_must_match_the_samples() -> None:
    with pytest.raises(DataError, match="3 samples but 2 groups"):
        half_of([1, 2, 3], ["a", "b"])
