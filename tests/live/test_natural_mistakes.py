"""What a newcomer writes at first: each is answered with what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import neuronaut as naut
from neuronaut.core.errors import AddressError, DataError, NotARecording

NET = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
ROWS = np.arange(80, dtype=np.float32).reshape(40, 2)


@pytest.fixture(scope="module")
def rec(tmp_path_factory: pytest.TempPathFactory) -> naut.Recording:
    path = tmp_path_factory.mktemp("mistakes") / "net.naut"
    return naut.record(NET, ROWS, to=path, metadata={"row": range(40)}, influence=False)


@pytest.mark.parametrize("kind", [str, Path])
@pytest.mark.parametrize(
    "verb",
    [
        lambda path: naut.compare(path, "row < 20"),
        lambda path: naut.activity(path),
        lambda path: naut.top(path, "0:1"),
        lambda path: naut.health(path),
        lambda path: naut.order(path),
        lambda path: naut.drivers(path, "0:1"),
        lambda path: naut.selectivity(path, "row"),
        lambda path: naut.similarity(path),
        lambda path: naut.influence(path, "0:1", model=NET),
        lambda path: naut.ablate(NET, path, "0:1"),
    ],
)
def test_a_path_is_answered_with_how_to_open_it(kind: Callable[[str], Any], verb: Callable[[Any], Any]) -> None:
    with pytest.raises(DataError, match=r"Open it first: .*naut\.open\('digits\.naut'\)"):
        verb(kind("digits.naut"))


def test_what_is_no_recording_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="export asks a recording, and was given a list"):
        naut.export([1, 2], tmp_path / "page.html")
    with pytest.raises(DataError, match="activity asks a recording, and was given a ndarray"):
        naut.activity(ROWS)


def test_a_model_is_no_recording_to_show() -> None:
    with pytest.raises(DataError, match=r"a Linear is no recording.*naut\.show\(rec, model=model\)"):
        naut.show(torch.nn.Linear(2, 3))


def test_of_inputs_that_do_not_fit_it_is_said_what_they_are() -> None:
    net = torch.nn.Sequential(torch.nn.Linear(2, 3)).eval()
    with pytest.raises(RuntimeError) as caught:
        naut.record(net, np.zeros((5, 4), np.float32))
    assert caught.value.__notes__[1] == "they are float32 of shape 2 x 4, the samples first"
    with pytest.raises(RuntimeError) as caught:
        naut.record(net, pd.DataFrame(np.zeros((5, 3)), columns=["age", "fare", "row"]))
    assert "3, the samples first: 'age', 'fare', 'row'. Name with features= those" in caught.value.__notes__[1]


def test_a_file_is_no_recording_and_a_folder_that_is_missing_neither(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("age\n3\n")
    with pytest.raises(NotARecording, match=r"people\.csv is a file. A recording is a folder, NAME\.naut"):
        naut.open(tmp_path / "people.csv")
    with pytest.raises(NotARecording, match="Check the path"):
        naut.open(tmp_path / "titanc.naut")


def test_a_slice_masks_a_recording_as_it_does_its_columns(rec: naut.Recording) -> None:
    slice = naut.where("row < 7")
    assert slice.mask(rec).sum() == 7
    assert (slice.mask(rec) == slice.mask(rec.columns)).all()
    with pytest.raises(DataError, match="of a recording or its columns, not of a dict"):
        slice.mask({"row": [1]})


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (0, "0 is no address: an address is a text"),
        (slice(3), "is no address: an address is a text"),
        ("0:-1", r"cannot read '-1' in '0:-1' as a unit\. Its units are 0 to 2\."),
        ("0:first", r"Its units are 0 to 2\."),
        ("0:0,0:2", r"Give a list: \['0:0', '0:2'\]"),
        ("0:0,2", r"Give a list: \['0:0', '0:2'\]"),
    ],
)
def test_an_address_that_is_none_is_answered_with_one(rec: naut.Recording, address: Any, said: str) -> None:
    with pytest.raises(AddressError, match=said):
        rec[address]


def test_addresses_with_a_comma_between_are_answered_with_a_list(rec: naut.Recording) -> None:
    with pytest.raises(AddressError, match=r"Give a list: \['0:0', '0:2'\]"):
        naut.ablate(NET, rec, "0:0,0:2")


def test_recording_and_model_in_the_wrong_order_are_said(rec: naut.Recording) -> None:
    with pytest.raises(DataError, match=r"the model comes first, then the recording: naut\.ablate\(model, rec"):
        naut.ablate(rec, NET, "0:0")


@pytest.mark.parametrize("value", [1, "abc", None])
def test_one_value_is_no_column_of_metadata(value: Any) -> None:
    with pytest.raises(DataError, match=r"column 'c' is a single .*\. Give one value for each sample"):
        naut.record(NET, ROWS, metadata={"c": value})


def test_it_is_said_why_there_are_no_random_units(rec: naut.Recording) -> None:
    def said(units: str, null: int) -> str:
        return " ".join(naut.ablate(NET, rec, units, null=null, resamples=20).notes)

    assert "no random units to compare with (null=0)" in said("0:1", 0)
    assert "no random units to compare with (the layer has no others)" in said("0", 5)


def test_of_two_options_only_the_one_that_is_wrong_is_said(rec: naut.Recording) -> None:
    with pytest.raises(DataError, match=r"^saturated is the share .* up to 1; got 2\.$"):
        naut.health(rec, saturated=2.0)
    with pytest.raises(DataError, match=r"^tau is at least 0; got -1\.$"):
        naut.health(rec, tau=-1.0)


def test_a_top_of_one_sample_is_no_tie() -> None:
    many = np.arange(200, dtype=np.float32)[:, None]
    net = torch.nn.Sequential(torch.nn.Linear(1, 1))
    rec = naut.record(net, many, metadata={"row": range(200)}, influence=False)
    notes = naut.drivers(rec, "input:0", top=0.0001, shuffles=19).notes
    assert not any("share input:0's highest value" in note for note in notes)
    assert any("there is only 1 sample, fewer than" in note for note in notes)
