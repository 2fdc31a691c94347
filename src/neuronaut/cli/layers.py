"""``neuronaut layers``: the layers of a model, before anything is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from neuronaut.cli.options import Csv, Json, Layers, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.layer import Graph, Layer
    from neuronaut.core.model import Site


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
    layer: Layers = None,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """The layers of a model, as they run.

    \b
    Examples:
      neuronaut layers mymodels:make_net --input-shape 3
      neuronaut layers mymodels:make_net --data people.csv \\
          --features pclass,age,fare
      neuronaut layers mymodels:cnn --input-shape 1,8,8 --layer 'conv*'
      neuronaut layers mymodels:make_net --input-shape 3 --csv > layers.csv
    """
    from neuronaut.cli.console import print_csv, print_json
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.core.selection import select_layers
    from neuronaut.models.torch import wrap

    network = load_model(model)
    batch = _batch(data, features, input_shape, input_dtype)
    with running_model():
        graph = wrap(network, batch, layers=chosen_layers(layer)).graph
    shown = list(graph.layers) if layer is None else _named(graph, select_layers(graph, layer))
    if json:
        names = {one.name for one in shown}
        edges = tuple(edge for edge in graph.edges if edge.target in names)
        card = replace(graph, layers=tuple(shown), edges=edges)
        print_json(card.to_json())
    elif csv:
        print_csv(layers_table(graph, shown))
    else:
        _print(graph, shown)


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


def _named(graph: Graph, sites: Sequence[Site]) -> list[Layer]:
    names = {site.layer for site in sites}
    return [layer for layer in graph.layers if layer.name in names]


def layers_table(graph: Graph, shown: Sequence[Layer]) -> pd.DataFrame:
    """One row per layer."""
    import pandas as pd

    rows = [
        {
            "layer": layer.name,
            "kind": layer.kind,
            "operator": layer.operator,
            "activation": layer.activation or "",
            "units": layer.unit_count,
            "positions": " × ".join(map(str, layer.position_shape)),
            "from": ", ".join(edge.source for edge in graph.into(layer.name)),
            "recorded": "yes" if layer.selected else "by name",
        }
        for layer in shown
    ]
    columns = ["layer", "kind", "operator", "activation", "units", "positions", "from", "recorded"]
    return pd.DataFrame(rows, columns=columns)


def _print(graph: Graph, shown: Sequence[Layer]) -> None:
    from neuronaut.cli.console import print_table, say

    table = layers_table(graph, shown)
    before = ["", *table["layer"][:-1]]
    table["from"] = [
        "the one above" if source and source == last else source or "–"
        for source, last in zip(table["from"], before, strict=True)
    ]
    computes = [f"{one.operator}, {one.activation}" if one.activation else one.operator for one in shown]
    table = table.assign(computes=computes, positions=table["positions"].where(table["positions"] != "", "–"))
    columns = ["layer", "computes", "units", "positions", "from"]
    if not all(one.selected for one in shown):
        columns.append("recorded")
    print_table(table[columns], folded=("layer", "from"))
    if "recorded" in columns:
        say("recorded by name: only when --layer names it.")
    for note in graph.notes:
        say(f"note: {note}", style="yellow")
