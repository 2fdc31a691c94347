"""Mean maps of channels: what a page shows of a convolution when whole maps were recorded."""

from __future__ import annotations

import numpy as np
import pytest

from neuronaut.explorer.maps import coded, shrunk


def test_a_small_map_stays_as_it_is() -> None:
    maps = np.random.default_rng(0).normal(size=(14, 9, 3))
    np.testing.assert_array_equal(shrunk(maps), maps)


@pytest.mark.parametrize("size", [(28, 28), (15, 200), (112, 14)])
def test_a_large_map_is_shrunk_to_fourteen_places_and_a_constant_one_keeps_its_value(size: tuple[int, int]) -> None:
    small = shrunk(np.full((*size, 2), 0.25))
    assert small.shape == (min(size[0], 14), min(size[1], 14), 2)
    np.testing.assert_array_equal(small, 0.25)


def test_shrinking_keeps_the_mean_where_the_size_divides_and_leaves_nan_out() -> None:
    maps = np.random.default_rng(1).normal(size=(28, 28, 4))
    np.testing.assert_allclose(shrunk(maps).mean((0, 1)), maps.mean((0, 1)))
    maps[0, 0] = np.nan
    assert np.isfinite(shrunk(maps)).all()
    maps[:2, :2] = np.nan
    assert np.isnan(shrunk(maps)[0, 0]).all()


def test_codes_give_back_every_value_within_half_a_step() -> None:
    maps = np.random.default_rng(2).normal(size=(5, 7, 6)) * np.array([1e-6, 1, 1e6, 3, 0])[:, None, None]
    codes, scale = coded(maps)
    values = scale[0][:, None, None] + codes * scale[1][:, None, None]
    assert (np.abs(values - maps) <= 0.501 * scale[1][:, None, None] + 1e-6 * np.abs(maps)).all()
    assert codes.max() <= 254


def test_a_map_without_any_finite_value_has_only_gaps() -> None:
    codes, scale = coded(np.full((1, 2, 2), np.nan))
    assert (codes == 255).all()
    assert np.isfinite(scale).all()
