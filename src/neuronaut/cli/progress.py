"""Progress: a bar on the terminal for anything that takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neuronaut.cli.advice import as_options
from neuronaut.cli.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from neuronaut.capture.progress import Progress, Watcher

PATIENCE = 1.0
"""Seconds before a bar appears."""


class Bar:
    """Watches a recording: says how large it will be, draws a bar with samples per second and time left.

    The bar appears on a terminal only, and only when there is more than a second to wait.
    """

    def __init__(self, out: Console, *, announce: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self.out, self.announce, self.clock = out, announce, clock
        self.began = clock()
        self.drawn: RichProgress | None = None
        self.task: TaskID | None = None
        self.phase = ""

    def __call__(self, moment: Progress) -> None:
        if moment.phase in ("start", "done") and self.announce:
            self.out.print(printable(as_options(moment.message)), style="dim", soft_wrap=True)
        if moment.phase in ("record", "influence") and self.out.is_terminal:
            self._draw(moment)

    def _draw(self, moment: Progress) -> None:
        if self.clock() - self.began < PATIENCE:
            return
        if self.drawn is None:
            self.drawn = _progress(self.out)
            self.drawn.start()
        if self.task is None or self.phase != moment.phase:
            self.phase = moment.phase
            label = "recording" if moment.phase == "record" else "influence"
            self.task = self.drawn.add_task(label, total=moment.total, said="")
        self.drawn.update(self.task, completed=moment.done, total=moment.total, said=_said(moment))

    def close(self) -> None:
        """Wipe the bar."""
        if self.drawn is not None:
            self.drawn.stop()
            self.drawn = self.task = None


@contextmanager
def bar(*, announce: bool = True) -> Iterator[Watcher]:
    """A watcher for ``record``; ``announce`` tells how large it will be, how long it took, what was left out."""
    from neuronaut.cli.console import console

    watching = Bar(console(stderr=True), announce=announce)
    try:
        yield watching
    finally:
        watching.close()


@contextmanager
def doing(what: str) -> Iterator[None]:
    """A spinner beside a step that cannot tell how far it is; on a terminal only."""
    if not sys.stderr.isatty():
        yield
        return
    from neuronaut.cli.console import console

    with console(stderr=True).status(printable(what)):
        yield


def _said(moment: Progress) -> str:
    if moment.phase != "record" or not moment.rate:
        return ""
    left = "" if moment.left is None else f", {moment.left:,.0f} s left"
    return f"{moment.rate:,.0f} samples/s{left}"


def _progress(out: Console) -> RichProgress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[said]}"),
        console=out,
        transient=True,
    )
