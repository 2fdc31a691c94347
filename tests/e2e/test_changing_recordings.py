"""What changes on the disk while it is served comes to the page by itself: Results, samples, another recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

from neuronaut.capture.record import record
from neuronaut.core.layer import Graph, Layer
from neuronaut.explorer.server.limits import Limits
from neuronaut.explorer.server.run import Server
from neuronaut.live.ablate import ablate
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

LIMITS = Limits(poll_s=0.05)
Opening = Callable[[Recording, str], OpenedServed]


def network(seed: int = 0, hidden: int = 6) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(3, hidden), torch.nn.ReLU(), torch.nn.Linear(hidden, 2)).eval()


def inputs(rows: int) -> np.ndarray:
    return np.random.default_rng(rows).normal(size=(rows, 3)).astype(np.float32)


@pytest.fixture
def opening(browser: Browser) -> Iterator[Opening]:
    opened: list[tuple[Server, OpenedServed]] = []

    def open_page(rec: Recording, hash: str) -> OpenedServed:
        server = Server([rec], limits=LIMITS).start()
        opened.append((server, OpenedServed(browser, server, hash)))
        return opened[-1][1]

    yield open_page
    for server, page in opened:
        page.close()
        server.stop()


def test_an_ablation_kept_by_python_stands_on_the_unit_s_page_without_reload(opening: Opening, tmp_path: Path) -> None:
    net, data = network(), inputs(60)
    rec = record(net, data, labels=(data[:, 0] > 0).astype(int), influence=False, to=tmp_path / "kept.naut")
    page = opening(rec, "#/neuron?at=0%3A1")
    expect(page.tab.get_by_text("neuronaut ablate REC 0:1")).to_be_visible()
    found = ablate(net, open_recording(rec.path, writable=True), "0:1", "scale", scale=2)
    row = page.tab.get_by_role("row").filter(has=page.tab.locator("th", has_text="loss")).first
    expect(row).to_be_visible()
    shown = row.locator("td [data-term=ablation]").inner_text().replace("−", "-")
    assert float(shown) == pytest.approx(found["effect"][0], rel=0.02, abs=5e-4)
    expect(page.tab.get_by_role("combobox", name="Replaced")).to_contain_text("by 2 × itself")
    page.tab.reload()
    expect(row).to_be_visible()
    assert page.wrongs == []


def test_what_is_known_of_a_unit_stays_while_the_recording_as_it_is_now_is_asked(
    opening: Opening, tmp_path: Path
) -> None:
    net, data = network(), inputs(60)
    rec = record(net, data, labels=(data[:, 0] > 0).astype(int), influence=False, to=tmp_path / "kept.naut")
    page = opening(rec, "#/neuron?at=0%3A1")
    lists = {"Samples": "li", "Most similar": "li"}
    for name, row in lists.items():
        expect(page.tab.get_by_role("region", name=name, exact=True).locator(row).first).to_be_visible()
    page.tab.evaluate(
        """(lists) => {
          window.emptied = []
          const look = () => { for (const [name, row] of Object.entries(lists))
            if (!document.querySelector(`section[aria-label='${name}'] ${row}`)) window.emptied.push(name) }
          new MutationObserver(look).observe(document.querySelector("main"), {childList: true, subtree: true})
        }""",
        lists,
    )
    ablate(net, open_recording(rec.path, writable=True), "0:1", "scale", scale=2)
    expect(page.tab.get_by_role("combobox", name="Replaced")).to_contain_text("by 2 × itself")
    page.settle()
    assert page.tab.evaluate("window.emptied") == []


def test_a_page_opened_before_the_first_sample_shows_them_when_they_come(browser: Browser, tmp_path: Path) -> None:
    layers = (Layer("input", "input", 3, "input", 0), Layer("fc", "dense", 2, "linear", 1))
    specs = [
        ArraySpec(f"activations/{one.name}/post", "float32", (one.unit_count,), ("sample", "unit")) for one in layers
    ]
    with (
        create(tmp_path / "first.naut", RecordingCard(Graph(layers)), specs) as writer,
        Server([open_recording(tmp_path / "first.naut")], limits=LIMITS) as server,
    ):
        tab = browser.new_page()
        tab.goto(server.link())
        expect(tab.get_by_role("alert")).to_contain_text("holds no samples yet")
        writer.append({spec.path: np.ones((40, *spec.shape), np.float32) for spec in specs})
        writer.commit()
        tab.wait_for_function("() => window.neuronaut?.explorer.manifest.samples.total === 40")
        expect(tab.get_by_role("navigation", name="Views")).to_be_visible()
        tab.close()


def test_what_is_recorded_anew_takes_the_old_one_s_place_on_the_page(opening: Opening, tmp_path: Path) -> None:
    rec = record(network(), inputs(60), influence=False, to=tmp_path / "again.naut")
    page = opening(rec, "#/samples")
    assert page.ask("e.manifest.samples.total") == 60
    later = record(network(1, 9), inputs(40), influence=False, to=tmp_path / "again.naut", overwrite=True)
    page.tab.wait_for_function(f"() => window.neuronaut.explorer.manifest.id === '{later.id}'")
    expect(page.tab.get_by_text("The recording was made anew: this is the new one.").first).to_be_visible()
    assert page.ask("[e.manifest.samples.total, e.cards.get('0').units]") == [40, 9]
    page.tab.evaluate("location.hash = '#/neuron?at=0%3A8'")
    expect(page.tab.get_by_role("region", name="Without it")).to_contain_text("0:8")
    found = page.tab.evaluate("window.neuronaut.explorer.engine.unitValues('0', 8).then((all) => [...all])")
    np.testing.assert_allclose(found, later["0"].read(units=8), rtol=1e-6)
    assert [wrong for wrong in page.wrongs if "damage" in wrong] == []


def test_a_comparison_is_not_asked_for_again_once_its_page_has_gone(opening: Opening, tmp_path: Path) -> None:
    page = opening(record(network(), inputs(60), influence=False, to=tmp_path / "again.naut"), "#/network")
    page.tab.evaluate(
        """() => {
          const old = window.neuronaut.explorer
          const [pair, later] = [old.engine.pair.bind(old.engine), window.setTimeout]
          window.waiting = []
          window.setTimeout = (run, wait) => (wait === 4000 ? window.waiting.push(run) : later(run, wait))
          old.engine.pair = async (...asked) => ({ ...(await pair(...asked)), exact: false })
          old.update({ a: "sample < 20" })
        }"""
    )
    page.tab.wait_for_function("() => window.waiting.length > 0")
    page.tab.evaluate("() => { window.late = 0; window.neuronaut.explorer.load = () => window.late++ }")
    later = record(network(1, 9), inputs(40), influence=False, to=tmp_path / "again.naut", overwrite=True)
    page.tab.wait_for_function(f"() => window.neuronaut.explorer.manifest.id === '{later.id}'")
    assert page.tab.evaluate("() => (window.waiting.forEach((run) => run()), window.late)") == 0
