"""The kernel's side of the explorer in a cell, without a browser: messages in, messages out."""

from __future__ import annotations

import asyncio
import gzip
import json
import shutil
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from passenger_recordings import SLICES

from neuronaut.analysis.activity import activity
from neuronaut.core.address import Address
from neuronaut.core.errors import ExportError, UnknownName
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.view import View
from neuronaut.explorer import kernel
from neuronaut.explorer.kernel import KernelAnswers
from neuronaut.explorer.server.limits import Limits
from neuronaut.explorer.server.served import Event
from neuronaut.explorer.widget import Explorer
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording


def create_small(path: Path) -> Recording:
    """Three samples of a layer of three units."""
    spec = ArraySpec("activations/fc/post", "float32", (3,), ("sample", "unit"))
    with create(path, RecordingCard(Graph((Layer("fc", "dense", 3, "linear", 0),))), [spec]) as writer:
        writer.append({spec.path: np.eye(3, dtype=np.float32)})
    return open_recording(path)


class Cell:
    """A widget whose messages are kept; ``say`` is the page speaking, ``wait`` for the answer to a question."""

    def __init__(self, answers: Any, monkeypatch: pytest.MonkeyPatch, **options: Any) -> None:
        self.answers: dict[str | None, tuple[dict[str, Any], list[bytes]]] = {}
        self._heard = threading.Condition()
        monkeypatch.setattr(Explorer, "send", lambda _, content, buffers=(): self._keep(content, list(buffers)))
        self.widget = Explorer(answers, **options)

    def _keep(self, content: dict[str, Any], buffers: list[bytes]) -> None:
        with self._heard:
            self.answers[content.get("id")] = (content, buffers)
            self._heard.notify_all()

    def say(self, message: Any) -> None:
        self.widget._hear(None, message, [])

    def ask(self, **message: Any) -> tuple[dict[str, Any], list[bytes]]:
        number = str(len(self.answers))
        self.say({"id": number, **message})
        with self._heard:
            assert self._heard.wait_for(lambda: number in self.answers, 30)
        return self.answers[number]


Opened = Callable[..., Cell]


@pytest.fixture
def cell(app: Path, passengers: Recording, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opened]:
    for name in ("widget", "pair"):
        for kind in ("js", "css"):
            (app / f"{name}.{kind}.gz").write_bytes(gzip.compress(f"/* {name} */".encode()))
    cells: list[Cell] = []

    def open_cell(answers: Any = None, **options: Any) -> Cell:
        cells.append(Cell(answers or KernelAnswers([passengers], slices=SLICES), monkeypatch, **options))
        return cells[-1]

    yield open_cell
    for one in cells:
        one.widget.close()


def test_a_recording_that_fits_is_handed_over_whole(cell: Opened, passengers: Recording) -> None:
    page = cell()
    _, (text,) = page.ask(ask="manifest")
    manifest = json.loads(text)
    assert manifest["samples"]["n"] == passengers.n
    assert [one["expression"] for one in manifest["slices"] if one["kind"] == "named"] == [
        one.replace("'", '"') for one in SLICES
    ]
    for name, card in manifest["blocks"].items():
        _, (block,) = page.ask(ask="block", block=name)
        assert len(block) == card["bytes"]


def test_a_larger_recording_comes_without_activations(
    cell: Opened, passengers: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "MOST_VALUES", 1000)
    page = cell(KernelAnswers([passengers]))
    manifest = json.loads(page.ask(ask="manifest")[1][0])
    assert all(card["chunks"] == [] for card in manifest["activations"])
    name, card = next(iter(manifest["blocks"].items()))
    assert len(page.ask(ask="block", block=name)[1][0]) == card["bytes"]


def test_a_query_has_pythons_digits(cell: Opened, passengers: Recording) -> None:
    _, (answer,) = cell().ask(ask="query", name="activity", params={"slices": ["age > 40"], "layers": ["0"]})
    (size,) = struct.unpack_from("<I", answer)
    content = json.loads(answer[4 : 4 + size])
    blob = content["blobs"][content["result"]["values"]["mean"]["data"]]
    start = 4 + size + blob["offset"]
    values = np.frombuffer(answer, {"f64": "<f8", "f32": "<f4"}[blob["dtype"]], 32, start)
    assert blob["block"] == next(iter(content["blocks"]))
    np.testing.assert_array_equal(values, activity(passengers, "age > 40", layers=["0"])["mean"][0])


