"""``neuronaut influence``: what a unit does to later units, and what earlier units do to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.live import MODEL, Data, Features
from neuronaut.cli.options import Csv, Json, Limit, RecordingPath, Unit, Where

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result
    from neuronaut.store.recording import Recording


def influence(
    recording: RecordingPath,
    at: Unit,
    direction: Annotated[str, typer.Option("--direction", "-d", help="forward, backward or both.")] = "both",
    where: Where = None,
    model: Annotated[str | None, typer.Option(help=MODEL, show_default="what was stored")] = None,
    data: Data = None,
    features: Features = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the samples that it is measured on.")] = 0,
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """What one neuron does to later ones, and earlier ones to it.

    \b
    Examples:
      neuronaut influence titanic.naut 0:11
      neuronaut influence titanic.naut 7:0 --direction backward
      neuronaut influence titanic.naut 0:11 --where "sex == 'female'" \\
          --model mymodels:make_net
      neuronaut influence digits.naut conv1:3 --model mymodels:cnn \\
          --data digits.npz --csv > influence.csv

    The effect is what the source's own activation adds to the target, to first
    order, averaged over samples with its sign, with --model beside its 95%
    interval and what the held-out half of the samples says. Without --model it
    was stored by record, as averages; a filter needs the model.
    """
    from neuronaut.cli.answer import answer
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.cli.live import given_data
    from neuronaut.cli.progress import doing
    from neuronaut.live.influence import influence as compute
    from neuronaut.store.recording import open

    with open(recording) as rec:
        network = None if model is None else load_model(model)
        inputs = given_data(rec, data, features)
        with running_model(), doing("measuring"):
            result = compute(rec, at, where, network, inputs, direction, seed=seed)
        table = influence_table(result, rec)
    answer(result, lambda: table, lambda: _print(at, result, table, limit), json=json, csv=csv)
    return None if len(table) else 1


def influence_table(result: Result, rec: Recording) -> pd.DataFrame:
    """One row per related unit, with its layer and its own name where it has one."""
    table = result.table()
    layers = result.coords["layer"]
    names = {name: layer.unit_names for name, layer in rec.layers.items()}
    own = [
        (known[int(unit.rpartition(":")[2])] if (known := names[layer]) else "")
        for unit, layer in zip(table["unit"], layers, strict=True)
    ]
    table.insert(0, "layer", list(layers))
    table.insert(2, "name", own)
    return table


def _print(at: str, result: Result, table: pd.DataFrame, limit: int) -> None:
    from neuronaut.cli.console import print_table, say
    from neuronaut.cli.ranking import with_names

    samples = ", ".join(f"{n:,} samples ({name})" for name, n in result.n.items())
    shown = with_names(table)
    for forwards, title in ((True, f"{at} moves"), (False, f"{at} is moved by")):
        part = shown[shown["forwards"] == forwards]
        if not len(part):
            continue
        say(f"{title}, on {samples}" if samples else title, style="bold")
        columns = [name for name in ("unit", "effect", "low", "high", "heldout", "mean_abs", "share") if name in part]
        signed = dict.fromkeys(("effect", "low", "high", "heldout"), "+.3g")
        said = part[columns].dropna(axis="columns", how="all")
        print_table(said.head(limit or len(part)), formats=signed | {"share": "+.1%"})
        if limit and len(part) > limit:
            say(f"… {len(part) - limit:,} more units; --limit 0 prints all.")
