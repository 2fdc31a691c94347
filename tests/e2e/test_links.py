"""A link is the whole page: what is open, sorted, chosen and drawn is there again, and Back undoes it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from opened_page import Opened, Opener
from playwright.sync_api import Locator, expect

COPIED = "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve() };"
COMPARED = "#/network?a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22"
VIEW = "JSON.stringify(e.view)"


def copied(page: Opened) -> str:
    page.tab.get_by_role("button", name="Copy link").click()
    page.tab.wait_for_function("() => window.copied")
    return "#" + str(page.tab.evaluate("window.copied")).partition("#")[2]


def rank(page: Opened) -> None:
    page.tab.keyboard.press("r")
    panel = page.tab.get_by_role("region", name="Units ranked by A against B")
    panel.get_by_role("button", name="q", exact=True).click()
    panel.get_by_role("combobox", name="Layer").select_option("dense 2")
    panel.get_by_role("checkbox").check()


def ranked(page: Opened) -> list[str]:
    expect(page.tab.get_by_role("region", name="Ranked units")).to_be_visible()
    return page.tab.locator(".ranked tbody th").all_inner_texts()


def sort_the_table(page: Opened) -> None:
    page.tab.keyboard.press("t")
    page.tab.get_by_role("button", name="AUROC").click()


def table(page: Opened) -> list[str]:
    page.tab.get_by_role("columnheader", name="AUROC").wait_for()
    return page.tab.get_by_role("region", name="The network as a table").locator("tbody th").all_inner_texts()[:12]


def choose_a_column(page: Opened) -> None:
    page.inspector.get_by_role("combobox", name="Selectivity by").select_option("sex")


def classes(page: Opened) -> list[str]:
    return page.inspector.get_by_role("list", name="AUROC by sex").get_by_role("button").all_inner_texts()


def draw_again(page: Opened) -> None:
    page.tab.get_by_role("radio", name="Random").check()
    page.tab.get_by_role("button", name="Draw again").click()


def drawn(page: Opened) -> list[str]:
    panel = page.tab.get_by_role("region", name="Samples", exact=True)
    panel.get_by_role("button", name="Draw again").wait_for()
    return panel.get_by_role("listitem").all_inner_texts()


def choose_samples(page: Opened) -> None:
    page.tab.get_by_role("button", name="age", exact=True).click()
    for place in (1, 2, 4):
        page.tab.get_by_role("checkbox").nth(place).check()


def chosen(page: Opened) -> list[str]:
    expect(page.tab.get_by_text("3 selected")).to_be_visible()
    return page.tab.locator("tr.chosen").all_inner_texts()


@pytest.mark.parametrize(
    ("start", "do", "seen"),
    [
        pytest.param(COMPARED, rank, ranked, id="ranked units: open, sorted, of a layer, replicated only"),
        pytest.param(COMPARED, sort_the_table, table, id="the table and its order"),
        pytest.param("#/network?sel=0%3A11", choose_a_column, classes, id="the column of the classes"),
        pytest.param("#/neuron?at=0%3A11", draw_again, drawn, id="samples drawn at random"),
        pytest.param("#/samples", choose_samples, chosen, id="samples sorted and chosen"),
    ],
)
def test_what_was_done_is_in_the_link_and_back_undoes_it(
    start: str, do: Callable[[Opened], None], seen: Callable[[Opened], list[str]], titanic: Path, opened: Opener
) -> None:
    page = opened(titanic, start, before=COPIED)
    before = page.ask(VIEW)
    do(page)
    there, link = seen(page), copied(page)
    assert len(there) > 0
    other = opened(titanic, link)
    assert seen(other) == there
    assert other.ask(VIEW) == page.ask(VIEW)
    for _ in range(12):
        if page.ask(VIEW) == before:
            break
        page.tab.go_back()
    assert page.ask(VIEW) == before
    for _ in range(12):
        if page.hash == link:
            break
        page.tab.go_forward()
    assert seen(page) == there


def test_back_undoes_a_filter_that_was_typed_all_at_once(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    before = page.ask("[e.view.a, e.view.b]")
    for side, text in (("A", "age > 30"), ("A", "age > 40 and pclass == 1"), ("B", "fare > 20")):
        page.type_filter(side, text)
        page.leave_filter(side)
    assert page.ask("[e.view.a, e.view.b]") == ["age > 40 and pclass == 1", "fare > 20"]
    for expected in (["age > 40 and pclass == 1", before[1]], ["age > 30", before[1]], before):
        page.tab.go_back()
        page.tab.wait_for_function(
            "(x) => { const { a, b } = window.neuronaut.explorer.view; return a === x[0] && b === x[1] }", arg=expected
        )
    page.tab.go_forward()
    expect(page.filter("A")).to_have_value("age > 30")
    # Back while the field still has the focus takes what was typed away.
    page.type_filter("A", "age > 50")
    page.tab.wait_for_function("() => window.neuronaut.explorer.view.a === 'age > 50'")
    page.tab.go_back()
    expect(page.filter("A")).to_have_value("age > 30")
    page.leave_filter("A")
    assert page.ask("e.view.a") == "age > 30"


def test_the_part_of_a_layer_that_is_in_sight_is_in_the_link(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/layers?at=0", before=COPIED)
    page.canvas.focus()
    page.tab.keyboard.press("+")
    page.tab.keyboard.press("+")
    expect(page.tab.get_by_text("of 891 samples")).to_be_visible()
    other = opened(titanic, copied(page))
    said = page.canvas.get_attribute("aria-label")
    expect(other.canvas).to_have_attribute("aria-label", str(said))
    assert "891" not in str(said)


def test_the_numbers_at_a_unit_are_explained_by_a_key_and_those_of_the_legend_by_pointing(
    titanic: Path, opened: Opener
) -> None:
    page = opened(titanic, "#/network?col=selectivity")
    page.point_at("0", 11, "dense 1")
    tip = page.tab.locator(".tip")
    expect(tip).not_to_contain_text("Average size")
    page.tab.keyboard.press("i")
    for words in ("Average size of the activation", "ties count half", "on the other", "The recording's own number"):
        expect(tip).to_contain_text(words)
    assert "ties count half" in page.ask("e.spoken")
    page.tab.keyboard.press("i")
    expect(tip).not_to_contain_text("Average size")
    legend = page.tab.get_by_role("complementary", name="Legend")
    legend.locator(".kinds [data-term]").last.hover()
    expect(page.tab.get_by_role("tooltip")).to_contain_text("ties count half")
    page.ask("e.update({ col: 'abs' })")
    legend.get_by_role("button", name="p99 of layer").focus()
    page.tab.keyboard.press("Shift+Tab")
    page.tab.keyboard.press("Tab")
    expect(page.tab.get_by_role("tooltip")).to_contain_text("99 of 100 units")
    numbers = page.ask(
        """[...document.querySelectorAll('.legend *')]
             .filter((one) => one.children.length === 0 && /[1-9]/.test(one.textContent))
             .filter((one) => !one.closest('[data-term], .marks, .more, select')).map((one) => one.textContent)"""
    )
    assert numbers == []


def test_a_slice_that_is_named_with_half_a_sign_is_in_the_link(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/samples", before=COPIED)
    page.tab.get_by_role("checkbox").nth(1).check()
    name = page.tab.get_by_role("textbox", name="Name of the slice")
    name.evaluate(
        """(field) => {
          field.value = "half \\ud83d of a sign"
          field.dispatchEvent(new Event("input", { bubbles: true }))
        }"""
    )
    page.tab.get_by_role("button", name="Save as slice").click()
    expect(page.tab.get_by_text("kept in this page's link").first).to_be_attached()
    link = copied(page)
    assert "slice=half%20%EF%BF%BD%20of%20a%20sign%09sample" in link
    other = opened(titanic, link.replace("#/samples", "#/slices"))
    expect(other.tab.get_by_role("rowheader", name="half \ufffd of a sign").first).to_be_visible()


def cells_below(heading: Locator) -> list[Any]:
    """Where the texts of a heading's column are."""
    return list(
        heading.evaluate(
            """(one) => {
              const cell = one.closest("th")
              const rows = [...cell.closest("table").tBodies[0].rows].filter((row) => row.cells.length > cell.cellIndex)
              return rows.map(({ cells }) => {
                const text = document.createRange()
                text.selectNodeContents(cells[cell.cellIndex])
                return text.getBoundingClientRect().toJSON()
              })
            }"""
        )
    )


