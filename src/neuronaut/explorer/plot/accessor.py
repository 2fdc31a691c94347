"""``rec.plot``: the figures of a recording, by name."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from neuronaut.core.errors import NeedsExtra
from neuronaut.core.slices import Where

if TYPE_CHECKING:
    from matplotlib.figure import Figure, SubFigure

    from neuronaut.store.recording import Recording


class Plots:
    """Figures for papers and reports, each with its evidence underneath; needs ``neuronaut[plot]``.

    Every method takes ``theme`` ("light" or "dark") and ``figure``, a matplotlib Figure or SubFigure to draw into
    (without it, a new one), and returns the Figure: ``.savefig("a.pdf")`` writes it, a notebook shows it.
    """

    def __init__(self, rec: Recording) -> None:
        self._rec = rec

    def __repr__(self) -> str:
        return f"<Plots of {self._rec.path.name}: {', '.join(name for name in dir(self) if not name.startswith('_'))}>"

    def network(
        self,
        a: Where = None,
        b: Where = None,
        *,
        edges: int = 6,
        theme: str = "light",
        figure: Figure | SubFigure | None = None,
    ) -> Figure:
        """The network: units by mean absolute activation, or A against B; ``edges`` strongest weights into each unit.

        With ``a`` alone, B is its opposite.
        """
        return self._draw("network", a, b, edges=edges, theme=theme, figure=figure)

    def compare(
        self,
        a: Where,
        b: Where = None,
        *,
        layers: str | Sequence[str] = "*",
        named: int = 6,
        theme: str = "light",
        figure: Figure | SubFigure | None = None,
    ) -> Figure:
        """Every unit's effect (Hedges g) against its q; filled where the held-out half agrees."""
        return self._draw("compare", a, b, layers=layers, named=named, theme=theme, figure=figure)

    def unit(
        self,
        at: str,
        slices: Sequence[Where] | None = None,
        *,
        theme: str = "light",
        figure: Figure | SubFigure | None = None,
    ) -> Figure:
        """How a unit's activation is spread over each slice; without ``slices``, over each class of the label."""
        return self._draw("unit", at, slices, theme=theme, figure=figure)

    def heatmap(
        self,
        layer: str,
        *,
        sort: str | None = None,
        units: str = "together",
        where: Where = None,
        theme: str = "light",
        figure: Figure | SubFigure | None = None,
    ) -> Figure:
        """Samples by units of a layer.

        ``sort`` orders the samples: a column (the label unless said), a unit, "activity" or "none"; ``units`` those:
        "index", "together", "crossings", "class", "rate" or "mean". At most 2,000 samples, in proportion to the label.
        """
        return self._draw("heatmap", layer, sort=sort, units=units, where=where, theme=theme, figure=figure)

    def health(self, where: Where = None, *, theme: str = "light", figure: Figure | SubFigure | None = None) -> Figure:
        """Which share of each layer's units is dead, dormant, constant, always on or saturated."""
        return self._draw("health", where, theme=theme, figure=figure)

    def selectivity(
        self,
        column: str,
        *,
        layers: str | Sequence[str] = "*",
        where: Where = None,
        theme: str = "light",
        figure: Figure | SubFigure | None = None,
    ) -> Figure:
        """How well each unit tells its best class of a column from the rest, on held-out samples."""
        return self._draw("selectivity", column, layers=layers, where=where, theme=theme, figure=figure)

    def similarity(
        self,
        layer: str,
        *,
        by: str = "activation",
        theme: str = "light",
        figure: Figure | SubFigure | None = None,
    ) -> Figure:
        """How alike the units of a layer are, each with each, by ``activation``, ``weight in`` or ``weight out``."""
        return self._draw("similarity", layer, by=by, theme=theme, figure=figure)

    def cka(self, where: Where = None, *, theme: str = "light", figure: Figure | SubFigure | None = None) -> Figure:
        """How alike each two layers see the samples (debiased linear CKA)."""
        return self._draw("cka", where, theme=theme, figure=figure)

    def _draw(self, name: str, *given: Any, **options: Any) -> Figure:
        try:
            module = importlib.import_module(f"neuronaut.explorer.plot.{name}")
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] != "matplotlib":
                raise
            raise NeedsExtra(
                "figures are drawn by matplotlib, which is not installed. Run: pip install 'neuronaut[plot]'"
            ) from missing
        drawn: Figure = getattr(module, name)(self._rec, *given, **options)
        return drawn