@pytest.mark.parametrize(
    ("message", "kind", "words"),
    [
        ({"ask": "block", "block": "../secret"}, "block", "Run the cell again"),
        ({"ask": "manifest", "recording": "../secret"}, "recording", "no such recording is shown in this cell"),
        ({"ask": "block", "block": "k0", "recording": 7}, "recording", "no such recording is shown in this cell"),
        ({"ask": "steal"}, "query", "answers about, manifest, block and query"),
        ({"ask": "query", "name": "activty", "params": {}}, "query", "activty"),
        ({"ask": "query", "name": "compare", "params": {"a": "agee > 3"}}, "column", "agee"),
        ({"ask": "query", "name": 7}, "query", "name"),
    ],
)
def test_what_cannot_be_answered_is_said(cell: Opened, message: dict[str, Any], kind: str, words: str) -> None:
    content, buffers = cell().ask(**message)
    assert buffers == []
    assert content["error"]["kind"] == kind
    assert words in content["error"]["message"]


@pytest.mark.parametrize("message", [None, "manifest", [], {}, {"id": 3, "ask": "manifest"}, {"id": "x" * 999}])
def test_what_is_no_question_is_not_answered(cell: Opened, message: Any) -> None:
    page = cell()
    page.say(message)
    assert page.answers == {}


def test_a_query_taken_back_is_not_answered(cell: Opened, passengers: Recording) -> None:
    started, go = threading.Event(), threading.Event()

    def slow(_: Recording) -> Any:
        started.set()
        go.wait(30)
        return activity(passengers)

    page = cell(KernelAnswers([passengers], live={"slow": slow}))
    page.say({"id": "a", "ask": "query", "name": "slow", "params": {}})
    assert started.wait(30)
    page.say({"id": "a", "ask": "cancel"})
    go.set()
    page.ask(ask="manifest")
    page.ask(ask="query", name="activity", params={})
    assert "a" not in page.answers


def test_a_page_that_left_its_cell_leaves_no_work_and_nobody_who_looks_for_news(
    cell: Opened, passengers: Recording
) -> None:
    started, ended = threading.Event(), threading.Event()

    def endless(rec: Recording) -> Any:
        started.set()
        try:
            while True:
                rec["0"].read(0)
        finally:
            ended.set()

    answers = KernelAnswers([passengers], live={"endless": endless})
    page = cell(answers)
    assert has_tasks(answers, 0)
    page.say({"id": "1-1-0", "ask": "about"})
    page.say({"id": "2-2-0", "ask": "query", "name": "endless"})
    assert started.wait(30) and has_tasks(answers, 2)
    page.say({"id": "1-1-1", "ask": "leave"})
    assert not ended.is_set() and has_tasks(answers, 2)
    page.say({"id": "2-2-1", "ask": "leave"})
    assert ended.wait(30) and has_tasks(answers, 0)
    assert set(page.answers) == {"1-1-0"}
    page.say({"id": "3-3-0", "ask": "about"})
    assert has_tasks(answers, 1)


def test_a_page_that_no_longer_answers_is_not_waited_for_and_counts_again_when_it_does(
    cell: Opened, passengers: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "LIMITS", Limits(poll_s=0.01))
    monkeypatch.setattr("neuronaut.explorer.widget.CALLS", 1)
    calls = threading.Semaphore(0)
    answers = KernelAnswers([passengers])
    page = cell(answers)
    monkeypatch.setattr(Explorer, "send", lambda _, content, buffers=(): "call" in content and calls.release())
    page.say({"id": "1-1-0", "ask": "about"})
    for _ in range(9):
        assert calls.acquire(timeout=30)
        page.say({"id": "1-1-1", "ask": "here"})
    # Silence: three more calls, and nobody looks any more.
    assert has_tasks(answers, 0)
    while calls.acquire(blocking=False):
        pass
    page.say({"id": "1-1-2", "ask": "here"})
    assert [calls.acquire(timeout=30) for _ in range(3)] == [True] * 3
    assert has_tasks(answers, 0)
    assert not calls.acquire(blocking=False)


