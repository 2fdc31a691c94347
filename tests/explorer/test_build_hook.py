"""The build hook, on a small copy of the project whose npm only says that it ran."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE_NODE = """
from pathlib import Path
STATIC = Path(__file__).parents[1] / "src/neuronaut/explorer/static"

def _from_machine():
    return ["npm"]

def npm(*arguments, cwd):
    with (Path(__file__).parents[1] / "npm.log").open("a") as log:
        log.write(" ".join(arguments[:2]) + "\\n")
    if "build" in arguments:
        for name in ("app", "served", "widget", "pair"):
            for file in (f"{name}.js.gz", f"{name}.css.gz", "build.json" if name == "app" else f"{name}.json"):
                (STATIC / file).write_text(file)
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    static = root / "src/neuronaut/explorer/static"
    static.mkdir(parents=True)
    (root / "src/neuronaut/__init__.py").write_text("")
    (root / ".gitignore").write_text("src/neuronaut/explorer/static/*\n")
    (root / "web").mkdir()
    (root / "web/package.json").write_text("{}")
    (root / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/build_hook.py", root / "scripts")
    (root / "scripts/node.py").write_text(FAKE_NODE)
    settings = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    settings += '[project]\nname = "neuronaut"\nversion = "0"\n'
    settings += '[tool.hatch.build.hooks.custom]\npath = "scripts/build_hook.py"\n'
    settings += '[tool.hatch.build.targets.wheel]\npackages = ["src/neuronaut"]\n'
    (root / "pyproject.toml").write_text(settings)
    return root


def build(root: Path, target: str) -> Path:
    command = [sys.executable, "-m", "hatchling", "build", "-t", target, "-d", str(root / "dist")]
    subprocess.run(command, cwd=root, check=True, capture_output=True)
    return next((root / "dist").glob("*.whl" if target == "wheel" else "*.tar.gz"))


def log(root: Path) -> list[str]:
    path = root / "npm.log"
    return path.read_text().splitlines() if path.exists() else []


def test_a_wheel_carries_the_app_although_git_ignores_it(project: Path) -> None:
    names = zipfile.ZipFile(build(project, "wheel")).namelist()
    built = (
        *(f"{name}.{kind}.gz" for name in ("app", "served", "widget", "pair") for kind in ("js", "css")),
        "build.json",
    )
    assert {f"neuronaut/explorer/static/{name}" for name in built} <= set(names)
    assert log(project) == ["ci --no-audit", "run build"]


def test_a_wheel_from_an_sdist_needs_no_node(project: Path, tmp_path: Path) -> None:
    with tarfile.open(build(project, "sdist")) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    unpacked = tmp_path / "unpacked/neuronaut-0"
    assert (unpacked / "src/neuronaut/explorer/static/app.js.gz").read_text() == "app.js.gz"
    (unpacked / "npm.log").unlink(missing_ok=True)
    names = zipfile.ZipFile(build(unpacked, "wheel")).namelist()
    assert "neuronaut/explorer/static/app.js.gz" in names
    assert log(unpacked) == []


def test_an_editable_install_builds_nothing(project: Path) -> None:
    command = "from hatchling.build import build_editable; build_editable('dist')"
    subprocess.run([sys.executable, "-c", command], cwd=project, check=True, capture_output=True)
    assert log(project) == []
