"""WCAG 2.2 AA as far as axe-core can tell, in both themes and with everything that can be open, open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from opened_page import Opened, Opener
from playwright.sync_api import expect
from screens import SCREENS, Recordings, Screen

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Opened) -> list[str]:
    page.tab.evaluate(AXE)
    found: Any = page.tab.evaluate(
        "(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then((found) => found.violations)", RULES
    )
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"][:4]]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_view_and_dialog(recordings: Recordings, screen: Screen, theme: str) -> None:
    with recordings.open(screen, theme) as page:
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


def test_a_small_window(titanic: Path, opened: Opener) -> None:
    assert violations(opened(titanic, "#/network?sel=0%3A11", size=(700, 900))) == []
