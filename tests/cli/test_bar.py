"""The progress bar: on a terminal, after a second, with samples per second and time left."""

from __future__ import annotations

import io
from collections.abc import Iterator

from rich.console import Console

from neuronaut.capture.progress import Progress
from neuronaut.cli.progress import Bar


def watched(*moments: Progress, terminal: bool = True, seconds: float = 2.0) -> str:
    """What is written while these moments pass, the first at 0 and the others after ``seconds``."""
    ticks: Iterator[float] = iter([0.0] + [seconds] * len(moments))
    out = io.StringIO()
    bar = Bar(Console(file=out, force_terminal=terminal, width=80, color_system=None), clock=lambda: next(ticks))
    for moment in moments:
        bar(moment)
    bar.close()
    return out.getvalue()


HALF = Progress("record", done=50, total=100, rate=25.0)


def test_after_a_second_a_bar_tells_samples_per_second_and_time_left() -> None:
    shown = watched(HALF)
    assert "recording" in shown
    assert "50/100" in shown
    assert "25 samples/s, 2 s left" in shown


def test_within_a_second_nothing_is_drawn() -> None:
    assert watched(HALF, seconds=0.9) == ""


def test_without_a_terminal_nothing_is_drawn() -> None:
    assert watched(HALF, terminal=False) == ""


def test_how_large_it_will_be_is_said_before_it_starts_even_in_a_log() -> None:
    assert watched(Progress("start", message="recording about 3 MB\x1b[2J"), terminal=False) == (
        "recording about 3 MB\\x1b[2J\n"
    )


def test_what_was_left_out_is_said() -> None:
    assert watched(Progress("done", message="no stored influence: too dear"), terminal=False) == (
        "no stored influence: too dear\n"
    )


def test_an_unknown_number_of_samples_has_a_rate_and_no_time_left() -> None:
    shown = watched(Progress("record", done=50, total=None, rate=25.0))
    assert "25 samples/s" in shown
    assert "left" not in shown
