"""``neuronaut similarity``: which units do the same, and how alike the layers are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Limit, RecordingPath, Reduction, Site, Where

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result

_RANKS = dict.fromkeys(("effective", "stable_rank", "participation"), ".2f")


def similarity(
    recording: RecordingPath,
    at: Annotated[
        str | None, typer.Argument(help="A unit, LAYER:UNIT, or a layer; without it all.", show_default=False)
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="How alike the layers are, and their ranks.")] = False,
    other: Annotated[
        Path | None, typer.Option(help="With --layers: beside those of this recording.", show_default=False)
    ] = None,
    by: Annotated[str, typer.Option(help="activation, weight in or weight out.")] = "activation",
    metric: Annotated[
        str | None, typer.Option(help="pearson or cosine; by default cosine for weights.", show_default=False)
    ] = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Similar units of each.")] = 10,
    opposite: Annotated[bool, typer.Option("--opposite", help="The most negative first.")] = False,
    where: Where = None,
    site: Site = "post",
    reduction: Reduction = "mean",
    seed: Annotated[int, typer.Option(min=0, help="Of the samples drawn from large layers.")] = 0,
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """Which neurons do the same, and how alike layers are.

    \b
    Examples:
      neuronaut similarity titanic.naut 0:11
      neuronaut similarity titanic.naut 0:11 --by "weight in" --opposite
      neuronaut similarity titanic.naut 5 -k 1 --csv > twins.csv
      neuronaut similarity titanic.naut --layers
      neuronaut similarity first.naut --layers --other second.naut

    Values are signed, from -1 to 1: of all samples, of the half on which the units
    were found, and of the held-out half with its 95% interval, the ones to trust.
    With --layers: rank, how many directions a layer
    uses, and CKA, 1 for layers that see the samples alike up to rotation and scale.
    With --other: the CKA of every layer with every layer of another recording of the
    same samples, and what 95% of shuffled pairings of the samples stay below.
    """
    from neuronaut.analysis.similarity import similarity as compute
    from neuronaut.cli.answer import answer
    from neuronaut.cli.progress import doing
    from neuronaut.core.errors import DataError
    from neuronaut.store.recording import open

    if other is not None:
        if not layers:
            raise DataError("--other compares layers: ask with --layers. Units of two recordings: neuronaut match.")
        return _beside(recording, other, at, where, site, reduction, seed, json=json, csv=csv)
    if layers:
        return _layers(recording, at, where, site, reduction, seed, json=json, csv=csv)
    with open(recording) as rec, doing("computing"):
        result = compute(
            rec,
            at,
            by=by,
            metric=metric,
            k=k,
            opposite=opposite,
            where=where,
            site=site,
            reduction=reduction,
            seed=seed,
        )
    answer(result, lambda: neighbour_table(result), lambda: _print(result, at, limit), json=json, csv=csv)
    return None if all(result.n.values()) and len(neighbour_table(result)) else 1


def neighbour_table(result: Result) -> pd.DataFrame:
    """One row per unit and similar unit, or per similar unit of the one asked about; without those that have none."""
    if "similar" in result.values:
        return result.table()
    table = result.table()
    table.insert(2, "similar", _addresses(result))
    table = table.drop(columns="index")
    return table[table["similar"] != ""].reset_index(drop=True)


def _addresses(result: Result) -> list[str]:
    """The address of each similar unit: numbers count within the layer."""
    units, layers = list(result.coords["unit"]), list(result.coords["layer"])
    first = {name: layers.index(name) for name in set(layers)}
    return [
        units[first[layers[unit]] + place] if place >= 0 else ""
        for unit, row in enumerate(result["index"].tolist())
        for place in row
    ]


def _print(result: Result, at: str | None, limit: int) -> None:
    from neuronaut.cli.console import say

    for name, n in result.n.items():
        say(f"{name}: {n:,} samples", style="bold")
    table = neighbour_table(result)
    if "similar" in result.values:
        say(f"{at} and the most {_kind(result)} units of its layer", style="bold")
        if len(table):
            _print_pairs(table if not limit else table.head(limit))
        if limit and len(table) > limit:
            say(f"… {len(table) - limit:,} more units; --limit 0 prints all.")
        return
    say(f"each unit and the most {_kind(result)} of its layer", style="bold")
    nearest = table[table["rank"] == 1].drop(columns="rank")
    by = "found" if "found" in nearest and nearest["found"].notna().any() else "value"
    ordered = nearest.sort_values(by, key=abs, ascending=False, kind="stable")
    if len(ordered):
        _print_pairs(ordered if not limit else ordered.head(limit))
    if limit and len(ordered) > limit:
        k = result["value"].shape[1]
        each = f", --csv all {k} of each" if k > 1 else ""
        say(f"… {len(ordered) - limit:,} more units; --limit 0 prints all{each}.")


def _print_pairs(pairs: pd.DataFrame) -> None:
    """Without what was not held out, where nothing was."""
    from neuronaut.cli.console import print_table

    known = pairs.dropna(axis="columns", how="all").drop(columns="heldout_n", errors="ignore")
    shown = known.rename(columns={"heldout_low": "low", "heldout_high": "high"})
    print_table(shown, formats=dict.fromkeys(("value", "found", "heldout", "low", "high"), ".3f"))


def _kind(result: Result) -> str:
    return "opposite" if result.params["opposite"] else "similar"


def _layers(
    recording: RecordingPath, at: str | None, where: str | None, site: str, reduction: str, seed: int, *,
    json: bool, csv: bool,
) -> int | None:  # fmt: skip
    from neuronaut.analysis.cka import cka
    from neuronaut.analysis.rank import rank
    from neuronaut.cli.console import notes, print_csv, print_json, print_table, say
    from neuronaut.cli.progress import doing
    from neuronaut.store.recording import open

    with open(recording) as rec, doing("computing"):
        chosen = at or "*"
        ranks = rank(rec, where, layers=chosen, site=site, reduction=reduction, seed=seed)
        alike = cka(rec, where, layers=chosen, site=site, reduction=reduction, seed=seed)
    if json:
        print_json({"rank": ranks.to_json(), "cka": alike.to_json()})
    elif csv:
        print_csv(alike.table())
    else:
        for name, n in ranks.n.items():
            say(f"{name}: {n:,} samples", style="bold")
        names = {"layers": "layer", "participation_ratio": "participation", "effective_rank": "effective"}
        print_table(ranks.table().drop(columns="samples").rename(columns=names), formats=_RANKS)
        say("\nCKA (debiased): 1 is alike up to rotation and scale, 0 unrelated", style="bold")
        _print_square(alike)
    notes(list(dict.fromkeys([*ranks.notes, *alike.notes])), brief=not json)
    return None if all(ranks.n.values()) else 1


def _beside(
    recording: RecordingPath, other: Path, at: str | None, where: str | None, site: str, reduction: str, seed: int, *,
    json: bool, csv: bool,
) -> int | None:  # fmt: skip
    from neuronaut.analysis.cka import cka
    from neuronaut.cli.answer import answer
    from neuronaut.cli.progress import doing
    from neuronaut.store.recording import open

    with open(recording) as rec, open(other) as second, doing("computing"):
        alike = cka(rec, where, other=second, layers=at or "*", site=site, reduction=reduction, seed=seed)
    title = f"CKA (debiased): layers of {recording.name} down, of {other.name} across"
    answer(alike, alike.table, lambda: _print_beside(alike, title), json=json, csv=csv)
    return None if all(alike.n.values()) else 1


def _print_beside(alike: Result, title: str) -> None:
    import numpy as np

    from neuronaut.cli.console import say

    for name, n in alike.n.items():
        say(f"{name}: {n:,} samples", style="bold")
    say(title, style="bold")
    _print_square(alike)
    if np.isfinite(alike["null"]).any():
        low, high = np.nanmin(alike["null"]), np.nanmax(alike["null"])
        say(f"95% of shuffled pairings stay below {low:.3f} to {high:.3f}, layer by layer.")


def _print_square(result: Result) -> None:
    """A row and a column for each layer; a layer called "layer" is told apart from the first column by a blank."""
    import pandas as pd

    from neuronaut.cli.console import print_table

    names = [str(name) for name in result.coords["layers"]]
    heads = [str(name) if name != "layer" else "layer " for name in result.coords["others"]]
    square = pd.DataFrame({"layer": names, **dict(zip(heads, result["debiased"].T, strict=True))})
    print_table(square, formats=dict.fromkeys(heads, ".3f"))
