"""What axe-core finds wrong on a page: WCAG 2.2 AA and its best practices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import axe_playwright_python
from opened_page import Opened

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Opened) -> list[str]:
    page.tab.evaluate(AXE)
    found: Any = page.tab.evaluate(
        "(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}}).then((found) => found.violations)", RULES
    )
    return [f"{one['id']}: {node['html'][:160]} {node['failureSummary']}" for one in found for node in one["nodes"][:4]]
