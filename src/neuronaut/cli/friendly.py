"""Friendly: what a command does when something goes wrong, in words and an exit code."""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ParamSpec, TextIO

import typer

from neuronaut.core.errors import NeuronautError

P = ParamSpec("P")

OK = 0
NOTHING = 1
BAD_INPUT = 2
UNEXPECTED = 3
INTERRUPTED = 130

EXIT_CODES = """\b
Exit codes: 0 done, 1 nothing found or damage found, 2 wrong use or bad input,
3 an unexpected error, 130 interrupted."""


def friendly(command: Callable[P, int | None]) -> Callable[P, None]:
    """Run a command; errors become one block of words on stderr, the command's return value the exit code.

    With NEURONAUT_DEBUG=1 errors keep their traceback.
    """

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with _warnings_as_notes():
            raise typer.Exit(_outcome(functools.partial(command, *args, **kwargs)))

    return run


@contextmanager
def _warnings_as_notes() -> Iterator[None]:
    """What Neuronaut warns of is one note; warnings of other packages stay as they are."""
    with warnings.catch_warnings():
        warnings.filterwarnings("always", module=r"neuronaut\b")
        plain, ours = warnings.showwarning, str(Path(__file__).parents[1])

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if not filename.startswith(ours):
                plain(message, category, filename, lineno, file, line)
                return
            from neuronaut.cli.console import notes

            notes([str(message)])

        warnings.showwarning = show
        yield


def _outcome(command: Callable[[], int | None]) -> int:
    try:
        code = command()
        sys.stdout.flush()
        return OK if code is None else code
    except typer.Exit as leaving:
        return leaving.exit_code
    except KeyboardInterrupt as error:
        _block("interrupted.", error)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of a pipe left (as in "| head"): nobody listens, so nothing is wrong and nothing can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except NeuronautError as error:
        if _debug():
            raise
        _block(str(error), error)
        return BAD_INPUT
    except Exception as error:
        if isinstance(error, typer.BadParameter) or _debug():
            raise
        _block(
            f"unexpected {type(error).__name__}: {error}\n"
            "Run again with NEURONAUT_DEBUG=1 to see where, and please report it.",
            error,
        )
        return UNEXPECTED


def _debug() -> bool:
    return os.environ.get("NEURONAUT_DEBUG", "") not in ("", "0")


def _block(message: str, error: BaseException) -> None:
    from neuronaut.cli.advice import as_options
    from neuronaut.cli.console import say

    said = [_in_options(message, error), *map(as_options, getattr(error, "__notes__", ()))]
    say("\n".join([f"error: {said[0]}", *said[1:]]), style="bold red", stderr=True)


def _in_options(message: str, error: BaseException) -> str:
    """The advice in a message said for the shell; what somebody else's code raised stays as it is."""
    from neuronaut.cli.advice import as_options

    if not isinstance(error, NeuronautError):
        return message
    theirs = error.__cause__
    quoted = str(theirs) if theirs is not None and not isinstance(theirs, NeuronautError) else ""
    return quoted.join(map(as_options, message.split(quoted))) if quoted else as_options(message)
