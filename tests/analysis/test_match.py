"""Match: planted permutations are recovered, noise is not, and what cannot be matched is said."""

from __future__ import annotations

import sys
from itertools import permutations
from typing import Any

import numpy as np
import pytest
from made_recordings import Array, Made
from scipy import stats

from neuronaut.analysis import linear_cka, match
from neuronaut.analysis.measures.likeness import likened
from neuronaut.analysis.measures.margins import difference_interval
from neuronaut.analysis.measures.matching import assigned, best, correlations, held_out
from neuronaut.analysis.measures.paired import changes, placements
from neuronaut.core.errors import DataError, UnknownName
from neuronaut.core.layer import Layer
from neuronaut.core.result import Result
from neuronaut.samples import load_titanic

N = 400
ORDER = np.random.default_rng(9).permutation(12)


def values(units: int = 12, seed: int = 0, n: int = N) -> Array:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 3)) @ rng.normal(size=(3, units)) + rng.normal(size=(n, units)) + 1


def table(n: int = N) -> dict[str, Any]:
    rng = np.random.default_rng(4)
    return {
        "kind": rng.choice(["a", "b", "c"], n),
        "size": rng.normal(size=n),
        "who": [f"sample {row}" for row in range(n)],
    }


def partners(found: Result) -> list[str]:
    return [str(text) for text in found["partner"]]


def test_a_planted_permutation_is_recovered_exactly_whatever_the_scale(made: Made) -> None:
    x = values()
    y = 3 * x[:, ORDER] + np.arange(12)
    found = match(made({"fc": x}, table()), made({"fc": y}, table()))
    assert partners(found) == [f"fc:{place}" for place in np.argsort(ORDER)]
    assert found["other_partner"].tolist() == [f"fc:{place}" for place in ORDER]
    np.testing.assert_allclose(found["correlation"], 1, atol=1e-9)
    np.testing.assert_allclose(found["heldout"], 1, atol=1e-9)
    assert found["replicated"].tolist() == found["again"].tolist() == found["mutual"].tolist() == [1.0] * 12
    assert found["cka"][0] == pytest.approx(linear_cka(x, y))
    assert (found.notes, dict(found.n)) == ((), {"shared": N})


def test_samples_are_aligned_by_their_ids_not_by_their_rows(made: Made) -> None:
    x = values()
    turned = np.random.default_rng(2).permutation(N)
    metadata = {name: np.asarray(column)[turned] for name, column in table().items()}
    other = made({"fc": x[turned][:, ORDER]}, metadata, ids=turned)
    found = match(made({"fc": x}, table()), other)
    np.testing.assert_allclose(found["correlation"], 1, atol=1e-9)


def test_only_samples_that_both_hold_are_matched_and_that_is_said(made: Made) -> None:
    x, there = values(), np.arange(100, N)
    rest = {name: np.asarray(column)[there] for name, column in table().items()}
    found = match(made({"fc": x}, table()), made({"fc": x[there]}, rest, ids=there))
    assert found.n["shared"] == 300
    assert "matched on the 300 samples that both hold, of 400 and 300." in found.notes


def test_independent_noise_does_not_replicate(made: Made) -> None:
    claimed = 0
    for seed in range(10):
        x, y = np.random.default_rng(seed).normal(size=(2, N, 15))
        found = match(made({"fc": x}, table()), made({"fc": y}, table()), shuffles=199)
        assert np.nanmean(found["found"]) > 0.08  # the best of many looks good where it was chosen
        assert abs(np.nanmean(found["heldout"])) < 0.06
        claimed += bool((found["replicated"] == 1).any())
        assert ((found["partner"] == "") == ~(found["q"] < 0.05)).all()
    assert claimed <= 2


def test_the_partners_are_those_of_the_best_of_all_pairings(made: Made) -> None:
    x, y = values(4, 1), values(6, 2) + 0.4 * np.tile(values(3, 1)[:, :3], 2)
    half = np.arange(N) % 2
    found = match(made({"fc": x}, table(), half=half), made({"fc": y}, table(), half=half))
    r = np.corrcoef(x[half == 0].T, y[half == 0].T)[:4, 4:]
    expected = max(permutations(range(6), 4), key=lambda order: sum(r[unit, place] for unit, place in enumerate(order)))
    assert found["candidate"].tolist() == [f"fc:{place}" for place in expected]
    np.testing.assert_allclose(found["found"], r[range(4), expected], atol=1e-12)
    whole = np.corrcoef(x.T, y.T)[:4, 4:]
    assert found["best"].tolist() == [f"fc:{place}" for place in whole.argmax(1)]
    np.testing.assert_allclose(found["other_best_correlation"], whole.max(0), atol=1e-12)
    for unit, place in enumerate(expected):
        held = stats.pearsonr(x[half == 1, unit], y[half == 1, place])
        plain = held.confidence_interval()
        assert found["heldout"][unit] == pytest.approx(held.statistic)
        assert plain.low - 0.05 < found["heldout_low"][unit] < plain.low + 1e-9
        assert plain.high + 0.05 > found["heldout_high"][unit] > plain.high - 1e-9


