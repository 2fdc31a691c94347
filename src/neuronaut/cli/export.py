"""``neuronaut export``: a recording as one page that opens anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from neuronaut.cli.options import Json, Layers, RecordingPath, chosen_layers

Precision = Literal["auto", "fine", "medium", "coarse", "f16", "f32"]


def export(
    recording: RecordingPath,
    to: Annotated[Path, typer.Argument(help="The page to write, NAME.html.", show_default=False)],
    slice: Annotated[
        list[str] | None,
        typer.Option("--slice", "-s", help="A named slice of the page. Repeat it.", show_default=False),
    ] = None,
    json_dir: Annotated[
        Path | None, typer.Option(help="Write network and statistics as readable JSON here too.", show_default=False)
    ] = None,
    layer: Layers = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", "-c", help="Take this column of the metadata along. Repeat it.", show_default="all"),
    ] = None,
    title: Annotated[str | None, typer.Option(help="Of the page.", show_default="the recording's name")] = None,
    max_rows: Annotated[
        int | None,
        typer.Option(min=1, help="Samples to take along at most, in proportion to the label.", show_default=False),
    ] = None,
    precision: Annotated[
        Precision, typer.Option(help="Of the samples' values: fine is a byte each; statistics are always exact.")
    ] = "auto",
    images: Annotated[bool, typer.Option(help="Take the samples' pictures along.")] = True,
    json: Json = False,
) -> None:
    """Write the explorer into one HTML file.

    \b
    Examples:
      neuronaut export titanic.naut titanic.html
      neuronaut export titanic.naut titanic.html -s "age < 16" -s "age >= 16"
      neuronaut export titanic.naut titanic.html --column sex --column age
      neuronaut export titanic.naut titanic.html --json-dir statistics
      neuronaut export mnist.naut mnist.html --max-rows 2000 --precision coarse
    """
    from neuronaut.cli.console import print_json, say
    from neuronaut.cli.progress import doing
    from neuronaut.explorer.export import export as write
    from neuronaut.store.recording import open

    said: list[str] = []
    with open(recording) as rec, doing("writing the page"):
        to.parent.mkdir(parents=True, exist_ok=True)
        write(
            rec,
            to,
            slices=slice or [],
            layers=chosen_layers(layer),
            max_rows=max_rows,
            precision=precision,
            columns=column,
            title=title,
            images=images,
            json_dir=json_dir,
            report=said.append if json else say,
        )
    if json:
        print_json({"page": str(to), "bytes": to.stat().st_size, "slices": slice or [], "holds": said})
        return
    say(f"{to}: {to.stat().st_size:,} bytes. Open it in a browser.")
