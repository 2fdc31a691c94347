"""``neuronaut attribute``: what the neurons of a layer, or the inputs, add to one answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from neuronaut.cli.live import Data, Features, Groups, Model, Resamples
from neuronaut.cli.options import Csv, Json, Limit, RecordingPath, Where

if TYPE_CHECKING:
    import pandas as pd

    from neuronaut.core.result import Result
    from neuronaut.store.recording import Recording


def attribute(
    recording: RecordingPath,
    to: Annotated[str, typer.Argument(help="A unit, LAYER:UNIT, or the name of an output, as in 4:0 or survived.")],
    model: Model,
    layer: Annotated[str, typer.Option("--layer", "-l", help="Whose units: input, or a layer before it.")] = "input",
    method: Annotated[
        str, typer.Option("--method", "-m", help="integrated, expected, conductance, gradient, lrp or patching.")
    ] = "integrated",
    where: Where = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="mean, zero, resample (another sample) or a number.", show_default="as the method has it"),
    ] = None,
    steps: Annotated[int, typer.Option(min=1, help="Places on the way from the baseline.")] = 64,
    samples: Annotated[int, typer.Option(min=0, help="Samples to measure on at most; 0 for all.")] = 256,
    groups: Groups = None,
    positions: Annotated[
        bool, typer.Option("--positions", help="Also where in a picture or sequence: its map.")
    ] = False,
    data: Data = None,
    features: Features = None,
    verify: Annotated[int, typer.Option(min=0, help="Units that patching is checked on.")] = 16,
    epsilon: Annotated[float, typer.Option(min=0.0, help="Of lrp: what keeps small sums small.")] = 1e-6,
    gamma: Annotated[float, typer.Option(min=0.0, help="Of lrp: what favours the winning side of a sum.")] = 0.25,
    resamples: Resamples = 2000,
    seed: Annotated[int, typer.Option(min=0, help="Of what is drawn at random.")] = 0,
    limit: Limit = 20,
    json: Json = False,
    csv: Csv = False,
) -> None:
    """What each input or neuron adds to one answer.

    \b
    Examples:
      neuronaut attribute titanic.naut survived --model mymodels:make_net
      neuronaut attribute titanic.naut survived --layer 0 \\
          --method conductance --where "sex == 'female'" --model mymodels:make_net
      neuronaut attribute digits.naut fc:7 --layer conv1 --method lrp \\
          --model mymodels:cnn --data digits.npz --csv > lrp.csv
      neuronaut attribute digits.naut fc:7 --layer conv1 --positions \\
          --model mymodels:cnn --data digits.npz --csv > map.csv
      neuronaut attribute titanic.naut survived --layer 3 --method patching \\
          --model mymodels:make_net

    Each number has an interval over samples and its place among all other units
    of the layer. What the attributions sum to is printed beside what they should
    sum to; with patching, how well they rank units as true patching does.
    --positions prints where each unit adds most; --csv has a row for every place.
    """
    from neuronaut.cli.answer import answer
    from neuronaut.cli.factory import load_model, running_model
    from neuronaut.cli.live import given_data
    from neuronaut.cli.progress import doing
    from neuronaut.live.attribute import attribute as compute
    from neuronaut.live.attribute import check_attribution
    from neuronaut.live.attribution.ends import ends_of
    from neuronaut.store.recording import open

    start = _number(baseline)
    check_attribution(method, start)
    with open(recording) as rec:
        ends_of(rec.graph, to, layer, rec)
        network, given = load_model(model), given_data(rec, data, features)
        with running_model(), doing("measuring"):
            result = compute(
                network, rec, to, layer, method, where, start, given,
                steps=steps, samples=samples or None, positions=positions, groups=groups, verify=verify,
                epsilon=epsilon, gamma=gamma, resamples=resamples, seed=seed,
            )  # fmt: skip
        table = attribute_table(result, rec)
    answer(
        result,
        lambda: place_table(result) if positions else table,
        lambda: _print(result, table, limit),
        json=json,
        csv=csv,
        apart=False,
    )


def _number(baseline: str | None) -> float | str | None:
    """A number where it is one, else the word as it is."""
    try:
        return baseline if baseline is None else float(baseline)
    except ValueError:
        return baseline


def attribute_table(result: Result, rec: Recording) -> pd.DataFrame:
    """One row per unit, with its own name where it has one; without the single numbers, which are the same in all."""
    import pandas as pd

    names = {name: layer.unit_names for name, layer in rec.layers.items()}
    own = [
        known[int(unit.rpartition(":")[2])] if (known := names.get(layer)) else ""
        for unit, layer in zip(result.coords["unit"], result.coords["layer"], strict=True)
    ]
    columns = {name: result[name] for name, dims in result.dims.items() if dims == ("unit",)}
    return pd.DataFrame({"unit": list(result.coords["unit"]), "name": own, **columns})


def place_table(result: Result) -> pd.DataFrame:
    """One row per unit and place of the maps, which hold the mean over samples of what stands there."""
    return result.table(*result.dims["map"]).rename(columns={"units": "unit"})


def _peaks(result: Result) -> dict[str, str]:
    """Where each unit's map is farthest from 0, as in an address; nothing for a map of nothing but missing values."""
    import numpy as np

    _, *axes = result.dims["map"]
    places = [result.coords[axis] for axis in axes]
    return {
        unit: "@" + ",".join(str(at[int(place)]) for at, place in zip(places, peak, strict=True))
        for unit, one in zip(result.coords["unit"], np.abs(result["map"]), strict=True)
        if np.isfinite(one).any()
        for peak in [np.unravel_index(np.nanargmax(one), one.shape)]
    }


def _print(result: Result, table: pd.DataFrame, limit: int) -> None:
    from neuronaut.cli.ablate import span
    from neuronaut.cli.console import print_table, say, typeset
    from neuronaut.cli.ranking import ranked, with_names

    params, (name, n) = result.params, next(iter(result.n.items()))
    start = "" if params["baseline"] is None else f" from {params['baseline']}"
    say(f"{params['layer']} to {params['to']}, {params['method']}{start}, on {n:,} samples ({name})", style="bold")
    shown, rest = ranked(table, "attribution", limit)
    peaks = _peaks(result) if "map" in result.dims else {}
    patched = {"patched": list(shown["patched"])} if "patched" in shown else {"share": list(shown["share"])}
    columns: dict[str, list[object]] = {
        "unit": list(with_names(shown)["unit"]),
        "attribution": list(shown["attribution"]),
        "95% interval": [span(*pair) for pair in zip(shown["low"], shown["high"], strict=True)],
        **({"most at": [peaks.get(unit, "–") for unit in shown["unit"]]} if peaks else {}),
        **patched,
        "other units": [span(*pair) for pair in zip(shown["null_low"], shown["null_high"], strict=True)],
    }
    if shown["stands_out"].notna().any():
        columns["stands out"] = [{1.0: "yes", 0.0: "no"}.get(value, "–") for value in shown["stands_out"]]
    signed = {"attribution": "+.3g", "share": "+.1%", "patched": "+.3g"}
    print_table(table.__class__(columns), formats=signed)
    if rest:
        say(rest)
    for note in result.notes:
        say(typeset(note), indent=2)
