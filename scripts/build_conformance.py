"""Writes tests/conformance/filters.json, which pytest and Vitest both read, from the cases beside it.

What is expected is written there by hand: which rows a filter selects, where a problem stands, what it is. Only the
words of messages are taken from Python, so that the page is held to the same words.

    python scripts/build_conformance.py          writes the file
    python scripts/build_conformance.py --check  fails when the file is stale
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "tests" / "conformance" / "filters.json"
OPEN, CLOSE = "⟦", "⟧"

sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests" / "conformance")]


def unmarked(marked: str) -> tuple[str, int, int]:
    """The expression without its marks, and the position and length they stand for; an empty mark is one long."""
    start, end = marked.index(OPEN), marked.index(CLOSE) - len(OPEN)
    return marked.replace(OPEN, "").replace(CLOSE, ""), start, max(1, end - start)


def corpus() -> dict[str, Any]:
    from filter_masks import MASKS
    from filter_problems import ERRORS, HINTS
    from filter_tables import TABLES, columns_of
    from filter_texts import CANONICAL, NEAREST, NUMBERS

    from neuronaut.core.errors import FilterError
    from neuronaut.core.filters import hints, parse
    from neuronaut.core.slices import where

    def message(table: str, expression: str) -> str:
        try:
            where(expression).mask(columns_of(table))
        except FilterError as problem:
            return problem.message
        raise AssertionError(f"no error: {expression}")

    masks, errors, found = [], [], []
    for table, group in MASKS.items():
        rows = TABLES[table]["rows"]
        for expression, chosen in group:
            mask = [int(letter in chosen.split()) for letter in labels(rows)]
            masks.append({"table": table, "expression": expression, "mask": mask})
    for table, marked, kind, suggestion in ERRORS:
        expression, position, length = unmarked(marked)
        errors.append(
            {"table": table, "expression": expression, "kind": kind, "position": position, "length": length,
             "suggestion": suggestion, "message": message(table, expression)}
        )  # fmt: skip
    for table, marked, kind, suggestion in HINTS:
        expression, position, length = unmarked(marked) if kind else (marked, 0, 0)
        said = [hint.message for hint in hints(parse(expression), columns_of(table), expression)]
        found.append(
            {"table": table, "expression": expression, "kind": kind, "position": position, "length": length,
             "suggestion": suggestion, "message": said[0] if said else None}
        )  # fmt: skip
    return {
        "about": "Filters: what Python and the page must both answer. Written by scripts/build_conformance.py.",
        "positions": "0-based code points, lengths in code points",
        "tables": TABLES,
        "masks": masks,
        "errors": errors,
        "hints": found,
        "canonical": [{"expression": one, "text": other} for one, other in CANONICAL],
        "numbers": [{"number": number, "text": text} for number, text in NUMBERS],
        "nearest": [{"word": word, "options": options, "nearest": near} for word, options, near in NEAREST],
    }


def labels(rows: int) -> list[str]:
    return [chr(ord("a") + row) for row in range(rows)]


def written() -> str:
    """One case a line, so that a change shows as one line; ASCII, so that no editor changes a character."""
    parts = []
    for key, value in corpus().items():
        if isinstance(value, list):
            lines = ",\n".join("    " + json.dumps(case, separators=(",", ":")) for case in value)
            parts.append(f"  {json.dumps(key)}: [\n{lines}\n  ]")
        else:
            parts.append(f"  {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    text = written()
    if "--check" in sys.argv:
        if not TARGET.exists() or TARGET.read_text() != text:
            sys.exit("tests/conformance/filters.json is stale: run python scripts/build_conformance.py")
    else:
        TARGET.write_text(text)
