"""The console: one way to print text, tables, JSON and CSV, with nothing hostile in them taken literally."""

from __future__ import annotations

import json
import math
import re
import sys
import textwrap
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from neuronaut.cli.advice import as_options
from neuronaut.cli.printable import printable
from neuronaut.core.numerals import MINUS, number

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

WIDTH = 80
"""Columns that everything is written for; a wider terminal gives wider tables."""
_HYPHEN = re.compile(r"(?<![^\s\[(=])-(?=[\d.])|(?<=\de)-(?=\d)")
FEW_NOTES = 4
NOTE_LENGTH = 3 * WIDTH
TEXT_WIDTHS = (40, 24, 16)
"""Characters of a cell that are shown in a table, the first width that lets all columns stand side by side."""


def console(*, stderr: bool = False) -> Console:
    """Where to print: no markup, no guessing of emoji or links in what is printed."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else WIDTH
    return Console(file=stream, width=width, markup=False, emoji=False, highlight=False, soft_wrap=False)


def say(text: str = "", *, style: str = "", indent: int = 0, stderr: bool = False) -> None:
    """Print lines, wrapped at word ends ("g = 1.2" is not parted), with ``indent`` before what a line wraps to.

    Lines that begin with two spaces are left as they are.
    """
    out = console(stderr=stderr)
    hanging = " " * indent
    lines = [_wrapped(line, out.width, hanging) for line in printable(text, lines=True).split("\n")]
    out.print("\n".join(lines), style=style or None, soft_wrap=True)


def _wrapped(line: str, width: int, hanging: str) -> str:
    if len(line) <= width or line.startswith("  "):
        return line
    kept = re.sub(r"(?<=\b[gnq]) ([=<]) (?=\S)", "\N{NO-BREAK SPACE}\\1\N{NO-BREAK SPACE}", line)
    filled = textwrap.fill(kept, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False)
    return filled.replace("\N{NO-BREAK SPACE}", " ")


def link(text: str, target: str) -> None:
    """Print a link on a line of its own, never broken; where the terminal can, it opens with a click."""
    from rich.style import Style
    from rich.text import Text

    shown = Text(printable(text), style=Style(color="cyan", link=target if sys.stdout.isatty() else None))
    console().print(shown, soft_wrap=True)


def typeset(text: str) -> str:
    """The minus of numbers as the page has it; filters and addresses read it as well, CSV and JSON keep theirs.

    >>> typeset("g = -1.25 [-2, .5], q = 3e-99; x > -1 of layer-2")
    'g = −1.25 [−2, .5], q = 3e−99; x > −1 of layer-2'
    """
    return _HYPHEN.sub(MINUS, text)


def notes(said: Sequence[str], *, brief: bool = False) -> None:
    """Print what must be known about a result, on stderr, so that a pipe holds the result alone.

    ``brief``: the first few, each as many sentences as fit in three lines; under an answer, where they are read last.
    """
    shown = [_shortened(note) for note in said[:FEW_NOTES]] if brief else list(said)
    sys.stdout.flush()
    for note in shown:
        say(f"note: {typeset(as_options(note))}", style="yellow", stderr=True)
    if shown != list(said):
        more = f"{len(said) - len(shown):,} more; " if len(said) > len(shown) else ""
        say(f"notes: {more}--json prints all of them whole.", style="yellow", stderr=True)


def _shortened(note: str) -> str:
    """The first sentences that fit in a note; one that is longer by itself stays whole."""
    end = note.rfind(". ", 0, NOTE_LENGTH)
    first = note.find(". ")
    return note if len(note) <= NOTE_LENGTH or first < 0 else note[: max(end, first) + 1]


def print_json(content: Mapping[str, Any]) -> None:
    """Print JSON in ASCII: a name in it can neither steer a terminal nor break a pipe."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False, default=str) + "\n")


def print_csv(frame: pd.DataFrame) -> None:
    """Print CSV; on a terminal with control characters shown as codes."""
    from neuronaut.cli.spreadsheet import csv_text

    text = csv_text(frame)
    sys.stdout.write(printable(text, lines=True) if sys.stdout.isatty() else text)


def print_table(frame: pd.DataFrame, *, formats: Mapping[str, str] | None = None, folded: Collection[str] = ()) -> None:
    """Print a table: texts left, numbers right, missing ones as a dash; columns that do not fit are counted below.

    Texts of ``folded`` columns are never cut; they go on in the next line.
    """
    from rich.table import Table
    from rich.text import Text

    out, spoken = console(), formats or {}
    whole = {
        str(name): [printable(text) for text in (name, *(cell(one, spoken.get(str(name), "")) for one in frame[name]))]
        for name in frame
    }
    columns = _fitting(whole, out.width, folded)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name, (head, *_) in columns.items():
        side: Literal["left", "right"] = "right" if frame[name].dtype.kind in "iuf" else "left"
        folds = name in folded
        table.add_column(Text(head), justify=side, overflow="fold" if folds else "ellipsis", no_wrap=not folds)
    for row in zip(*(cells[1:] for cells in columns.values()), strict=True):
        table.add_row(*map(Text, row))
    out.print(table)
    if len(columns) < len(whole):
        say(f"… {len(whole) - len(columns)} more columns; --csv prints all.")


def _fitting(
    columns: Mapping[str, Sequence[str]], width: int, folded: Collection[str] = ()
) -> dict[str, Sequence[str]]:
    """All columns with their texts shortened until they stand side by side, else the first ones that do, at least 3."""
    from rich.cells import cell_len

    shown: dict[str, Sequence[str]] = {}
    for most in TEXT_WIDTHS:
        short = {
            name: cells if name in folded else [_short(text, most) for text in cells] for name, cells in columns.items()
        }
        shown, left = {}, width
        for name, cells in short.items():
            widest = max(map(cell_len, cells))
            left -= (min(widest, most) if name in folded else widest) + 2
            if left < -2 and len(shown) >= 3:
                break
            shown[name] = cells
        if len(shown) == len(columns):
            break
    return shown


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def cell(value: Any, form: str = "") -> str:
    """One value as a person reads it.

    >>> cell(1234567), cell(0.000123456), cell(-3.14159), cell(float("nan")), cell(True)
    ('1,234,567', '1.2e−4', '−3.14', '–', 'yes')
    """
    plain = value.item() if hasattr(value, "item") else value
    if plain is None:
        return "–"
    if isinstance(plain, bool):
        return "yes" if plain else "no"
    if isinstance(plain, int):
        return typeset(f"{plain:{form or ','}}")
    if isinstance(plain, float):
        return typeset(f"{plain:{form}}") if form and math.isfinite(plain) else number(plain)
    return str(plain)
