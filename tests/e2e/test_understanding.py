"""What the page says of units beyond statistics: definitions, selectivity, the ranked list, the search."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
from opened_page import Opened, Opener
from playwright.sync_api import expect

from neuronaut.analysis.compare import compare
from neuronaut.store.recording import Recording

COPIED = "navigator.clipboard.writeText = (text) => { window.copied = text; return Promise.resolve() };"
COMPARED = "#/network?a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22"


def ranked(page: Opened) -> None:
    page.tab.keyboard.press("r")
    expect(page.tab.get_by_role("region", name="Ranked units")).to_be_visible()


def test_every_number_of_a_unit_is_defined_by_mouse_and_by_keyboard(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, COMPARED + "&sel=0%3A11")
    card = page.tab.get_by_role("tooltip")
    page.inspector.locator("td[data-term=auroc]").hover()
    expect(card).to_contain_text("ties count half")
    expect(card).to_contain_text("The recording's own number")
    page.tab.keyboard.press("Escape")
    expect(card).to_have_count(0)
    page.inspector.get_by_role("button", name="Hedges g").focus()
    page.tab.keyboard.press("Shift+Tab")
    page.tab.keyboard.press("Tab")
    expect(card).to_contain_text("pooled standard deviations")
    expect(page.inspector.get_by_role("button", name="Hedges g")).to_have_attribute("aria-describedby", "nn-definition")
    page.tab.keyboard.press("Escape")
    assert page.ask("e.sel") == "0:11", "Escape puts the card away, not the selection"
    undefined = page.ask(
        """[...document.querySelectorAll('aside table.stats td')]
             .filter((cell) => /[0-9]/.test(cell.textContent))
             .filter((cell) => !cell.closest('[data-term]') && !cell.querySelector('[data-term]'))
             .map((cell) => cell.textContent)"""
    )
    assert undefined == []


def test_selectivity_is_that_of_the_values(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    bar = page.inspector.get_by_role("list", name="AUROC by survived").get_by_role("button", name="yes")
    expect(bar).to_be_visible()
    values = passengers["0"].read(units=11)
    alive = passengers.mask("survived == 'yes'")
    wins = (values[alive][:, None] > values[~alive]).mean() + (values[alive][:, None] == values[~alive]).mean() / 2
    said = bar.locator(".value").inner_text().strip().removeprefix("~")
    assert abs(float(said) - wins) < 0.011
    bar.click()
    assert page.ask("e.view.a") == 'survived == "yes"'


def test_what_is_folded_away_stays_so(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    page.inspector.locator("summary", has_text="Strongest inputs").click()
    expect(page.inspector.get_by_role("list", name="Strongest inputs")).not_to_be_visible()
    page.ask("e.select(e.refOf('0:3'))")
    expect(page.inspector).to_contain_text("neuron 3")
    expect(page.inspector.get_by_role("list", name="Strongest inputs")).not_to_be_visible()
    expect(page.inspector.get_by_role("list", name="Strongest outputs")).to_be_visible()


def test_the_ranked_list_and_the_canvas_point_at_each_other(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, COMPARED)
    ranked(page)
    row = page.tab.locator(".ranked tbody tr").nth(3)
    row.hover()
    name = "".join(row.get_by_role("button").inner_text().split())
    assert page.ask("`${e.hover.layer.label} · ${e.hover.unit}`").replace(" ", "") == name
    page.point_at("0", 20, "dense 1")
    lit = page.tab.locator(".ranked tbody tr.on")
    expect(lit).to_have_count(1)
    expect(lit).to_contain_text("20")
    expect(lit).to_be_in_viewport()
    lit.click()
    expect(page.tab.locator(".ranked tbody tr[aria-selected=true]")).to_have_text(re.compile("20"))


def test_the_ranked_list_is_the_comparison_and_leaves_as_csv(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic, COMPARED, before=COPIED)
    ranked(page)
    page.tab.get_by_role("button", name="Copy as CSV").click()
    lines = list(csv.DictReader(io.StringIO(page.tab.evaluate("window.copied"))))
    result = compare(passengers, "survived == 'yes'", "survived == 'no'")
    g = dict(zip(result.coords["unit"], result.values["hedges_g"], strict=True))
    assert len(lines) == 57
    sizes = [abs(float(line["hedges_g"])) for line in lines if line["hedges_g"]]
    assert sizes == sorted(sizes, reverse=True)
    for line in lines:
        found = float(line["hedges_g"]) if line["hedges_g"] else np.nan
        np.testing.assert_allclose(found, g[line["address"]], rtol=2e-2)
    page.tab.get_by_label("Only replicated").check()
    page.tab.get_by_role("button", name="Copy as CSV").click()
    kept = list(csv.DictReader(io.StringIO(page.tab.evaluate("window.copied"))))
    assert kept and {line["replicated"] for line in kept} == {"yes"}


def test_the_search_finds_whatever_there_is_without_a_mouse(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)

    def search(text: str) -> None:
        page.tab.keyboard.press("Control+k")
        page.tab.keyboard.type(text)
        expect(page.tab.locator("#nn-found [aria-selected=true]")).to_have_count(1)
        page.tab.keyboard.press("Enter")
        expect(page.tab.get_by_role("dialog")).to_have_count(0)

    search("0:11")
    assert page.ask("e.sel") == "0:11"
    search("female")
    assert page.ask("e.view.a") == 'sex == "female"'
    search("units ranked")
    expect(page.tab.get_by_role("region", name="Ranked units")).to_be_visible()
    search("prefers those")
    assert page.ask("e.sel") == "0:11"
    page.tab.keyboard.press("/")
    page.tab.keyboard.type("age")
    page.tab.keyboard.press("ArrowDown")
    expect(page.tab.locator("#nn-found [aria-selected=true]")).to_contain_text("column")
    page.tab.keyboard.press("Enter")
    expect(page.filter("A")).to_be_focused()
    expect(page.filter("A")).to_have_value("age ")
