"""``neuronaut drivers``: which slice of the samples drives a unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Limit, RecordingPath, Reduction, Unit

if TYPE_CHECKING:
    from neuronaut.core.result import Result

_HEAD = f"{'n':<7}{'precision':>9}{'lift':>6}{'recall':>8}{'found':>7}{'held-out':>9}  {'beats':<6}slice"


def drivers(
    recording: RecordingPath,
    at: Unit,
    top: Annotated[float, typer.Option(help="The share of samples that is the unit's top.")] = 0.05,
    lowest: Annotated[bool, typer.Option("--lowest", help="What makes the unit low instead.")] = False,
    depth: Annotated[int, typer.Option(help="Conditions in a slice, at most.")] = 3,
    beam: Annotated[int, typer.Option(help="Slices of each length that are followed.")] = 10,
    score: Annotated[str, typer.Option(help="ap (average precision) or f1.")] = "ap",
    column: Annotated[
        list[str] | None, typer.Option("--column", "-c", help="Ask of this column only. Repeat it.", show_default="all")
    ] = None,
    outputs: Annotated[bool, typer.Option("--outputs", help="Ask of the model's own answers as well.")] = False,
    reduction: Reduction = "mean",
    shuffles: Annotated[int, typer.Option(help="Shuffled copies of the unit.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the shuffles.")] = 0,
    limit: Limit = 10,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """Which slices of the samples drive one neuron.

    \b
    Examples:
      neuronaut drivers titanic.naut 0:11
      neuronaut drivers titanic.naut 0:11 --top 0.2 --column sex --column pclass
      neuronaut drivers titanic.naut 5:3 --lowest --score f1 --csv > drivers.csv

    Conditions on the metadata are searched on one half of the samples (found: the
    score there, best first) and scored on the other (held-out). A slice counts when it
    beats the best that the same search finds on shuffled copies of the neuron. lift:
    precision over chance, the share of all samples that is at the top; below 1.5 a
    slice tells hardly anything.
    """
    from neuronaut.analysis.drivers import drivers as compute
    from neuronaut.cli.console import notes, print_csv, print_json
    from neuronaut.cli.progress import doing
    from neuronaut.store.recording import open

    with open(recording) as rec, doing("searching"):
        result = compute(
            rec, at, depth=depth, beam=beam, score=score, top=top, largest=not lowest, columns=column or None,
            outputs=outputs, reduction=reduction, shuffles=shuffles, seed=seed,
        )  # fmt: skip
    verdict, *rest = result.notes
    if json:
        print_json(result.to_json())
    elif csv:
        print_csv(result.table().drop(columns="threshold"))
    else:
        _print(result, verdict, limit)
    notes(result.notes if json or csv else rest, brief=not json)
    return None if len(result.coords["slice"]) else 1


def _print(result: Result, verdict: str, limit: int) -> None:
    """Numbers first, as the filters are of any length and must be readable whole."""
    from neuronaut.cli.console import cell, say

    table = result.table()
    if len(table):
        say(_HEAD, style="bold")
    for row in table.head(limit or len(table)).to_dict("records"):
        numbers = f"{cell(row['precision'], '.3f'):>9}{cell(row['lift'], '.2f'):>6}{cell(row['recall'], '.3f'):>8}"
        numbers += f"{cell(row['score'], '.3f'):>7}{cell(row['heldout'], '.3f'):>9}"
        beats = {1.0: "yes", 0.0: "no"}.get(row["beats"], "–")
        say(f"{row['n']:<7,}{numbers}  {beats:<6}{row['slice']}", indent=len(_HEAD) - len("slice"))
    if limit and len(table) > limit:
        say(f"… {len(table) - limit:,} more slices; --limit 0 prints all.")
    if len(table):
        say(
            f"Best first by found, the score on the half that was searched; held-out: on the other half, of which "
            f"{cell(table['base'].iloc[0], '.3f')} is at the top by chance. lift: times chance."
        )
    say(verdict, style="bold")
