"""``neuronaut ablate``: what the answers lose without some neurons."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Literal, cast

import typer

from neuronaut.cli.live import Data, Features, Groups, Model, Resamples
from neuronaut.cli.options import Csv, Json, RecordingPath, Where

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result

_CLASSES = 12


def ablate(
    recording: RecordingPath,
    units: Annotated[list[str], typer.Argument(help="Units or layers: 0:11 0:12 fc2.", show_default=False)],
    model: Model,
    how: Annotated[str, typer.Option(help="mean, zero, resample (from another sample) or scale.")] = "mean",
    scale: Annotated[
        float | None, typer.Option(help="With --how scale: the factor, as 0.5 or 2.", show_default=False)
    ] = None,
    metric: Annotated[str, typer.Option(help="loss, accuracy, logits, kl or all.")] = "all",
    where: Where = None,
    groups: Groups = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Column of right answers; of several outputs one each: x,y.", show_default="as recorded"),
    ] = None,
    data: Data = None,
    features: Features = None,
    null: Annotated[int, typer.Option(min=0, help="Random sets of as many units to compare with.")] = 20,
    resamples: Resamples = 2000,
    seed: Annotated[int, typer.Option(help="Of what is drawn at random.")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="Keep it in the recording, for its page.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """What the answers lose without some neurons.

    \b
    Examples:
      neuronaut ablate titanic.naut 0:11 --model mymodels:make_net
      neuronaut ablate titanic.naut 0:11 0:4 --model mymodels:make_net \\
          --how zero --where "sex == 'female'"
      neuronaut ablate digits.naut conv1 --model mymodels:cnn --data digits.npz
      neuronaut ablate titanic.naut 0:11 --model mymodels:make_net \\
          --how scale --scale 2
      neuronaut ablate titanic.naut 0:11 --model mymodels:make_net --csv > a.csv
      neuronaut ablate titanic.naut 0:11 --model mymodels:make_net --keep

    The units are replaced by their mean (or zero, or another sample's values), or
    multiplied by a factor.
    The interval is a paired bootstrap over samples; the null is the same done to
    as many random units of the same layers. Causal: the interval excludes 0 and
    the effect lies beyond what random units do. Held out: the effect on the half
    of the samples kept for that; replicated: on both halves the interval excludes
    0 on the same side.
    """
    from neuronaut.cli.answer import answer
    from neuronaut.cli.console import say
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.cli.live import given_data
    from neuronaut.cli.progress import doing
    from neuronaut.live.ablate import ablate as compute
    from neuronaut.live.ablate import check_options
    from neuronaut.live.unit_sets import unit_set
    from neuronaut.samples.table import label_columns
    from neuronaut.store.recording import open

    check_options(how, metric, scale=scale)
    with open(recording, writable=keep) as rec:
        unit_set(rec.graph, units)
        network, inputs = load_model(model), given_data(rec, data, features)
        way = cast("Literal['mean', 'zero', 'resample', 'scale']", how)
        truth = None if labels is None else label_columns(labels, list(rec.metadata.columns))
        with running_model(), doing("measuring"):
            result = compute(
                network, rec, units, way, metric, where, groups, inputs, truth, seed, resamples, null, scale=scale
            )  # fmt: skip
    if keep:
        say(f"Kept in {recording}: pages made of it from now on show it.", stderr=True)
    answer(result, lambda: _part(result, "metric"), lambda: _print(result), json=json, csv=csv, apart=False)


def _part(result: Result, axis: str) -> pd.DataFrame:
    """The values along one axis as a table, without the axis' name before each."""
    import pandas as pd

    names = [name for name, dims in result.dims.items() if dims == (axis,)]
    table = pd.DataFrame({name.removeprefix(f"{axis}_"): result[name] for name in names})
    table.insert(0, axis, list(result.coords[axis]))
    return table


def _print(result: Result) -> None:
    from neuronaut.cli.console import print_table, say, typeset

    units = list(result.params["units"])
    shown = ", ".join(units[:6]) + (f" and {len(units) - 6:,} more" if len(units) > 6 else "")
    (name, n), how = next(iter(result.n.items())), result.params["how"]
    whose = "its" if len(units) == 1 else "their"
    done = f"multiplied by {result.params['scale']:g}" if how == "scale" else f"replaced by {_WORDS[how].format(whose)}"
    say(f"{shown} {done}, on {n:,} samples ({name})", style="bold")
    signed = dict.fromkeys(("effect", "change"), "+.3g")
    table = _part(result, "metric")
    again = [name for name in map(str, table) if name in ("metric", "replicated") or name.startswith("heldout_")]
    print_table(_shown(table.drop(columns=again[1:])), formats=signed)
    for note in result.notes:
        say(typeset(note), indent=2)
    say()
    say("On the held-out half", style="bold")
    print_table(_shown(table[again].rename(columns=lambda name: name.removeprefix("heldout_"))), formats=signed)
    for axis, title in (("class", "Accuracy by class"), ("output", "Outputs")):
        if axis not in result.coords or len(result.coords[axis]) < 2:
            continue
        part = _shown(_part(result, axis))
        say()
        say(title, style="bold")
        print_table(part.head(_CLASSES), formats=signed)
        if len(part) > _CLASSES:
            say(f"… {len(part) - _CLASSES:,} more; --json prints all.")


def _shown(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that people read, ranges in one."""
    spans = {"low": ("95% interval", "high"), "null_low": ("random units", "null_high")}
    columns: dict[str, list[object]] = {}
    for name in map(str, table):
        if name in spans:
            title, high = spans[name]
            columns[title] = [span(*pair) for pair in zip(table[name], table[high], strict=True)]
        elif name in ("causal", "replicated"):
            columns[name] = [{1.0: "yes", 0.0: "no"}.get(value, "–") for value in table[name]]
        elif name not in ("after", "high", "null_high", "null_mean", "null_p", "percentile"):
            columns[name] = list(table[name])
    return table.__class__(columns)


def span(low: float, high: float) -> str:
    """A range with two digits of its larger end.

    >>> span(-0.000047, 0.0063), span(12.3, 145.6), span(float("nan"), 1.0)
    ('−0.0000 to +0.0063', '+12 to +146', '–')
    """
    from neuronaut.cli.console import typeset

    if not math.isfinite(low) or not math.isfinite(high):
        return "–"
    largest = max(abs(low), abs(high))
    digits = max(0, 1 - math.floor(math.log10(largest))) if largest > 0 else 0
    return typeset(f"{low:+.{digits}f} to {high:+.{digits}f}" if digits < 7 else f"{low:+.1e} to {high:+.1e}")


_WORDS = {"mean": "{} mean", "zero": "0", "resample": "{} values in other samples"}
