"""``neuronaut selectivity``: which class of a column each unit answers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Layers, Limit, RecordingPath, Reduction, Site, Where, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.address import Address
    from neuronaut.core.result import Result
    from neuronaut.store.recording import Recording

_HELP = "Part a column of numbers: a count (4), numbers to cut at (18,65), or each."
SORTABLE = (
    "apart", "best_auroc", "p", "q", "found_auroc", "heldout_auroc", "q_half0", "q_half1", "replicated", "mi",
    "mi_null", "mi_p", "csi", "modality", "sparseness", "hoyer", "precision_at_k", "nonfinite", "dprime", "ap",
)  # fmt: skip
_FORMATS = {"auroc": ".3f", "d'": ".2f", "ap": ".3f", "info": ".3f", "csi": ".2f", "q": ".2g", "held out": ".3f"}


def selectivity(
    recording: RecordingPath,
    column: Annotated[str, typer.Argument(help="A column of the metadata, or prediction.", show_default=False)],
    at: Annotated[str | None, typer.Option("--at", help="All classes of one unit, LAYER:UNIT.")] = None,
    bins: Annotated[str | None, typer.Option(help=_HELP, show_default=False)] = None,
    where: Where = None,
    layer: Layers = None,
    site: Site = "post",
    reduction: Reduction = "mean",
    permutations: Annotated[int, typer.Option(min=0, help="Shuffles behind the information.")] = 100,
    k: Annotated[int, typer.Option("-k", min=1, help="With --at: how many of its highest are looked at.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Of the shuffles.")] = 0,
    sort: Annotated[str, typer.Option(help="Order by: apart, unit, mi, csi, sparseness, …")] = "apart",
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """Which class of a column each neuron answers to.

    \b
    Examples:
      neuronaut selectivity titanic.naut sex
      neuronaut selectivity titanic.naut pclass --at 0:11
      neuronaut selectivity titanic.naut age --bins 18,60 --layer 0
      neuronaut selectivity digits.naut label --sort mi --csv > classes.csv

    class is the one it tells best from all others. auroc: the chance that a sample of
    it is higher than another; below .5 the neuron is lower for it. info: information
    on the class, 1 is all of it. held out: the class was best on one half of the
    samples, its auroc on the other; replicated: q < .05 on both, the same way.
    csi overstates; it is here for comparison.
    """
    from neuronaut.analysis.selectivity import selectivity as compute
    from neuronaut.cli.console import notes, print_csv, print_json
    from neuronaut.cli.progress import doing
    from neuronaut.cli.ranking import check_sort
    from neuronaut.store.recording import open

    check_sort(sort, SORTABLE)
    with open(recording) as rec, doing("computing"):
        asked = None if at is None else _address(rec, at)
        result = compute(
            rec, column, bins=_bins(bins), where=where,
            layers=chosen_layers(layer) if asked is None else [asked.layer],
            site=site if asked is None or asked.site == "post" else asked.site, reduction=reduction,
            permutations=permutations, k=k, seed=seed,
        )  # fmt: skip
    if asked is not None:
        at = result.coords["unit"][asked.unit or 0]
    several = len(result.coords["class"]) > 1
    if json:
        print_json(result.to_json())
    elif csv:
        print_csv(class_table(result, at))
    elif several and at is not None:
        _print_unit(result, column, at)
    elif several:
        _print(result, column, sort, limit)
    notes(result.notes, brief=not json)
    return None if several else 1


def _address(rec: Recording, at: str) -> Address:
    """The unit that is asked about. Raises AddressError or UnknownName when it is not there."""
    from neuronaut.analysis.top import known_unit
    from neuronaut.core.address import parse_address

    address = parse_address(at, list(rec.layers))
    known_unit(rec.layers[address.layer], address.unit, at)
    return address


def _bins(text: str | None) -> int | str | list[float] | None:
    """A count, numbers with commas between them, or a word, as it was written."""
    if text is None:
        return None
    try:
        return int(text) if text.strip().isdecimal() else [float(part) for part in text.split(",")]
    except ValueError:
        return text


def unit_table(result: Result) -> pd.DataFrame:
    """One row per unit, ``apart`` telling how far its best AUROC is from chance."""
    import numpy as np

    table = result.table("unit")
    best = [list(result.coords["class"]).index(name) if name else -1 for name in result["best"].tolist()]
    units = np.arange(len(table))
    for name in ("dprime", "ap"):
        table[name] = np.where(np.array(best) < 0, np.nan, result[name][best, units] if len(units) else np.nan)
    table.insert(0, "layer", list(result.coords["layer"]))
    table.insert(2, "name", list(result.coords["name"]))
    return table.assign(apart=(table["best_auroc"] - 0.5).abs())


def class_table(result: Result, at: str | None = None) -> pd.DataFrame:
    """One row per class and unit, or per class of one unit. Raises UnknownName for a unit that is not there."""
    from neuronaut.core.errors import unknown

    table = result.table("class", "unit")
    whole = table.merge(unit_table(result).drop(columns=["dprime", "ap", "apart"]), on="unit", how="left")
    if at is None:
        return whole
    if at not in result.coords["unit"]:
        raise unknown("unit", at, result.coords["unit"])
    return whole[whole["unit"] == at].reset_index(drop=True)


def _print(result: Result, column: str, sort: str, limit: int) -> None:
    from neuronaut.cli.console import print_table, say
    from neuronaut.cli.ranking import ranked, with_names

    classes = [f"{name} {count:,}" for name, count in result.n.items()]
    more = f", … {len(classes) - 12} more" if len(classes) > 12 else ""
    say(f"{column}: {', '.join(classes[:12])}{more}", style="bold")
    table = with_names(unit_table(result))
    best, rest = ranked(table, sort, limit)
    names = {"best": "class", "best_auroc": "auroc", "dprime": "d'", "ap": "ap", "mi": "info", "csi": "csi", "q": "q"}
    shown = best[["unit", *names]].rename(columns=names)
    # What was found on one half may be another class than that of all samples; then this row says nothing of it.
    same = best["heldout_class"] == best["best"]
    words = best["replicated"].where(same).map({1.0: "yes", 0.0: "no"}).fillna("–").tolist()
    shown["held out"], shown["replicated"] = best["heldout_auroc"].where(same), words
    print_table(shown, formats=_FORMATS)
    say(rest)
    found, again = int((table["q"] < 0.05).sum()), int((table["replicated"] == 1).sum())
    say(
        f"{found:,} of {len(table):,} units tell a class of {column} from the others at q < .05; "
        f"{again:,} did so on one half of the samples and again on the other."
    )


def _print_unit(result: Result, column: str, at: str) -> None:
    from neuronaut.cli.console import cell, print_table, say

    table = class_table(result, at)
    total = sum(result.n.values())
    shown = table[["class", "auroc", "dprime", "ap", "mean"]].rename(columns={"dprime": "d'"})
    counts = [result.n[name] for name in table["class"]]
    shown.insert(1, "n", counts)
    shown.insert(5, "chance ap", [count / total for count in counts])
    say(f"{at} by {column}", style="bold")
    print_table(shown, formats=_FORMATS | {"chance ap": ".3f"})
    row = table.iloc[0]
    say(
        f"information {cell(row['mi'], '.3f')} of the class's (shuffled {cell(row['mi_null'], '.3f')}, "
        f"p = {cell(row['mi_p'], '.2g')}); effective number of classes {cell(row['modality'], '.2g')}; "
        f"sparseness {cell(row['sparseness'], '.2f')}; {cell(row['precision_at_k'], '.0%')} of its "
        f"{result.params['k']:,} highest samples are of one class."
    )
