"""One unit: how its activation is spread over each class or slice, on one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.compare import compare
from neuronaut.core.address import parse_address
from neuronaut.core.columns import TextColumn
from neuronaut.core.errors import AddressError
from neuronaut.core.numerals import effect, equals, number
from neuronaut.core.slices import EVERYTHING, Slice, Where, where
from neuronaut.explorer.plot.style import CATEGORIES, MOST, Tokens, Within, begin, drawable, finish, legend, said
from neuronaut.store.recording import Recording

BINS = 40


def unit(
    rec: Recording,
    at: str,
    slices: Sequence[Where] | None = None,
    *,
    theme: str = "light",
    figure: Within = None,
) -> Any:
    address = parse_address(at, rec.layers)
    if address.unit is None:
        raise AddressError(f"{at!r} is a layer. Name one of its units, as in '{at}:0'.")
    groups = _classes(rec) if slices is None else [where(one) for one in slices]
    drawable({one.name: int(rec.mask(one).sum()) for one in groups} if slices is not None else {"all": rec.n})
    figure, ax, ink = begin(theme, (7.2, 4.4), figure)
    values = np.asarray(rec.at(address).read(), np.float64)
    finite = np.isfinite(values)
    edges = np.histogram_bin_edges(values[finite], BINS)
    lines = []
    for one, colour in zip(groups[:MOST], _colours(len(groups), ink, theme), strict=False):
        inside = values[rec.mask(one) & finite]
        share = np.histogram(inside, edges)[0] / max(len(inside), 1)
        ax.stairs(share, edges, color=colour, fill=True, alpha=0.16)
        ax.stairs(share, edges, color=colour, linewidth=1.5, label=f"{said(one.name)[:48]} (n = {len(inside):,})")
        spread = inside.std(ddof=1) if len(inside) > 1 else float("nan")
        centre = inside.mean() if len(inside) else float("nan")
        lines.append(f"{one.name}: n = {len(inside):,}, mean {number(centre)}, sd {number(spread)}")
    ax.set_xlabel("activation")
    ax.set_ylabel("share of the group's samples")
    ax.set_ylim(0)
    legend(ax, ink, loc="upper right")
    evidence = ["; ".join(lines) + ".", _effect(rec, address.layer, address.unit, groups)]
    if len(groups) > MOST:
        evidence.append(f"{len(groups) - MOST} more groups are not drawn.")
    if not finite.all():
        evidence.append(f"{int((~finite).sum()):,} values that are not finite are left out.")
    return finish(figure, ink, f"{at}: activation", evidence)


def _classes(rec: Recording) -> list[Slice]:
    """A slice for each value of the label; everything where there is none."""
    label = rec.task.get("label")
    column = rec.columns.get(label) if label else None
    if isinstance(column, TextColumn) and len(column.values) <= 64:
        return [where({"column": str(label), "op": "eq", "value": value}).named(value) for value in column.values]
    return [EVERYTHING]


def _colours(count: int, ink: Tokens, theme: str) -> Sequence[str]:
    return (ink.a, ink.b) if count <= 2 else CATEGORIES[theme]


def _effect(rec: Recording, layer: str, which: int, groups: Sequence[Slice]) -> str:
    if len(groups) != 2:
        return ""
    pair = compare(rec, groups[0], groups[1], layers=[layer])
    g, low, high = (effect(pair[name][which]) for name in ("hedges_g", "g_low", "g_high"))
    held = {1.0: "the held-out half agrees", 0.0: "not found again on the held-out half"}
    again = held.get(float(pair["replicated"][which]), "replication not checked")
    return f"Hedges g = {g} (95% {low} to {high}), {equals('q', float(pair['q'][which]))} over the layer; {again}."
