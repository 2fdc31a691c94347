"""Selectivity of samples that come in groups: a group counts as one observation."""

from __future__ import annotations

import numpy as np
import pytest
from made_recordings import Array, Made
from scipy import stats
from sklearn.metrics import roc_auc_score

from neuronaut.analysis.measures.clustered import Clusters
from neuronaut.analysis.measures.heldout import Design
from neuronaut.analysis.selectivity import selectivity


def kinds(n: int, classes: int = 3, seed: int = 0) -> Array:
    return np.array(list("abcdefghij"))[np.random.default_rng(seed).integers(0, classes, n)]


def test_groups_count_as_one_observation_each(made: Made) -> None:
    n = 400
    patient = np.arange(n) // 10
    label = np.where(patient % 2, "a", "b")
    values = np.random.default_rng(18).normal(size=(40, 30))[patient] + 0.01
    free = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=0)
    tied = selectivity(made({"fc": values}, {"kind": label}, groups=patient), "kind", permutations=0)
    assert (free["p"] < 0.05).sum() > 5
    assert (tied["p"] < 0.05).sum() <= 3
    assert any("samples come in groups" in note for note in tied.notes)
    few = selectivity(made({"fc": values}, {"kind": label}, groups=patient // 4), "kind", permutations=0)
    assert np.isnan(few["q"]).all()


def clustered_noise(units: int, mixed: bool, seed: int, sizes: Array | None = None) -> tuple[Array, Array, Array]:
    """Units that know nothing of the class; half of their variance is their group's (ICC .5)."""
    rng = np.random.default_rng(seed)
    sizes = np.full(60, 10) if sizes is None else sizes
    patient = np.repeat(np.arange(len(sizes)), sizes)
    values = rng.normal(size=(len(sizes), units))[patient] + rng.normal(size=(len(patient), units))
    label = rng.permutation(np.arange(len(patient)) % 2) if mixed else (np.arange(len(sizes)) % 2)[patient]
    return values.astype(np.float32), np.where(label, "a", "b"), patient


@pytest.mark.parametrize("mixed", [False, True], ids=["classes of groups", "classes within groups"])
@pytest.mark.parametrize("uneven", [False, True])
def test_with_groups_p_and_mi_p_keep_their_level_and_are_not_far_below_it(
    made: Made, mixed: bool, uneven: bool
) -> None:
    sizes = np.random.default_rng(5).integers(1, 20, 60) if uneven else None
    values, label, patient = clustered_noise(800, mixed, 30, sizes)
    found = selectivity(made({"fc": values}, {"kind": label}, groups=patient), "kind", permutations=19)
    # 800 draws at 5 %: a standard error of .8 %.
    assert 0.03 <= (found["p"] < 0.05).mean() <= 0.07
    assert 0.003 <= (found["p"] < 0.01).mean() <= 0.02
    assert 0.03 <= (found["mi_p"] <= 0.05).mean() <= 0.07
    assert abs(found["mi"].mean()) < 0.002
    if not mixed:
        free = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=39)
        assert (free["p"] < 0.05).mean() > 0.2
        assert (free["mi_p"] <= 0.05).mean() > 0.2


def test_groups_of_one_sample_give_the_p_of_samples(made: Made) -> None:
    values, label, _ = clustered_noise(20, True, 31)
    values = np.maximum(values, 0)
    alone = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=0)
    single = selectivity(made({"fc": values}, {"kind": label}, groups=np.arange(len(label))[::-1]), "kind")
    for name in ("p", "q", "q_half0", "q_half1"):
        np.testing.assert_allclose(single[name], alone[name], rtol=1e-9)


def test_an_effect_within_groups_is_found_though_groups_differ(made: Made) -> None:
    values, _, patient = clustered_noise(30, True, 32)
    label = np.where(np.arange(600) % 2, "a", "b")  # half of each group
    values += 5 * np.random.default_rng(33).normal(size=(60, 30))[patient].astype(np.float32)
    values[label == "a"] += 0.6
    free = selectivity(made({"fc": values}, {"kind": label}), "kind", permutations=0)
    tied = selectivity(made({"fc": values}, {"kind": label}, groups=patient), "kind", permutations=99)
    assert (free["p"] < 1e-3).mean() < 0.2
    assert (tied["p"] < 1e-3).mean() > 0.9
    assert any(note.endswith("mi_p shuffles classes within each group, as some hold several.") for note in tied.notes)


def test_the_spread_with_groups_is_that_of_redrawn_groups() -> None:
    values, label, patient = clustered_noise(1, False, 34, np.random.default_rng(6).integers(1, 25, 200))
    codes, column = (label == "a").astype(np.int32), values[:, 0].astype(float)
    clusters = Clusters.of(patient, 2 * codes, 2, 0, 0)
    found = clusters.inflation(stats.rankdata(column), np.ones(len(column), bool))[1, 0]
    n = np.bincount(codes)
    plain = np.sqrt((len(column) + 1) / (12 * n[0] * n[1]))
    rng, rows = np.random.default_rng(7), [np.flatnonzero(patient == one) for one in range(200)]
    drawn = [np.concatenate([rows[one] for one in rng.integers(0, 200, 200)]) for _ in range(400)]
    spread = np.std([roc_auc_score(codes[one], column[one]) for one in drawn])
    assert np.sqrt(found) * plain == pytest.approx(spread, rel=0.1)


def test_values_that_are_not_finite_are_left_out_of_groups_too(made: Made) -> None:
    values, label, patient = clustered_noise(3, False, 35)
    gone = patient == 7
    broken = values.copy()
    broken[gone, 1] = np.nan
    found = selectivity(made({"fc": broken}, {"kind": label}, groups=patient), "kind", permutations=0)
    without = selectivity(
        made({"fc": values[~gone]}, {"kind": label[~gone]}, groups=patient[~gone]), "kind", permutations=0
    )
    assert found["auroc"][0, 1] == pytest.approx(without["auroc"][0, 1])
    assert found["p"][1] == pytest.approx(without["p"][1], rel=0.05)


def test_a_design_counts_groups_on_both_sides() -> None:
    from neuronaut.analysis.measures.classes import Classes

    classes = Classes(("a", "b"), np.array([0, 0, 1, 1, -1], np.int32))
    design = Design.of(classes, np.array([0, 1, 0, 1, 0], np.uint8), np.array([7, 7, 7, 8, 9], np.int32))
    assert design.pieces[:, :, 0].tolist() == [[1, 2], [2, 1]]
    assert design.pieces[:, :, 1].tolist() == [[1, 1], [1, 1]]
    assert design.rows.tolist() == [0, 1, 2, 3]
