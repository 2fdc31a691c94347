"""``neuronaut order``: in which order the units of each layer are drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.options import Csv, Json, Layers, RecordingPath, Where, chosen_layers

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result
    from neuronaut.store.recording import Recording

_SHOWN = 12


def order(
    recording: RecordingPath,
    by: Annotated[
        str, typer.Option(help="crossings, class, firing_rate, mean, together or index.", show_default=False)
    ] = "",
    column: Annotated[
        str | None, typer.Option("--column", "-c", help="The column whose classes count.", show_default=False)
    ] = None,
    activity: Annotated[
        bool, typer.Option("--activity", help="Count each line by its weight x its source's mean |activation|.")
    ] = False,
    where: Where = None,
    layer: Layers = None,
    passes: Annotated[int, typer.Option(min=0, help="Sweeps at most (n_reorder_passes).")] = 24,
    seed: Annotated[int, typer.Option(help="The same seed gives the same order.")] = 0,
    inputs: Annotated[bool, typer.Option("--inputs", help="Order the input features too.")] = False,
    outputs: Annotated[bool, typer.Option("--outputs", help="Order the outputs too.")] = False,
    json: Json = False,
    csv: Csv = False,
) -> int | None:
    """An order of each layer's neurons in which few lines cross.

    \b
    Examples:
      neuronaut order titanic.naut
      neuronaut order titanic.naut --column survived
      neuronaut order titanic.naut --by together --where "age < 16"
      neuronaut order titanic.naut --activity --inputs --csv > order.csv

    Crossings are weighted: two lines that cross count by the product of their
    weights. Without --by the order is by crossings, or by class when a column is
    given. Inputs and outputs keep their own order unless asked.
    """
    from neuronaut.analysis.order import order as compute
    from neuronaut.cli.answer import answer
    from neuronaut.cli.progress import doing
    from neuronaut.store.recording import open

    with open(recording) as rec, doing("ordering"):
        result = compute(
            rec,
            by or ("class" if column else "crossings"),
            column=column,
            weights="weight x activity" if activity else "weight",
            where=where,
            layers=chosen_layers(layer),
            passes=passes,
            seed=seed,
            inputs=inputs,
            outputs=outputs,
        )
        table = order_table(rec, result)
    answer(result, lambda: table, lambda: _print(result, table), json=json, csv=csv)
    return None if all(result.n.values()) else 1


def order_table(rec: Recording, result: Result) -> pd.DataFrame:
    """One row per unit, in drawn order."""
    import pandas as pd

    from neuronaut.analysis.order import permutations
    from neuronaut.core.address import Address

    rows = []
    for layer, units in permutations(result).items():
        names = rec.layers[layer].unit_names
        rows += [
            (layer, place, unit, str(Address(layer, unit=unit)), names[unit] if names else "")
            for place, unit in enumerate(units.tolist())
        ]
    return pd.DataFrame(rows, columns=["layer", "place", "index", "unit", "name"])


def _print(result: Result, table: pd.DataFrame) -> None:
    from neuronaut.cli.console import print_table, say

    for line in crossing_lines(*(float(result[f"crossings_{name}"]) for name in ("before", "after", "random"))):
        say(line)
    layers = table.groupby("layer", sort=False)
    print_table(
        layers.agg(
            units=("index", "size"),
            moved=("index", lambda one: int((one.to_numpy() != range(len(one))).sum())),
            order=("index", lambda one: _first(one.tolist())),
        ).reset_index()
    )
    if layers.size().max() > _SHOWN:
        say("… --csv prints every unit's place.")


def crossing_lines(before: float, after: float, random: float) -> list[str]:
    """What an order saves, in words."""
    from neuronaut.cli.console import typeset

    if before != before:
        return ["weighted crossings: unknown, as no weights are"]
    lines = [f"weighted crossings: {_amount(before)} in index order, {_amount(after)} in this one"]
    if before:
        lines[0] += f" ({typeset(f'{after / before - 1:+.1%}')})"
    if random:
        lines.append(f"{after / random:.1%} of what random orders have on average, {_amount(random)}")
    return lines


def _amount(crossings: float) -> str:
    return f"{crossings:,.0f}" if crossings >= 1000 else f"{crossings:.3g}"


def _first(units: list[int]) -> str:
    return " ".join(map(str, units[:_SHOWN])) + (" …" if len(units) > _SHOWN else "")
