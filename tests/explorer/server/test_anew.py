"""A recording that changes while it is served: Results kept in it, its first rows, and another one in its place."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from asgi_client import answer, client_of

import neuronaut as naut
from neuronaut.explorer.server.served import Served
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording


def made(folder: Path, seed: int = 0, rows: int = 60, **options: Any) -> tuple[Any, Recording]:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        net = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))
    inputs = np.random.default_rng(seed).normal(size=(rows, 3)).astype(np.float32)
    return net, naut.record(net, inputs, influence=False, to=folder / "changing.naut", **options)


def test_a_kept_ablation_is_in_the_manifest_as_soon_as_it_is_told(tmp_path: Path) -> None:
    net, rec = made(tmp_path)
    served = Served([rec])
    before = served.snapshot(rec.id)
    assert json.loads(before.body)["results"] == []
    naut.ablate(net, open_recording(rec.path, writable=True), "0:1", resamples=20, null=2)
    assert [(event.kind, event.name) for event in served.news()] == [("result", "ablate")]
    after = served.snapshot(rec.id)
    assert after.etag != before.etag
    (card,) = json.loads(after.body)["results"]
    assert json.loads(card["params"])["units"] == ["0:1"]
    assert served.ready(rec.id) is after and served.news() == []


def test_an_ablation_written_over_another_is_told_too(tmp_path: Path) -> None:
    net, rec = made(tmp_path)
    writable = open_recording(rec.path, writable=True)
    naut.ablate(net, writable, "0:1", resamples=20, null=2, labels=np.arange(60) % 2)
    served = Served([rec])
    before = served.snapshot(rec.id)
    naut.ablate(net, writable, "0:1", resamples=20, null=2, labels=np.zeros(60, int))
    assert [event.kind for event in served.news()] == ["result"]
    assert served.snapshot(rec.id) is not before


def test_what_is_recorded_anew_in_its_place_is_served_and_said(tmp_path: Path) -> None:
    _, rec = made(tmp_path)
    with client_of(rec) as client:
        _, later = made(tmp_path, seed=1, rows=40, overwrite=True)
        assert later.id != rec.id
        question = {"name": "values", "params": {"layer": "0", "unit": 3, "rows": [0, 1]}}
        old = client.post("/api/query", question | {"recording": rec.id})
        assert (old.status, old.error["kind"]) == (409, "replaced")
        for path in ("/api/manifest", f"/api/manifest/{rec.id}", f"/api/manifest/{later.id}"):
            manifest = json.loads(client.ask("GET", path).body)
            assert (manifest["id"], manifest["samples"]["total"]) == (later.id, 40)
        found = answer(client.post("/api/query", question | {"recording": later.id}).body)
        np.testing.assert_array_equal(found["value"].ravel(), later["0"].read()[[0, 1], 3])
        told = [(event.kind, event.recording, event.name) for event in client.site.served.news()]
        assert told == [("replaced", rec.id, later.id)]
        assert client.ask("GET", f"/api/manifest/{'0' * 32}").status == 404


def test_what_was_read_while_it_was_replaced_is_refused_not_called_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, rec = made(tmp_path)
    with client_of(rec) as client:
        real = client.site.queries._questions["values"]

        def meanwhile(asked: Recording, **params: Any) -> Any:
            made(tmp_path, seed=1, rows=40, overwrite=True)
            return real(asked, **params)

        monkeypatch.setitem(client.site.queries._questions, "values", functools.wraps(real)(meanwhile))
        question = {"name": "values", "params": {"layer": "0", "unit": 3, "rows": [0, 1]}, "recording": rec.id}
        found = client.post("/api/query", question)
    assert (found.status, found.error["kind"]) == (409, "replaced")
