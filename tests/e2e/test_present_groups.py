"""What is said is of the groups that are set: spoken numbers, and why nothing is judged."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from opened_page import Opened, Opener
from playwright.sync_api import expect

from neuronaut.store.recording import Recording

GROUPS = ('sex == "female"', 'sex == "male" and age < 18')
EMPTY = 'sex == "none"'
REASON = "Group B has no samples, so there is nothing to compare."


def link(view: str, a: str, b: str) -> str:
    return f"#/{view}?a={quote(a)}&b={quote(b)}"


def mean(rec: Recording, layer: str, unit: int, expression: str) -> float:
    values = np.asarray(rec[layer].read(units=unit), np.float64).ravel()
    return float(np.nanmean(values[rec.mask(expression)]))


def expect_said(page: Opened, unit: str, *means: float) -> None:
    """The live region says the unit with these means."""
    page.tab.wait_for_function(
        """([unit, means]) => {
          const said = document.querySelector("[role=status].nn-hidden").textContent
          const found = /mean ~?(\\S+) in A, ~?(\\S+) in B/.exec(said.replaceAll("−", "-"))
          return said.includes(unit) && found && means.every((mean, at) => Math.abs(found[at + 1] - mean) < 0.006)
        }""",
        arg=[unit, list(means)],
    )


def test_a_link_in_the_same_tab_speaks_the_numbers_of_its_own_groups(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic, link("network", *GROUPS))
    page.tab.evaluate(
        """() => {
          window.heard = []
          const region = document.querySelector("[role=status].nn-hidden")
          const watch = new MutationObserver(() => window.heard.push(region.textContent))
          watch.observe(region, {subtree: true, childList: true, characterData: true})
        }"""
    )
    slices = ('survived == "yes"', 'survived == "no"')
    page.tab.evaluate("(hash) => { location.hash = hash }", link("network", *slices) + "&sel=0%3A11")
    means = [mean(passengers, "0", 11, one) for one in slices]
    assert abs(means[0] - mean(passengers, "0", 11, GROUPS[0])) > 0.02, "told apart"
    expect_said(page, "dense 1 neuron 11,", *means)
    heard = page.tab.evaluate("window.heard.filter((one) => one.includes('mean'))")
    assert len(set(heard)) == 1, heard


def test_the_numbers_of_the_unit_that_the_keyboard_was_at_are_spoken_anew_for_other_groups(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic, link("network", *GROUPS) + "&sel=0%3A10")
    page.canvas.focus()
    page.tab.keyboard.press("ArrowDown")
    expect_said(page, "dense 1 neuron 11,", *(mean(passengers, "0", 11, one) for one in GROUPS))
    after = ("age < 30", GROUPS[1])
    page.ask("e.setGroup('a', x)", after[0])
    expect_said(page, "dense 1 neuron 11,", *(mean(passengers, "0", 11, one) for one in after))


def test_an_empty_group_is_the_reason_in_place_of_a_count(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, link("compare", GROUPS[0], EMPTY))
    view = page.tab.locator("main")
    expect(view.locator("header p")).to_have_text(REASON)
    expect(view).not_to_contain_text("differ with")
    expect(view.locator("svg[role=application]")).to_have_count(0)
    ranked = page.tab.get_by_role("region", name="Units ranked by A against B")
    expect(ranked).to_contain_text(REASON)
    expect(ranked.locator("tbody tr")).to_have_count(0)


@pytest.mark.parametrize("small", ["A", "B"])
def test_a_small_group_is_named_above_the_drawing_without_a_legend(
    titanic: Path, passengers: Recording, opened: Opener, small: str
) -> None:
    few = next(one for cent in range(2000) if passengers.mask(one := f"fare < {cent / 100}").sum() == 5)
    pair = (few, "fare > 20") if small == "A" else ("fare > 20", few)
    page = opened(titanic, link("compare", *pair))
    view = page.tab.locator("main")
    reason = view.locator("header p")
    expect(reason).to_have_text(f"{small} has 5 samples; q needs at least 20 in each.")
    assert (
        reason.evaluate("(one) => one.getBoundingClientRect().x - one.closest('.view').getBoundingClientRect().x") >= 16
    )
    save = view.locator("header summary[aria-label='Save picture']")
    assert (
        save.evaluate(
            "(one) => one.closest('header').getBoundingClientRect().right - one.getBoundingClientRect().right"
        )
        < 24
    )
    expect(view.locator("footer .key")).to_have_count(0)
    expect(view).not_to_contain_text("Drag a box")
    assert page.tab.get_by_role("region", name="Units ranked by A against B").locator("tbody tr").count() > 5
