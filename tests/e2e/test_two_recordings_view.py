"""Two recordings in one explorer: switched in the bar, and matched unit by unit in Compare."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pyarrow as pa
import pytest
from passenger_recordings import Net, forward, metadata, passengers, record_chain, record_images, record_passengers
from playwright.sync_api import Route, expect
from served_page import OpenedServed, Serving
from test_accessibility import violations

from neuronaut.analysis.cka import cka
from neuronaut.analysis.match import match
from neuronaut.core.layer import Graph, Layer
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

ORDER = np.random.default_rng(6).permutation(32)
TWO = "#/compare?mode=two"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recording, Recording]:
    """The network of the passengers, and the same with the units of its first layer in another order."""
    folder, net = tmp_path_factory.mktemp("two"), Net()
    data = passengers(net.rows)
    values, weights = forward(net, data["inputs"], data["survived"])
    values[1] = values[1][:, ORDER]
    weights[0], weights[1] = weights[0][ORDER], weights[1][:, ORDER]
    chance = 1 / (1 + np.exp(-values[-1][:, 0]))
    said, truth = np.stack([1 - chance, chance], 1), data["survived"].astype(int)
    other = record_chain(folder / "retrained.naut", net, values, weights, said, truth, metadata(net, data))
    return record_passengers(folder / "first.naut"), other


@pytest.fixture
def both(serving: Serving, pair: tuple[Recording, Recording]) -> Serving:
    """Opens a page of the two, or of others."""

    def open_page(hash: str = "", recordings: tuple[Recording, ...] = pair, **options: Any) -> OpenedServed:
        return serving(recordings, hash, **options)

    return open_page


def rows(page: OpenedServed) -> list[list[str]]:
    table = page.tab.get_by_role("region", name="Matched units").get_by_role("row")
    return [row.get_by_role("cell").all_inner_texts() for row in table.all()[1:]]


def wait_until_compared(page: OpenedServed, pairs: int) -> None:
    """Until the map has all its cells."""
    page.tab.get_by_role("application", name=f"{pairs} of {pairs} pairs").wait_for()


def wait_until_matched(page: OpenedServed) -> None:
    page.tab.get_by_role("region", name="Matched units").wait_for()


def test_a_person_finds_the_partner_of_a_unit_and_goes_there(both: Serving, pair: tuple[Recording, Recording]) -> None:
    page = both()
    switch = page.tab.get_by_role("combobox", name="Recording", exact=True)
    assert switch.locator("option").all_inner_texts() == ["first.naut", "retrained.naut"]
    page.canvas.focus()
    page.tab.keyboard.press("5")
    page.tab.get_by_role("radio", name="Two recordings").check(force=True)
    wait_until_compared(page, 25)
    page.tab.get_by_role("combobox", name="Layer of this recording").select_option("dense 1")
    wait_until_matched(page)
    assert page.ask("[e.own.layer, e.own.other]") == ["0", "0"]
    expect(page.tab.get_by_text("30 of 30 pairs replicated on the held-out half of 891 shared samples")).to_be_visible()
    expect(
        page.tab.get_by_text("2 units (0:1, 0:5) of first.naut: dead, 0 for all samples; without a partner.")
    ).to_be_visible()
    drawing = page.tab.get_by_role("application")
    drawing.focus()
    page.tab.keyboard.press("ArrowDown")
    page.tab.keyboard.press("ArrowDown")
    unit = page.ask("e.selected.unit")
    partner = int(np.argsort(ORDER)[unit])
    expect(page.tab.get_by_role("status").first).to_contain_text(f"partner dense 1 · {partner}")
    page.tab.get_by_role("link", name="Open the partner").click()
    page.tab.wait_for_function("(id) => window.neuronaut?.explorer.manifest.id === id", arg=pair[1].id)
    page.wait_until_answered()
    address = urlsplit(page.tab.url)
    assert parse_qs(address.query)["rec"] == [pair[1].id]
    expect(switch).to_have_value(pair[1].id)
    assert page.ask("[e.route, e.at]") == ["neuron", f"0:{partner}"]
    page.tab.reload()
    page.wait_until_answered()
    assert page.ask("[e.manifest.id, e.at]") == [pair[1].id, f"0:{partner}"]
    page.ask("e.update({ sel: '0:3', pins: ['0:4'], a: 'age > 30' })")
    switch.select_option("first.naut")
    page.tab.wait_for_function("(id) => window.neuronaut?.explorer.manifest.id === id", arg=pair[0].id)
    page.wait_until_answered()
    # Unit 3 of another network is another unit; the groups are of the same data.
    assert page.ask("[e.route, e.at, e.sel, e.pins.length, e.view.a]") == ["neuron", None, None, 0, "age > 30"]
    page.tab.go_back()
    page.tab.wait_for_function("(id) => window.neuronaut?.explorer.manifest.id === id", arg=pair[1].id)
    assert page.ask("e.manifest.id") == pair[1].id


def test_what_is_listed_and_saved_is_what_python_says(both: Serving, pair: tuple[Recording, Recording]) -> None:
    page = both(f"{TWO}&a=sex%20%3D%3D%20%27female%27&layer=0&table=1")
    wait_until_matched(page)
    expect(page.tab.get_by_role("columnheader", name="Mutual")).to_be_visible()
    found = match(*pair, ["0"], ["0"], where="sex == 'female'")
    page.tab.get_by_label("Save table").click()
    with page.tab.expect_download() as saving:
        page.tab.get_by_role("button", name="Save as CSV").click()
    saved = list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text(encoding="utf-8"))))
    by_unit = {row["unit"]: row for row in saved if row["unit"]}
    assert [by_unit[unit]["partner"] for unit in found.coords["unit"]] == found["partner"].tolist()
    for name in (
        "correlation",
        "heldout",
        "heldout_low",
        "null",
        "q",
        "auroc",
        "auroc_change",
        "auroc_high",
        "level_low",
    ):
        there = [float(by_unit[unit][name] or "nan") for unit in found.coords["unit"]]
        np.testing.assert_allclose(there, found[name], rtol=1e-12, err_msg=name)
    assert {(row["recording"], row["other"], row["slice"]) for row in saved} == {
        ("first.naut", "retrained.naut", "sex == 'female'")
    }
    page.tab.get_by_role("button", name="dense 1").first.click()
    assert "sort=unit" in page.hash
    assert [row[0] for row in rows(page)][:1] == [found["partner"][0].removeprefix("0:")]


def test_pointing_at_a_unit_shows_its_partner_on_the_other_side(both: Serving) -> None:
    page = both(f"{TWO}&layer=5&other=5")
    wait_until_matched(page)
    drawing = page.tab.get_by_role("application")
    expect(drawing).to_be_visible()
    expect(drawing.locator(".ring")).to_have_count(0)
    row = page.tab.get_by_role("region", name="Matched units").get_by_role("row").nth(1)
    row.hover()
    expect(drawing.locator(".ring")).to_have_count(1)
    assert drawing.locator(".ring").get_attribute("d").count("M") == 2
    box = drawing.bounding_box()
    assert box is not None
    page.tab.mouse.move(box["x"] + 2, box["y"] + box["height"] - 4)
    expect(drawing.locator(".ring")).to_have_count(0)
    page.tab.get_by_label("Save picture").click()
    with page.tab.expect_download() as saving:
        page.tab.get_by_role("button", name="Save as SVG").click()
    picture = Path(saving.value.path()).read_text(encoding="utf-8")
    for said in ("Matched units of two recordings", "beside retrained.naut", "891 shared samples", "not distinct"):
        assert said in picture


def test_other_data_and_unknown_recordings_are_said_in_words(
    both: Serving, pair: tuple[Recording, Recording], tmp_path: Path
) -> None:
    page = both(TWO, (pair[0], record_images(tmp_path / "pictures.naut")))
    page.tab.get_by_role("alert").wait_for()
    expect(page.tab.get_by_role("alert")).to_contain_text("share 5 samples")
    page.wrongs.clear()  # the browser's own word on the 422
    lost = both("?rec=..%2F..%2Fetc#/network")
    expect(lost.tab.get_by_role("status")).to_contain_text("The recording that this link names cannot be shown")
    assert lost.ask("e.manifest.id") == pair[0].id
    lost.wrongs.clear()  # the browser's own word on the 404
    alone = both("#/compare", pair[:1])
    expect(alone.tab.get_by_role("radio", name="Two recordings")).to_be_disabled()
    expect(alone.tab.get_by_role("combobox", name="Recording", exact=True)).to_have_count(0)


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_keeps_anyone_out(both: Serving, theme: str) -> None:
    page = both(f"{TWO}&layer=0&a=sex%20%3D%3D%20%27female%27&sel=0%3A11", theme=theme)
    wait_until_matched(page)
    expect(page.tab.get_by_role("link", name="Open the partner")).to_be_visible()
    assert violations(page) == []
    page.tab.get_by_role("application").focus()
    page.tab.keyboard.press("t")
    expect(page.tab.get_by_role("columnheader", name="Mutual")).to_be_visible()
    assert violations(page) == []


def saved_rows(page: OpenedServed) -> list[dict[str, str]]:
    page.tab.get_by_label("Save picture").click()
    with page.tab.expect_download() as saving:
        page.tab.get_by_role("button", name="Save as CSV").click()
    return list(csv.DictReader(io.StringIO(Path(saving.value.path()).read_text(encoding="utf-8"))))


def test_the_map_of_all_layers_is_what_python_says_and_leads_to_their_units(
    both: Serving, pair: tuple[Recording, Recording]
) -> None:
    page = both(f"{TWO}&a=sex%20%3D%3D%20%27female%27")
    wait_until_compared(page, 25)
    found = cka(pair[0], "sex == 'female'", other=pair[1])
    listed = saved_rows(page)
    there = {(row["layer"], row["other_layer"]): row for row in listed}
    for row, layer in enumerate(found.coords["layers"]):
        for column, other in enumerate(found.coords["others"]):
            for name in ("debiased", "cka", "null", "p"):
                value = found[name][row, column]
                assert float(there[layer, other][name] or "nan") == pytest.approx(value, rel=1e-9, nan_ok=True)
    # The first layer's units stand in another order: to CKA that is the same layer.
    assert float(there["0", "0"]["debiased"]) == pytest.approx(1)
    n = int(pair[0].mask("sex == 'female'").sum())
    expect(page.tab.get_by_text(f"over {n} shared samples in sex == 'female'")).to_be_visible()
    drawing = page.tab.get_by_role("application")
    drawing.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        page.tab.keyboard.press(key)
    expect(page.tab.get_by_role("status").first).to_contain_text("dense 1 and dense 1: CKA 1.00")
    page.tab.keyboard.press("t")
    table = page.tab.get_by_role("region", name="Layers beside each other")
    expect(table.get_by_role("row")).to_have_count(26)
    page.tab.keyboard.press("t")
    page.tab.get_by_label("Save picture").click()
    with page.tab.expect_download() as saving:
        page.tab.get_by_role("button", name="Save as SVG").click()
    assert "dense 3" in Path(saving.value.path()).read_text(encoding="utf-8")
    drawing.focus()
    page.tab.keyboard.press("Enter")
    wait_until_matched(page)
    assert page.ask("[e.own.layer, e.own.other]") == ["0", "0"]
    page.tab.go_back()
    wait_until_compared(page, 25)


def test_a_map_is_stopped_and_goes_on(both: Serving) -> None:
    page = both()
    held: list[Route] = []
    page.tab.route(
        "**/api/query",
        lambda route: held.append(route) if "other_layers" in str(route.request.post_data) else route.continue_(),
    )
    page.ask("e.go('compare', null, { mode: 'two' })")
    page.tab.get_by_role("button", name="Stop").click()
    expect(page.tab.get_by_text("0 of 25")).to_be_visible()
    page.tab.unroute("**/api/query")
    page.tab.get_by_role("button", name="Go on").click()
    wait_until_compared(page, 25)
    assert len(held) == 1


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_map_keeps_nobody_out(both: Serving, theme: str) -> None:
    page = both(TWO, theme=theme)
    wait_until_compared(page, 25)
    page.tab.get_by_role("application").focus()
    page.tab.keyboard.press("ArrowDown")
    assert violations(page) == []
    page.tab.keyboard.press("t")
    page.tab.get_by_role("region", name="Layers beside each other").wait_for()
    assert violations(page) == []


def test_what_is_shown_of_two_follows_the_other_one_as_it_grows(both: Serving, tmp_path: Path) -> None:
    x = np.random.default_rng(0).normal(size=(90, 3)).astype(np.float32)
    kinds = pa.table({"kind": ["a", "b", "b"] * 30})
    graph = Graph((Layer("fc", "dense", 3, "linear", 1),))
    spec = ArraySpec("activations/fc/post", "float32", (3,), ("sample", "unit"))
    with create(tmp_path / "whole.naut", RecordingCard(graph), [spec]) as writer:
        writer.append({spec.path: x}, kinds)
    with create(tmp_path / "grows.naut", RecordingCard(graph), [spec]) as writer:
        writer.append({spec.path: x[:60]}, kinds[:60])
        writer.commit()
        recordings = (open_recording(tmp_path / "whole.naut"), open_recording(tmp_path / "grows.naut"))
        units, layers = both(f"{TWO}&layer=fc", recordings), both(TWO, recordings)
        expect(units.tab.get_by_text("on the held-out half of 60 shared samples")).to_be_visible()
        expect(layers.tab.get_by_text("over 60 shared samples")).to_be_visible()
        writer.append({spec.path: x[60:]}, kinds[60:])
        writer.commit()
        expect(units.tab.get_by_text("on the held-out half of 90 shared samples")).to_be_visible()
        expect(layers.tab.get_by_text("over 90 shared samples")).to_be_visible()
