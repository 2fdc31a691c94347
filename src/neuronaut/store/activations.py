"""Activations of one layer, with named axes, read only when asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.core.address import Address
from neuronaut.core.axes import REDUCTION, REDUCTIONS, SAMPLE, SiteName
from neuronaut.core.errors import DataError, NeedsModel, UnknownName
from neuronaut.store.array import StoredArray
from neuronaut.store.select import Selector, select

if TYPE_CHECKING:
    import xarray

    from neuronaut.store.recording import Recording

Array = npt.NDArray[Any]


class Activations:
    """Activations of a layer, or of one unit of it: ``rec["conv1"]``, ``rec["fc1:11"]``, ``rec["conv1.pre"].max``.

    ``dims`` names the axes that ``shape`` counts. ``reduction`` says what was kept of the positions: "value" where a
    layer has none, else "mean", "max", "min", "argmax", or "full" for all positions.
    """

    def __init__(
        self,
        recording: Recording,
        stored: Mapping[str, StoredArray],
        at: Address,
        reduction: str | None = None,
        rows: npt.NDArray[np.int64] | None = None,
    ) -> None:
        self._recording = recording
        self._stored = stored
        self._at = at
        self._rows = rows
        self.layer: str = at.layer
        self.site: SiteName = at.site
        self.unit: int | None = at.unit
        self.reduction: str = reduction or _default(stored, at)
        self.array: StoredArray = self._pick()
        self._fixed = self._fixed_axes()

    # What it is

    @property
    def dims(self) -> tuple[str, ...]:
        return tuple(dim for dim in self.array.dims if dim not in self._fixed)

    @property
    def shape(self) -> tuple[int, ...]:
        sizes = dict(zip(self.array.dims, self.array.shape, strict=True))
        if self._rows is not None:
            sizes[self.array.dims[0]] = len(self._rows)
        return tuple(sizes[dim] for dim in self.dims)

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def offsets(self) -> npt.NDArray[np.int64] | None:
        """For texts: where each sample's rows start, and where the last ones end; else None."""
        return self._recording.offsets(self.array.dims[0])

    def __len__(self) -> int:
        return self.shape[0]

    def __repr__(self) -> str:
        axes = ", ".join(f"{dim}: {size}" for dim, size in zip(self.dims, self.shape, strict=True))
        return f"<Activations {self._at} {self.reduction} ({axes}) {self.dtype}>"

    # Beside it

    @property
    def mean(self) -> Activations:
        return self.reduce("mean")

    @property
    def max(self) -> Activations:
        return self.reduce("max")

    @property
    def min(self) -> Activations:
        return self.reduce("min")

    @property
    def argmax(self) -> Activations:
        """Where the maximum lies: the flat number of the position."""
        return self.reduce("argmax")

    @property
    def full(self) -> Activations:
        """All positions, where they were kept."""
        return self.reduce("full")

    @property
    def pre(self) -> Activations:
        """The same before the layer's activation function, where it was recorded."""
        at = Address(self._at.layer, "pre", self._at.unit, self._at.position)
        return Activations(self._recording, self._stored, at, self.reduction, self._rows)

    def reduce(self, reduction: str) -> Activations:
        """Another reduction of the same; a layer without positions has only its values, whatever is asked.

        Raises NeedsModel for what was not recorded.
        """
        if self.reduction == "value" and reduction in ("value", *REDUCTIONS):
            return self
        return Activations(self._recording, self._stored, self._at, reduction, self._rows)

    def where(self, chosen: Any) -> Activations:
        """The same, of the samples that a filter selects.

        Raises FilterError when the filter cannot be read, DataError where rows are steps or tokens.
        """
        if self.array.dims[0] != SAMPLE:
            raise DataError(
                f"the rows of {self._at} are no samples but {self.array.dims[0]!r}. Take a mask of the recording and "
                "select its places in what read gives."
            )
        mask = self._recording.mask(chosen)
        rows = np.flatnonzero(mask) if self._rows is None else self._rows[mask[self._rows]]
        return Activations(self._recording, self._stored, self._at, self.reduction, rows)

    # Reading

    def read(self, rows: Selector = None, units: Selector = None) -> Array:
        """The values, or those of some rows (along the first axis) and units. Each: number, slice, numbers or mask."""
        return self.array.read(*self._selectors(rows, units))

    def blocks(self, units: Selector = None, rows: Selector = None) -> Iterator[tuple[int, Array]]:
        """``(start, block)`` in order, a shard at a time; joined they are ``read(rows, units)``."""
        yield from self.array.blocks(*self._selectors(rows, units))

    def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
        whole = self.read()
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def __getitem__(self, rows: Selector) -> Array:
        return self.read(rows)

    def to_xarray(self) -> xarray.DataArray:
        """A DataArray with the same axes, read as a whole; needs xarray."""
        import xarray

        return xarray.DataArray(self.read(), dims=self.dims, name=str(self._at))

    def _selectors(self, rows: Selector, units: Selector) -> list[Selector]:
        if self._rows is not None:
            chosen = select(rows, len(self._rows), f"rows of {self._at}")
            rows = int(self._rows[chosen.start]) if chosen.single else self._rows[chosen.numbers()]
        table: dict[str, Selector] = {self.array.dims[0]: rows, self.array.dims[-1]: units} | self._fixed
        return [table.get(dim) for dim in self.array.dims]

    # Finding what is stored

    def _leaf(self) -> str:
        kind = f".{self.reduction}" if self.reduction in ("argmax", "full") else ""
        return self.site + kind

    def _pick(self) -> StoredArray:
        array = self._stored.get(self._leaf())
        if array is None or (self.reduction in REDUCTIONS) != (REDUCTION in array.dims):
            raise NeedsModel(self._missing())
        return array

    def _missing(self) -> str:
        """What of this layer was recorded, and how to have what was asked for."""
        sites = [site for site in ("pre", "post") if any(leaf.partition(".")[0] == site for leaf in self._stored)]
        if self.site not in sites:
            layer = self._recording.layers[self.layer]
            if self.site not in layer.sites:
                return f"layer {self.layer!r} has no {self.site}: nothing is folded into it, so take {self.layer!r}."
            return (
                f"{str(self._at)!r} was not recorded: of {self.layer!r} there is only {' and '.join(sites)}. "
                "Record with sites=('pre', 'post') to have both."
            )
        there = self._stored.get(self.site)
        if there is None or REDUCTION in there.dims:
            return (
                f"the positions of {self.layer!r} were not kept, only their mean, max and min "
                f"(as in rec[{str(self._at)!r}].max). Record with position='keep'."
            )
        return f"{self.layer!r} has no positions, so there is no {self.reduction!r} of them; take its values."

    def _fixed_axes(self) -> dict[str, int]:
        fixed: dict[str, int] = {}
        dims = self.array.dims
        if self.reduction in REDUCTIONS:
            fixed[REDUCTION] = REDUCTIONS.index(self.reduction)
        if self.unit is not None:
            if self.unit >= self.array.shape[-1]:
                last = self.array.shape[-1] - 1
                raise UnknownName(f"no unit {self.unit} in layer {self.layer!r}: its units are 0 to {last}.")
            fixed[dims[-1]] = self.unit
        if self._at.position is not None:
            fixed |= self._position_axes(dims)
        return fixed

    def _position_axes(self, dims: tuple[str, ...]) -> dict[str, int]:
        position = self._at.position or ()
        axes = dims[1:-1]
        if self.reduction != "full" or len(axes) != len(position):
            raise NeedsModel(f"{self._at}: positions of {self.layer!r} were not kept. Record with position='keep'.")
        return dict(zip(axes, position, strict=True))


def _default(stored: Mapping[str, StoredArray], at: Address) -> str:
    array = stored.get(at.site)
    if at.position is not None or array is None:
        return "full"
    return "mean" if REDUCTION in array.dims else "value"
