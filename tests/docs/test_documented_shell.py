"""Every command line of the README, the docs and the help of the commands does what it says, on real data."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import documented_shell as shell
import pytest
import typer
from command_runs import run_command

from neuronaut.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
PRINTED = ROOT / "docs" / "tutorials" / "from-picture-to-verified-claim.md"
"""Run with its outputs, by test_docs.py."""
LINES = sorted({line for page in PAGES if page != PRINTED for line in shell.lines(page)})
SERVED = [line for line in LINES if line.startswith("neuronaut show ")]
ENDING = [line for line in LINES if line not in SERVED and not line.startswith("neuronaut demo ")]
"""The demos are run, in the folder that they make, by tests/cli/test_demo.py."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The current folder, with everything in it that the lines name."""
    folder = tmp_path_factory.mktemp("documented")
    shell.fill(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "path", [str(folder), *sys.path])
        patch.delitem(sys.modules, "mymodels", raising=False)
        for name, told in shell.RECORDINGS.items():
            ran = run_command("record", *f"mymodels:{told} --to {name}".split())
            assert ran.code == 0, ran.err
        yield folder
        sys.modules.pop("mymodels", None)


def test_the_lines_are_found() -> None:
    shown = {line.split()[1] for line in LINES}
    assert len(LINES) > 80
    assert shown == set(typer.main.get_command(app).commands)


@pytest.mark.parametrize("line", ENDING)
def test_a_line_of_the_documentation_runs_as_it_stands(folder: Path, line: str) -> None:
    words = shell.words(line)
    if words[0] == "record" and "--resume" not in words:
        shutil.rmtree(folder / words[words.index("--to") + 1])
    ran = run_command(*words)
    assert ran.code == 0, ran.err
    assert ran.out
    if "--json" in words:
        assert ran.json
    if "--csv" in words:
        assert len(ran.out.splitlines()) > 1


@pytest.mark.parametrize("line", SERVED)
def test_a_served_line_of_the_documentation_answers(folder: Path, line: str) -> None:
    words = [word for word in shell.words(line) if word != "--no-open"]
    if "--port" in words:  # which may be taken
        words[words.index("--port") + 1] = "0"
    command = [sys.executable, "-u", "-m", "neuronaut.cli", *words, "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder, env=os.environ.copy()) as process:
        assert process.stdout is not None
        link = next(text.strip() for text in process.stdout if "http://127.0.0.1:" in text)
        host, _, path = link.removeprefix("http://").partition("/")
        connection = http.client.HTTPConnection(host, timeout=60)
        connection.request("GET", f"/{path}")
        reply = connection.getresponse()
        cookie = str(reply.getheader("set-cookie")).partition(";")[0]
        reply.read()
        connection.request("GET", "/api/recordings", headers={"Cookie": cookie})
        about = json.loads(connection.getresponse().read())
        connection.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert [one["title"] for one in about["recordings"]] == [word for word in words if word.endswith(".naut")]
    assert about["live"] == ("--model" in words)
    assert about["recordings"][0]["writable"] == ("--writable" in words)
    assert process.returncode == 0
