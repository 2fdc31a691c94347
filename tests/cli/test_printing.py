"""Text, tables and CSV: hostile content is shown, never obeyed."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest

from neuronaut.cli.console import cell, print_table, say
from neuronaut.cli.printable import printable
from neuronaut.cli.spreadsheet import csv_text, harmless

PAYLOADS = [
    lead + body
    for lead in ("", " ", "\t", "\r", "\n", "\u00a0", "\u200b", "\ufeff")
    for body in ("=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", "＝1+1", "＋1", "－1", "＠x", "|calc")
]


@pytest.mark.parametrize("payload", PAYLOADS, ids=[ascii(payload) for payload in PAYLOADS])
def test_a_text_that_a_spreadsheet_would_run_stands_behind_a_quote(payload: str) -> None:
    assert harmless(payload) == f"'{payload}"


@pytest.mark.parametrize("text", ["fc1:0", "a = b", "3 - 2", "e@mail", "", "survived == 'yes'", "Ångström"])
def test_a_harmless_text_is_left_alone(text: str) -> None:
    assert harmless(text) == text


def test_numbers_in_csv_stay_numbers_even_negative_ones() -> None:
    frame = pd.DataFrame(
        {"a": [-1.5, np.nan, np.inf], "b": [-2, 3, 4], "c": [True, False, None], "=d": ["x", None, "-1"]}
    )
    rows = list(csv.reader(io.StringIO(csv_text(frame))))
    assert rows == [
        ["a", "b", "c", "'=d"],
        ["-1.5", "-2", "true", "x"],
        ["", "3", "false", ""],
        ["inf", "4", "", "'-1"],
    ]


def test_csv_keeps_every_digit_and_every_line_end() -> None:
    frame = pd.DataFrame({"x": [0.1 + 0.2], "text": ['say "hi",\nthen go']})
    (row,) = csv.DictReader(io.StringIO(csv_text(frame)))
    assert float(row["x"]) == 0.1 + 0.2
    assert row["text"] == 'say "hi",\nthen go'


def test_characters_that_steer_a_terminal_are_shown_as_codes() -> None:
    shown = printable("\x1b[2J\x9b1m\r\b\u202e\u200b\u2028\ud800 é 漢 \U0001f600\n")
    assert shown == "\\x1b[2J\\x9b1m\\x0d\\x08\\u202e\\u200b\\u2028\\ud800 é 漢 \U0001f600\\x0a"


def test_markup_of_the_printing_library_is_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    say("[bold red]x[/] :smile: https://example.org")
    print_table(pd.DataFrame({"[red]h[/red]": ["[link=x]y[/link]"]}))
    out = capsys.readouterr().out
    assert "[bold red]x[/] :smile:" in out
    assert "[red]h[/red]" in out
    assert "[link=x]y[/link]" in out


def test_a_paragraph_breaks_at_words_and_never_inside_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    say("word " * 14 + "g = 1.88 and q = 3e-20 " + "word " * 14, indent=3)
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert all(line.startswith("   ") for line in lines[1:])
    assert any("g = 1.88" in line for line in lines)
    assert any("q = 3e-20" in line for line in lines)


def test_a_table_shows_the_columns_that_fit_and_counts_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(pd.DataFrame({f"column {place}": ["x" * 300] for place in range(9)}))
    lines = capsys.readouterr().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert lines[-1] == "… 5 more columns; --csv prints all."


@pytest.mark.parametrize(
    ("value", "said"),
    [(1234567, "1,234,567"), (np.float32(0.5), "0.500"), (np.nan, "–"), (None, "–"), (False, "no"), (-np.inf, "−∞")],
)
def test_a_value_is_said_as_a_person_reads_it(value: object, said: str) -> None:
    assert cell(value) == said
