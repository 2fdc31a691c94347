"""Several recordings behind one server: told apart by their ids, and by nothing else that a client says."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from asgi_client import Client, answer, client_of

import neuronaut as naut
from neuronaut.analysis import cka, match
from neuronaut.core.errors import CorruptRecording, DataError, NewerFormat, NotARecording
from neuronaut.core.layer import Graph, Layer
from neuronaut.explorer.contract import ResultCard
from neuronaut.explorer.server.served import Served
from neuronaut.live.show import show
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.resume import resume
from neuronaut.store.sealed import seal, unseal

N = 120
ORDER = [2, 0, 1]
KIND = np.array(["a", "b", "b"] * (N // 3))


def written(path: Path, values: Any, metadata: Any = None) -> Recording:
    card = RecordingCard(Graph((Layer("fc", "dense", values.shape[1], "linear", 1),)))
    spec = ArraySpec("activations/fc/post", "float64", values.shape[1:], ("sample", "unit"))
    with create(path, card, [spec]) as writer:
        writer.append({"activations/fc/post": values}, metadata or pa.table({"kind": KIND[: len(values)]}))
    return open_recording(path)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Recording, Recording]:
    x = np.random.default_rng(0).normal(size=(N, 3))
    return written(tmp_path / "one.naut", x), written(tmp_path / "two.naut", x[:, ORDER])


@pytest.fixture
def client(pair: tuple[Recording, Recording]) -> Iterator[Client]:
    with client_of(*pair) as made:
        yield made


def texts(served: Any, name: str) -> list[str]:
    known = served.card["values"][name]["texts"]
    return [known[code] for code in served[name].ravel()]


def test_the_match_of_two_is_exactly_what_python_gives(client: Client, pair: tuple[Recording, Recording]) -> None:
    asked = {"layers": ["fc"], "other_layers": ["fc"], "where": "kind == 'a'"}
    served = client.query("match", other={"recording": pair[1].id}, **asked)
    expected = match(*pair, **asked)
    ResultCard.model_validate(served.card)
    assert texts(served, "partner") == expected["partner"].tolist() == [f"fc:{ORDER.index(unit)}" for unit in range(3)]
    for name, array in expected.values.items():
        if array.dtype.kind == "f":
            np.testing.assert_array_equal(served[name], array)
    assert served.card["coords"]["other_unit"] == ["fc:0", "fc:1", "fc:2"]
    assert served.card["n"] == dict(expected.n)
    turned = client.post(
        "/api/query", {"name": "match", "params": {"other": {"recording": pair[0].id}}, "recording": pair[1].id}
    )
    assert texts(answer(turned.body), "partner") == [f"fc:{place}" for place in ORDER]


def test_the_likeness_of_their_layers_is_exactly_what_python_gives(
    client: Client, pair: tuple[Recording, Recording]
) -> None:
    served = client.query("cka", other={"recording": pair[1].id}, layers=["fc"], other_layers=["fc"])
    expected = cka(pair[0], other=pair[1])
    ResultCard.model_validate(served.card)
    assert served["cka"][0, 0] == pytest.approx(1)
    for name, array in expected.values.items():
        np.testing.assert_array_equal(served[name], array)
    assert (served.card["coords"]["others"], served.card["n"]) == (["fc"], {"shared": N})


def test_other_data_are_refused_with_the_reason(pair: tuple[Recording, Recording], tmp_path: Path) -> None:
    foreign = written(tmp_path / "three.naut", np.ones((N, 2)), pa.table({"colour": ["red"] * N}))
    with client_of(pair[0], foreign) as client:
        said = client.refused("match", {"other": {"recording": foreign.id}})
    assert said.status == 422 and "three.naut are of different data" in said.error["message"]
    assert str(tmp_path).encode() not in said.body


def test_an_answer_about_another_recording_is_made_anew_when_that_has_grown(tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(N, 3))
    rec = written(tmp_path / "one.naut", x)
    card = RecordingCard(Graph((Layer("fc", "dense", 3, "linear", 1),)))
    spec = ArraySpec("activations/fc/post", "float64", (3,), ("sample", "unit"))
    with create(tmp_path / "grows.naut", card, [spec]) as writer:
        writer.append({"activations/fc/post": x[:60]}, pa.table({"kind": KIND[:60]}))
    other = open_recording(tmp_path / "grows.naut")
    with client_of(rec, other) as client:
        assert client.query("match", other={"recording": other.id}).card["n"] == {"shared": 60}
        with resume(tmp_path / "grows.naut") as writer:
            writer.append({"activations/fc/post": x[60:]}, pa.table({"kind": KIND[60:]}))
        assert client.query("match", other={"recording": other.id}).card["n"] == {"shared": N}


HOSTILE = (
    "..", "../two.naut", "../../etc/passwd", "/etc/passwd", "%2e%2e/two.naut", "two.naut", "two", "..\\two.naut",
    "file:///etc/passwd", "\\\\host\\share", "C:\\x", "recording.json", "\x00", "", " ", "__proto__", "constructor",
    "\uff0e\uff0e/two.naut", "a" * 4000, "{id}x", "{id}/", "{id}/../{id}", "{id}\n", "{ID}", "../{id}",
)  # fmt: skip


def test_no_text_in_the_place_of_an_id_opens_a_file(client: Client, pair: tuple[Recording, Recording]) -> None:
    id = pair[1].id
    tries = [text.replace("{id}", id).replace("{ID}", id.upper() + "0") for text in HOSTILE]
    client.query("match", other={"recording": id})
    client.ask("GET", f"/api/manifest/{id}")
    client.query("unit", at="fc:1")
    opened: list[str] = []
    watching = [True]

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if watching[0] and event in ("open", "os.listdir", "socket.connect", "subprocess.Popen"):
            opened.append(str(arguments[0]))

    sys.addaudithook(audit)
    try:
        for text in tries:
            for body in (
                {"name": "unit", "params": {"at": "fc:1"}, "recording": text},
                {"name": "match", "params": {"other": {"recording": text}}},
                {"name": "match", "params": {"other": {"recording": [text]}}},
                {"name": "match", "params": {"other": text}},
                {"name": "cka", "params": {"other": {"recording": text}}},
                {"name": "cka", "params": {"other": text}},
            ):
                assert 400 <= client.post("/api/query", body).status < 500, body
            assert client.post("/api/slices", {"name": "x", "expression": "sample > 1", "recording": text}).status in (
                (403, 404) if text else (403,)
            )
            assert client.ask("GET", f"/api/manifest/{text}").status in (404, 400), text
            # The page itself is the same, whichever recording its address names.
            page = client.ask("GET", "/", query=b"rec=" + text.encode("utf-8", "replace"))
            assert page.body == client.ask("GET", "/").body
    finally:
        watching[0] = False
    roots = tuple(str(rec.path) for rec in pair)
    assert {one for one in opened if not (one.startswith(roots) and ".." not in one)} == set()


def test_one_given_twice_and_a_copy_are_named(pair: tuple[Recording, Recording], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"one\.naut was given twice"):
        Served([pair[0], pair[0]])
    with pytest.raises(DataError, match=r"one\.naut was given twice"):
        Served([pair[0], open_recording(pair[0].path)])
    shutil.copytree(pair[0].path, tmp_path / "copy.naut")
    with pytest.raises(DataError, match=r"one\.naut and .*copy\.naut are copies of one recording"):
        show(pair[0], tmp_path / "copy.naut", open_browser=False, block=False)


def test_of_several_the_one_that_cannot_be_opened_is_named(pair: tuple[Recording, Recording], tmp_path: Path) -> None:
    for name, file, change, error in (
        ("damaged", "commit.json", lambda raw: raw[:20], CorruptRecording),
        ("newer", "recording.json", lambda raw: seal({**unseal(raw, ""), "version": [9, 0]}), NewerFormat),
    ):
        shutil.copytree(pair[1].path, tmp_path / f"{name}.naut")
        place = tmp_path / f"{name}.naut" / file
        place.write_bytes(change(place.read_bytes()))
        with pytest.raises(error, match=rf"{name}\.naut"):
            show(pair[0], tmp_path / f"{name}.naut", open_browser=False, block=False)
    (tmp_path / "foreign.naut").mkdir()
    for name in ("foreign", "missing"):
        with pytest.raises(NotARecording, match=rf"{name}\.naut"):
            show(pair[0], tmp_path / f"{name}.naut", open_browser=False, block=False)


def test_both_are_listed_and_the_first_is_what_is_meant_without_an_id(
    client: Client, pair: tuple[Recording, Recording]
) -> None:
    listed = json.loads(client.ask("GET", "/api/recordings").body)
    assert [(one["id"], one["title"]) for one in listed["recordings"]] == [(rec.id, rec.path.name) for rec in pair]
    assert "match" in listed["queries"]
    assert client.ask("GET", "/api/manifest").body == client.ask("GET", f"/api/manifest/{pair[0].id}").body
    assert naut.match is match
