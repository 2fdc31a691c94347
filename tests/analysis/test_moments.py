"""Moments hold for any numbers: parts add up, NaN and infinity are counted, precision does not depend on the order."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from neuronaut.analysis.statistics.moments import Sums, moments, single

VALUES = arrays.arrays(
    np.float32,
    some.tuples(some.integers(0, 300), some.integers(1, 3)),
    elements=some.floats(-1e6, 1e6, width=32) | some.sampled_from([np.nan, np.inf, -np.inf, 0.0]),
)


@settings(max_examples=100, deadline=None)
@given(VALUES, some.integers(0, 300))
def test_the_sums_of_two_parts_are_those_of_the_whole(values: np.ndarray, cut: int) -> None:
    whole, head, tail = (Sums(np.zeros(values.shape[1])) for _ in range(3))
    whole.add_rows(values)
    head.add_rows(values[:cut])
    tail.add_rows(values[cut:])
    head.add(tail)
    together, alone = head.moments(), whole.moments()
    for name in ("n", "nonfinite", "max", "min", "firing_rate"):
        np.testing.assert_array_equal(getattr(together, name), getattr(alone, name))
    for name in ("mean", "mean_abs", "sd"):
        np.testing.assert_allclose(getattr(together, name), getattr(alone, name), rtol=1e-9, atol=1e-6)


@settings(max_examples=100, deadline=None)
@given(VALUES)
def test_moments_equal_numpy_on_the_finite_values(values: np.ndarray) -> None:
    found = moments(values)
    for unit in range(values.shape[1]):
        finite = values[np.isfinite(values[:, unit]), unit].astype(np.float64)
        assert found.n[unit] == finite.size
        assert found.nonfinite[unit] == len(values) - finite.size
        if finite.size:
            np.testing.assert_allclose(found.mean[unit], finite.mean(), rtol=1e-9, atol=1e-6)
            np.testing.assert_allclose(found.mean_abs[unit], np.abs(finite).mean(), rtol=1e-9, atol=1e-6)
            assert (found.max[unit], found.min[unit]) == (finite.max(), finite.min())
            assert found.firing_rate[unit] == (finite > 0).mean()
        if finite.size > 1:
            np.testing.assert_allclose(found.sd[unit], finite.std(ddof=1), rtol=1e-6, atol=1e-6)


def test_every_float16_is_read_as_the_number_it_is() -> None:
    words = np.arange(65536, dtype=np.uint16).view(np.float16)
    np.testing.assert_array_equal(single(words), words.astype(np.float32))
    finite = words[np.isfinite(words)]
    assert single(finite).tobytes() == finite.astype(np.float32).tobytes()
    parted = finite.reshape(-1, 4)[:, ::3]
    assert single(parted).tobytes() == parted.astype(np.float32).tobytes()


def test_other_precisions_are_left_as_they_are() -> None:
    values = np.array([1.5, 2.5])
    assert single(values) is values
