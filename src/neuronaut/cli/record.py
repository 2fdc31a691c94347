"""``neuronaut record``: run a model over a table or arrays, and keep what its neurons did."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, cast

import typer

from neuronaut.cli.live import Features
from neuronaut.cli.options import Json, Layers, chosen_layers


def record(
    model: Annotated[str, typer.Argument(help="MODULE:FACTORY, a torch model or what makes one.", show_default=False)],
    data: Annotated[Path, typer.Argument(help="A .csv, .parquet or .npz file.", show_default=False)],
    to: Annotated[Path, typer.Option(help="The recording to write, NAME.naut.", show_default=False)],
    labels: Annotated[
        str | None,
        typer.Option(
            help="The column (or array) that holds the right answer; one for each output of a regression: x,y.",
            show_default=False,
        ),
    ] = None,
    features: Features = None,
    classes: Annotated[
        str | None, typer.Option(help="Class names in the order of the outputs: no,yes.", show_default=False)
    ] = None,
    groups: Annotated[
        str | None, typer.Option(help="Column whose equal values belong to one half.", show_default=False)
    ] = None,
    task: Annotated[str, typer.Option(help="auto, binary, classes, regression or none.")] = "auto",
    layer: Layers = None,
    site: Annotated[list[str] | None, typer.Option(help="post, pre. Repeat it.", show_default="post")] = None,
    position: Annotated[str, typer.Option(help="reduce (mean, max, min) or keep every position.")] = "reduce",
    dtype: Annotated[
        str | None, typer.Option(help="float16, float32, float64.", show_default="the model's own")
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Samples at a time.", show_default="auto")] = None,
    device: Annotated[str | None, typer.Option(help="As in torch: cpu, cuda.", show_default="the model's own")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Record only so many samples.", show_default=False)] = None,
    seed: Annotated[int, typer.Option(help="Of the choice of probe samples.")] = 0,
    influence: Annotated[
        bool | None,
        typer.Option(
            "--influence/--no-influence",
            help="Measure what units do to later ones.",
            show_default="when it takes less than about 30 s",
        ),
    ] = None,
    on_error: Annotated[str, typer.Option(help="raise, or skip the samples for which the model fails.")] = "raise",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where a recording stopped.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what is there.")] = False,
    json: Json = False,
) -> None:
    """Run a model over data and keep what it did.

    \b
    Examples:
      neuronaut record mymodels:make_net passengers.csv --to titanic.naut \\
          --labels survived --features pclass,age,fare
      neuronaut record mymodels:cnn digits.npz --to digits.naut --labels label
      neuronaut record mymodels:make_net big.parquet --to big.naut --resume

    The model is imported from MODULE, looked for in the current folder first;
    FACTORY is a model, or a function without arguments that returns one. Ctrl-C
    leaves a valid recording that --resume continues.
    """
    import neuronaut.capture.record as capture
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.cli.info import describe
    from neuronaut.cli.progress import bar
    from neuronaut.samples.table import label_columns, read_table

    network = load_model(model)
    inputs, metadata = read_table(data, features=_names(features), labels=labels)
    _say_missing(inputs)
    with (
        running_model(),
        bar() as progress,
        capture.record(
            network,
            inputs,
            to=to,
            metadata=metadata,
            labels=None if labels is None else label_columns(labels, list(metadata.columns)),
            classes=_names(classes),
            groups=groups,
            task=task,
            layers=chosen_layers(layer),
            sites=cast("list[Literal['pre', 'post']]", site or ["post"]),
            position=cast("Literal['reduce', 'keep']", position),
            dtype=dtype,
            batch_size=batch_size or "auto",
            device=device,
            limit=limit,
            seed=seed,
            influence="auto" if influence is None else influence,
            on_error=cast("Literal['raise', 'skip']", on_error),
            resume=resume,
            overwrite=overwrite,
            progress=progress,
        ) as rec,
    ):
        card = describe(rec)
    _say_recorded(card, to, json)


def _say_recorded(card: dict[str, Any], to: Path, json: bool) -> None:
    from neuronaut.cli.console import print_json, say

    if json:
        print_json(card)
        return
    units = sum(one["units"] for one in card["layers"])
    say(f"{to}: {card['samples']:,} samples, {len(card['layers'])} layers, {units:,} units, {card['bytes']:,} bytes.")
    say(f"Next: neuronaut info {to}")


def _say_missing(inputs: Any) -> None:
    from neuronaut.cli.console import notes

    missing = inputs.isna().sum() if hasattr(inputs, "columns") else {}
    notes(
        [
            f"{name} is missing for {count:,} samples; the model gets NaN there. Fill it in, or leave them out."
            for name, count in missing.items()
            if count
        ]
    )


def _names(text: str | None) -> list[str] | None:
    return None if text is None else [name.strip() for name in text.split(",")]
