"""Activity against hand-computed numbers and what must hold for any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis.activity import STATISTICS, activity
from neuronaut.analysis.recorded import by_layer
from neuronaut.core.errors import DataError, FilterError, UnknownName
from neuronaut.core.slices import where

TINY = {
    "fc1": np.array([[-2, 1], [0, 2], [0, 3], [2, 6]], np.float32),
    "fc2": np.array([[1], [1], [1], [5]], np.float32),
}
ROWS = {"kind": ["a", "a", "b", "b"]}


def test_all_statistics_of_four_samples_are_those_computed_by_hand(made: Made) -> None:
    found = activity(made(TINY, ROWS))
    assert found.dims["mean"] == ("slice", "unit")
    assert found.coords["slice"] == ["all"]
    assert found.coords["unit"] == ["fc1:0", "fc1:1", "fc2:0"]
    assert found["n"].tolist() == [[4, 4, 4]]
    assert found["mean"].tolist() == [[0, 3, 2]]
    assert found["mean_abs"].tolist() == [[1, 3, 2]]
    np.testing.assert_allclose(found["sd"], [[(8 / 3) ** 0.5, (14 / 3) ** 0.5, 2]])
    assert found["firing_rate"].tolist() == [[0.25, 1, 1]]
    assert (found["max"].tolist(), found["min"].tolist()) == ([[2, 6, 5]], [[-2, 1, 1]])


def test_each_slice_has_a_row_of_its_own_and_says_its_n(made: Made) -> None:
    found = activity(made(TINY, ROWS), ["kind == 'a'", where("kind == 'b'").named("the b")])
    assert found.coords["slice"] == ['kind == "a"', "the b"]
    assert dict(found.n) == {'kind == "a"': 2, "the b": 2}
    assert found["mean"].tolist() == [[-1, 1.5, 1], [1, 4.5, 3]]


def test_a_dict_a_mask_and_row_numbers_select_like_the_text(made: Made) -> None:
    rec = made(TINY, ROWS)
    forms = ["kind == 'b'", {"column": "kind", "op": "eq", "value": "b"}, np.array([False, False, True, True]), [2, 3]]
    means = [activity(rec, form)["mean"].tolist() for form in forms]
    assert means == [[[1, 4.5, 3]]] * 4


def test_nan_and_infinity_are_counted_and_left_out_and_said(made: Made) -> None:
    values = np.array([[np.nan, 1], [4, 2], [np.inf, 3], [-np.inf, 4], [8, 5]], np.float32)
    found = activity(made({"fc": values}))
    assert found["nonfinite"].tolist() == [[3, 0]]
    assert found["n"].tolist() == [[2, 5]]
    assert found["mean"].tolist() == [[6, 3]]
    assert (found["max"].tolist(), found["min"].tolist()) == ([[8, 5]], [[4, 1]])
    assert found.notes == (
        "1 unit has NaN or infinite values, fc:0 most of all (3); "
        "they are counted in nonfinite and left out of the other statistics.",
    )


def test_an_empty_slice_is_nan_and_says_which_word_never_occurs(made: Made) -> None:
    found = activity(made(TINY, ROWS), "kind == 'c'")
    assert dict(found.n) == {'kind == "c"': 0}
    assert np.isnan(found["mean"]).all()
    assert found["n"].tolist() == [[0, 0, 0]]
    assert found.notes == ("no sample is in kind == \"c\": no row of kind holds \"c\"; there are 'a', 'b'.",)


def test_a_list_of_no_slices_is_refused(made: Made) -> None:
    with pytest.raises(DataError, match="Give at least one, or None for all samples"):
        activity(made(TINY, ROWS), [])


def test_a_recording_without_samples_has_no_numbers_and_says_so(made: Made) -> None:
    found = activity(made({"fc": np.zeros((0, 2), np.float32)}))
    assert found["n"].tolist() == [[0, 0]]
    assert found.notes == ("no sample is in all: the recording holds no samples yet.",)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_large_recording_equals_numpy_whatever_its_precision(made: Made, dtype: type[np.floating]) -> None:
    rng = np.random.default_rng(0)
    values = np.maximum(rng.normal(0.2, 1, (5000, 70)), 0).astype(dtype)
    chosen = rng.random(5000) < 0.3
    found = activity(made({"fc": values}), chosen)
    exact = values[chosen].astype(np.float64)
    np.testing.assert_allclose(found["mean"][0], exact.mean(0), rtol=1e-12)
    np.testing.assert_allclose(found["mean_abs"][0], np.abs(exact).mean(0), rtol=1e-12)
    np.testing.assert_allclose(found["sd"][0], exact.std(0, ddof=1), rtol=1e-11)
    np.testing.assert_allclose(found["firing_rate"][0], (exact > 0).mean(0))
    np.testing.assert_array_equal(found["max"][0], exact.max(0))


def test_many_shards_shared_by_two_threads_equal_one_pass_of_numpy(made: Made) -> None:
    values = np.random.default_rng(1).normal(3, 2, (9000, 600)).astype(np.float32)
    rec = made({"fc": values})
    assert rec["fc"].array.shard_rows < 9000
    found = activity(rec)
    np.testing.assert_allclose(found["mean"][0], values.mean(0, dtype=np.float64), rtol=1e-12)
    np.testing.assert_allclose(found["sd"][0], values.astype(np.float64).std(0, ddof=1), rtol=1e-11)


def test_a_slice_and_its_complement_sum_to_the_whole(made: Made) -> None:
    rng = np.random.default_rng(2)
    values = rng.normal(size=(700, 9)).astype(np.float32)
    inside = rng.random(700) < 0.4
    found = activity(made({"fc": values}), [None, inside, ~inside])
    n, total = found["n"], found["n"] * found["mean"]
    squares = (n - 1) * found["sd"] ** 2 + n * found["mean"] ** 2
    assert (n[0] == n[1] + n[2]).all()
    np.testing.assert_allclose(total[0], total[1] + total[2], rtol=1e-11)
    np.testing.assert_allclose(squares[0], squares[1] + squares[2], rtol=1e-11)
    np.testing.assert_array_equal(found["max"][0], np.maximum(found["max"][1], found["max"][2]))


def test_shuffling_the_samples_changes_nothing(made: Made) -> None:
    rng = np.random.default_rng(3)
    values, kind = rng.normal(size=(500, 6)).astype(np.float32), rng.choice(["a", "b"], 500)
    order = rng.permutation(500)
    before = activity(made({"fc": values}, {"kind": kind}), "kind == 'a'")
    after = activity(made({"fc": values[order]}, {"kind": kind[order]}), "kind == 'a'")
    for name in STATISTICS:
        np.testing.assert_allclose(before[name], after[name], rtol=1e-12, atol=1e-15)


def test_channels_are_read_by_the_reduction_that_is_asked_for(made: Made) -> None:
    values = np.array([[[1, 2], [3, 4], [0, -1]], [[3, 4], [5, 9], [1, 0]]], np.float32)
    rec = made({"conv": values, "fc": np.ones((2, 1), np.float32)})
    assert activity(rec)["mean"].tolist() == [[2, 3, 1]]
    assert activity(rec, reduction="max")["mean"].tolist() == [[4, 6.5, 1]]
    assert activity(rec, reduction="min")["mean"].tolist() == [[0.5, -0.5, 1]]


def test_quantiles_are_those_of_the_finite_values(made: Made) -> None:
    values = np.array([[0, np.nan], [1, 10], [2, 20], [4, np.inf]], np.float32)
    found = activity(made({"fc": values}), quantiles=(0.5, 1.0))
    assert found.dims["quantile"] == ("slice", "quantile", "unit")
    assert found["quantile"].tolist() == [[[1.5, 15], [4, 20]]]


def test_layers_are_chosen_by_name_or_pattern(made: Made) -> None:
    rec = made({**TINY, "head": TINY["fc2"]}, ROWS)
    assert list(by_layer(activity(rec, layers="fc*"))) == ["fc1", "fc2"]
    assert list(by_layer(activity(rec, layers=["head", "fc1"]))) == ["fc1", "head"]


def test_a_mistyped_layer_is_refused_with_the_closest(made: Made) -> None:
    with pytest.raises(UnknownName, match="no layer 'fc3'; closest: 'fc"):
        activity(made(TINY), layers="fc3")


def test_a_site_that_was_not_recorded_is_refused_with_the_remedy(made: Made) -> None:
    with pytest.raises(DataError, match=r"site 'pre' of 'fc1', 'fc2' was not recorded\. Record with sites="):
        activity(made(TINY), site="pre")


def test_a_mistyped_column_is_refused_at_its_character(made: Made) -> None:
    with pytest.raises(FilterError) as caught:
        activity(made(TINY, ROWS), "knd == 'a'")
    assert (caught.value.position, caught.value.suggestion) == (0, "kind")


def test_two_slices_of_one_name_are_refused(made: Made) -> None:
    with pytest.raises(DataError, match="two slices are named"):
        activity(made(TINY, ROWS), ["kind == 'a'", "kind=='a'"])


def test_hostile_layer_names_are_only_labels(made: Made) -> None:
    names = ["</script>", "__proto__", "../../etc", "a:1", "x.pre", "\u202e👩‍🚀", "n" * 300]
    rec = made({name: np.full((3, 2), place, np.float32) for place, name in enumerate(names)})
    found = activity(rec)
    assert list(by_layer(found)) == names
    assert found["mean"][0].tolist() == [place for place in range(len(names)) for _ in range(2)]
