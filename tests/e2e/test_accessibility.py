"""WCAG 2.2 AA as far as axe-core can tell, of what is no screen of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe import violations
from opened_page import Opener
from playwright.sync_api import expect


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
