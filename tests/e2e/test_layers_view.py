"""A layer's map: whose column and whose row it is, in every order; its parts by a named slice."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from opened_page import Opened, Opener
from passenger_recordings import Net, record_passengers
from playwright.sync_api import expect

from neuronaut.analysis.activity import activity
from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording

LAYER = "#/layers?at=0"
YOUNG = quote("young\tage < 16", safe="")


def drawn(page: Opened) -> None:
    expect(page.tab.locator("main footer")).to_contain_text("Point at a value")


def point_at_column(page: Opened, place: int, units: int) -> None:
    """Into the map's first rows, at the unit drawn at that place."""
    box = page.tab.locator("main canvas").bounding_box()
    assert box is not None
    page.tab.mouse.move(box["x"] + (place + 0.5) * box["width"] / units, box["y"] + 2)


def test_a_column_is_named_read_and_chosen_by_its_units_own_number_after_sorting(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    mean = activity(passengers, layers="0")["mean"][0]
    order = np.argsort(-mean, kind="stable")
    page = opened(titanic, f"{LAYER}&ord=mean&a=&b=")
    drawn(page)
    assert page.tab.locator("text.unit").all_text_contents() == [
        str(unit) for unit in page.ask("[...e.orders.get('0')]")
    ]
    shown = [int(text) for text in page.tab.locator("text.unit").all_text_contents()]
    np.testing.assert_allclose(mean[shown], mean[order], rtol=1e-5)
    for place in (0, 5):
        point_at_column(page, place, len(mean))
        expect(page.tab.locator("main footer")).to_contain_text(f"neuron {shown[place]}")
        page.tab.mouse.down()
        page.tab.mouse.up()
        assert page.ask("e.sel") == f"0:{shown[place]}"


def test_the_colours_mean_the_same_in_any_window(titanic: Path, passengers: Recording, opened: Opener) -> None:
    found = activity(passengers, layers="0")
    reach = np.sort(np.abs(found["mean"][0]) + 2 * found["sd"][0])
    end = float(reach[int(len(reach) * 0.95)])
    for size in ((1440, 900), (800, 600)):
        page = opened(titanic, f"{LAYER}&sort=mean", size=size)
        drawn(page)
        ends = page.tab.locator("main header .key").inner_text().split()
        assert [float(text.replace("\u2212", "-")) for text in ends] == pytest.approx([0, end], rel=0.005)


def test_orders_that_cannot_be_had_are_grey(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, LAYER)
    drawn(page)
    samples = page.tab.get_by_role("combobox", name="Samples")
    page.ask("e.update({a: null, b: null})")
    expect(samples.locator("option[value=groups]")).to_be_disabled()
    expect(samples.locator("option[value=class]")).to_be_enabled()
    page.type_filter("A", "age > 30")
    expect(samples.locator("option[value=groups]")).to_be_enabled()
    together = page.tab.get_by_role("combobox", name="Units").locator("option[value=together]")
    known = page.ask("e.engine.resultsNamed('order', {by: 'together'}).length > 0")
    assert together.is_enabled() == known


def test_a_named_slice_parts_the_samples_and_those_without_an_answer_come_last(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    age = passengers.metadata["age"]
    inside, unknown = int((age < 16).sum()), int(age.isna().sum())
    outside = len(age) - inside - unknown
    page = opened(titanic, f"{LAYER}&slice={YOUNG}")
    drawn(page)
    page.tab.get_by_role("combobox", name="Samples").select_option(label="in young first")
    runs = page.tab.locator("text.run")
    expect(runs).to_have_text([f"young {inside}", f"not young {outside}", f"unknown {unknown}"])
    assert "sort=slice%3Ayoung" in page.hash or "sort=slice:young" in page.hash
    again = opened(titanic, page.hash)
    expect(again.tab.locator("text.run")).to_have_text(runs.all_text_contents())
    drawn(again)
    again.canvas.focus()
    again.tab.keyboard.press("ArrowRight")
    expect(again.tab.locator("main footer b")).to_contain_text("· young · neuron 1")
    again.tab.keyboard.press("t")
    rows = again.tab.get_by_role("table", name="Samples by part").get_by_role("row")
    expect(rows).to_have_text([f"young{inside} samples", f"not young{outside} samples", f"unknown{unknown} samples"])
    expect(again.tab.get_by_label("Save picture").locator("visible=true")).to_have_count(2)


@pytest.mark.parametrize("name", ["<b>x</b>\u202e", "a\u0001&"])
def test_the_name_of_a_slice_is_never_more_than_its_text(titanic: Path, opened: Opener, name: str) -> None:
    page = opened(titanic, LAYER)
    drawn(page)
    page.tab.evaluate(
        "(name) => { const e = window.neuronaut.explorer;"
        " e.update({slices: [`${name}\\tage < 16`]}); e.keep({sort: `slice:${name}`}) }",
        name,
    )
    expect(page.tab.locator("text.run")).to_have_count(3)
    assert page.tab.locator("main svg b").count() == 0


def test_what_a_word_of_the_inspector_means_stands_beside_its_rows(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, LAYER)
    drawn(page)
    page.tab.locator("aside").get_by_role("button", name="Effective rank").click()
    card, aside = page.tab.get_by_role("tooltip").bounding_box(), page.tab.locator("aside").bounding_box()
    assert card is not None and aside is not None
    assert card["x"] + card["width"] <= aside["x"]
    assert card["y"] >= 0 and card["y"] + card["height"] <= 900


LONG = ("Italian greyhound, a small one", "Rhodesian ridgeback, of any size")


def test_the_names_of_parts_have_the_room_there_is_and_many_layers_a_scale(tmp_path: Path, opened: Opener) -> None:
    names = ("input", *(str(place) for place in range(9)), "out")
    net = Net(names=names, sizes=(6, *[12] * 9, 1), classes=LONG, title="deep", rows=200)
    rec = record_passengers(tmp_path / "deep.naut", net)
    page = opened(export(rec, tmp_path / "deep.html"), f"{LAYER}&sort=class&a=&b=")
    drawn(page)
    parts = page.tab.locator("text.run")
    labels = rec.metadata["survived"]
    for part, name in zip(parts.all(), LONG, strict=True):
        expect(part).to_have_text(f"{name} {(labels == name).sum()}")
    map_box = page.tab.locator("main canvas").bounding_box()
    assert map_box is not None
    for part in parts.all():
        box = part.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= map_box["x"]
    alike = page.tab.get_by_role("region", name="Alike")
    expect(alike.get_by_role("row")).to_have_count(11)
    expect(alike).to_contain_text("0 unrelated")
    expect(alike).to_contain_text("1 alike")
    page.tab.set_viewport_size({"width": 700, "height": 700})
    drawn(page)
    expect(parts.first).to_contain_text("…")
    assert parts.locator("title").all_text_contents() == list(LONG)
