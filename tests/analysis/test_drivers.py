"""Drivers: planted slices are found and hold, noise is told from them, and nothing odd gets a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from made_recordings import Array, Made
from sklearn.metrics import average_precision_score, f1_score

from neuronaut.analysis.drivers import drivers
from neuronaut.analysis.search.atoms import atoms_of
from neuronaut.core.errors import AddressError, DataError, NeuronautError, UnknownName
from neuronaut.core.filters import parse, text_of
from neuronaut.store.recording import Recording

N = 4000
RANDOM = np.random.default_rng(0)
COLUMNS: dict[str, Any] = {
    "port": RANDOM.choice(["C", "Q", "S"], N),
    "age": np.where(RANDOM.random(N) < 0.1, np.nan, RANDOM.integers(1, 80, N)),
    "crew": RANDOM.random(N) < 0.3,
    "fare": RANDOM.gamma(2.0, 20.0, N).round(2),
}
HALF = RANDOM.integers(0, 2, N)
PLANTED = (COLUMNS["port"] == "Q") & (COLUMNS["age"] <= 40)


def noise(seed: int, n: int = N, units: int = 2) -> Array:
    return np.random.default_rng(seed).normal(size=(n, units)).astype(np.float32)


def top_of(values: Array, found: Array | None = None) -> Array:
    """The highest 5 % of values without ties; the same share as among those where slices were found."""
    share = 0.05 if found is None else round(0.05 * len(found)) / len(found)
    return np.argsort(np.argsort(-values)) < round(share * len(values))


def planted(made: Made, **options: Any) -> Recording:
    values = noise(1)
    values[PLANTED, 0] += 4
    return made({"fc": values}, COLUMNS, half=HALF, **options)


def test_a_planted_conjunction_is_found_and_holds_on_the_other_half(made: Made) -> None:
    rec = planted(made)
    found = drivers(rec, "fc:0")
    best = rec.mask(found.coords["slice"][0])
    assert (best & PLANTED).sum() > 0.9 * (best | PLANTED).sum()
    assert found["beats"][0] == 1
    assert found["p"][0] == pytest.approx(1 / 21)
    assert found["heldout"][0] > 2 * found["shuffled"][0]
    assert found.notes[0].startswith('fc:0 is highest for port == "Q" and age <= ')


def test_chance_is_the_share_of_the_top_and_the_verdict_says_how_far_above_it_a_slice_is(made: Made) -> None:
    rec = planted(made)
    found = drivers(rec, "fc:0")
    held = HALF == 1
    values = np.asarray(rec["fc"].read())[held, 0]
    at_top = top_of(values, np.asarray(rec["fc"].read())[~held, 0])
    inside = rec.mask(found.coords["slice"][0])[held]
    assert found["base"][0] == pytest.approx(at_top.mean())
    assert found["lift"][0] == pytest.approx(at_top[inside].mean() / at_top.mean())
    assert "(p = 0.048, the smallest that 20 shuffles can give)" in found.notes[0]
    assert f"{found['lift'][0]:.2g} times the {at_top.mean():.1%} of all samples" in found.notes[0]
    assert "hardly above chance" not in found.notes[0]


def test_a_slice_that_beats_shuffles_but_hardly_chance_is_called_that(made: Made) -> None:
    n = 20_000
    rng = np.random.default_rng(3)
    side, half = rng.integers(0, 2, n), rng.integers(0, 2, n).astype(np.uint8)
    values = (rng.normal(size=n) + 0.12 * side).astype(np.float32)[:, None]
    found = drivers(made({"fc": values}, {"side": np.where(side, "l", "r")}, half=half), "fc:0", top=0.3)
    assert found["beats"][0] == 1
    assert 1 < found["lift"][0] < 1.5
    assert "; hardly above chance: " in found.notes[0]


def test_a_unit_of_noise_gets_the_verdict_that_nothing_beats_shuffles(made: Made) -> None:
    rec = made({"fc": noise(2, units=12)}, COLUMNS, half=HALF)
    for unit in range(12):
        found = drivers(rec, f"fc:{unit}")
        assert found.notes[0].startswith(f"fc:{unit}: nothing beats shuffles")
        assert (found["beats"] == 0).all()


@pytest.mark.parametrize(("score", "oracle"), [("ap", average_precision_score), ("f1", f1_score)])
def test_scores_are_those_of_scikit_learn_on_either_half(made: Made, score: str, oracle: Any) -> None:
    rec = planted(made)
    found = drivers(rec, "fc:0", score=score)
    values = rec["fc:0"].read()
    assert found["threshold"] == values[HALF == 0][top_of(values[HALF == 0])].min()
    for place, text in enumerate(found.coords["slice"]):
        inside = rec.mask(text)
        for half, name in ((0, "score"), (1, "heldout")):
            rows = half == HALF
            assert found[name][place] == pytest.approx(oracle(top_of(values[rows], values[HALF == 0]), inside[rows]))
        held = inside & (HALF == 1)
        at_top = np.zeros(N, bool)
        at_top[HALF == 1] = top_of(values[HALF == 1], values[HALF == 0])
        assert found["precision"][place] == pytest.approx(at_top[held].mean())
        assert found["mean_in"][place] == pytest.approx(values[held].mean(), rel=1e-5)
        assert found["mean_out"][place] == pytest.approx(values[~inside & (HALF == 1)].mean(), rel=1e-5)
        assert found["n"][place] == inside.sum()


def test_every_slice_is_a_filter_in_its_canonical_text_and_none_says_the_same_as_another(made: Made) -> None:
    rec = planted(made)
    texts = drivers(rec, "fc:0").coords["slice"]
    assert [text_of(parse(text)) for text in texts] == texts
    masks = [rec.mask(text)[HALF == 0] for text in texts]
    for place, one in enumerate(masks):
        for other in masks[:place]:
            assert (one & other).sum() <= 0.7 * (one | other).sum()


def test_the_lowest_values_can_be_asked_for(made: Made) -> None:
    values = -noise(1)
    values[PLANTED, 0] -= 4
    rec = made({"fc": values}, COLUMNS, half=HALF)
    found = drivers(rec, "fc:0", largest=False)
    mirrored = drivers(planted(made), "fc:0")
    assert found.coords == mirrored.coords
    np.testing.assert_allclose(found["mean_in"], -mirrored["mean_in"])
    assert found["threshold"] == -mirrored["threshold"]
    assert found.notes[0].startswith("fc:0 is lowest for")


def test_a_unit_that_is_mostly_zero_has_its_firing_samples_as_top(made: Made) -> None:
    values = np.where(PLANTED & (COLUMNS["fare"] > 40), 1.0, 0.0).astype(np.float32)[:, None]
    found = drivers(made({"fc": values}, COLUMNS, half=HALF), "fc:0")
    assert found["threshold"] == 1
    assert found["recall"][0] > 0.9
    assert found["precision"][0] > 0.9


def test_questions_true_for_the_same_samples_are_asked_once_in_the_plainest_way(made: Made) -> None:
    sex = np.where(COLUMNS["crew"], "male", "female")
    rec = made({"fc": noise(3)}, {"sex": sex, "again": sex, "copy": COLUMNS["crew"]}, half=HALF)
    assert [text_of(node) for node in atoms_of(rec).nodes] == ['sex == "female"', 'sex == "male"']


def test_identifiers_and_columns_that_tell_nothing_are_left_out_with_the_reason(made: Made) -> None:
    useless = {
        "name": [f"passenger {row}" for row in range(N)],
        "number": np.arange(N),
        "empty": [None] * N,
        "ship": ["Titanic"] * N,
    }
    rec = made({"fc": noise(1)}, COLUMNS | useless, half=HALF)
    found = drivers(rec, "fc:0")
    assert found.notes[-1] == (
        "left out: name (it holds 4,000 different texts, which name rows rather than describe them); "
        "number (nearly all of its 4,000 whole numbers are different, as in a row's number); "
        "empty (every value is null); ship (every value is the same)."
    )
    assert not any(name in text for text in found.coords["slice"] for name in useless)
    named = drivers(rec, "fc:0", columns=["number"])
    assert all("number" in text for text in named.coords["slice"])


def test_only_named_columns_are_asked(made: Made) -> None:
    texts = drivers(planted(made), "fc:0", columns=["port"]).coords["slice"]
    assert texts[0] == 'port == "Q"'
    assert all("age" not in text for text in texts)


def test_slices_of_few_samples_are_not_asked(made: Made) -> None:
    rare = np.where(np.arange(N) < 15, "rare", "usual")
    found = drivers(made({"fc": noise(1)}, {"kind": rare}, half=HALF), "fc:0")
    assert found.coords["slice"] == []
    assert "no part of it has 20 samples inside and outside" in found.notes[-1]


def test_samples_in_groups_are_shuffled_by_group(made: Made) -> None:
    groups = np.arange(N) // 50
    ward = np.array(["a", "b", "c", "d", "e"])[np.random.default_rng(5).integers(0, 5, N // 50)][groups]
    shift = np.random.default_rng(6).normal(size=(N // 50, 1))[groups]
    values = (noise(4, units=1) * 0.2 + shift).astype(np.float32)
    half = groups % 2
    blind = drivers(made({"fc": values}, {"ward": ward}, half=half), "fc:0")
    found = drivers(made({"fc": values}, {"ward": ward}, half=half, groups=groups), "fc:0")
    assert found.coords == blind.coords
    assert found["shuffled"][0] > 1.3 * blind["shuffled"][0]


def test_the_column_that_names_the_groups_is_not_asked(made: Made) -> None:
    patient = np.arange(N) // 20
    rec = made({"fc": noise(1)}, COLUMNS | {"patient": patient}, half=patient % 2, groups=patient)
    assert "patient (it names the groups that samples come in)" in drivers(rec, "fc:0").notes[-1]
    assert all("patient" in text for text in drivers(rec, "fc:0", columns=["patient"]).coords["slice"])


def test_few_groups_claim_nothing(made: Made) -> None:
    rec = planted(made, groups=np.arange(N) // 500)
    found = drivers(rec, "fc:0")
    assert np.isnan(found["p"]).all()
    assert found.notes[0].startswith("fc:0: nothing is claimed")
    assert "groups of samples, fewer than 20" in found.notes[1]


def test_values_that_are_not_finite_are_left_out(made: Made) -> None:
    values = noise(1)
    values[PLANTED, 0] += 4
    values[::7, 0] = np.nan
    values[1::7, 0] = np.inf
    rec = made({"fc": values}, COLUMNS, half=HALF)
    found = drivers(rec, "fc:0")
    finite = np.isfinite(values[:, 0]) & (HALF == 1)
    inside = rec.mask(found.coords["slice"][0])[finite]
    at_top = top_of(values[finite, 0])
    assert found["heldout"][0] == pytest.approx(average_precision_score(at_top, inside))
    assert found["beats"][0] == 1


@pytest.mark.parametrize(
    ("column", "said"),
    [
        (np.zeros(N), "it has the same value for every sample"),
        (np.full(N, np.nan), "fewer than 40 finite values"),
    ],
)
def test_a_unit_without_a_top_gets_the_reason_and_no_number(made: Made, column: Array, said: str) -> None:
    found = drivers(made({"fc": column.astype(np.float32)[:, None]}, COLUMNS, half=HALF), "fc:0")
    assert found.coords["slice"] == []
    assert said in found.notes[0]
    assert np.isnan(found["threshold"])


def test_a_saturated_unit_says_how_many_share_its_top(made: Made) -> None:
    values = np.where(COLUMNS["crew"], 1.0, 0.0).astype(np.float32)[:, None]
    found = drivers(made({"fc": values}, COLUMNS, half=HALF), "fc:0")
    assert found.coords["slice"][0] == "crew"
    assert found["heldout"][0] == 1
    assert "of the samples share fc:0's highest value" in found.notes[1]


def test_too_few_samples_at_the_top_claim_nothing_and_say_what_to_do(made: Made) -> None:
    rows = slice(0, 300)
    rec = made({"fc": noise(1)[rows]}, {name: column[rows] for name, column in COLUMNS.items()}, half=HALF[rows])
    found = drivers(rec, "fc:0")
    assert np.isnan(found["beats"]).all()
    assert "Ask for a larger top than 0.05" in found.notes[1]


def test_a_recording_without_metadata_says_so(made: Made) -> None:
    found = drivers(made({"fc": noise(1)}, half=HALF), "fc:0")
    assert found.notes[-1] == "the recording has no columns that describe its samples. Record with metadata=."


def test_the_same_question_has_the_same_answer_whoever_asked_before(made: Made) -> None:
    first, second = planted(made), planted(made)
    alone = drivers(first, "fc:0")
    drivers(second, "fc:1")
    np.testing.assert_array_equal(alone.table().to_numpy(), drivers(second, "fc:0").table().to_numpy())


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"at": "fc"}, AddressError, "as in 'fc:0'"),
        ({"at": "fc:9"}, UnknownName, "its units are 0 to 1"),
        ({"columns": ["prot"]}, UnknownName, "closest: 'port'"),
        ({"columns": ["half"]}, DataError, "numbers the samples"),
        ({"score": "iou"}, UnknownName, "no score 'iou'"),
        ({"top": 0.0}, DataError, "between 0 and 0.5"),
        ({"top": 0.7}, DataError, "between 0 and 0.5"),
        ({"depth": 0}, DataError, "slices of 0 predicates"),
        ({"beam": 0}, DataError, "keeps no slice"),
        ({"shuffles": 5}, DataError, "at least 19"),
        ({"seed": -1}, DataError, "from 0 on"),
        ({"reduction": "median"}, UnknownName, "no reduction 'median'"),
    ],
)
def test_what_cannot_be_asked_is_refused(
    made: Made, options: dict[str, Any], error: type[NeuronautError], said: str
) -> None:
    with pytest.raises(error, match=said):
        drivers(made({"fc": noise(1)}, COLUMNS, half=HALF), **({"at": "fc:0"} | options))