@pytest.mark.parametrize("size", [(1440, 900), (1000, 700)])
@pytest.mark.parametrize("view", ["network", "compare"])
def test_what_a_heading_means_does_not_cover_its_column(
    titanic: Path, opened: Opener, view: str, size: tuple[int, int]
) -> None:
    page = opened(titanic, COMPARED.replace("network", view) + "&table=1", size=size)
    headings = page.tab.locator("main th [data-term], main th[data-term]")
    expect(headings.first).to_be_visible()
    card = page.tab.get_by_role("tooltip")
    for heading in headings.all():
        heading.hover()
        expect(card).to_be_visible()
        box = card.bounding_box()
        assert box is not None
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0]
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1]
        covered = [
            one
            for one in cells_below(heading)
            if one["width"] > 0
            and one["left"] < box["x"] + box["width"]
            and one["right"] > box["x"]
            and one["top"] < box["y"] + box["height"]
            and one["bottom"] > box["y"]
        ]
        assert covered == []
        page.tab.keyboard.press("Escape")
        expect(card).to_have_count(0)
        page.tab.mouse.move(2, 2)


def test_what_a_word_means_goes_with_the_pointer(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, COMPARED + "&table=1")
    card = page.tab.get_by_role("tooltip")
    page.tab.locator("main th [data-term]").first.hover()
    expect(card).to_be_visible()
    card.hover()
    page.tab.mouse.move(2, 2)
    expect(card).to_have_count(0)