def test_what_a_silent_page_asked_for_goes_on_because_a_busy_kernel_hears_nobody(
    cell: Opened, passengers: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernel, "LIMITS", Limits(poll_s=0.01))
    monkeypatch.setattr("neuronaut.explorer.widget.CALLS", 1)
    started, go = threading.Event(), threading.Event()

    def slow(rec: Recording) -> Any:
        started.set()
        assert go.wait(30)
        rec["0"].read(0)
        return activity(passengers)

    answers = KernelAnswers([passengers], live={"slow": slow})
    page = cell(answers)
    page.say({"id": "1-1-0", "ask": "query", "name": "slow"})
    assert started.wait(30)
    assert has_tasks(answers, 1)  # the question alone
    go.set()
    with page._heard:
        assert page._heard.wait_for(lambda: "1-1-0" in page.answers, 30)
    assert "error" not in page.answers["1-1-0"][0]


def has_tasks(answers: KernelAnswers, count: int) -> bool:
    """Whether the kernel comes to work on so many; what was ended takes a moment."""

    async def comes() -> bool:
        async with asyncio.timeout(30):
            while len(asyncio.all_tasks()) != count + 1:
                await asyncio.sleep(0.01)
        return True

    return asyncio.run_coroutine_threadsafe(comes(), answers._loop).result(60)


def test_a_view_is_set_by_a_link_or_by_a_view(cell: Opened) -> None:
    widget = cell(state="http://127.0.0.1:80/#/network?sel=0%3A1").widget
    assert widget.state == "#/network?sel=0%3A1"
    widget.show(View(at=Address("0", unit=11)))
    assert widget.state == "#/network?sel=0%3A11"
    assert "0%3A11" in repr(widget)


def test_a_link_names_the_recording_that_it_is_of(cell: Opened, passengers: Recording, tmp_path: Path) -> None:
    other = create_small(tmp_path / "other.naut")
    widget = cell(KernelAnswers([passengers, other]), state=f"?rec={other.id}#/compare?mode=two").widget
    assert (widget.recording, widget.state) == (other.id, "#/compare?mode=two")
    assert "pair" in widget._css
    widget.show("#/layers")
    assert (widget.recording, widget.state) == (other.id, "#/layers")
    widget.show(f"http://127.0.0.1:80/?rec={passengers.id}#/network")
    assert (widget.recording, widget.state) == (passengers.id, "#/network")
    widget.show(f"?rec={other.id}#/network")
    # The address of a server's page that names none is that of its first.
    widget.show("http://127.0.0.1:80/#/network")
    assert widget.recording == ""
    with pytest.raises(UnknownName, match=r"not in this cell. There are: titanic.naut, other.naut"):
        widget.show("?rec=..%2Fsecret#/network")
    assert "widget" in cell().widget._css


def test_the_page_hears_of_new_commits(cell: Opened) -> None:
    page = cell()
    page.widget.tell(Event("commit", "r", 4))
    assert page.answers[None][0] == {"event": {"kind": "commit", "recording": "r", "sequence": 4}}


