"""What the documentation says is run: every Python block, every link, every public name and command."""

from __future__ import annotations

import importlib.util
import re
import runpy
from pathlib import Path
from types import ModuleType
from typing import Any

import printed
import pytest

import neuronaut as naut

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PRINTED = ROOT / "docs" / "tutorials" / "from-picture-to-verified-claim.md"
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def blocks(page: Path, language: str) -> list[str]:
    return [code for name, code in FENCE.findall(page.read_text(encoding="utf-8")) if name == language]


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_docs", ROOT / "scripts" / "build_docs.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page", [page for page in PAGES if blocks(page, "python") and page != PRINTED], ids=lambda page: page.name
)
def test_the_python_of_a_page_runs_from_top_to_bottom(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script = tmp_path / f"{page.stem}.py"
    script.write_text("\n".join(blocks(page, "python")), encoding="utf-8")
    runpy.run_path(str(script))


def test_the_outputs_of_the_tutorial_are_what_it_prints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = PRINTED.read_text(encoding="utf-8")
    cells = printed.cells(text)
    assert len(cells) == text.count("```python") + text.count("```console")
    names: dict[str, Any] = {}
    for cell, says in zip(cells, printed.run(cells, names), strict=True):
        assert printed.words(says) == printed.words(cell.printed), cell.code
    kl = list(names["sex_lost"].coords["metric"]).index("kl")
    assert [names[lost]["causal"][kl] for lost in ("sex_lost", "on_test", "resampled", "class_lost")] == [1, 1, 1, 0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http", "#", "mailto:")):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name} links to {target}"


def test_the_reference_is_what_the_code_says() -> None:
    module = builder()
    assert module.REFERENCE.read_text(encoding="utf-8") == module.reference(), "run `make docs`"


def test_every_command_is_named_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in builder().commands():
        assert f"neuronaut {name}" in text


def test_every_public_name_is_in_the_reference() -> None:
    text = builder().REFERENCE.read_text(encoding="utf-8")
    for name in naut.__all__:
        assert f"### `{name}`" in text
