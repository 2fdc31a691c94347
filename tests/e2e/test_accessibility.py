"""WCAG 2.2 AA as far as axe-core can tell, in both themes and with everything that can be open, open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from opened_page import Opened, Opener
from playwright.sync_api import expect

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Opened) -> list[str]:
    page.tab.evaluate(AXE)
    found: Any = page.tab.evaluate(
        "(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then((found) => found.violations)", RULES
    )
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"][:4]]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_network_with_its_inspector(titanic: Path, opened: Opener, theme: str) -> None:
    page = opened(titanic, "#/network?sel=0%3A11", theme=theme)
    expect(page.inspector).to_contain_text("Top samples")
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_first_view_and_an_open_filter(titanic: Path, opened: Opener, theme: str) -> None:
    page = opened(titanic, theme=theme)
    assert violations(page) == []
    page.type_filter("A", "survivd == 'yes' ")
    expect(page.chip("A").get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    page.type_filter("A", "s")
    expect(page.tab.get_by_role("listbox")).to_be_visible()
    assert violations(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_table_and_the_dialogs(titanic: Path, opened: Opener, theme: str) -> None:
    page = opened(titanic, theme=theme)
    page.canvas.focus()
    page.tab.keyboard.press("t")
    expect(page.tab.get_by_role("region", name="The network as a table")).to_be_visible()
    assert violations(page) == []
    for key in ("?", "/"):
        page.tab.keyboard.press(key)
        expect(page.tab.get_by_role("dialog")).to_be_visible()
        assert violations(page) == []
        page.tab.keyboard.press("Escape")


def test_a_small_window(titanic: Path, opened: Opener) -> None:
    assert violations(opened(titanic, "#/network?sel=0%3A11", size=(700, 900))) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("view", ["samples?answers=wrong", "sample?at=5", "slices?slice=the%20young%09age%20%3C%2016"])
def test_samples_and_slices(titanic: Path, opened: Opener, view: str, theme: str) -> None:
    page = opened(titanic, f"#/{view}", theme=theme)
    expect(page.tab.get_by_role("main").get_by_role("heading", level=2).first).to_be_visible()
    assert violations(page) == []
