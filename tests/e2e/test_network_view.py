"""The network view keeps what it explains in sight, says what its signs mean, and gives every panel a way back."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from opened_page import Opened, Opener
from playwright.sync_api import expect

from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording

GROUPS = "#/network?a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22&col=ab"
TYPED = "#/network?a=age%20%3E%2030&col=ab&sel=3%3A3"


def place_of(page: Opened, layer: str, unit: int, label: str) -> tuple[float, float]:
    x, y = page.point_at(layer, unit, label)
    page.wait_for_frames()
    return x, y


@pytest.mark.parametrize("size", [(1440, 900), (1000, 700)])
@pytest.mark.parametrize(("layer", "label", "units"), [("0", "dense 1", (0, 11, 31)), ("5", "dense 3", (0, 4, 7))])
def test_the_tooltip_covers_neither_its_unit_nor_the_output(
    titanic: Path, opened: Opener, size: tuple[int, int], layer: str, label: str, units: tuple[int, ...]
) -> None:
    page = opened(titanic, GROUPS + "&sel=0%3A11", size=size)
    output = page.point_at("7", 0, "output")
    for unit in units:
        own = place_of(page, layer, unit, label)
        tip = page.tab.locator(".tip").bounding_box()
        assert tip is not None
        for x, y in (own, output):
            inside = tip["x"] < x < tip["x"] + tip["width"] and tip["y"] < y < tip["y"] + tip["height"]
            assert not inside, (unit, tip, x, y)


def test_every_approximate_number_says_what_its_sign_means(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, TYPED)
    expect(page.inspector).to_contain_text("~ near, not exact: sample values rounded to")
    about = page.inspector.get_by_text(re.compile(r"^~\d"))
    assert about.count() > 5
    for one in about.all():
        assert "not exact" in str(one.get_attribute("title"))
    place_of(page, "3", 3, "dense 2")
    expect(page.tab.locator(".tip")).to_contain_text("~ near, from rounded values")
    expect(page.tab.get_by_role("complementary", name="Legend")).to_contain_text("near, not exact")
    page.tab.keyboard.press("t")
    expect(page.tab.locator(".about").first).to_contain_text("~ near, not exact")
    page.tab.keyboard.press("?")
    expect(page.tab.get_by_role("dialog")).to_contain_text("near, not exact")


def test_the_overview_and_the_marks_are_one_press_away_in_a_small_window(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, GROUPS + "&sel=0%3A11", size=(1000, 700))
    page.tab.get_by_role("button", name="Marks").click()
    expect(page.tab.get_by_role("list", name="Marks")).to_contain_text("Never fires")
    page.tab.keyboard.press("Escape")
    expect(page.tab.get_by_role("list", name="Marks")).to_have_count(0)
    page.inspector.get_by_role("button", name="Overview").click()
    expect(page.inspector).to_contain_text("How to look")
    assert "sel=" not in page.hash
    page.inspector.get_by_role("button", name="Close the overview").click()
    expect(page.inspector).to_be_hidden()


def test_the_focused_canvas_has_a_whole_ring(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, GROUPS + "&cam=400%2C300%2C2")
    before = page.pixels()
    page.canvas.focus()
    page.tab.keyboard.press("Shift")
    page.wait_for_frames()
    after = page.pixels()
    for rim in (np.s_[0], np.s_[-1], np.s_[:, 0], np.s_[:, -1]):
        changed = np.abs(after[rim] - before[rim]).max(-1) > 60
        assert changed.mean() > 0.99


def test_units_under_the_titles_are_neither_seen_nor_hit(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, GROUPS + "&cam=400%2C300%2C2")
    x, top, _ = page.column("dense 1")
    strip = page.pixels()[4:52, int(x) + 60 - 64 : int(x) + 100 - 64]
    assert np.ptp(strip.reshape(-1, 3), axis=0).max() < 8
    for y in range(0, 50, 4):
        page.tab.mouse.move(x, top + y)
        assert page.ask("e.hover") is None


def test_the_table_says_what_held_out_and_uses_the_words_of_the_inspector(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, GROUPS)
    page.tab.keyboard.press("t")
    table = page.tab.get_by_role("table")
    heads = [head.strip() for head in table.get_by_role("columnheader").all_inner_texts()]
    assert "Replicated" in heads
    assert [head for head in heads if "ires" in head] == []
    assert {"Firing rate A", "Firing rate B"} <= set(heads)
    held_out = table.locator(f"tbody tr:not([aria-hidden]) > :nth-child({heads.index('Replicated') + 1})")
    words = {text.strip() for text in held_out.all_inner_texts()}
    assert {"replicated", "not replicated"} <= words


def test_m_gives_the_network_the_whole_window_and_takes_it_back(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, GROUPS + "&sel=0%3A11")
    width = page.canvas.bounding_box()
    assert width is not None
    for back in ("m", "Escape"):
        page.tab.keyboard.press("m")
        expect(page.inspector).to_be_hidden()
        expect(page.tab.get_by_role("navigation", name="Views")).to_be_hidden()
        page.wait_for_frames()
        wide = page.canvas.bounding_box()
        assert wide is not None
        assert wide["width"] == 1440
        page.tab.keyboard.press(back)
        expect(page.inspector).to_be_visible()
        assert page.canvas.bounding_box() == width
    assert "sel=0%3A11" in page.hash


def test_the_title_of_the_window_is_the_recording_and_the_unit(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    name = page.ask("e.manifest.title")
    assert page.tab.title() == name
    x, y = page.point_at("0", 11, "dense 1")
    page.tab.mouse.click(x, y)
    expect(page.tab).to_have_title(f"{name} – dense 1 · 11")


def test_a_page_without_influence_says_how_to_record_it(
    passengers: Recording, opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("neuronaut.explorer.bundle.influence_cards", lambda *_: [])
    page = opened(export(passengers, tmp_path / "bare.html"))
    page.point_at("3", 3, "dense 2")
    expect(page.tab.locator(".tip")).to_contain_text("holds no influence: record with influence=True")


def test_a_long_filter_is_whole_in_its_tooltip_and_a_slice_keeps_its_count_on_one_line(
    titanic: Path, opened: Opener
) -> None:
    page = opened(titanic, size=(1000, 700))
    text = "survived == 'yes' and age > 30 and sex == 'female' and fare < 100 and parch < 2"
    page.type_filter("A", text)
    heights = page.tab.locator(".slice .n").evaluate_all("(all) => all.map((one) => one.offsetHeight)")
    assert heights != []
    assert max(heights) <= 22
    page.leave_filter("A")
    expect(page.chip("A")).to_have_attribute("title", f"A: {text}")
