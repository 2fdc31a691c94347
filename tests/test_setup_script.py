"""The set-up says one line a step, and everything when a step fails."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHATTER = "import sys; print('much chatter'); print('warnings too', file=sys.stderr); sys.exit({})"


@pytest.fixture(scope="module")
def setup() -> ModuleType:
    spec = importlib.util.spec_from_file_location("setup_script", Path(__file__).parent.parent / "scripts" / "setup.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def command(code: int) -> list[str]:
    return [sys.executable, "-c", CHATTER.format(code)]


def test_a_step_that_goes_well_is_one_line(setup: ModuleType, capfd: pytest.CaptureFixture[str]) -> None:
    setup.quietly("building", command(0), command(0))
    out, err = capfd.readouterr()
    assert re.fullmatch(r"building \.\.\. \d+ s\n", out) and err == ""


def test_a_step_that_fails_shows_all_that_was_said_and_ends(
    setup: ModuleType, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        setup.quietly("building", command(0), command(7), command(0))
    said = str(caught.value)
    assert said.splitlines().count("much chatter") == said.splitlines().count("warnings too") == 2
    assert said.endswith("ended with 7")
    assert capfd.readouterr().out == "building ... failed\n"
