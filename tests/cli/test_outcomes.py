"""How a command ends: errors in words, interrupts, pipes that close; and how it starts: at once."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import typer

import neuronaut.cli.friendly as friendly_module
from neuronaut.cli.advice import as_options
from neuronaut.cli.friendly import friendly
from neuronaut.core.errors import DataError


def outcome(error: BaseException) -> int:
    def command() -> None:
        raise error

    with pytest.raises(typer.Exit) as caught:
        friendly(command)()
    return int(caught.value.exit_code)


def neuronaut(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False, **options)


def test_an_error_of_ours_is_exit_code_2_without_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(DataError("no file 'x'. Give a file.")) == 2
    assert capsys.readouterr().err == "error: no file 'x'. Give a file.\n"


def test_an_error_of_nobody_is_exit_code_3_and_says_how_to_see_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(ZeroDivisionError("division by zero")) == 3
    said = capsys.readouterr().err
    assert said.startswith("error: unexpected ZeroDivisionError: division by zero\n")
    assert "NEURONAUT_DEBUG=1" in said


def test_debug_keeps_the_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURONAUT_DEBUG", "1")

    def command() -> None:
        raise DataError("x")

    with pytest.raises(DataError):
        friendly(command)()


def test_control_c_is_exit_code_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert outcome(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err == "error: interrupted.\n"


def test_advice_is_given_in_the_words_of_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    outcome(DataError("Use resume=True to go on, overwrite=True to replace it."))
    assert capsys.readouterr().err == "error: Use --resume to go on, --overwrite to replace it.\n"


@pytest.mark.parametrize(
    ("python", "shell"),
    [
        ("Pass layers=[...] without it.", "Pass --layer without it."),
        ("Pass layers=['fc', 'it\\'s'].", "Pass --layer fc --layer 'it'\"'\"'s'."),
        ("Give classes= in the order, or task='regression'.", "Give --classes in the order, or --task regression."),
        ("Record with sites=('pre', 'post').", "Record with --site pre --site post."),
        ("Ask with influence=True (in the shell: --influence).", "Ask with --influence."),
        ("device='cuda:9' is not here", "--device cuda:9 is not here"),
        ("a column named mylabels=3 or labels==2", "a column named mylabels=3 or labels==2"),
    ],
)
def test_every_keyword_becomes_an_option(python: str, shell: str) -> None:
    assert as_options(python) == shell


@pytest.mark.parametrize("wrapped", [True, False])
def test_what_a_model_raised_is_said_in_its_own_words(capsys: pytest.CaptureFixture[str], wrapped: bool) -> None:
    theirs = "Given groups=1, weight of size [8, 1, 3, 3], expected layers=[4]"

    def command() -> None:
        try:
            raise RuntimeError(theirs)
        except RuntimeError as error:
            if not wrapped:
                raise
            told = DataError(f"running the model failed with {type(error).__name__}: {error}. Pass groups=.")
            told.add_note("Go on with resume=True.")
            raise told from error

    with pytest.raises(typer.Exit):
        friendly(command)()
    said = " ".join(capsys.readouterr().err.split())
    assert theirs in said
    assert ("Pass --groups. Go on with --resume." in said) == wrapped


def test_a_reader_that_leaves_is_no_error(recording: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "neuronaut.cli", "activity", str(recording), "--csv"]
    ran = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (ran.returncode, ran.stderr) == (0, "")


def test_help_imports_no_numpy_no_pandas_and_no_framework() -> None:
    code = (
        "import sys\nfrom neuronaut.cli import app\n"
        "try: app(['--help'], prog_name='neuronaut')\nexcept SystemExit: pass\n"
        "heavy = [m for m in ('numpy', 'pandas', 'scipy', 'pyarrow', 'torch', 'zarr') if m in sys.modules]\n"
        "assert not heavy, heavy\n"
    )
    ran = neuronaut("-c", code)
    assert ran.returncode == 0, ran.stderr
    assert "Commands:" in ran.stdout


def test_the_command_runs_as_a_module() -> None:
    ran = neuronaut("-m", "neuronaut.cli", "--version")
    assert (ran.returncode, ran.stdout.split()[0]) == (0, "neuronaut")


def test_what_we_warn_of_is_a_note_in_words_of_the_shell(capsys: pytest.CaptureFixture[str]) -> None:
    def command() -> None:
        ours = str(Path(friendly_module.__file__).parents[1] / "capture" / "run.py")
        warnings.warn_explicit("Use dtype='float32'.", RuntimeWarning, ours, 7, module="neuronaut.capture.run")

    with pytest.raises(typer.Exit) as caught:
        friendly(command)()
    assert caught.value.exit_code == 0
    assert capsys.readouterr().err == "note: Use --dtype float32.\n"


def test_warnings_of_others_stay_warnings() -> None:
    def command() -> None:
        warnings.warn_explicit("odd", RuntimeWarning, "/elsewhere/theirs.py", 7, module="theirs")

    with pytest.warns(RuntimeWarning, match="odd"), pytest.raises(typer.Exit):
        friendly(command)()
