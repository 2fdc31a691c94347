"""Random filters, well-formed and not, answered by Python and by the page's own code in Node, word for word."""

from __future__ import annotations

import json
import math
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filter_trees import KINDS, Table, columns_of, filters, tables
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from neuronaut.core.columns import Columns
from neuronaut.core.errors import FilterError
from neuronaut.core.filters import evaluate, hints, parse, text_of

ROOT = Path(__file__).resolve().parents[2]
Ask = Callable[[Table, list[str]], list[dict[str, Any]]]

many = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)


def node_command() -> str:
    sys.path.append(str(ROOT / "scripts"))
    from node import npm_command

    command = npm_command()
    return command[0] if len(command) > 1 else str(shutil.which("node"))


@pytest.fixture(scope="module")
def page() -> Iterator[Ask]:
    """Asks the page's code, one process for all questions."""
    script = ROOT / "tests" / "core" / "filter_parity.mjs"
    command = [node_command(), str(script), str(ROOT / "web")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        stdin, stdout = process.stdin, process.stdout

        def ask(table: Table, expressions: list[str]) -> list[dict[str, Any]]:
            columns = [{"name": name, "kind": KINDS[name], "values": list(map(plain, table[name]))} for name in table]
            question = {"rows": len(table["x"]), "columns": columns, "expressions": expressions}
            stdin.write(json.dumps(question) + "\n")
            stdin.flush()
            line = stdout.readline()
            assert line, "Node did not answer: run 'make setup' for the page's packages in web/node_modules"
            answers: list[dict[str, Any]] = json.loads(line)
            return answers

        yield ask
        stdin.close()


def plain(value: Any) -> Any:
    if isinstance(value, float) and math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return value


def by_python(columns: Columns, expression: str) -> dict[str, Any]:
    try:
        node = parse(expression)
        mask = evaluate(node, columns, expression).astype(int).tolist()
    except FilterError as problem:
        kept = ("kind", "message", "position", "length", "suggestion")
        return {name: getattr(problem, name) for name in kept}
    return {
        "mask": mask,
        "canonical": text_of(node),
        "hints": [vars(hint) for hint in hints(node, columns, expression)],
    }


@given(table=tables(), trees=st.lists(filters, min_size=1, max_size=8))
@many
def test_the_page_selects_the_rows_that_python_selects(page: Ask, table: Table, trees: list[Any]) -> None:
    columns = columns_of(table)
    expressions = [text_of(tree) for tree in trees]
    wanted = [by_python(columns, expression) for expression in expressions]
    for found, want in zip(page(table, expressions), wanted, strict=True):
        assert found["mask"] == want["mask"] and found["canonical"] == want["canonical"]
        # values are listed in the order of each side's dictionary
        assert [hint["kind"] for hint in found["hints"]] == [hint["kind"] for hint in want["hints"]]


PIECES = [
    *[
        "x",
        "y",
        "t",
        "u",
        "p",
        "q",
        "xx",
        "age",
        "__proto__",
        "constructor",
        "len",
        "lower",
        "contains",
        "startswith",
        "abs",
        "round",
        "act",
        "None",
        "AND",
    ],
    *[
        "and",
        "or",
        "not",
        "in",
        "is",
        "null",
        "true",
        "false",
        "==",
        "!=",
        "<",
        "<=",
        ">",
        ">=",
        "=",
        "===",
        "=>",
        "<>",
        "&&",
        "|",
        "!",
        "~",
        "+",
        "-",
        "*",
        "/",
        "%",
        "(",
        ")",
        "[",
        "]",
        ",",
        ";",
        ".",
        "@",
        "@act",
    ],
    *[
        "1",
        "0",
        "-1",
        "1.5",
        ".5",
        "5.",
        "1e5",
        "1e400",
        "9007199254740993",
        "9007199254740994",
        "1x",
        "'a'",
        '"b"',
        "''",
        "'",
        '"',
        "`",
        "`x`",
        "``",
        "`a``b`",
        "(x",
        "'a']",
    ],
    *["\\", "'\\n'", "'\\q'", '"\\u{1F600}"', '"\\ud800"', "😀", "é", "≤", "“", "#", "\u200b", "\u00a0", "\ufeff"],
    "\ud800",
]
soups = st.lists(st.sampled_from(PIECES), max_size=12).flatmap(
    lambda pieces: st.sampled_from(["", " "]).map(lambda gap: gap.join(pieces))
)


@given(expressions=st.lists(soups, min_size=10, max_size=30))
@many
def test_the_page_refuses_what_python_refuses_in_the_same_words(page: Ask, expressions: list[str]) -> None:
    table: Table = {
        "x": [1.0, 2.0],
        "y": [None, 0.5],
        "t": ["a", "b"],
        "u": [None, "x"],
        "p": [True, None],
        "q": [False] * 2,
    }
    columns = columns_of(table)
    for expression, found in zip(expressions, page(table, expressions), strict=True):
        assert found == by_python(columns, expression), expression


NEWER = {0xA7CB, 0xA7CC, 0xA7CE, 0xA7D2, 0xA7D4, 0xA7DA, 0xA7DC, *range(0x10D50, 0x10D66), *range(0x16EA0, 0x16EB9)}
"""Capital letters that came after Unicode 14, which every Python and browser in use knows."""


def test_every_letter_has_the_same_lower_case_in_python_and_in_the_page(page: Ask) -> None:
    points = [point for point in range(0x80, 0x11_0000) if not 0xD800 <= point <= 0xDFFF and point not in NEWER]
    changed = [chr(point) for point in points if chr(point).lower() != chr(point)]
    # a Greek sigma has another form at the end of a word
    words = ["ΟΔΟΣ", "ΣΑΣ", "ΑΣ'Α", "Σ", "ΑΣ ΑΣ", "1Σ", "ΑΣ.", *changed]
    found = page({"x": [1.0]}, [f'lower("{word}") == "{word.lower()}"' for word in words])
    assert [word for word, answer in zip(words, found, strict=True) if answer["mask"] != [1]] == []
    assert len(changed) > 1300
