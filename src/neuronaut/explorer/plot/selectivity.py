"""Selectivity: how well each unit tells its best class from the rest, on samples that did not choose the class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.selectivity import selectivity as measured
from neuronaut.core.numerals import equals, score
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.explorer.plot.style import CATEGORIES, MOST, Within, begin, drawable, finish, legend, said
from neuronaut.store.recording import Recording


def selectivity(
    rec: Recording,
    column: str,
    *,
    layers: str | Sequence[str] = "*",
    where: Where = None,
    theme: str = "light",
    figure: Within = None,
) -> Any:
    result = measured(rec, column, layers=layers, where=where)
    drawable(result.n, result.notes, fewest=2)
    of = np.asarray([str(name) for name in result.coords["layer"]])
    names = list(dict.fromkeys(of.tolist()))
    figure, ax, ink = begin(theme, (max(7.2, 1.1 * len(names) + 2), 4.8), figure)
    held, best = np.asarray(result["heldout_auroc"]), np.asarray(result["best"])
    x = np.zeros(len(of))
    for place, name in enumerate(names):
        units = np.flatnonzero(of == name)
        rank = np.argsort(np.argsort(-np.nan_to_num(held[units], nan=-1.0), kind="stable"), kind="stable")
        x[units] = place - 0.36 + 0.72 * (rank + 0.5) / len(units)
    classes = [str(name) for name in result.coords["class"]]
    again = np.asarray(result["replicated"]) == 1
    for place, name in enumerate(classes):
        colour = CATEGORIES[theme][place] if place < MOST else ink.tertiary
        inside = (best == name) & np.isfinite(held)
        label = said(name)[:32] if place <= MOST else None
        ax.scatter(
            x[inside], held[inside], s=20, edgecolors=colour, linewidths=1, gid=name,
            facecolors=[colour if one else "none" for one in again[inside]],
            label="other" if place == MOST else label,
        )  # fmt: skip
    ax.axhline(0.5, color=ink.tertiary, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.set_xticks(range(len(names)), [said(name) for name in names])
    ax.set_xlim(-0.5, len(names) - 0.5)
    ax.set_ylabel("AUROC of the best class, held out")
    legend(ax, ink, loc="center left", bbox_to_anchor=(1.0, 0.5), title=None)
    return finish(figure, ink, f"Selectivity for {column}", _evidence(result, held, best, again))


def _evidence(result: Result, held: Any, best: Any, again: Any) -> list[str]:
    sizes = ", ".join(f"{name} {count:,}" for name, count in list(result.n.items())[:8])
    lines = [
        f"n: {sizes}{' …' if len(result.n) > 8 else ''}. The class is chosen on one half of the samples, the AUROC is "
        f"of the other. Filled: replicated there ({int(again.sum()):,} of {len(held):,} units). Dashed: chance."
    ]
    if again.any():
        top = int(np.argmax(np.where(again, held, -1)))
        lines.append(
            f"Strongest: {result.coords['unit'][top]} for {best[top]}, held-out AUROC {score(held[top])}, "
            f"{equals('q', float(result['q'][top]))}."
        )
    return [*lines, *result.notes[:2]]
