"""A saved picture stands alone: it says what it is of, whom it compares and what its colours mean."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from opened_page import Opened, Opener
from playwright.sync_api import expect

from neuronaut.store.recording import Recording

LIVED = "a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22"
SVG = "{http://www.w3.org/2000/svg}"


def saved(page: Opened, within: str = "main") -> ET.Element:
    """The first picture in that part of the page, parsed as XML."""
    menu = page.tab.locator(f"{within} details:has(summary[aria-label='Save picture'])").first
    menu.locator("summary").click()
    with page.tab.expect_download() as saving:
        menu.get_by_role("button", name="Save as SVG").click()
    return ET.fromstring(Path(saving.value.path()).read_bytes())  # noqa: S314 - the page has just written it


def words(picture: ET.Element) -> list[str]:
    return ["".join(one.itertext()).strip() for one in picture.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("link", "title", "legend"),
    [
        (f"#/layers?at=0&{LIVED}", "Layer dense 1", ["5–95% of the unit's values", "dead", "0"]),
        (f"#/compare?{LIVED}", "Effect against q", ["replicated on the held-out half"]),
        (f"#/neuron?at=0%3A11&{LIVED}", "Neuron · dense 1 · 11", ["A", "B"]),
        (f"#/network?{LIVED}&col=ab", "Network", ["A only", "equal", "B only", "Colour: A vs B"]),
    ],
)
def test_it_names_itself_the_recording_both_groups_and_its_colours(
    titanic: Path, passengers: Recording, opened: Opener, link: str, title: str, legend: list[str]
) -> None:
    page = opened(titanic, link)
    page.settle()
    told = words(saved(page))
    lived = int(passengers.mask("survived == 'yes'").sum())
    assert told[:4] == [
        title,
        page.ask("e.manifest.title"),
        f'A: survived == "yes" (n = {lived})',
        f'B: survived == "no" (n = {passengers.n - lived})',
    ]
    assert not [one for one in legend if not any(one in word for word in told)]


def test_the_colours_of_a_layer_have_their_numbers_and_its_order_is_said(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/layers?at=0&sort=index")
    expect(page.tab.locator("main footer")).to_contain_text("Point at a value")
    low, high = page.tab.locator("main header .key").inner_text().split()
    picture = saved(page)
    told = words(picture)
    assert {low, high, "891 samples as recorded", "32 neurons as recorded"} <= set(told)
    colours = [one for one in picture.iter(f"{SVG}rect") if one.get("width") == "3" and one.get("height") == "12"]
    assert len({one.get("fill") for one in colours}) > 12
    height = float(picture.attrib["height"])
    assert all(float(one.attrib["y"]) < height for one in colours)


def test_a_neuron_s_picture_has_its_words_spaced_as_on_the_page_and_nothing_to_press(
    titanic: Path, opened: Opener
) -> None:
    page = opened(titanic, f"#/neuron?at=0%3A11&{LIVED}")
    page.settle()
    picture = saved(page)
    raw = ["".join(one.itertext()) for one in picture.iter(f"{SVG}text")]
    assert not {"Pin", "In the network"} & set(words(picture))
    assert " Line: " in raw or "Line: " in raw
    assert "95% interval" in raw


def test_a_panel_of_a_neuron_says_of_which(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, f"#/neuron?at=0%3A11&{LIVED}")
    page.settle()
    told = words(saved(page, "main section[aria-label=Activation]"))
    assert told[0] == "Activation · dense 1 · 11"
    assert sum(word.startswith("A: survived") for word in told) == 1


@pytest.mark.parametrize("name", ["<script>x</script>", "a\u0001&", "\u202eevil"])
def test_a_hostile_name_is_text_in_well_formed_xml(titanic: Path, opened: Opener, name: str) -> None:
    page = opened(titanic, "#/layers?at=0")
    page.tab.evaluate(
        "(name) => { const e = window.neuronaut.explorer;"
        " e.update({slices: [`${name}\\tage < 16`]}); e.keep({sort: `slice:${name}`}) }",
        name,
    )
    expect(page.tab.locator("text.run")).to_have_count(3)
    page.settle()
    picture = saved(page)
    assert picture.tag == f"{SVG}svg"
    assert not [one.tag for one in picture.iter() if one.tag.endswith(("script", "foreignObject"))]
    line = next(word for word in words(picture) if word.startswith("891 samples in "))
    assert "\u202e" not in line and "\u0001" not in line


def test_the_table_has_numbers_to_save_but_no_picture(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/neuron?at=0%3A11&table=1")
    page.tab.get_by_label("Save table").click()
    menu = page.tab.locator("main details[open]")
    expect(menu.get_by_role("button")).to_have_text(["Save as CSV"])
    with page.tab.expect_download() as saving:
        menu.get_by_role("button").click()
    assert saving.value.suggested_filename.endswith(".csv")
