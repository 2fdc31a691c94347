"""The registry: one declaration, one key, and results that are computed once."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from made_recordings import Made

from neuronaut.analysis import activity, analyses
from neuronaut.analysis.registry import canonical, result_key
from neuronaut.core.errors import NeuronautError
from neuronaut.core.slices import where
from neuronaut.store.results import list_results

VALUES = {"fc": np.arange(12, dtype=np.float32).reshape(4, 3)}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The layers whose activations were looked at."""
    seen: list[str] = []
    module = sys.modules["neuronaut.analysis.activity"]
    true = module._moments

    def counted(array: object, wanted: object) -> object:
        seen.append(array.layer)
        return true(array, wanted)

    monkeypatch.setattr(module, "_moments", counted)
    return seen


def test_every_analysis_is_declared_with_version_summary_and_parameters() -> None:
    known = analyses()
    assert list(known) == sorted(known)
    assert {"activity", "compare", "health", "order", "selectivity", "similarity", "top"} <= set(known)
    for one in known.values():
        assert one.version >= 1
        assert one.summary.endswith((".", ":"))
        assert "rec" not in one.parameters


def test_a_result_says_its_parameters_with_the_defaults(made: Made) -> None:
    found = activity(made(VALUES), where("sample < 2").named("first"))
    assert found.params == {
        "slices": {"slice": "first", "key": "sample < 2"},
        "layers": "*",
        "site": "post",
        "reduction": "mean",
        "quantiles": [],
    }
    assert (found.name, found.version) == ("activity", 1)


@pytest.mark.parametrize("writable", [True, False])
def test_the_same_question_is_computed_once(made: Made, reads: list[str], writable: bool) -> None:
    rec = made(VALUES, writable=writable)
    first, second = activity(rec, "sample < 2"), activity(rec, "sample < 2")
    assert reads == ["fc"]
    assert second["mean"].tolist() == first["mean"].tolist()
    assert (second.coords, second.notes, dict(second.n)) == (first.coords, first.notes, dict(first.n))
    activity(rec, "sample < 3")
    assert reads == ["fc", "fc"]


def test_results_lie_in_a_recording_only_when_it_was_opened_writable(made: Made) -> None:
    for writable, count in ((True, 1), (False, 0)):
        rec = made(VALUES, writable=writable)
        activity(rec)
        assert len(list_results(rec)) == count


def test_a_damaged_kept_result_is_computed_again(made: Made, reads: list[str]) -> None:
    rec = made(VALUES, writable=True)
    activity(rec)
    for file in Path(rec.path).glob("results/*/*"):
        file.write_bytes(b"damaged")
    assert activity(rec)["mean"].tolist() == [[4.5, 5.5, 6.5]]
    activity(rec)
    assert reads == ["fc", "fc"]


def test_a_full_disk_costs_only_the_keeping(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    from neuronaut.store import results

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(results, "write_file", full)
    found = activity(made(VALUES, writable=True))
    assert found["mean"].tolist() == [[4.5, 5.5, 6.5]]
    assert "not kept" in found.notes[-1]
    assert "No space left" in found.notes[-1]


def test_the_key_changes_with_everything_that_changes_the_answer() -> None:
    base = ("id", 3, "activity", 1, {"slices": "age > 3"})
    others = [
        ("other", 3, "activity", 1, {"slices": "age > 3"}),
        ("id", 4, "activity", 1, {"slices": "age > 3"}),
        ("id", 3, "compare", 1, {"slices": "age > 3"}),
        ("id", 3, "activity", 2, {"slices": "age > 3"}),
        ("id", 3, "activity", 1, {"slices": "age > 4"}),
    ]
    keys = {result_key(*base), *(result_key(*other) for other in others)}
    assert len(keys) == 6
    assert all(len(key) == 32 and key.isalnum() for key in keys)


def test_masks_and_slices_are_keys_by_what_they_select() -> None:
    mask = np.array([True, False])
    assert canonical(mask) == canonical(mask.copy()) != canonical(~mask)
    assert canonical(where("age>3")) == canonical(where("age > 3"))
    assert canonical(where(mask)) == canonical(where([True, False])) != canonical(where(~mask))


def test_an_analysis_of_something_else_says_what_to_pass() -> None:
    with pytest.raises(NeuronautError, match=r"activity asks a recording, and was given a dict.*naut\.open"):
        activity({"not": "a recording"})
