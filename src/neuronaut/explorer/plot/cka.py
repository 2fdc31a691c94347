"""CKA: how alike each two layers see the samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuronaut.analysis.cka import cka as aligned
from neuronaut.core.numerals import score
from neuronaut.core.slices import Where
from neuronaut.explorer.plot.style import Within, begin, drawable, finish, key, magnitude, said
from neuronaut.store.recording import Recording

WRITTEN = 14


def cka(rec: Recording, where: Where = None, *, theme: str = "light", figure: Within = None) -> Any:
    result = aligned(rec, where)
    drawable(result.n, result.notes)
    names = [said(name)[:18] for name in result.coords["layers"]]
    matrix = np.asarray(result["debiased"])
    side = 0.5 * len(names) + 2.4
    figure, ax, ink = begin(theme, (max(5.0, side + 0.6), max(4.4, side)), figure)
    picture = ax.imshow(matrix, cmap=magnitude(theme), vmin=0, vmax=1, interpolation="none", gid="debiased")
    ax.set_xticks(range(len(names)), names, rotation=90 if len(names) > 6 else 0)
    ax.set_yticks(range(len(names)), names)
    ax.spines[:].set_visible(False)
    if len(names) <= WRITTEN:
        for (row, column), value in np.ndenumerate(matrix):
            high = value > 0.55
            paper = "#16102d" if high == (theme == "dark") else "#f3edc3"
            ax.text(column, row, score(float(value)), ha="center", va="center", fontsize=8, color=paper)
    key(figure, picture, ax, ink, "debiased linear CKA")
    counts = "; ".join(f"n = {count:,} samples ({name})" for name, count in result.n.items())
    evidence = [f"{counts}. 1: the same up to rotation and scale; 0: unrelated.", *result.notes[:2]]
    return finish(figure, ink, "Likeness of layers", evidence)
