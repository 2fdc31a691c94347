"""The live model beside a recording: the options that name it and its data, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

MODEL = "MODULE:FACTORY, the model that was recorded."
Model = Annotated[str, typer.Option(help=MODEL, show_default=False)]
Data = Annotated[
    Path | None,
    typer.Option(help="The file that was recorded (.csv, .parquet, .npz); tables need none.", show_default=False),
]
Features = Annotated[
    str | None,
    typer.Option(help="Columns that the model takes, in order: a,b,c; of an npz its array.", show_default=False),
]
Groups = Annotated[
    str | None, typer.Option(help="Column whose equal values belong together.", show_default="as recorded")
]
Resamples = Annotated[int, typer.Option(min=1, help="Bootstrap resamples of the interval.")]


def given_data(rec: Recording, data: Path | None, features: str | None) -> Any:
    """The inputs in a file, by default the features that were recorded; None without a file.

    Raises DataError when it cannot be read, UnknownName for a column that is not there.
    """
    if data is None:
        return None
    from neuronaut.samples.table import read_table

    known = list(rec.samples.get("features") or ()) if data.suffix.lower() != ".npz" else []
    named = [name.strip() for name in features.split(",")] if features else known
    return read_table(data, features=named or None)[0]