def test_of_units_that_seldom_fire_the_intervals_hold_95_times_in_100_where_fishers_do_not(made: Made) -> None:
    def fired(random: np.random.Generator, n: int, units: int) -> tuple[Array, Array]:
        x = random.normal(size=(n, units))
        y = 0.7 * x + 0.51**0.5 * random.normal(size=(n, units))
        return np.maximum(x - 0.8, 0), np.maximum(y - 0.8, 0)

    truth = np.corrcoef(*(each[:, 0] for each in fired(np.random.default_rng(0), 1_000_000, 1)))[0, 1]
    held, fisher, units = dict.fromkeys(("heldout", "margin"), 0), 0, 200
    for seed in range(1, 6):
        x, y = fired(np.random.default_rng(seed), 1000, units)
        half = np.arange(1000) % 2
        found = match(made({"fc": x}, table(1000), half=half), made({"fc": y}, table(1000), half=half), shuffles=0)
        assert found["candidate"].tolist() == [f"fc:{unit}" for unit in range(units)]
        # Another unit of the other network shares nothing with this one: the margin is the whole correlation.
        for name in held:
            held[name] += int(((found[f"{name}_low"] <= truth) & (truth <= found[f"{name}_high"])).sum())
        z, width = np.arctanh(found["heldout"]), 1.959964 / np.sqrt(500 - 3)
        fisher += int(((np.tanh(z - width) <= truth) & (truth <= np.tanh(z + width))).sum())
    assert 930 <= held["heldout"] <= 970 and 930 <= held["margin"] <= 970
    assert fisher < 800


def test_a_wider_layer_keeps_units_without_a_partner(made: Made) -> None:
    x = values()
    found = match(made({"fc": x}, table()), made({"fc": x[:, [7, 2, 5]]}, table()))
    assert {unit: at for unit, at in zip(found.coords["unit"], partners(found), strict=True) if at} == {
        "fc:7": "fc:0",
        "fc:2": "fc:1",
        "fc:5": "fc:2",
    }
    assert np.isnan(found["correlation"]).sum() == 9
    assert np.isnan(found["q"]).sum() == 9


def test_constant_and_broken_units_stay_alone_and_are_named(made: Made) -> None:
    x = values()
    x[:, 3] = 0.1
    x[:, 6] = 0
    x[: N - 100, 4] = np.nan
    x[:30, 5] = np.inf
    found = match(made({"fc": x}, table()), made({"fc": values()[:, ORDER]}, table()))
    expected = [f"fc:{place}" for place in np.argsort(ORDER)]
    assert partners(found) == [*expected[:3], "", "", expected[5], "", *expected[7:]]
    assert found["correlation"][5] == pytest.approx(1)
    assert found.notes == (
        "1 unit (fc:6) of 0.naut: dead, 0 for all samples; without a partner.",
        "1 unit (fc:3) of 0.naut: constant; without a partner.",
        "1 unit (fc:4) of 0.naut: NaN or infinite for more than half of the samples; without a partner.",
        "1 unit (fc:5) of 0.naut: NaN or infinite for some samples; compared on the others.",
    )


def test_a_layer_of_constants_matches_nothing(made: Made) -> None:
    found = match(made({"fc": values()}, table()), made({"fc": np.ones((N, 5))}, table()))
    assert set(partners(found)) == {""}
    assert np.isnan(found["cka"]).all()
    assert found.notes == ("5 units (fc:0, fc:1, fc:2, …) of 1.naut: constant; without a partner.",)


def test_of_pairings_as_good_units_of_the_same_number_are_taken(made: Made) -> None:
    x = np.repeat(values(3), 4, axis=1)
    found = match(made({"fc": x}, table()), made({"fc": 2 * x}, table()))
    assert partners(found) == [f"fc:{unit}" for unit in range(12)]


