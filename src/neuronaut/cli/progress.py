"""Progress: a bar on the terminal for anything that takes more than a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from neuronaut.cli.console import say
from neuronaut.cli.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID

    from neuronaut.capture.progress import Progress, Watcher

PATIENCE = 1.0
"""Seconds before a bar appears."""


class Bar:
    """Watches a recording: says on stderr how large it will be, draws a bar with samples per second and time left.

    The bar is drawn on a terminal only.
    """

    def __init__(self, *, announce: bool = True) -> None:
        self.announce = announce
        self.began = time.monotonic()
        self.drawn: RichProgress | None = None
        self.task: TaskID | None = None
        self.phase = ""

    def __call__(self, moment: Progress) -> None:
        if moment.phase in ("start", "stopped") and self.announce:
            self.close()
            say(moment.message, style="dim", stderr=True)
        if moment.phase in ("record", "influence") and sys.stderr.isatty() and self._patient():
            self._draw(moment)

    def _patient(self) -> bool:
        return time.monotonic() - self.began >= PATIENCE

    def _draw(self, moment: Progress) -> None:
        if self.drawn is None:
            self.drawn = _progress()
            self.drawn.start()
        if self.task is None or self.phase != moment.phase:
            self.phase = moment.phase
            label = "recording" if moment.phase == "record" else "influence"
            self.task = self.drawn.add_task(label, total=moment.total, rate="")
        rate = f"{moment.rate:,.0f} samples/s" if moment.phase == "record" and moment.rate else ""
        self.drawn.update(self.task, completed=moment.done, total=moment.total, rate=rate)

    def close(self) -> None:
        if self.drawn is not None:
            self.drawn.stop()
            self.drawn = self.task = None


@contextmanager
def bar(*, announce: bool = True) -> Iterator[Watcher]:
    """A watcher for ``record``; ``announce`` tells how large the recording will be, and why it stopped."""
    watching = Bar(announce=announce)
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


def _progress() -> RichProgress:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from neuronaut.cli.console import console

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(compact=True),
        console=console(stderr=True),
        transient=True,
    )
