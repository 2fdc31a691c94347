"""``neuronaut compare``: what tells two groups of samples apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Layers, Limit, RecordingPath, Reduction, Site, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result

_SHOWN = ("unit", "mean_a", "mean_b", "hedges_g", "g_low", "g_high", "auroc", "q", "replicated")


def compare(
    recording: RecordingPath,
    a: Annotated[str, typer.Argument(help="A filter of the samples.", show_default=False)],
    b: Annotated[
        str | None, typer.Argument(help="Another filter; without it the opposite of A.", show_default=False)
    ] = None,
    layer: Layers = None,
    site: Site = "post",
    reduction: Reduction = "mean",
    sort: Annotated[str, typer.Option(help="Order by: hedges_g, unit, auroc, q, difference, …")] = "hedges_g",
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """How each neuron differs between two groups.

    \b
    Examples:
      neuronaut compare titanic.naut "survived == 'yes'"
      neuronaut compare titanic.naut "pclass == 1" "pclass == 3" --layer 0
      neuronaut compare titanic.naut "sex == 'female'" --json
      neuronaut compare titanic.naut "age < 16" "age >= 16" --csv > ages.csv

    g is Hedges' g with its 95 % interval; q is corrected over all units of the
    comparison; replicated means found on one half of the samples and held on the
    other.
    """
    from neuronaut.analysis.compare import compare as compute
    from neuronaut.cli.console import notes, print_csv, print_json
    from neuronaut.cli.progress import doing
    from neuronaut.store.recording import open

    with open(recording) as rec, doing("computing"):
        result = compute(rec, a, b, layers=chosen_layers(layer), site=site, reduction=reduction)
    notes(result.notes)
    if json:
        print_json(result.to_json())
    elif csv:
        print_csv(compare_table(result))
    else:
        _print(result, sort, limit)
    return None if all(result.n.values()) else 1


def compare_table(result: Result) -> pd.DataFrame:
    """One row per unit."""
    table = result.table()
    table.insert(0, "layer", list(result.coords["layer"]))
    table.insert(2, "name", list(result.coords["name"]))
    return table


def _print(result: Result, sort: str, limit: int) -> None:
    from neuronaut.cli.console import print_table, say
    from neuronaut.cli.ranking import ranked, with_names

    for letter, (name, n) in zip("AB", result.n.items(), strict=False):
        say(f"{letter}: {name}, {n:,} samples")
    if not all(result.n.values()):
        return
    table = with_names(compare_table(result))
    best, rest = ranked(table, sort, limit)
    held = best["replicated"].map({1.0: "yes", 0.0: "no"}).fillna("–")
    shown = best.assign(replicated=held)[list(_SHOWN)].rename(columns={"hedges_g": "g", "replicated": "held"})
    print_table(shown, formats={"g": ".2f", "g_low": ".2f", "g_high": ".2f", "auroc": ".3f", "q": ".2g"})
    say(rest)
    found, again = int((table["q"] < 0.05).sum()), int((table["replicated"] == 1).sum())
    say(f"{found:,} of {len(table):,} units differ at q < .05; {again:,} of all were found on one half and held again.")