def test_an_opposite_is_no_match(made: Made) -> None:
    x = values(2, 3)
    found = match(made({"fc": x}, table()), made({"fc": -x}, table()))
    x[:, 1] += 9 * x[:, 0]  # so that neither is the other's partner by chance
    found = match(made({"fc": x}, table()), made({"fc": -x}, table()))
    assert set(partners(found)) == set(found["other_partner"].tolist()) == {""}
    assert np.isnan(found["again"]).all()


def test_pairs_are_not_distinct_where_all_units_follow_one_thing(made: Made) -> None:
    rng = np.random.default_rng(3)
    ink = rng.normal(size=(N, 1))
    x, y = (ink + 0.05 * rng.normal(size=(N, 6)) for _ in range(2))
    x[:, 5] = y[:, 5] = rng.normal(size=N)
    found = match(made({"fc": x}, table()), made({"fc": y}, table()))
    assert (found["heldout"] > 0.99).all() and (found["q"] < 0.05).all()
    assert found["distinct"].tolist() == found["replicated"].tolist() == [0.0] * 5 + [1.0]
    assert (found["margin_low"][:5] <= 1e-9).all() and found["margin_low"][5] > 0.7
    assert (found["runner_up"] != found["partner"]).all()
    assert found["replication_rate"][0] == pytest.approx(1 / 6)
    assert found.notes == (
        "5 of 6 pairs have q < .05 on the held-out half but are not distinct: another unit answers as well, so "
        "which is whose partner is arbitrary.",
    )


def test_a_pair_is_not_distinct_where_another_unit_suits_the_partner_as_well(made: Made) -> None:
    x = values(1)
    twice = np.concatenate([x, x], 1)
    found = match(made({"fc": twice}, table()), made({"fc": x}, table()))
    assert sorted(partners(found)) == ["", "fc:0"]
    assert np.nanmax(found["distinct"]) == 0


def test_the_margin_is_what_the_partner_has_more_on_the_held_out_half(made: Made) -> None:
    x, half = values(4, 5), np.arange(N) % 2
    y = x + np.random.default_rng(8).normal(size=x.shape)
    found = match(made({"fc": x}, table(), half=half), made({"fc": y}, table(), half=half))
    first, second = (np.corrcoef(x[half == side].T, y[half == side].T)[:4, 4:] for side in (0, 1))
    for unit, partner in enumerate(int(at.split(":")[1]) for at in found["candidate"]):
        rest = [place for place in range(4) if place != partner]
        rival = max(rest, key=lambda place: first[unit, place])
        assert found["runner_up"][unit] == f"fc:{rival}"
        assert found["runner_up_heldout"][unit] == pytest.approx(second[unit, rival])
        assert found["margin"][unit] == pytest.approx(second[unit, partner] - second[unit, rival])
        assert found["margin_low"][unit] < found["margin"][unit] < found["margin_high"][unit]


@pytest.mark.parametrize(("n", "threshold"), [(100, None), (1000, 0.0), (1000, 1.5)])
def test_the_interval_of_a_margin_covers_95_times_in_100(n: int, threshold: float | None) -> None:
    """Of three units that share much, normal ones or what rectifiers let through of them."""
    mixed = np.linalg.cholesky(np.array([[1, 0.8, 0.6], [0.8, 1, 0.5], [0.6, 0.5, 1]]))

    def drawn(random: np.random.Generator, n: int, times: int) -> Array:
        whole = random.normal(size=(times, n, 3)) @ mixed.T
        return np.moveaxis(whole if threshold is None else np.maximum(whole - threshold, 0), 0, -1)

    many = np.corrcoef(drawn(np.random.default_rng(0), 1_000_000, 1)[:, :, 0].T)
    truth = many[0, 1] - many[0, 2]
    x, y, z = np.moveaxis(drawn(np.random.default_rng(1), n, 1000), 1, 0)
    one, other, between = (likened(a, b, None, centre=True) for a, b in ((x, y), (x, z), (y, z)))
    low, high = difference_interval(one, other, between.r)
    assert 930 <= ((low <= truth) & (truth <= high)).sum() <= 970


@pytest.mark.parametrize("shared", [0, 1, 19])
def test_too_few_samples_in_common_are_refused(made: Made, shared: int) -> None:
    ids = np.arange(N) + N - shared
    with pytest.raises(DataError, match=f"share {shared} samples"):
        match(made({"fc": values()}, table()), made({"fc": values()}, table(), ids=ids))


