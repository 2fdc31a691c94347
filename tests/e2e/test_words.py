"""What the page says of a unit is true, and said so that nobody is lost."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from opened_page import Opener
from playwright.sync_api import expect

from neuronaut.analysis.influence import stored_influence
from neuronaut.store.recording import Recording


def test_a_finding_says_the_pages_own_label_and_the_address(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    row = page.inspector.get_by_role("listitem").filter(has_text="prefers those who lived")
    expect(row).to_contain_text("dense 1")
    expect(row).to_contain_text("neuron 11")
    expect(row).to_contain_text("0:11")


@pytest.mark.parametrize("unit", [0, 3, 9, 14])
def test_the_tooltip_names_the_strongest_influence_and_its_sign(
    titanic: Path, passengers: Recording, opened: Opener, unit: int
) -> None:
    effects = stored_influence(passengers).values
    page = opened(titanic)
    page.point_at("3", unit, "dense 2")
    text = page.tab.locator(".tip p").first.inner_text()
    onward = np.abs(effects["3\t5"][unit])
    assert f"Most influence on dense 3 · {np.argmax(onward)}" in re.sub(r"\s+", " ", text)
    assert ("raises" if effects["3\t7"][unit, 0] > 0 else "lowers") + " survived" in re.sub(r"\s+", " ", text)


def test_the_tooltip_of_a_silent_unit_and_of_an_output(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic)
    page.point_at("3", 5, "dense 2")
    expect(page.tab.locator(".tip")).to_contain_text("Never fires")
    page.point_at("7", 0, "output")
    strongest = int(np.argmax(np.abs(stored_influence(passengers).values["5\t7"][:, 0])))
    text = re.sub(r"\s+", " ", page.tab.locator(".tip p").first.inner_text())
    assert f"Most influence from dense 3 · {strongest}" in text


def test_an_input_feature_and_an_output_are_not_said_to_fire(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    x, y = page.point_at("input", 1, "input")
    page.tab.mouse.click(x, y)
    expect(page.inspector).to_contain_text("Selected feature", ignore_case=True)
    assert page.statistic("Firing rate") == []
    expect(page.inspector.get_by_role("heading", name="Strongest outputs by weight")).to_be_visible()
    x, y = page.point_at("7", 0, "output")
    page.tab.mouse.click(x, y)
    expect(page.inspector).to_contain_text("Selected output", ignore_case=True)
    expect(page.inspector).to_contain_text("survived")
    assert page.statistic("Firing rate") == []
    expect(page.inspector.get_by_role("heading", name="Strongest inputs by weight")).to_be_visible()


def test_a_link_that_cannot_be_followed_says_everything_that_is_wrong(titanic: Path, opened: Opener) -> None:
    page = opened(
        titanic, "#/network?sel=dense_9%3A3&col=rainbow&a=survivd%20%3D%3D%20%27yes%27&edges=many", ready=False
    )
    toast = page.tab.locator(".toast")
    for part in ("dense_9:3", "rainbow", "many", "survivd", "All samples are shown"):
        expect(toast).to_contain_text(part)
    assert page.ask("[e.view.sel, e.view.col, e.view.edges, e.mode, e.sides]") == [None, "ab", "6", "abs", None]
    expect(page.filter("A")).to_have_attribute("aria-invalid", "true")


@pytest.mark.parametrize("size", [(740, 800), (860, 700), (920, 700), (1100, 700)])
def test_nothing_is_cut_or_overlaps_beside_an_open_inspector(
    titanic: Path, opened: Opener, size: tuple[int, int]
) -> None:
    page = opened(titanic, "#/network?sel=0%3A11", size=size)
    page.type_filter("A", "survivd == 'yes' and sex == 'female' ")
    boxes = page.tab.evaluate(
        """() => [...document.querySelectorAll('.legend > *, .zoom, .app > aside, .heading')]
            .map((one) => [one.className, one.getBoundingClientRect()])
            .filter(([, box]) => box.width > 0)
            .map(([name, box]) => [name, box.left, box.top, box.right, box.bottom])"""
    )
    assert len(boxes) > 6
    for place, (name, left, top, right, bottom) in enumerate(boxes):
        assert left >= 0
        assert right <= size[0] + 0.5
        assert bottom <= size[1] + 0.5
        for other, left2, top2, right2, bottom2 in boxes[place + 1 :]:
            apart = left >= right2 - 1 or left2 >= right - 1 or top >= bottom2 - 1 or top2 >= bottom - 1
            assert apart, (name, other)
    page.type_filter("B", "survived == 'no' and (pclas > 3 and sex == 'female' ")
    help = page.chip("B").locator(".help").bounding_box()
    assert help is not None
    assert help["x"] >= 0
    assert help["x"] + help["width"] <= size[0]
    wide = page.tab.evaluate("document.documentElement.scrollWidth")
    assert wide <= size[0]


def test_the_name_of_an_output_or_of_a_feature_can_be_pressed(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    x, y = page.point_at("7", 0, "output")
    page.tab.mouse.click(x + 50, y + 15)
    assert page.hash == "#/network?sel=7%3A0"
    x, y = page.point_at("input", 3, "input")
    page.tab.mouse.click(x - 30, y + 10)
    assert page.hash == "#/network?sel=input%3A3"


@pytest.mark.parametrize("text", ["pclass == '1'", "survived == 1", "age > 'x'"])
def test_a_wrong_type_at_the_end_is_explained_while_it_is_typed(titanic: Path, opened: Opener, text: str) -> None:
    page = opened(titanic)
    page.type_filter("A", text)
    expect(page.chip("A").get_by_role("alert")).to_contain_text("cannot be compared")


def test_a_word_that_could_go_on_is_explained_on_enter(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.type_filter("A", "survived == yes")
    page.filter("A").press("Enter")
    expect(page.chip("A").get_by_role("alert")).to_contain_text("yes")
