"""Pages whose outputs are printed below their code: their cells, and what running them prints."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from command_runs import run_command

CELL = re.compile(r"^```(python|console)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)*(?:e[-+−]?\d+)?")
VERDICT = re.compile(r"^(\s*(?:loss|accuracy|logits|kl) .*?\]:).*$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """Code of a page and what the page says it prints; the code of a console is one command."""

    language: str
    code: str
    printed: str


def cells(page: str) -> list[Cell]:
    """The cells of a page, in order; a command's output follows it in the same block."""
    return [_cell(*found) for found in CELL.findall(page)]


def _cell(language: str, code: str, printed: str) -> Cell:
    if language == "python":
        return Cell(language, code, printed)
    command, _, shown = code.partition("\n")
    return Cell(language, command, shown)


def run(found: list[Cell], names: dict[str, Any]) -> Iterator[str]:
    """What each cell prints, run in order in one namespace and the current folder."""
    for cell in found:
        if cell.language == "console":
            program, *words = shlex.split(cell.code.removeprefix("$ "))
            assert program == "neuronaut"
            ran = run_command(*words)
            assert ran.code == 0, f"{cell.code}: {ran.err}"
            yield ran.err + ran.out
        else:
            said = io.StringIO()
            with contextlib.redirect_stdout(said):
                exec(compile(cell.code, "page", "exec"), names)  # noqa: S102
            yield said.getvalue()


def words(printed: str) -> list[str]:
    """What is printed apart from its numbers and verdicts, which other processors round differently.

    >>> words("3:13  −2.83\\nloss +0.02 [0.0, 0.1]: causal")
    ['#:#', '#', 'loss', '#', '[#', '#]:']
    """
    return re.sub(r"#[,.]", "#", NUMBER.sub("#", VERDICT.sub(r"\1", printed))).split()
