"""``neuronaut compare``: what tells two groups of samples apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.live import MODEL, Data, Features
from neuronaut.cli.options import Csv, Json, Layers, Limit, RecordingPath, Reduction, Site, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result

_SHOWN = ("unit", "mean_a", "mean_b", "hedges_g", "g_low", "g_high", "auroc", "q", "replicated")
_WITH_BCA = ("unit", "difference", "bca_low", "bca_high", "hedges_g", "auroc", "q", "replicated")
_HEADS = {"hedges_g": "g", "g_low": "low", "g_high": "high", "twin_percentile": "twin %"}
_FORMATS = {"g": ".2f", "low": ".2f", "high": ".2f", "auroc": ".3f", "q": ".2g", "p_max": ".2g", "twin %": ".0f"}


_NUMBERS = (
    "n_a", "n_b", "mean_a", "mean_b", "sd_a", "sd_b", "difference", "difference_low", "difference_high", "hedges_g",
    "g_low", "g_high", "auroc", "p", "q", "g_half0", "g_half1", "q_half0", "q_half1", "replicated",
)  # fmt: skip


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
    interval: Annotated[str, typer.Option(help="Of the difference: welch, or bca (bootstrap).")] = "welch",
    resamples: Annotated[int, typer.Option(min=100, help="Bootstrap resamples of the bca interval.")] = 2000,
    max_t: Annotated[
        int, typer.Option(metavar="SHUFFLES", help="Shuffle the labels so often (999) for p of all units together.")
    ] = 0,
    twin: Annotated[bool, typer.Option("--twin", help="Set beside random weights; needs --model.")] = False,
    model: Annotated[str | None, typer.Option(help=MODEL, show_default=False)] = None,
    data: Data = None,
    features: Features = None,
    seed: Annotated[int, typer.Option(min=0, help="Of resamples, shuffles and the twin.")] = 0,
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
      neuronaut compare titanic.naut "pclass == 1" --interval bca --max-t 999
      neuronaut compare titanic.naut "sex == 'female'" --twin \\
          --model mymodels:make_net

    g is Hedges' g with its 95% interval; q is corrected over all units of the
    comparison; replicated: found on one half of the samples and again on the other.
    p_max holds for all units together. twin %: how many units of that layer have a
    smaller effect in the same network with random weights.
    """
    from neuronaut.cli.answer import answer
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.cli.live import given_data
    from neuronaut.cli.progress import doing
    from neuronaut.cli.ranking import check_sort
    from neuronaut.live.compare import compare as compute
    from neuronaut.store.recording import open

    check_sort(sort, sortable(interval, max_t, twin))
    with open(recording) as rec:
        network = None if model is None else load_model(model)
        inputs = given_data(rec, data, features)
        with running_model(), doing("computing"):
            result = compute(
                rec, a, b, layers=chosen_layers(layer), site=site, reduction=reduction, interval=interval,
                resamples=resamples, max_t=max_t, twin=twin, model=network, data=inputs, seed=seed,
            )  # fmt: skip
    answer(result, lambda: compare_table(result), lambda: _print(result, sort, limit), json=json, csv=csv)
    return None if all(result.n.values()) else 1


def sortable(interval: str, max_t: int, twin: bool) -> list[str]:
    """The columns of numbers that a comparison will have."""
    bca = ("bca_low", "bca_high") if interval == "bca" else ()
    shuffled = ("p_permutation", "p_max") if max_t else ()
    return [*_NUMBERS, *bca, *shuffled, *(("twin_percentile",) if twin else ())]


def compare_table(result: Result) -> pd.DataFrame:
    """One row per unit; what is said of the whole comparison is left out."""
    table = result.table().drop(columns=[name for name, dims in result.dims.items() if not dims])
    table.insert(0, "layer", list(result.coords["layer"]))
    table.insert(2, "name", list(result.coords["name"]))
    return table


def _columns(table: pd.DataFrame) -> list[str]:
    """What is printed of a comparison, so that it fits side by side whatever was asked for."""
    shown = list(_WITH_BCA if "bca_low" in table else _SHOWN)
    extra = [name for name in ("p_max", "twin_percentile") if name in table]
    if extra:
        shown.remove("auroc")
    return [*shown[:-1], *extra, shown[-1]]


def _print(result: Result, sort: str, limit: int) -> None:
    from neuronaut.cli.console import print_table, say
    from neuronaut.cli.ranking import ranked, with_names

    for letter, (name, n) in zip("AB", result.n.items(), strict=False):
        say(f"{letter}: {name}, {n:,} samples")
    if not all(result.n.values()):
        return
    table = with_names(compare_table(result))
    best, rest = ranked(table, sort, limit)
    words = best["replicated"].map({1.0: "yes", 0.0: "no"}).fillna("–")
    shown = best.assign(replicated=words)[_columns(table)].rename(columns=_HEADS)
    print_table(shown, formats=_FORMATS)
    say(rest)
    found, again = int((table["q"] < 0.05).sum()), int((table["replicated"] == 1).sum())
    say(f"{found:,} of {len(table):,} units differ at q < .05; {again:,} replicated on the held-out half.")
