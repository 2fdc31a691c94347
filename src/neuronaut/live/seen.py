"""Seen: what a watched layer, or one unit of it, did when the model last ran, and what it did on the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.activity import STATISTICS
from neuronaut.core.address import Address
from neuronaut.core.axes import REDUCTIONS, SAMPLE, UNIT
from neuronaut.core.errors import DataError, NeedsModel, UnknownName
from neuronaut.core.model import Site
from neuronaut.live.tallied import Tallied

Array = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Statistics:
    """Each an array [unit], or one number of one unit; as in ``activity``: of the finite values, rates above 0."""

    n: Any
    mean: Any
    mean_abs: Any
    sd: Any
    firing_rate: Any
    max: Any
    min: Any
    nonfinite: Any


class Seen:
    """``acts["fc1"]``, ``acts["fc1:11"]``, ``acts["conv1.pre"].max``: an array of the last call's values.

    It says and does what the same address of a recording does: ``dims`` names the axes that ``shape`` counts,
    ``reduction`` is "value" where a layer has no positions, else "mean", "max", "min", "argmax", or "full" for all
    positions. Later calls do not change it. ``statistics`` are those of all calls so far.
    """

    def __init__(self, tallied: Tallied, at: Address, reduction: str | None = None) -> None:
        self._tallied, self._at = tallied, at
        self._site = Site(at.layer, at.site)
        self._values = tallied.last[self._site]
        self.layer, self.site, self.unit = at.layer, at.site, at.unit
        self.reduction = reduction or self._default()
        if self.reduction not in self._values:
            raise NeedsModel(self._missing())
        self._whole = self._values[self.reduction]
        self._check_place()

    # What it is

    @property
    def dims(self) -> tuple[str, ...]:
        positions: Sequence[str] = ()
        if self.reduction == "full" and self._at.position is None:
            positions = self._tallied.layers[self.layer].position_axes
        return (SAMPLE, *positions, *(() if self.unit is not None else (UNIT,)))

    @property
    def shape(self) -> tuple[int, ...]:
        return self.read().shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._whole.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    def __len__(self) -> int:
        return len(self._whole)

    def __repr__(self) -> str:
        axes = ", ".join(f"{dim}: {size}" for dim, size in zip(self.dims, self.shape, strict=True))
        return f"<Seen {self._at} {self.reduction} ({axes}) {self.dtype}, the last of {_times(self._tallied.calls)}>"

    # Beside it

    @property
    def mean(self) -> Seen:
        return self.reduce("mean")

    @property
    def max(self) -> Seen:
        return self.reduce("max")

    @property
    def min(self) -> Seen:
        return self.reduce("min")

    @property
    def argmax(self) -> Seen:
        """Where the maximum lies: the flat number of the position."""
        return self.reduce("argmax")

    @property
    def full(self) -> Seen:
        """All positions, with ``position="keep"``."""
        return self.reduce("full")

    @property
    def pre(self) -> Seen:
        """The same before the layer's activation function, where that is watched."""
        at = replace(self._at, site="pre")
        check_watched(self._tallied, at)
        return Seen(self._tallied, at, self.reduction)

    def reduce(self, reduction: str) -> Seen:
        """Another reduction of the same; a layer without positions has only its values, whatever is asked."""
        if self.reduction == "value" and reduction in ("value", *REDUCTIONS):
            return self
        return Seen(self._tallied, self._at, reduction)

    @property
    def statistics(self) -> Statistics:
        """What each unit did over the samples of all calls. Raises DataError for argmax, full and a
        single position, of which no sums are kept.
        """
        if self.reduction not in ("value", *REDUCTIONS):
            raise DataError(
                f"no statistics are kept of the {self.reduction} of {self.layer!r}; take those of its mean, max or "
                f"min, as in acts[{self.layer!r}].max.statistics."
            )
        found = self._tallied.moments(self._site, self.reduction)
        if found is None:
            raise DataError(f"{self.layer!r} has not run since the statistics were begun anew.")
        if self.unit is None:
            return Statistics(**{name: getattr(found, name) for name in STATISTICS})
        return Statistics(**{name: getattr(found, name)[self.unit].item() for name in STATISTICS})

    # Reading

    def read(self) -> Array:
        """The values."""
        found = self._whole
        for place in reversed(self._at.position or ()):
            found = found[..., place, :]
        return found if self.unit is None else found[..., self.unit]

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        values = self.read()
        made = values if dtype is None else values.astype(dtype, copy=False)
        return made.copy() if copy else made

    def __getitem__(self, rows: Any) -> Any:
        return self.read()[rows]

    def _check_place(self) -> None:
        *grid, units = self._whole.shape[1:]
        if self.unit is not None and self.unit >= units:
            raise UnknownName(f"no unit {self.unit} in layer {self.layer!r}: its units are 0 to {units - 1}.")
        position = self._at.position
        if position is None:
            return
        if self.reduction != "full":
            raise NeedsModel(f"{self._at}: a single position has no {self.reduction}.")
        if len(position) != len(grid) or any(place >= size for place, size in zip(position, grid, strict=True)):
            sizes = " x ".join(map(str, grid))
            raise UnknownName(
                f"no position {','.join(map(str, position))} in {self.layer!r}: its positions are {sizes}."
            )

    def _default(self) -> str:
        if self._at.position is not None:
            return "full"
        return "mean" if "mean" in self._values else "value"

    def _missing(self) -> str:
        if "value" in self._values:
            return f"{self.layer!r} has no positions, so there is no {self.reduction!r} of them; take its values."
        return (
            f"the positions of {self.layer!r} are not kept, only their mean, max and min "
            f"(as in acts[{self.layer!r}].max). Watch with position='keep'."
        )


def check_watched(tallied: Tallied, at: Address) -> None:
    """Raise where nothing was seen of a layer, by reason; NeedsModel for a site that is not looked at."""
    site = Site(at.layer, at.site)
    if site in tallied.last:
        return
    if site in tallied.sites:
        raise DataError(f"{str(at)!r} has not run in any call yet.")
    layer = tallied.layers[at.layer]
    if at.site not in layer.sites:
        raise NeedsModel(f"layer {at.layer!r} has no {at.site}: nothing is folded into it, so take {at.layer!r}.")
    raise NeedsModel(
        f"{str(at)!r} is not watched. Watch with sites=('pre', 'post') to see both, or name it: layers=[{str(at)!r}]."
    )


def _times(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls:,} calls"