@pytest.mark.parametrize("whole", [True, False])
def test_a_recording_that_grows_is_handed_over_as_of_its_last_commit(
    cell: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setattr(kernel, "MOST_VALUES", 1000 if whole else 0)
    path, told = tmp_path / "growing.naut", threading.Event()
    spec = ArraySpec("activations/fc/post", "float32", (3,), ("sample", "unit"))
    with create(path, RecordingCard(Graph((Layer("fc", "dense", 3, "linear", 0),))), [spec]) as writer:
        writer.append({spec.path: np.eye(3, dtype=np.float32)})
        writer.commit()
        page = cell(KernelAnswers([open_recording(path)]))
        monkeypatch.setattr(Explorer, "tell", lambda _, event: told.set() if event.kind == "commit" else None)
        assert json.loads(page.ask(ask="manifest")[1][0])["samples"]["n"] == 3
        writer.append({spec.path: np.ones((2, 3), np.float32)})
        writer.commit()
        assert told.wait(30)
        manifest = json.loads(page.ask(ask="manifest")[1][0])
    assert manifest["samples"]["n"] == 5
    for name, card in manifest["blocks"].items():
        assert len(page.ask(ask="block", block=name)[1][0]) == card["bytes"]


def test_a_widget_that_is_not_built_says_how_to_build_it(app: Path, passengers: Recording) -> None:
    answers = KernelAnswers([passengers])
    with pytest.raises(ExportError, match="make web"):
        Explorer(answers)
    answers.close()


@pytest.mark.parametrize("whole", [True, False])
def test_each_of_several_recordings_is_handed_over_by_its_id(
    cell: Opened, passengers: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    monkeypatch.setattr(kernel, "MOST_VALUES", 1_000_000 if whole else 0)
    other = create_small(tmp_path / "other.naut")
    page = cell(KernelAnswers([passengers, other], slices=SLICES))
    about = json.loads(page.ask(ask="about")[1][0])
    assert [(one["id"], one["title"], one["samples"]) for one in about["recordings"]] == [
        (passengers.id, passengers.path.name, passengers.n),
        (other.id, "other.naut", 3),
    ]
    assert "cka" in about["queries"] and about["live"] is False
    for rec in (other, passengers, other):
        manifest = json.loads(page.ask(ask="manifest", recording=rec.id)[1][0])
        assert (manifest["id"], manifest["samples"]["total"]) == (rec.id, rec.n)
        # Both manifests may name blocks alike: whose is meant is said with the question.
        for name, card in manifest["blocks"].items():
            assert len(page.ask(ask="block", block=name, recording=rec.id)[1][0]) == card["bytes"]
    _, (answer,) = page.ask(ask="query", name="activity", params={}, recording=other.id)
    (size,) = struct.unpack_from("<I", answer)
    assert json.loads(answer[4 : 4 + size])["result"]["n"] == {"all": 3}


def test_a_cell_without_the_widget_says_which_recordings_it_does_not_show(
    passengers: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from neuronaut.explorer import notebook

    monkeypatch.setattr(notebook, "_has_anywidget", lambda: False)
    shown = notebook.in_cell(passengers, create_small(tmp_path / "<b>&.naut"))
    assert isinstance(shown, notebook.Frame)
    text = shown._repr_html_()
    assert f"This cell shows {passengers.path.name} alone, not beside &lt;b&gt;&amp;.naut." in text
    assert "neuronaut[notebook]" in text and "open_browser=False" in text and text.count("<iframe") == 1
    monkeypatch.setattr(notebook, "MOST_BYTES", 1000)
    large = notebook.in_cell(passengers, create_small(tmp_path / "other.naut"))
    assert isinstance(large, notebook.Frame)
    text = large._repr_html_()
    assert "too large" in text and "open_browser=False" in text
    assert "alone" not in text and "<iframe" not in text
    alone = notebook.in_cell(passengers)
    assert isinstance(alone, notebook.Frame)
    assert "neuronaut show" in alone._repr_html_() and "side by side" not in alone._repr_html_()


def test_what_is_recorded_anew_is_handed_over_in_the_place_of_the_old_one(cell: Opened, tmp_path: Path) -> None:
    first = create_small(tmp_path / "first.naut")
    page = cell(KernelAnswers([first, create_small(tmp_path / "second.naut")]))
    assert json.loads(page.ask(ask="manifest", recording=first.id)[1][0])["id"] == first.id
    shutil.rmtree(first.path)
    later = create_small(tmp_path / "first.naut")
    assert json.loads(page.ask(ask="manifest", recording=first.id)[1][0])["id"] == later.id
    old, _ = page.ask(ask="block", block="k0", recording=first.id)
    assert old["error"]["kind"] == "recording"
