"""Health: which share of each layer's units is dead, dormant, constant, always on or saturated."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuronaut.analysis.health import health as examined
from neuronaut.core.slices import Where
from neuronaut.explorer.plot.style import CATEGORIES, Within, begin, drawable, finish, legend, said
from neuronaut.store.recording import Recording

STATUSES = ("dead", "dormant", "constant", "always on", "saturated")
"""Worst first; a unit counts under the worst that holds of it."""


def health(rec: Recording, where: Where = None, *, theme: str = "light", figure: Within = None) -> Any:
    result = examined(rec, where)
    drawable(result.n, result.notes)
    layers = [str(name) for name in result.coords["layers"]]
    status = np.asarray(result["status"])
    of = np.asarray([str(name) for name in result.coords["layer"]])
    figure, ax, ink = begin(theme, (7.2, 0.42 * len(layers) + 2.1), figure)
    left = np.zeros(len(layers))
    colours = (ink.text, ink.tertiary, *(CATEGORIES[theme][place] for place in (4, 1, 5)))
    for word, colour in zip(STATUSES, colours, strict=True):
        share = np.array([100 * float((status[of == name] == word).mean()) for name in layers])
        ax.barh(range(len(layers)), share, left=left, color=colour, height=0.62, label=word, gid=word)
        left += share
    for place, name in enumerate(layers):
        bad, units = int((status[of == name] != "ok").sum()), int((of == name).sum())
        ax.annotate(f"{bad:,} of {units:,}", (left[place], place), (6, 0), textcoords="offset points", va="center",
                    color=ink.secondary, fontsize=8.5)  # fmt: skip
    ax.set_yticks(range(len(layers)), [said(name) for name in layers])
    ax.invert_yaxis()
    ax.set_xlim(0, max(100.0 if left.max() > 60 else left.max() * 1.35, 10))
    ax.set_xlabel("% of the layer's units")
    legend(ax, ink, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=len(STATUSES), handlelength=1)
    (name, count), *_ = result.n.items()
    fires = 300 / max(count, 1)
    evidence = [
        f"n = {count:,} samples ({name}). A unit that never fired on them may still fire on up to {fires:.2g}% of all "
        "(95 % bound 3/n).",
        *result.notes[:2],
    ]
    return finish(figure, ink, "Health of the units", evidence)
