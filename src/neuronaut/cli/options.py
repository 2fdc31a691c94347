"""Options that several commands share, so that they are spelled and explained alike."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RecordingPath = Annotated[Path, typer.Argument(help="The recording, a folder NAME.naut.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
Csv = Annotated[bool, typer.Option("--csv", help="Print the whole table as CSV.")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=0, help="Rows to print; 0 prints all.")]
Layers = Annotated[
    list[str] | None,
    typer.Option("--layer", "-l", help="A layer, or a pattern such as 'block*'. Repeat it.", show_default=False),
]
Unit = Annotated[str, typer.Argument(help="A unit, LAYER:UNIT, as in 0:11.", show_default=False)]
Where = Annotated[str | None, typer.Option("--where", "-w", help="Only samples of this filter.")]
Site = Annotated[str, typer.Option(help="post (after the activation) or pre.")]
Reduction = Annotated[str, typer.Option(help="What stands for the positions of a channel: mean, max or min.")]


def chosen_layers(layers: list[str] | None) -> list[str] | str:
    return layers or "*"
