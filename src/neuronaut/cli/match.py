"""``neuronaut match``: which neuron of another network does what each of this one does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Layers, Limit, RecordingPath, Reduction, Site

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result

_NUMBERS = ("correlation", "found", "heldout", "null", "p", "q", "margin", "best_correlation")
_CHANGES = ("level", "other_level", "level_change", "auroc", "other_auroc", "auroc_change")
_SHOWN = (
    "unit",
    "partner",
    "correlation",
    "heldout",
    "heldout_low",
    "heldout_high",
    "null",
    "q",
    "distinct",
    "replicated",
)
_SLICED = ("unit", "partner", "heldout", "q", "auroc", "other_auroc", "auroc_change", "auroc_low", "auroc_high")
_HEADS = {
    "correlation": "r",
    "heldout": "held out",
    "heldout_low": "low",
    "heldout_high": "high",
    "null": "chance",
    "other_auroc": "its",
    "auroc_change": "change",
    "auroc_low": "low",
    "auroc_high": "high",
}


def match(
    recording: RecordingPath,
    other: Annotated[Path, typer.Argument(help="The recording of another network.", show_default=False)],
    layer: Layers = None,
    other_layer: Annotated[
        list[str] | None,
        typer.Option("--other-layer", help="What each --layer is matched with. Repeat it.", show_default=False),
    ] = None,
    where: Annotated[str | None, typer.Option("--where", "-w", help="Also what changes for this filter.")] = None,
    site: Site = "post",
    reduction: Reduction = "mean",
    sort: Annotated[str, typer.Option(help="Order by: heldout, unit, correlation, q, auroc_change, …")] = "heldout",
    limit: Limit = 20,
    shuffles: Annotated[int, typer.Option(min=0, help="Of the samples, for p and chance.")] = 999,
    seed: Annotated[int, typer.Option(min=0, help="Of the shuffles.")] = 0,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """Which neurons of two networks do the same.

    \b
    Examples:
      neuronaut match first.naut second.naut
      neuronaut match first.naut other.naut --layer 0 --other-layer encoder.0
      neuronaut match first.naut second.naut --where "sex == 'female'"
      neuronaut match first.naut second.naut --csv > pairs.csv

    Two recordings of the same samples. Partners are found on one half of them; held
    out is their correlation on the other half, chance what 95% of shuffles stay
    below. Distinct: what the partner has there more than the next best (margin in
    --csv) is above 0 beyond chance. Replicated: q < .05, and distinct.
    With --where: how well either unit tells the filter's samples from the rest (AUROC),
    and the change with its 95% interval.
    """
    from neuronaut.analysis.match import match as compute
    from neuronaut.cli.answer import answer
    from neuronaut.cli.progress import doing
    from neuronaut.cli.ranking import check_sort
    from neuronaut.store.recording import open

    check_sort(sort, [*_NUMBERS, *(_CHANGES if where is not None else ())])
    with open(recording) as rec, open(other) as second, doing("computing"):
        result = compute(
            rec,
            second,
            layer,
            other_layer,
            where=where,
            site=site,
            reduction=reduction,
            shuffles=shuffles,
            seed=seed,
        )
    answer(result, lambda: match_table(result), lambda: _print(result, sort, limit), json=json, csv=csv)
    return None if any(result["partner"] != "") else 1


def match_table(result: Result) -> pd.DataFrame:
    """One row per unit of the first recording."""
    table = result.table("unit")
    table.insert(0, "layer", list(result.coords["layer"]))
    table.insert(2, "name", list(result.coords["name"]))
    return table


def _print(result: Result, sort: str, limit: int) -> None:
    from neuronaut.cli.console import print_table, say
    from neuronaut.cli.ranking import ranked, with_names

    for name, n in result.n.items():
        say(f"{name}: {n:,} samples", style="bold")
    layers = result.table("layers")[["layers", "other_layer", "cka", "debiased", "replication_rate"]]
    heads = {"layers": "layer", "other_layer": "with", "cka": "CKA", "replication_rate": "replicated"}
    print_table(layers.rename(columns=heads), formats={"CKA": ".3f", "debiased": ".3f", "replicated": ".0%"})
    table = with_names(match_table(result))
    paired = table[table["partner"] != ""]
    if not len(paired):
        say("No unit has a partner.")
        return
    by = sort if sort == "unit" or paired[sort].notna().any() else "correlation"
    best, rest = ranked(paired, by, limit)
    words = {name: best[name].map({1.0: "yes", 0.0: "no"}).fillna("–") for name in ("distinct", "replicated")}
    shown = best.assign(**words)[list(_SLICED if "auroc" in table else _SHOWN)].rename(columns=_HEADS)
    say()
    print_table(shown, formats=dict.fromkeys(shown.columns, ".2f") | {"q": ".2g"})
    say(rest)
    alone = int((result["other_partner"] == "").sum())
    again = int((table["replicated"] == 1).sum())
    say(
        f"{again:,} of {len(paired):,} pairs replicated on the held-out half; "
        f"{len(table) - len(paired):,} units here and {alone:,} there have no partner."
    )
