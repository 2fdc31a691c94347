"""The house style of figures: the explorer's tokens, a title, and the evidence underneath."""

from __future__ import annotations

import io
import textwrap
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, LinearSegmentedColormap
from matplotlib.figure import Figure, SubFigure
from matplotlib.font_manager import fontManager

from neuronaut.core.errors import DataError

Theme = Literal["light", "dark"]
Within = Figure | SubFigure | None
_FONTS = ("Inter", "Liberation Sans", "Arial", "DejaVu Sans")
_AURORA = ("#16102d", "#15275d", "#004785", "#006e99", "#009396", "#00b186", "#72c67e", "#c0d894", "#f3edc3")
CATEGORIES = {
    "light": ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#999933"),
    "dark": ("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#f0e442", "#d55e00", "#999933"),
}
"""Okabe and Ito's colours, told apart in all kinds of sight; what is beyond the seventh shares grey."""
MOST = 7


@dataclass(frozen=True, slots=True)
class Tokens:
    """Colours of a theme (the page's web/src/styles/tokens.css)."""

    canvas: str
    active: str
    line: str
    text: str
    secondary: str
    tertiary: str
    a: str
    b: str
    positive: str
    negative: str


TOKENS: dict[str, Tokens] = {
    "dark": Tokens(
        "#0a0c10", "#262b36", "#252a35", "#eef0f4", "#a9b0bd", "#7d8594", "#4b9bff", "#f26b62", "#35b5a4", "#d9973c"
    ),
    "light": Tokens(
        "#ffffff", "#e6e8ee", "#e3e6ec", "#171a21", "#4d5563", "#6b7382", "#1f6fe0", "#d2403b", "#0f8474", "#a8660a"
    ),
}


class Drawing(Figure):
    """A figure that shows itself in a notebook, and complains of no sign that the font lacks."""

    def draw(self, renderer: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Glyph .* missing from")
            super().draw(renderer)

    def _repr_png_(self) -> bytes:
        file = io.BytesIO()
        self.savefig(file, format="png", dpi=144)
        return file.getvalue()


def drawable(counts: Mapping[str, int], notes: Sequence[str] = (), *, fewest: int = 1) -> None:
    """Refuse to draw what is empty: too few groups, or a group without samples. Raises DataError that says why."""
    empty = [name for name, count in counts.items() if not count]
    if empty:
        why = " ".join(note for note in notes if "no sample" in note) or f"no sample is in {empty[0]}."
        raise DataError(f"there is nothing to draw: {why}")
    if len(counts) < fewest:
        there = ", ".join(f"{name} ({count:,})" for name, count in counts.items()) or "none"
        raise DataError(f"there is nothing to draw: at least {fewest} classes are compared; there are: {there}.")


def tokens(theme: str) -> Tokens:
    if theme not in TOKENS:
        raise DataError(f"no theme {theme!r}. There are: {', '.join(TOKENS)}.")
    return TOKENS[theme]


def begin(theme: str, size: tuple[float, float], within: Within = None) -> tuple[Any, Axes, Tokens]:
    """A figure with one axes, in the house style; ``within`` draws into a figure (or a part of one) that is there."""
    ink = tokens(theme)
    figure: Any = within
    if figure is None:
        figure = Drawing(figsize=size, layout="constrained")
        FigureCanvasAgg(figure)
    figure.set_facecolor(ink.canvas)
    ax = figure.add_subplot()
    ax.set_facecolor(ink.canvas)
    ax.spines[["top", "right"]].set_visible(False)
    for spine in ax.spines.values():
        spine.set_color(ink.line)
    ax.tick_params(colors=ink.secondary, labelsize=8.5, length=0, pad=5)
    return figure, ax, ink


def finish(figure: Any, ink: Tokens, title: str, evidence: Sequence[str]) -> Any:
    """Put the title above and the evidence below, and set every text in the house's font."""
    width = figure.figure.get_figwidth() if isinstance(figure, SubFigure) else figure.get_figwidth()
    figure.suptitle(said(title), x=0.012, ha="left", color=ink.text, fontsize=12.5, fontweight=700)
    caption = "\n".join(textwrap.fill(said(line), int(width * 15.5)) for line in evidence if line)
    figure.supxlabel(caption, x=0.012, ha="left", color=ink.tertiary, fontsize=8.5, linespacing=1.4)
    family = _family()
    for text in figure.findobj(lambda one: hasattr(one, "set_fontfamily")):
        text.set_fontfamily(family)
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            axis.label.set_color(ink.secondary)
            axis.label.set_fontsize(9)
            axis.set_tick_params(labelfontfamily=family)
    return figure


def legend(ax: Axes, ink: Tokens, **options: Any) -> None:
    ax.legend(frameon=False, fontsize=8.5, labelcolor=ink.secondary, **options)


def key(figure: Any, mappable: Any, ax: Axes, ink: Tokens, label: str) -> None:
    """The bar that tells which colour is which number."""
    bar = figure.colorbar(mappable, ax=ax, shrink=0.6, aspect=24, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(colors=ink.secondary, labelsize=8, length=0)
    bar.set_label(said(label), color=ink.secondary, fontsize=8.5)


def magnitude(theme: str) -> Colormap:
    """From nothing to much, towards the ink: light on dark, dark on light."""
    stops = _AURORA if theme == "dark" else _AURORA[::-1]
    return LinearSegmentedColormap.from_list("aurora", stops).with_extremes(bad=tokens(theme).active)


def diverging(theme: str) -> Colormap:
    """Blue below, red above, the neutral of the theme between."""
    ink = tokens(theme)
    scale = LinearSegmentedColormap.from_list("signed", [ink.a, ink.active, ink.b])
    return scale.with_extremes(bad=ink.canvas)


def said(text: object) -> str:
    """A text as it is: nothing in it is a formula, nothing in it moves the pen.

    >>> said("price in $\\n")
    'price in \\\\$\\ufffd'
    """
    printable = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in str(text))
    return printable.replace("$", r"\$")


def _family() -> list[str]:
    there = {font.name for font in fontManager.ttflist}
    return [name for name in _FONTS if name in there] or ["sans-serif"]
