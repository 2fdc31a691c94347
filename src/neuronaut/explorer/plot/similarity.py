"""Similarity: how alike the units of a layer are, each with each."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.order import order
from neuronaut.analysis.similarity import similarity as compared
from neuronaut.core.address import parse_address
from neuronaut.core.errors import DataError
from neuronaut.core.numerals import score
from neuronaut.core.result import Result
from neuronaut.explorer.plot.style import Within, begin, diverging, finish, key, said
from neuronaut.store.recording import Recording

MOST = 4096
NAMED = 48


def similarity(
    rec: Recording, layer: str, *, by: str = "activation", theme: str = "light", figure: Within = None
) -> Any:
    name = parse_address(layer, rec.layers).layer
    units = rec.layers[name].unit_count
    if not 2 <= units <= MOST:
        raise DataError(f"layer {name!r} has {units:,} units; a matrix of each with each is drawn of 2 to {MOST:,}.")
    result = compared(rec, name, by=by, k=units - 1)
    places = np.asarray(order(rec, "together", layers=[name], inputs=True, outputs=True)[f"permutation\t{name}"])
    matrix = whole(result, units)[np.ix_(places, places)]
    figure, ax, ink = begin(theme, (6.4, 6.2), figure)
    picture = ax.imshow(matrix, cmap=diverging(theme), vmin=-1, vmax=1, interpolation="none", gid=name)
    ax.spines[:].set_visible(False)
    if units <= NAMED:
        given = rec.layers[name].unit_names or tuple(map(str, range(units)))
        labels = [said(given[place])[:18] for place in places.tolist()]
        ax.set_xticks(range(units), labels, rotation=90, fontsize=7)
        ax.set_yticks(range(units), labels, fontsize=7)
    metric = "cosine" if by.startswith("weight") else "correlation"
    key(figure, picture, ax, ink, metric)
    return finish(figure, ink, f"{name}: likeness of units by {by}", _evidence(result, units, metric))


def whole(result: Result, units: int) -> npt.NDArray[np.float64]:
    """The matrix of each unit with each; 1 with itself, NaN where there is no likeness."""
    index, value = np.asarray(result["index"]), np.asarray(result["value"])
    matrix = np.full((units, units), np.nan)
    row, rank = np.nonzero(index >= 0)
    matrix[row, index[row, rank]] = value[row, rank]
    known = np.isfinite(matrix).any(1)
    matrix[known, known] = 1.0
    return matrix


def _evidence(result: Result, units: int, metric: str) -> list[str]:
    counts = "".join(f"n = {count:,} samples. " for count in result.n.values())
    nearest = np.asarray(result["value"])[:, 0]
    finite = np.where(np.isfinite(nearest), nearest, -np.inf)
    lines = [f"{counts}{units:,} units, like beside like."]
    if np.isfinite(nearest).any():
        one = int(np.argmax(finite))
        other = result.coords["unit"][int(np.asarray(result["index"])[one, 0])]
        lines[0] += f" Most alike: {result.coords['unit'][one]} and {other}, {metric} {score(float(nearest[one]))}."
    return [*lines, *result.notes[:2]]