def test_few_samples_in_a_half_are_matched_and_not_checked(made: Made) -> None:
    x, half = values(n=30), np.arange(30) % 2
    found = match(made({"fc": x}, half=half), made({"fc": x[:, ORDER]}, half=half))
    assert partners(found) == [f"fc:{place}" for place in np.argsort(ORDER)]
    assert np.isnan(found["heldout"]).all()
    assert np.isnan(found["replicated"]).all()
    assert any("no match could be checked" in note for note in found.notes)


def test_other_data_under_the_same_ids_are_refused(made: Made) -> None:
    rec = made({"fc": values()}, table())
    shuffled = {name: np.roll(column, 7) for name, column in table().items()}
    with pytest.raises(DataError, match="of different data: under the same sample ids 'kind', 'size', 'who' differ"):
        match(rec, made({"fc": values()}, shuffled))
    with pytest.raises(DataError, match="no column in common"):
        match(rec, made({"fc": values()}, {"digit": np.arange(N) % 10}))
    relabelled = table() | {"kind": np.roll(table()["kind"], 7)}
    assert match(rec, made({"fc": values()}, relabelled)).notes == ("under the same sample ids 'kind' differs.",)
    unsaid = match(rec, made({"fc": values()}))
    assert any("nothing but the numbers of the samples" in note for note in unsaid.notes)


def test_the_passengers_in_another_order_are_other_data(made: Made) -> None:
    passengers = load_titanic()[1]
    x, mixed = values(n=len(passengers)), passengers.sample(frac=1, random_state=0)
    with pytest.raises(DataError, match="of different data"):
        match(made({"fc": x}, passengers.to_dict("list")), made({"fc": x}, mixed.to_dict("list")))


def test_data_of_one_digest_are_the_same_whatever_the_metadata(made: Made) -> None:
    recs = [made({"fc": values()}, metadata, options={"data": "ab12"}) for metadata in (table(), {"note": ["x"] * N})]
    assert match(*recs).notes == ()


def test_layers_are_matched_by_name_or_as_they_are_told(made: Made) -> None:
    x = values()
    dense = Layer("in", "input", 12, "input", 0)
    rec = made({"in": x, "a": x, "b": x + 1}, table(), layers=[dense])
    other = made({"in": x, "b": x, "c": x[:, ORDER]}, table(), layers=[dense])
    assert match(rec, other).coords["layers"] == ["b"]
    told = match(rec, other, ["a", "b"], ["c", "b"])
    assert (list(told.coords["layers"]), told["other_layer"].tolist()) == (["a", "b"], ["c", "b"])
    assert partners(told)[12:] == [f"b:{unit}" for unit in range(12)]
    assert match(rec, other, "in")["replicated"].all()


def test_a_question_that_makes_no_sense_is_refused(made: Made) -> None:
    rec, other = made({"fc": values()}, table()), made({"hidden": values()}, table())
    with pytest.raises(DataError, match="an empty list of layers"):
        match(rec, other, [])
    with pytest.raises(DataError, match="layers='fc', other_layers='hidden'"):
        match(rec, other)
    with pytest.raises(UnknownName, match="no layer"):
        match(rec, other, "fc", "hiden")
    with pytest.raises(DataError, match="one for one"):
        match(rec, other, "fc", [])
    with pytest.raises(DataError, match="give layers too"):
        match(rec, other, other_layers="hidden")
    with pytest.raises(DataError, match="with itself"):
        match(rec, rec)
    with pytest.raises(DataError, match="cannot give a p below"):
        match(rec, other, "fc", "hidden", shuffles=5)


def test_layers_too_large_to_be_paired_are_refused(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["neuronaut.analysis.match"], "PAIRS", 143)
    with pytest.raises(DataError, match="12 x 12 pairs"):
        match(made({"fc": values()}, table()), made({"fc": values()}, table()))
    monkeypatch.setattr(sys.modules["neuronaut.analysis.match"], "PAIRS", 144)
    monkeypatch.setattr(sys.modules["neuronaut.analysis.match"], "VALUES", 24 * 100)
    found = match(made({"fc": values()}, table()), made({"fc": values()[:, ORDER]}, table()))
    assert partners(found) == [f"fc:{place}" for place in np.argsort(ORDER)]
    assert found.notes == ("fc: looked at on 100 of 400 samples, drawn by the seed.",)


