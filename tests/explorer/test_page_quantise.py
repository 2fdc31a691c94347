from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from neuronaut.explorer.quantise import Codes, as_floats, beside, quantise

finite = st.floats(-(2.0**100), 2.0**100, width=32)
matrix = arrays(np.float32, st.tuples(st.integers(1, 12), st.integers(1, 4)), elements=finite)


def back(codes: Codes) -> Any:
    assert codes.scale is not None
    return codes.values.astype(np.float64) * codes.scale


@given(matrix, st.sampled_from([0.0, 0.2]))
def test_no_value_is_further_off_than_the_stated_error(values: Any, coarseness: float) -> None:
    codes = quantise(values, signed=bool((values < 0).any()), coarseness=coarseness)
    assert np.abs(back(codes) - values).max() <= codes.error


@given(matrix)
def test_fine_codes_are_off_by_half_a_step_or_one_next_to_zero(values: Any) -> None:
    codes = quantise(np.abs(values), signed=False)
    assert codes.scale is not None
    off = np.abs(back(codes) - np.abs(values))
    bound = np.where(np.abs(values) < codes.scale / 2, 1.0, 0.5) * codes.scale.astype(np.float64)
    assert (off <= bound * (1 + 1e-5)).all()


@given(matrix, st.sampled_from([0.0, 0.2]))
def test_zero_and_sign_are_exact_so_firing_rates_are(values: Any, coarseness: float) -> None:
    codes = quantise(values, signed=True, coarseness=coarseness)
    np.testing.assert_array_equal(np.sign(codes.values), np.sign(values))


def test_what_is_not_finite_is_marked_and_counted_and_moves_no_scale() -> None:
    values = np.array([[1.0, -1.0], [np.nan, np.inf], [2.54, -2.54], [np.inf, 0.51]], np.float32)
    unsigned, signed = quantise(values[:, :1], signed=False), quantise(values[:, 1:], signed=True)
    assert unsigned.values[:, 0].tolist() == [100, 255, 254, 255]
    assert signed.values[:, 0].tolist() == [-50, -128, -127, 26]
    assert unsigned.nonfinite.tolist() == [2]
    assert signed.nonfinite.tolist() == [1]


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        ([[3.0, 0.5], [1.0, 1.5], [0.0, 1.0]], [[3, 1], [1, 3], [0, 2]]),
        ([[0.75, 0.25], [0.5, 1.0]], [[3, 1], [2, 4]]),
        ([[np.nan], [-7.0], [14.0]], [[-128], [-1], [2]]),
    ],
    ids=["a step of each unit", "the step of another unit", "of both signs"],
)
def test_whole_multiples_of_one_step_lose_nothing(values: list[list[float]], codes: list[list[int]]) -> None:
    array = np.array(values, np.float32)
    found = quantise(array, signed=bool(np.nanmin(array) < 0), coarseness=0.2)
    assert found.values.tolist() == codes
    assert found.error == 0


def test_a_step_that_a_byte_has_no_room_for_is_not_taken() -> None:
    values = np.array([[1.0], [255.0]], np.float32)
    assert quantise(values, signed=False).values[:, 0].tolist() == [1, 254]
    assert quantise(values / 3, signed=True).error > 0


def test_a_silent_unit_stays_silent() -> None:
    codes = quantise(np.zeros((3, 2)), signed=False)
    assert codes.values.tolist() == [[0, 0]] * 3
    assert codes.error == 0


def test_coarse_steps_are_a_fifth_of_the_standard_deviation_and_barely_widen_it() -> None:
    values = np.maximum(np.random.default_rng(0).normal(1, 1, (20_000, 1)), 0)
    codes = quantise(values, signed=False, coarseness=0.2)
    assert codes.scale is not None
    assert codes.scale[0] == pytest.approx(0.2 * values.std(), rel=1e-6)
    assert back(codes).std() == pytest.approx(values.std(), rel=0.005)
    assert back(codes).mean() == pytest.approx(values.mean(), rel=0.005)


def test_coarse_codes_are_never_finer_than_a_byte_allows() -> None:
    values = np.zeros((1000, 1))
    values[0] = 1.0
    assert quantise(values, signed=False, coarseness=0.2).values.max() <= 254


def test_values_at_the_end_of_what_float32_holds_do_not_overflow() -> None:
    for size in (3e38, 1e-44, 1e300, 1e-300):
        codes = quantise(np.array([[size], [-size]]), signed=True)
        assert np.isfinite(codes.error)
        assert np.sign(codes.values[:, 0]).tolist() == [1, -1]


def test_half_precision_states_its_error_and_counts_what_overflows() -> None:
    codes = as_floats(np.array([[0.1, 1e6], [1.0, 2.0]], np.float32), "f16")
    assert codes.nonfinite.tolist() == [0, 1]
    assert codes.error == pytest.approx(abs(float(np.float16(0.1)) - float(np.float32(0.1))))
    assert codes.scale is None


def test_units_may_be_coded_apart_and_put_beside_each_other() -> None:
    values = np.abs(np.random.default_rng(1).normal(size=(50, 6)))
    whole = quantise(values, signed=False)
    parts = beside([quantise(values[:, :4], signed=False), quantise(values[:, 4:], signed=False)])
    np.testing.assert_array_equal(parts.values, whole.values)
    assert parts.error == whole.error
