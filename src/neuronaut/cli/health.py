"""``neuronaut health``: which units are dead, dormant, constant, always on or saturated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Layers, Limit, RecordingPath, Site, Where, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result

_WORDS = ("dead", "dormant", "constant", "always on", "saturated")


def health(
    recording: RecordingPath,
    where: Where = None,
    layer: Layers = None,
    site: Site = "post",
    tau: Annotated[float, typer.Option(min=0, help="A unit is dormant at this score or below.")] = 0.025,
    saturated: Annotated[float, typer.Option(help="Saturated: this share of values at a limit.")] = 0.95,
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """Which neurons are dead, dormant, constant or saturated.

    \b
    Examples:
      neuronaut health titanic.naut
      neuronaut health titanic.naut --where "sex == 'female'" --layer 5
      neuronaut health titanic.naut --tau 0.1 --csv > health.csv

    Dead: never above 0 (without a rectifier: below 1/1000 of the layer). Dormant: at
    most tau times the mean of its layer, the dead included. Constant: the same value
    for all. Always on: never 0. Saturated: at the limits of its activation.
    """
    from neuronaut.analysis.health import health as compute
    from neuronaut.cli.answer import answer
    from neuronaut.cli.progress import doing
    from neuronaut.store.recording import open

    with open(recording) as rec, doing("computing"):
        result = compute(rec, where, layers=chosen_layers(layer), site=site, tau=tau, saturated=saturated)
    answer(result, lambda: health_table(result), lambda: _print(result, limit), json=json, csv=csv)
    return None if all(result.n.values()) else 1


def health_table(result: Result) -> pd.DataFrame:
    """One row per unit."""
    table = result.table("unit")
    table.insert(0, "layer", list(result.coords["layer"]))
    table.insert(2, "name", list(result.coords["name"]))
    return table


def layer_table(result: Result) -> pd.DataFrame:
    """One row per layer: how many of its units have which status; None where that was not asked."""
    import numpy as np
    import pandas as pd

    units = health_table(result)
    rows = []
    for place, name in enumerate(result.coords["layers"]):
        own = units[units["layer"] == name]
        row: dict[str, object] = {"layer": name, "units": len(own), "ok": int((own["status"] == "ok").sum())}
        for word in _WORDS:
            asked = not np.isnan(result[f"share_{word.replace(' ', '_')}"][place])
            row[word] = f"{int((own['status'] == word).sum())}" if asked else None
        rows.append(row)
    return pd.DataFrame(rows)


def _print(result: Result, limit: int) -> None:
    from neuronaut.cli.console import cell, print_table, say
    from neuronaut.cli.ranking import with_names

    for name, n in result.n.items():
        say(f"{name}: {n:,} samples", style="bold")
    if not all(result.n.values()):
        return
    print_table(layer_table(result))
    units = with_names(health_table(result))
    ill = units[units["status"] != "ok"]
    if not len(ill):
        say("\nEvery unit is ok.")
        return
    say(f"\n{len(ill):,} of {len(units):,} units are not ok", style="bold")
    shown = ["unit", "status", "score", "firing_rate", "saturation", "firing_bound"]
    shown = [column for column in shown if column in ("unit", "status") or ill[column].notna().any()]
    rows = ill if not limit else ill.head(limit)
    print_table(
        rows[shown].rename(columns={"firing_rate": "fires", "saturation": "at limits", "firing_bound": "bound"})
    )
    if limit and len(ill) > limit:
        say(f"… {len(ill) - limit:,} more units; --limit 0 prints all.")
    bound = ill["firing_bound"].dropna()
    if len(bound):
        say(
            f"bound: what is silent here may still fire for up to {cell(100 * float(bound.iloc[0]))}% of samples "
            "(rule of three, 95%)."
        )
