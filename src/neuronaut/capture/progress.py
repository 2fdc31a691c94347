"""Progress: what a recording under way tells whoever watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TextIO

Phase = Literal["start", "record", "influence", "stopped", "done"]


@dataclass(frozen=True, slots=True)
class Progress:
    """One moment of a recording.

    ``start`` comes once, before anything is written: ``size`` is what the recording will take before compression, in
    bytes, parameters included (of one sample when the number of samples is unknown). ``record`` comes after every
    batch, ``influence`` while the stored influence is computed (``done`` of ``total`` probe runs), ``stopped`` when it
    ends early, ``done`` at the end. ``rate`` is samples per second since the start. ``message`` says the same to a
    person.
    """

    phase: Phase
    done: int = 0
    total: int | None = None
    rate: float = 0.0
    size: int | None = None
    message: str = ""

    @property
    def left(self) -> float | None:
        """Seconds left at this rate; None when nobody knows."""
        return (self.total - self.done) / self.rate if self.total is not None and self.rate > 0 else None


Watcher = Callable[[Progress], None]


def watcher(progress: bool | Watcher | None, out: TextIO | None = None) -> Watcher:
    """What is told of the progress: the caller's function, a line on the terminal, or nobody.

    None writes to stderr when that is a terminal, True always, False never.
    """
    if callable(progress):
        return progress
    stream = sys.stderr if out is None else out
    if progress or (progress is None and stream is not None and stream.isatty()):
        return _Line(stream)
    return _nobody


def _nobody(progress: Progress) -> None:
    """Tell nobody."""


class _Line:
    """One line that is written over on a terminal; start, stop and end alone where there is none."""

    def __init__(self, stream: TextIO) -> None:
        self.stream, self.last = stream, 0.0
        self.terminal = stream.isatty()

    def __call__(self, progress: Progress) -> None:
        if progress.phase in ("record", "influence"):
            if not self.terminal or time.monotonic() - self.last < 0.1:
                return
            self.last = time.monotonic()
            self.stream.write(f"\r\x1b[K{describe(progress)}")
        else:
            self.stream.write(("\r\x1b[K" if self.terminal else "") + progress.message + "\n")
        self.stream.flush()


def describe(progress: Progress) -> str:
    """One line: how many of how many, how fast, how long still.

    >>> describe(Progress("record", done=50, total=200, rate=25.0))
    'recording 50 of 200 samples, 25 samples/s, 6 s left'
    """
    if progress.phase == "influence":
        return f"influence {progress.done} of {progress.total}"
    total = "" if progress.total is None else f" of {progress.total:,}"
    left = "" if progress.left is None else f", {progress.left:,.0f} s left"
    return f"recording {progress.done:,}{total} samples, {progress.rate:,.0f} samples/s{left}"


def readable(size: float) -> str:
    """A number of bytes for people.

    >>> readable(12_345_678)
    '12.3 MB'
    """
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
