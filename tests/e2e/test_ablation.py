"""What a unit is worth: on its page, as the recording kept it, or measured where the model runs; else how to do it."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from opened_page import Opener
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

import neuronaut as naut
from neuronaut.core.result import Result
from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.results import list_results, write_result

NEURON = "#/neuron?at=0%3A3"


@pytest.fixture
def net() -> Any:
    """Unit 3 of layer 0 alone tells the classes apart."""
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        net = torch.nn.Sequential(torch.nn.Linear(4, 30), torch.nn.Linear(30, 2)).eval()
        net[0].weight[3], net[0].bias[3] = torch.tensor([4.0, 0, 0, 0]), 0
        net[1].weight.mul_(1e-3)
        net[1].weight[:, 3] = torch.tensor([-1.0, 1.0])
    return net


@pytest.fixture
def recording(net: Any, tmp_path: Path) -> Recording:
    inputs = np.random.default_rng(0).normal(size=(400, 4)).astype(np.float32)
    return naut.record(net, inputs, labels=(inputs[:, 0] > 0).astype(int), to=tmp_path / "net.naut")


def said(page: Any, found: Result) -> None:
    panel = page.tab.get_by_role("region", name="Without it")
    row = panel.get_by_role("row").filter(has=page.tab.get_by_role("rowheader", name="accuracy", exact=False)).first
    place = list(found.coords["metric"]).index("accuracy")
    expect(row).to_contain_text("causal")
    shown = [float(text.replace("−", "-")) for text in row.locator("[data-term=ablation]").all_inner_texts()[1:]]
    assert shown == [pytest.approx(float(found["effect"][place]), abs=0.006)]
    low, high = row.locator("[data-term=redrawn]").inner_text().replace("−", "-").strip("[]").split(", ")
    bounds = [float(found[name][place]) for name in ("low", "high")]
    assert [float(low), float(high)] == pytest.approx(bounds, abs=0.006)
    assert row.locator("[data-term=otherUnits]").inner_text().startswith("[")
    row.locator("[data-term=otherUnits]").hover()
    expect(page.tab.get_by_role("tooltip")).to_contain_text("random other units")


def test_a_page_without_the_model_shows_what_the_recording_kept_or_how_to_make_it(
    net: Any, recording: Recording, opened: Opener
) -> None:
    found = naut.ablate(net, open_recording(recording.path, writable=True), "0:3")
    html = naut.export(open_recording(recording.path), recording.path.parent / "net.html")
    page = opened(html, NEURON)
    said(page, found)
    again = page.tab.get_by_role("region", name="Without it").get_by_role("row").filter(has_text="held-out half").nth(1)
    place = list(found.coords["metric"]).index("accuracy")
    assert float(again.locator("td [data-term=heldOut]").inner_text().replace("−", "-")) == pytest.approx(
        float(found["heldout_effect"][place]), abs=0.006
    )
    expect(again).to_contain_text("replicated")
    page.tab.keyboard.press("t")
    row = page.tab.get_by_role("row").filter(has=page.tab.get_by_role("rowheader", name="accuracy, causal"))
    said_of = row.get_by_role("cell").all_inner_texts()
    assert float(said_of[1].replace("−", "-")) == pytest.approx(float(found["effect"][place]), abs=0.006)
    assert said_of[0] == "Without it, mean" and said_of[3] == "400" and said_of[4].endswith(", replicated")
    other = opened(html, "#/neuron?at=0%3A4")
    panel = other.tab.get_by_role("region", name="Without it")
    expect(panel).to_contain_text("neuronaut ablate REC 0:4 --model MODULE:FACTORY --keep")
    expect(panel.get_by_role("button", name="Measure")).to_have_count(0)


NEWER = {"heldout_effect", "heldout_low", "heldout_high", "replicated"}
"""What an ablation that was kept before it had a held-out half does not have."""


def test_one_that_was_kept_before_it_had_a_held_out_half_is_shown_without(
    net: Any, recording: Recording, opened: Opener
) -> None:
    writable = open_recording(recording.path, writable=True)
    found = naut.ablate(net, writable, "0:3")
    (key,) = [key for name, key in list_results(writable) if name == "ablate"]
    assert set(found.values) >= NEWER
    older = replace(
        found,
        values={one: value for one, value in found.values.items() if one not in NEWER},
        dims={one: dims for one, dims in found.dims.items() if one not in NEWER},
    )
    write_result(writable, older, key)
    page = opened(naut.export(open_recording(recording.path), recording.path.parent / "net.html"), NEURON)
    said(page, older)
    panel = page.tab.get_by_role("region", name="Without it")
    expect(panel.get_by_role("row").filter(has_text="held-out half")).to_have_count(0)
    assert "NaN" not in panel.inner_text() and "undefined" not in panel.inner_text()
    page.tab.keyboard.press("t")
    row = page.tab.get_by_role("row").filter(has=page.tab.get_by_role("rowheader", name="accuracy, causal"))
    expect(row.get_by_role("cell").first).to_have_text("Without it, mean")
    expect(row.get_by_role("cell").last).to_have_text("")


def test_where_the_model_runs_it_is_measured_and_the_link_measures_it_again(
    net: Any, recording: Recording, browser: Browser
) -> None:
    found = naut.ablate(net, recording, "0:3", how="zero")
    server = Server([recording], live=live_questions(recording, copy.deepcopy(net))).start()
    try:
        page = OpenedServed(browser, server, NEURON)
        panel = page.tab.get_by_role("region", name="Without it")
        expect(panel.get_by_role("table")).to_have_count(0)
        panel.get_by_role("button", name="Measure").click()
        expect(panel.get_by_role("table")).to_be_visible()
        panel.get_by_role("combobox").select_option("zero")
        said(page, found)
        assert "without=zero" in page.hash
        page.tab.reload()
        page.wait_until_answered()
        said(page, found)
        page.close()
    finally:
        server.stop()
    assert page.wrongs == []
