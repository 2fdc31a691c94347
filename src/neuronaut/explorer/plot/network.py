"""The network as a figure: units in columns, their activity as colour, the strongest weights between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from neuronaut.analysis.activity import activity
from neuronaut.analysis.compare import compare
from neuronaut.analysis.recorded import by_layer
from neuronaut.analysis.weights import edge_weights
from neuronaut.core.result import Result
from neuronaut.core.slices import Where, where
from neuronaut.explorer.network import visible_edges
from neuronaut.explorer.plot.blend import blend
from neuronaut.explorer.plot.strongest import strongest
from neuronaut.explorer.plot.style import Tokens, Within, begin, drawable, finish, magnitude, said
from neuronaut.store.recording import Recording

COLUMN = 64
"""Units of a layer that stand in one column; more become a block of cells."""
NAMED = 24
Array = npt.NDArray[Any]


def network(
    rec: Recording,
    a: Where = None,
    b: Where = None,
    *,
    edges: int = 6,
    theme: str = "light",
    figure: Within = None,
) -> Any:
    layers = {name: layer for name, layer in rec.layers.items() if f"activations/{name}/post" in rec.arrays}
    size = (max(7.0, 1.9 * len(layers) + 1.6), 6.2)
    comparing = a is not None or b is not None
    groups = [where(a), ~where(a) if b is None and a is not None else where(b)] if comparing else [where(None)]
    stats = activity(rec, groups, layers=list(layers))
    drawable(stats.n, stats.notes)
    figure, ax, ink = begin(theme, size, figure)
    places = {name: _places(column, layer.unit_count) for column, (name, layer) in enumerate(layers.items())}
    drawn = _edges(rec, ax, places, ink, edges)
    for name, span in by_layer(stats).items():
        _nodes(ax, name, places[name], stats["mean_abs"][:, span], ink, theme)
        _label(ax, places[name], rec.layers[name].unit_names, ink)
        ax.annotate(said(name), (places[name][:, 0].mean(), 1.06), ha="center", color=ink.text, fontsize=9.5)
    ax.set_axis_off()
    ax.set_xlim(-0.75, len(layers) - 0.25)
    ax.set_ylim(-0.04, 1.12)
    title = f"{rec.card.model.get('name', 'network')}: mean absolute activation"
    return finish(figure, ink, title, _evidence(rec, stats, a, b, drawn, edges, comparing=comparing))


def _places(column: int, units: int) -> Array:
    """Where the units of a layer stand, [unit, xy]; y runs from 1 down to 0."""
    if units <= COLUMN:
        height = min(1.0, units / 12)
        y = 0.5 + height / 2 - (np.arange(units) + 0.5) * height / units
        return np.stack([np.full(units, float(column)), y], 1)
    wide = math.ceil(math.sqrt(units / 2))
    tall = math.ceil(units / wide)
    row, cell = np.divmod(np.arange(units), wide)
    return np.stack([column + (cell / max(wide - 1, 1) - 0.5) * 0.55, 1 - (row + 0.5) / tall], 1)


def _nodes(ax: Axes, name: str, places: Array, means: Array, ink: Tokens, theme: str) -> None:
    units = len(places)
    area = float(np.clip(5200 / units, 7, 150)) if units <= COLUMN else float(np.clip(4200 / units, 2, 22))
    p99 = float(np.nanpercentile(means, 99)) if np.isfinite(means).any() else 0.0
    options: dict[str, Any] = {"s": area, "zorder": 3, "linewidths": 0.6, "gid": name}
    if units > COLUMN:
        options |= {"marker": "s", "linewidths": 0}
    if len(means) == 2:
        colours = blend(np.nan_to_num(means[0]), np.nan_to_num(means[1]), p99, theme)
        nodes = ax.scatter(places[:, 0], places[:, 1], c=colours, **options)
    else:
        nodes = ax.scatter(
            places[:, 0], places[:, 1], c=means[0], cmap=magnitude(theme), vmin=0, vmax=p99 or 1.0, **options
        )
    silent = np.nan_to_num(means).max(0) == 0
    if units <= COLUMN:
        nodes.set_edgecolor([ink.tertiary if still else ink.canvas for still in silent])
        nodes.set_linestyle(["--" if still else "-" for still in silent])


def _label(ax: Axes, places: Array, names: Any, ink: Tokens) -> None:
    if names is None or len(names) > NAMED:
        return
    left = places[0, 0] == 0
    for (x, y), name in zip(places, names, strict=True):
        at = (-9, 0) if left else (9, 0)
        ax.annotate(
            said(name)[:28], (x, y), at, textcoords="offset points", ha="right" if left else "left", va="center",
            color=ink.secondary, fontsize=8.5,
        )  # fmt: skip


def _edges(rec: Recording, ax: Axes, places: Mapping[str, Array], ink: Tokens, k: int) -> int:
    drawn = 0
    for edge, direct in visible_edges(rec, places):
        found = edge_weights(rec, edge) if direct and k else None
        if found is None:
            continue
        source, target, value = strongest(found[0], k)
        starts, ends = places[edge.source][source], places[edge.target][target]
        share = np.abs(value) / max(float(np.abs(value).max(initial=0)), 1e-30)
        for sign, colour, dashes in ((1, ink.positive, "-"), (-1, ink.negative, (0, (4, 2)))):
            side = np.sign(value) == sign
            lines = LineCollection(
                list(np.stack([starts[side], ends[side]], 1)),
                colors=colour,
                linewidths=0.3 + 1.5 * share[side],
                alpha=0.12 + 0.6 * share[side] if side.any() else None,
                linestyles=[dashes],
                zorder=1,
                gid=f"{edge.source}\t{edge.target}\t{sign}",
            )
            ax.add_collection(lines)
        drawn += len(value)
    return drawn


def _evidence(rec: Recording, stats: Result, a: Where, b: Where, drawn: int, k: int, *, comparing: bool) -> list[str]:
    counts = list(stats.n.items())
    if not comparing:
        said_n = f"n = {counts[0][1]:,} samples."
    else:
        (one, n_a), (other, n_b) = (counts[0], counts[-1])
        pair = compare(rec, a, b)
        significant = int((pair["q"] < 0.05).sum())
        said_n = (
            f"A (blue): {one}, n = {n_a:,}. B (red): {other}, n = {n_b:,}. Grey: equal. "
            f"{significant:,} of {len(pair['q']):,} units differ (q < 0.05), "
            f"{int((pair['replicated'] == 1).sum()):,} of them again on the held-out half."
        )
    weights = f"Lines: the {k} strongest weights into each unit ({drawn:,}); teal positive, ochre dashed negative."
    return [said_n, weights if drawn else "", "Colours are scaled to each layer's 99th percentile."]
