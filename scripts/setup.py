"""Make the development environment: .venv with every pinned package, and the explorer's app built from web/.

Needs only Python >= 3.11 and the package registries. Runs again in a moment when nothing has changed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STATIC = ROOT / "src" / "neuronaut" / "explorer" / "static"


def digest(paths: Iterable[Path]) -> str:
    """One hash over the names and contents of files."""
    total = hashlib.sha256(sys.version.encode())
    for path in sorted(paths):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def fresh(stamp: Path, value: str) -> bool:
    return stamp.exists() and stamp.read_text() == value


def quietly(what: str, *commands: list[str], cwd: Path = ROOT) -> None:
    """Run commands with one line on the screen for all of them; what they say is shown only when one fails.

    Raises SystemExit with all that was said.
    """
    print(f"{what} ...", end="", flush=True)
    began, said = time.monotonic(), ""
    for command in commands:
        ran = subprocess.run(
            command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        said += ran.stdout
        if ran.returncode:
            print(" failed", flush=True)
            sys.exit(f"{said.rstrip()}\n\nset-up stopped: {' '.join(command)} ended with {ran.returncode}")
    print(f" {time.monotonic() - began:.0f} s", flush=True)


def environment() -> None:
    """.venv with the project (editable) and its development extra, as pinned in constraints.txt."""
    stamp = VENV / "neuronaut-setup"
    value = digest([ROOT / "pyproject.toml", ROOT / "constraints.txt"])
    if PYTHON.exists() and fresh(stamp, value):
        return
    create = [] if PYTHON.exists() else [[sys.executable, "-m", "venv", str(VENV)]]
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-c", "constraints.txt"]
    quietly("environment in .venv, some minutes the first time", *create, [*pip, "-e", ROOT.as_posix() + "[dev]"])
    stamp.write_text(value)


def web() -> None:
    """The explorer's app, built into the package."""
    sources = [path for path in (ROOT / "web").rglob("*") if path.is_file() and "node_modules" not in path.parts]
    stamp = STATIC / "sources.sha256"
    value = digest(sources)
    apps = ("app", "served", "widget", "pair")
    if fresh(stamp, value) and all((STATIC / f"{name}.js.gz").exists() for name in apps):
        return
    modules()
    build = [str(PYTHON), str(ROOT / "scripts" / "node.py"), "run", "build"]
    quietly("explorer: building the page's app", build, cwd=ROOT / "web")
    stamp.write_text(value)


def modules() -> None:
    """web/node_modules as locked."""
    lock = ROOT / "web" / "package-lock.json"
    stamp = ROOT / "web" / "node_modules" / ".neuronaut-lock"
    value = digest([lock])
    if not fresh(stamp, value):
        npm = [str(PYTHON), str(ROOT / "scripts" / "node.py"), "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        quietly("explorer: fetching what its build needs", npm, cwd=ROOT / "web")
        stamp.write_text(value)


def main(parts: list[str]) -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - the one script that a too old Python may start
        sys.exit(f"Neuronaut needs Python 3.11 or later; this is {sys.version.split()[0]}. Try: make PYTHON=python3.12")
    steps = {"environment": environment, "web": web, "modules": modules}
    try:
        for part in parts or ["environment", "web"]:
            steps[part]()
    except KeyboardInterrupt:
        sys.exit(" interrupted; run it again to go on")


if __name__ == "__main__":
    main(sys.argv[1:])