def test_a_slice_changes_what_units_do_and_the_interval_says_how_surely(made: Made) -> None:
    inside = np.asarray(table()["kind"]) == "a"
    rng = np.random.default_rng(5)
    shape = rng.normal(size=(N, 2))
    x = shape + rng.normal(0, 0.2, (N, 2))
    y = shape + rng.normal(0, 0.2, (N, 2))
    y[:, 1] += 2.0 * inside
    found = match(made({"fc": x}, table()), made({"fc": y}, table()), where="kind == 'a'")
    assert found.n["kind == 'a'" if "kind == 'a'" in found.n else 'kind == "a"'] == inside.sum()
    for unit in range(2):
        for values_of, name in ((x, "auroc"), (y, "other_auroc")):
            u = stats.mannwhitneyu(values_of[inside, unit], values_of[~inside, unit]).statistic
            assert found[name][unit] == pytest.approx(u / (inside.sum() * (~inside).sum()))
        a, b = ((each[:, unit] - each[:, unit].mean()) / each[:, unit].std(ddof=1) for each in (x, y))
        paired = stats.ttest_rel(b[inside], a[inside])
        low, high = paired.confidence_interval()
        np.testing.assert_allclose(found["level_change"][unit], (b - a)[inside].mean())
        np.testing.assert_allclose([found["level_low"][unit], found["level_high"][unit]], [low, high], rtol=1e-6)
    assert found["auroc_low"][0] < 0 < found["auroc_high"][0]
    assert found["auroc_low"][1] > 0.1
    assert found["level_low"][1] > 0.1
    np.testing.assert_allclose(found["other_mean"], y[inside].mean(0))


def test_the_interval_of_a_change_of_auroc_covers_95_times_in_100() -> None:
    rng = np.random.default_rng(8)
    inside = np.arange(120) < 50
    truth = stats.norm.cdf(1 / np.sqrt(2)) - stats.norm.cdf(0.5 / np.sqrt(2))
    common = rng.normal(size=(120, 600))
    x, y = (0.8 * common + 0.6 * rng.normal(size=(120, 600)) + shift * inside[:, None] for shift in (0.5, 1.0))
    found = changes(x, y, inside, None)
    covered = (found["auroc_low"] < truth) & (truth < found["auroc_high"])
    assert 0.925 <= covered.mean() <= 0.975


def test_placements_average_to_the_auroc_with_ties() -> None:
    rng = np.random.default_rng(1)
    values_of, mask = rng.integers(0, 5, 60).astype(float), rng.random(60) < 0.4
    u = stats.mannwhitneyu(values_of[mask], values_of[~mask]).statistic / (mask.sum() * (~mask).sum())
    placed = placements(values_of, mask)
    assert placed[mask].mean() == pytest.approx(u)
    assert placed[~mask].mean() == pytest.approx(u)


def test_whole_groups_are_shuffled_where_samples_come_in_groups() -> None:
    rng = np.random.default_rng(3)
    false = {"alone": 0, "grouped": 0}
    for _ in range(200):
        x, y = (np.repeat(rng.normal(size=(15, 1)), 8, axis=0) + 0.1 * rng.normal(size=(120, 1)) for _ in range(2))
        groups = np.repeat(np.arange(15), 8)
        false["grouped"] += bool(held_out(x, y, groups, 39, 0).p[0] < 0.05)
        false["alone"] += bool(held_out(x, y, None, 39, 0).p[0] < 0.05)
    assert false["grouped"] <= 18 < 35 <= false["alone"]


def test_correlations_of_values_with_gaps_are_those_of_the_samples_both_have() -> None:
    x, y = values(3, 1, 40), values(2, 2, 40)
    x[:5, 0], y[30:, 1] = np.nan, np.inf
    r = correlations(x, y)
    for unit in range(3):
        for other in range(2):
            both = np.isfinite(x[:, unit]) & np.isfinite(y[:, other])
            assert r[unit, other] == pytest.approx(np.corrcoef(x[both, unit], y[both, other])[0, 1])


def test_nothing_is_paired_with_nothing() -> None:
    assert assigned(np.zeros((0, 3))).tolist() == []
    assert assigned(np.full((2, 3), np.nan)).tolist() == [-1, -1]
    assert best(np.zeros((2, 0)))[0].tolist() == [-1, -1]
    blocked = np.array([[0.5, np.nan], [0.9, np.nan]])
    assert assigned(blocked).tolist() == [-1, 0]
