"""Running a command in this process, and what it did."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from typer.testing import CliRunner

from neuronaut.cli import app


@dataclass(frozen=True)
class Ran:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.out)
        return found


Run = Callable[..., Ran]


def run_command(*words: str) -> Ran:
    ran = CliRunner().invoke(app, list(words), prog_name="neuronaut", catch_exceptions=False)
    return Ran(ran.exit_code, ran.stdout, ran.stderr)
