"""An ablation that was kept in a recording is on its page and on its server, number for number."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from page_reader import read_page

import neuronaut as naut
from neuronaut.explorer.server.manifest import snapshot
from neuronaut.store.recording import open as open_recording
from neuronaut.store.results import list_results


@pytest.fixture
def net() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).eval()


@pytest.fixture
def path(net: Any, tmp_path: Path) -> Path:
    inputs = np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)
    return naut.record(net, inputs, labels=(inputs[:, 0] > 0).astype(int), to=tmp_path / "net.naut").path


def ablations(manifest: Any) -> list[Any]:
    return [one for one in manifest["results"] if one["name"] == "ablate"]


def test_a_writable_recording_keeps_it_once_and_its_page_and_server_have_it(net: Any, path: Path) -> None:
    rec = open_recording(path, writable=True)
    found = [naut.ablate(net, rec, "0:2", how=how) for how in ("mean", "zero", "mean")][-1]
    page = read_page(naut.export(open_recording(path), path.parent / "net.html"))
    card = next(one for one in ablations(page.manifest) if json.loads(one["params"])["how"] == "mean")
    assert len(ablations(page.manifest)) == 2
    assert json.loads(card["params"])["units"] == ["0:2"]
    assert card["n"] == {"all": 60}
    for name in ("effect", "low", "high", "null_low", "null_high", "causal", "class_effect"):
        np.testing.assert_allclose(page.blob(card["values"][name]["data"]), found[name], rtol=1e-6)
    served = json.loads(snapshot(open_recording(path)).body)
    assert [one["params"] for one in ablations(served)] == [one["params"] for one in ablations(page.manifest)]


def test_a_recording_that_is_only_read_stays_as_it_is(net: Any, path: Path) -> None:
    before = sorted(str(file) for file in path.rglob("*"))
    naut.ablate(net, open_recording(path), "0:2")
    assert sorted(str(file) for file in path.rglob("*")) == before


def test_one_that_is_damaged_is_a_note_not_a_number(net: Any, path: Path) -> None:
    rec = open_recording(path, writable=True)
    naut.ablate(net, rec, "0:2")
    ((name, key),) = [one for one in list_results(rec) if one[0] == "ablate"]
    values = path / "results" / f"{name}-{key}" / "values.bin"
    values.write_bytes(values.read_bytes()[:-1])
    manifest = json.loads(snapshot(open_recording(path)).body)
    assert ablations(manifest) == []
    assert any(f"{name}-{key}" in note for note in manifest["notes"])
