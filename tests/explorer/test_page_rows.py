from __future__ import annotations

from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuronaut.core.columns import NumberColumn
from neuronaut.explorer import rows
from neuronaut.explorer.rows import choose_rows, stratified
from neuronaut.store.recording import Recording


@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.data())
def test_every_stratum_gives_a_row_and_its_share_of_the_rest(strata: list[int], data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(strata)))
    array = np.array(strata)
    chosen = stratified(array, size)
    assert len(chosen) == size
    assert (np.diff(chosen) > 0).all()
    counts = {stratum: (array == stratum).sum() for stratum in set(strata)}
    taken = {stratum: (array[chosen] == stratum).sum() for stratum in counts}
    if size < len(counts):
        assert set(taken.values()) <= {0, 1}
        assert min(counts[one] for one in taken if taken[one]) >= max(counts[one] for one in taken if not taken[one])
        return
    spare = len(strata) - len(counts)
    for stratum, count in counts.items():
        assert 1 <= taken[stratum] <= count
        assert abs(taken[stratum] - 1 - (count - 1) * (size - len(counts)) / max(1, spare)) < 1


def test_a_rare_class_is_not_lost() -> None:
    rec = Numbered()
    rec.prediction[:] = 3.0
    rec.prediction[:10], rec.prediction[10:12] = 5.0, 7.0
    chosen = choose_rows(cast("Recording", rec), 10, 40)
    assert {3.0, 5.0, 7.0} == set(rec.prediction[chosen])


def test_every_class_gives_a_row_where_there_are_as_many_rows_as_classes() -> None:
    rec = Numbered()
    rec.prediction[:] = np.arange(900) % 40
    chosen = choose_rows(cast("Recording", rec), 10, 40)
    assert sorted(rec.prediction[chosen]) == list(range(40))


def test_all_rows_are_taken_where_they_fit(passengers: Recording) -> None:
    assert choose_rows(passengers, 63, None).tolist() == list(range(891))
    assert choose_rows(passengers, 63, 891).tolist() == list(range(891))


def test_a_part_keeps_the_share_of_the_label_and_of_the_halves(passengers: Recording) -> None:
    chosen = choose_rows(passengers, 63, 300)
    assert len(chosen) == 300
    for where in ("survived == 'yes'", "half == 1"):
        mask = passengers.mask(where)
        assert mask[chosen].mean() == pytest.approx(mask.mean(), abs=0.005)


def test_too_many_values_are_cut_without_being_asked(passengers: Recording, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_VALUES", 63 * 100)
    assert len(choose_rows(passengers, 63, None)) == 100


class Numbered:
    """900 samples whose predicted class is called by a number; nothing else is asked of them."""

    def __init__(self) -> None:
        random = np.random.default_rng(0)
        self.n, self.task, self.half = 900, {"label": "digit"}, (random.random(900) < 0.5).astype(np.uint8)
        self.prediction = np.where(random.random(900) < 0.9, 3.0, 7.0)
        self.columns = {"prediction": NumberColumn("prediction", self.prediction)}


def test_a_part_keeps_the_share_of_predictions_that_are_numbers() -> None:
    rec = Numbered()
    chosen = choose_rows(cast("Recording", rec), 10, 90)
    sevens = rec.prediction == 7
    for half in (0, 1):
        stratum = sevens & (rec.half == half)
        assert abs(stratum[chosen].sum() - stratum.sum() / 10) < 1
