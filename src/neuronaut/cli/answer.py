"""Answer: a Result printed as it was asked for, with what must be known about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result


def answer(
    result: Result,
    table: Callable[[], pd.DataFrame],
    shown: Callable[[], None],
    *,
    json: bool,
    csv: bool,
    apart: bool = True,
) -> None:
    """Print a Result as JSON, as CSV of ``table``, or as ``shown`` prints it; then its notes, on stderr.

    ``apart=False``: what is shown for people has the notes in it.
    """
    from neuronaut.cli.console import notes, print_csv, print_json

    if json:
        print_json(result.to_json())
    elif csv:
        print_csv(table())
    else:
        shown()
    if apart or csv:
        notes(result.notes, brief=not json)
