"""Effect against chance: every unit's Hedges g and q between two groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.compare import compare as compared
from neuronaut.core.numerals import effect, equals, score
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.explorer.plot.style import Within, begin, drawable, finish, legend, said
from neuronaut.store.recording import Recording

FLOOR = 1e-300
"""Smaller q are drawn here."""


def compare(
    rec: Recording,
    a: Where,
    b: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    named: int = 6,
    theme: str = "light",
    figure: Within = None,
) -> Any:
    pair = compared(rec, a, b, layers=layers)
    drawable(pair.n, pair.notes)
    figure, ax, ink = begin(theme, (7.2, 5.2), figure)
    g, q = pair["hedges_g"], pair["q"]
    height = -np.log10(np.maximum(q, FLOOR))
    found = q < 0.05
    again = pair["replicated"] == 1
    names = list(pair.n)
    sides = (
        (f"more in A: {names[0]}", found & (g > 0), ink.a),
        (f"more in B: {names[-1]}", found & (g < 0), ink.b),
        ("not told apart", ~found, ink.tertiary),
    )
    for label, inside, colour in sides:
        faces = [colour if held else "none" for held in again[inside]]
        ax.scatter(
            g[inside], height[inside], s=26, facecolors=faces, edgecolors=colour, linewidths=1, label=said(label)[:60],
            gid=label.split(":", 1)[0],
        )  # fmt: skip
    ax.axhline(-np.log10(0.05), color=ink.tertiary, linewidth=0.8, linestyle=(0, (4, 3)))
    ax.axvline(0, color=ink.line, linewidth=0.8)
    for unit in _first(pair, named):
        ax.annotate(
            said(pair.coords["unit"][unit]), (g[unit], height[unit]), (6, 3), textcoords="offset points",
            color=ink.text, fontsize=8,
        )  # fmt: skip
    ax.set_xlabel("Hedges g, A \N{MINUS SIGN} B")
    ax.set_ylabel("\N{MINUS SIGN}log₁₀ q")
    legend(ax, ink, loc="upper center")
    return finish(figure, ink, f"{names[0]} against {names[-1]}", _evidence(pair))


def _first(pair: Result, k: int) -> list[int]:
    """Units to name: the largest effects among those that are found."""
    size = np.where(pair["q"] < 0.05, np.abs(pair["hedges_g"]), -1.0)
    order = np.argsort(-np.nan_to_num(size, nan=-1.0), kind="stable")[:k]
    return [int(unit) for unit in order if size[unit] > 0]


def _evidence(pair: Result) -> list[str]:
    sizes = "; ".join(f"n = {count:,} {name}" for name, count in pair.n.items())
    found = int((pair["q"] < 0.05).sum())
    lines = [f"{sizes}. {found:,} of {len(pair['q']):,} units at q < 0.05; filled: the held-out half agrees."]
    for unit in _first(pair, 1):
        low, high = effect(pair["g_low"][unit]), effect(pair["g_high"][unit])
        lines.append(
            f"Largest: {pair.coords['unit'][unit]}, g = {effect(pair['hedges_g'][unit])} (95% {low} to {high}), "
            f"{equals('q', float(pair['q'][unit]))}, AUROC {score(pair['auroc'][unit])}."
        )
    return [*lines, *pair.notes[:2]]
