"""``neuronaut layers``: the layers of a model, before anything is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuronaut.cli.options import Json

if TYPE_CHECKING:
    from neuronaut.core.layer import Graph


def layers(
    model: Annotated[str, typer.Argument(help="MODULE:FACTORY, a torch model or what makes one.", show_default=False)],
    data: Annotated[
        Path | None, typer.Option(help="A .csv, .parquet or .npz file to run two samples of.", show_default=False)
    ] = None,
    features: Annotated[
        str | None, typer.Option(help="Columns that the model takes, in order: a,b,c.", show_default=False)
    ] = None,
    input_shape: Annotated[
        list[str] | None,
        typer.Option(help="Shape of one sample, as 3,224,224; one for each input.", show_default=False),
    ] = None,
    input_dtype: Annotated[str, typer.Option(help="Type of the made-up input: float32 or int64.")] = "float32",
    json: Json = False,
) -> None:
    """The layers of a model, as they run.

    \b
    Examples:
      neuronaut layers mymodels:make_net --input-shape 3,32,32
      neuronaut layers mymodels:make_net --data people.csv --features age,fare
      neuronaut layers mymodels:make_net --input-shape 6 --json
    """
    from neuronaut.cli.console import print_json
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.models.torch import wrap

    network = load_model(model)
    batch = _batch(data, features, input_shape, input_dtype)
    with running_model():
        graph = wrap(network, batch).graph
    if json:
        print_json(graph.to_json())
    else:
        _print(graph)


def _batch(data: Path | None, features: str | None, shapes: list[str] | None, dtype: str) -> Any:
    from neuronaut.core.errors import DataError

    if (data is None) == (not shapes):
        raise DataError("how is the model to be run? Give --data FILE, or --input-shape for each of its inputs.")
    if data is not None:
        return _first_rows(data, features)
    made = [_made_up(shape, dtype) for shape in shapes or ()]
    return made[0] if len(made) == 1 else tuple(made)


def _first_rows(data: Path, features: str | None) -> Any:
    import numpy as np

    from neuronaut.samples.table import read_table

    inputs, _ = read_table(data, features=None if features is None else features.split(","))
    rows = np.asarray(inputs[:2])
    return rows.astype(np.float32) if rows.dtype.kind == "f" or hasattr(inputs, "columns") else rows


def _made_up(shape: str, dtype: str) -> Any:
    import numpy as np

    from neuronaut.core.errors import DataError

    try:
        sizes = tuple(int(size) for size in shape.split(",") if size.strip())
    except ValueError as error:
        raise DataError(f"{shape!r} is no shape. Write the sizes of one sample, as 3,224,224.") from error
    if any(size < 1 for size in sizes):
        raise DataError(f"{shape!r} is no shape: every size is at least 1.")
    if dtype not in ("float32", "int64"):
        raise DataError(f"no input type {dtype!r}. There are: 'float32', 'int64'.")
    noise = np.random.default_rng(0).normal(size=(2, *sizes)).astype(np.float32)
    return noise if dtype == "float32" else np.zeros((2, *sizes), np.int64)


def _print(graph: Graph) -> None:
    import pandas as pd

    from neuronaut.cli.console import print_table, say

    rows = [
        {
            "layer": layer.name,
            "kind": layer.kind,
            "operator": layer.operator,
            "units": layer.unit_count,
            "positions": " × ".join(map(str, layer.position_shape)) or "–",
            "activation": layer.activation or "–",
            "from": ", ".join(edge.source for edge in graph.into(layer.name)) or "–",
            "recorded": "yes" if layer.selected else "by name",
        }
        for layer in graph.layers
    ]
    print_table(pd.DataFrame(rows))
    for note in graph.notes:
        say(f"note: {note}", style="yellow")
