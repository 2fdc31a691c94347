"""Write docs/reference.md from the docstrings of the public names and the help of the commands."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from pathlib import Path

import neuronaut as naut

ROOT = Path(__file__).resolve().parent.parent
REFERENCE = ROOT / "docs" / "reference.md"


def public_name(name: str) -> str:
    thing = getattr(naut, name)
    text = inspect.getdoc(thing) or ""
    signature = "" if inspect.isclass(thing) and issubclass(thing, Exception) else str(inspect.signature(thing))
    return f"### `{name}`\n\n```text\n{name}{_readable(name, signature)}\n```\n\n{_fenced(text)}\n"


def _readable(name: str, signature: str) -> str:
    """Long signatures take one line per parameter."""
    if len(name + signature) <= 110:
        return signature
    inside, arrow, result = signature.partition(" -> ")
    parts, depth, word = [], 0, ""
    for character in inside[1:-1]:
        depth += character in "([{"
        depth -= character in ")]}"
        if character == "," and depth == 0:
            parts.append(word.strip())
            word = ""
        else:
            word += character
    lines = ",\n    ".join([*parts, word.strip()])
    return f"(\n    {lines},\n){arrow}{result}"


def _fenced(text: str) -> str:
    """Doctest examples become code blocks."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        example = line.startswith((">>>", "...")) or (inside and line.strip() != "")
        if example != inside:
            lines.append("```pycon" if example else "```")
        inside = example
        lines.append(line)
    return "\n".join([*lines, "```"] if inside else lines)


def command(*words: str) -> str:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb"}
    run = [sys.executable, "-m", "neuronaut.cli", *words, "--help"]
    return subprocess.run(run, capture_output=True, text=True, check=True, env=environment).stdout


def commands() -> list[str]:
    from neuronaut.cli import app

    names = [info.name or info.callback.__name__ for info in app.registered_commands if info.callback]
    return sorted(names)


def reference() -> str:
    parts = [
        "# Reference",
        "",
        "Made by `make docs` from the docstrings and the commands' help.",
        "",
        "## Python",
        "",
        *(public_name(name) for name in naut.__all__),
        "## Commands",
        "",
        *(f"### `neuronaut {name}`\n\n```text\n{command(name).strip()}\n```\n" for name in commands()),
    ]
    return "\n".join(line.rstrip() for line in "\n".join(parts).splitlines()) + "\n"


if __name__ == "__main__":
    REFERENCE.write_text(reference(), encoding="utf-8")
    print(f"wrote {REFERENCE.relative_to(ROOT)}")
