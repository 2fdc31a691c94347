"""``neuronaut activity``: what each unit does over each slice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Layers, Limit, RecordingPath, Reduction, Site, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result


NUMBERS = ("n", "mean", "mean_abs", "sd", "firing_rate", "max", "min", "nonfinite")


def activity(
    recording: RecordingPath,
    slice: Annotated[
        list[str] | None, typer.Option("--slice", "-s", help="A filter of the samples. Repeat it.", show_default=False)
    ] = None,
    layer: Layers = None,
    site: Site = "post",
    reduction: Reduction = "mean",
    quantile: Annotated[
        list[float] | None,
        typer.Option("--quantile", "-q", help="A quantile too, as 0.9. Repeat it.", show_default=False),
    ] = None,
    sort: Annotated[str, typer.Option(help="Order by: unit, mean, mean_abs, sd, firing_rate, max, min.")] = "unit",
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """What each neuron does over each slice.

    \b
    Examples:
      neuronaut activity titanic.naut
      neuronaut activity titanic.naut -s "sex == 'female'" -s "age < 16"
      neuronaut activity titanic.naut --layer 0 --sort firing_rate --limit 0
      neuronaut activity titanic.naut -q 0.5 -q 0.99 --csv > units.csv
    """
    from neuronaut.analysis.activity import activity as compute
    from neuronaut.cli.answer import answer
    from neuronaut.cli.progress import doing
    from neuronaut.cli.ranking import check_sort
    from neuronaut.store.recording import open

    check_sort(sort, (*NUMBERS, *(f"q{share:g}" for share in quantile or ())))
    with open(recording) as rec, doing("computing"):
        result = compute(
            rec,
            slice or None,
            layers=chosen_layers(layer),
            site=site,
            reduction=reduction,
            quantiles=quantile or (),
        )
    answer(result, lambda: activity_table(result), lambda: _print(result, sort, limit), json=json, csv=csv)
    return None if all(result.n.values()) else 1


def activity_table(result: Result) -> pd.DataFrame:
    """One row per slice and unit; quantiles as columns of their own."""
    import pandas as pd

    slices, units = result.coords["slice"], result.coords["unit"]
    columns = {
        "slice": [name for name in slices for _ in units],
        "layer": [name for _ in slices for name in result.coords["layer"]],
        "unit": [address for _ in slices for address in units],
        "name": [name for _ in slices for name in result.coords["name"]],
    }
    found = {name: array.reshape(-1) for name, array in result.values.items() if name != "quantile"}
    shares = result.coords.get("quantile", ())
    quantiles = {f"q{share:g}": result["quantile"][:, place].reshape(-1) for place, share in enumerate(shares)}
    return pd.DataFrame({**columns, **found, **quantiles})


def _print(result: Result, sort: str, limit: int) -> None:
    from neuronaut.cli.console import print_table, say
    from neuronaut.cli.ranking import ranked, with_names

    table = with_names(activity_table(result))
    shown = [name for name in table.columns if name not in ("slice", "layer", "name", "n", "nonfinite")]
    if table["nonfinite"].any():
        shown.append("nonfinite")
    for name, rows in table.groupby("slice", sort=False):
        best, rest = ranked(rows, sort, limit)
        say(f"{name}: {result.n[str(name)]:,} samples", style="bold")
        if result.n[str(name)]:
            print_table(best[shown])
            say(rest)
