"""The four named axes of every activation array: step, sample, position, unit.

A layer's activations are ``Float[step sample *position unit]``. ``position`` is nothing for tables, ``x``, ``y x`` or
``z y x`` for grids, ``token`` for texts.
"""

from __future__ import annotations

from typing import Final, Literal

STEP: Final = "step"
SAMPLE: Final = "sample"
UNIT: Final = "unit"
TOKEN: Final = "token"  # noqa: S105 (an axis, no secret)
REDUCTION: Final = "reduction"

GRID_AXES: Final[dict[int, tuple[str, ...]]] = {0: (), 1: ("x",), 2: ("y", "x"), 3: ("z", "y", "x")}
"""Names of the position axes of a grid, by their number."""

Reduction = Literal["mean", "max", "min"]
REDUCTIONS: Final[tuple[Reduction, ...]] = ("mean", "max", "min")
"""What is kept of the positions of a layer, in the order of the stored ``reduction`` axis; argmax lies beside it."""

SiteName = Literal["pre", "post"]
