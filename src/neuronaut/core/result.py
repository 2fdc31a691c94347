"""Results: what an analysis returns, with named axes, parameters, seed and n; kept under a content key."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd


SHOWN = 8
"""Names that stand in one line of a Result's text."""


@dataclass(frozen=True, slots=True, repr=False)
class Result:
    """Named arrays over named axes.

    ``values`` are arrays; ``dims[name]`` names their axes; ``coords[axis]`` labels an axis (addresses for ``unit``,
    slice names for ``slice``). ``n`` is the number of samples behind each slice. ``notes`` say what could not be
    computed and why.

    >>> Result("activity", {"mean": np.zeros((1, 4))}, {"mean": ("slice", "unit")}, n={"all": 891})
    Result activity
      values  mean (slice: 1, unit: 4) float64
      n       all 891
      .table() for a DataFrame; ['mean'] for one array
    """

    name: str
    values: Mapping[str, npt.NDArray[Any]]
    dims: Mapping[str, tuple[str, ...]]
    coords: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    n: Mapping[str, int] = field(default_factory=dict)
    seed: int = 0
    version: int = 1
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [f"Result {_one_line(self.name)}"]
        kinds: dict[str, list[str]] = {}
        for name, array in self.values.items():
            axes = ", ".join(
                f"{axis}: {size}" for axis, size in zip(self.dims.get(name, ()), array.shape, strict=False)
            )
            kinds.setdefault(f"({axes}) {array.dtype}" if axes else "(one number)", []).append(name)
        lines += [f"  values  {_listed(names)} {kind}" for kind, names in list(kinds.items())[:SHOWN]]
        if len(kinds) > SHOWN:
            lines.append(f"          and {sum(map(len, list(kinds.values())[SHOWN:]))} more")
        if self.n:
            lines.append(f"  n       {_listed([f'{name} {count:,}' for name, count in self.n.items()])}")
        lines += [f"  note    {_one_line(note)}" for note in self.notes]
        example = next(iter(self.values), None)
        one = "" if example is None else f"; [{example!r}] for one array"
        return "\n".join([*lines, f"  .table() for a DataFrame{one}"])

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        from neuronaut.core.errors import unknown

        if name not in self.values:
            raise unknown("value", name, self.values)
        return self.values[name]

    def table(self, *only: str) -> pd.DataFrame:
        """One row per combination of axes, one column per value; axes become the first columns.

        Values on unrelated axes (per unit, per layer) do not belong in one table: without an axis named it holds those
        along the axes of the first value, beside what is constant along some of these. With axes named, as in
        ``table("layers")``, it holds the values that lie along these and no others: so the rest is had.

        >>> found = {"dead": np.zeros(3), "share": np.zeros(2)}
        >>> result = Result("health", found, {"dead": ("unit",), "share": ("layers",)})
        >>> result.table().shape, result.table("layers").shape
        ((3, 2), (2, 2))

        Raises UnknownName for an axis that no value has.
        """
        import pandas as pd

        from neuronaut.core.errors import unknown

        for axis in only:
            if not any(axis in dims for dims in self.dims.values()):
                raise unknown("axis", axis, dict.fromkeys(axis for dims in self.dims.values() for axis in dims))
        axes = list(only) if only else _related_axes(list(self.dims.values()))
        chosen = {
            name: dims
            for name, dims in self.dims.items()
            if (set(dims) == set(axes) if only else set(dims) <= set(axes))
        }
        sizes = {axis: self.values[name].shape[dims.index(axis)] for name, dims in chosen.items() for axis in dims}
        labels = {axis: list(self.coords.get(axis, range(sizes[axis]))) for axis in axes}
        index = np.indices([sizes[axis] for axis in axes]).reshape(len(axes), -1)
        columns: dict[str, Any] = {
            axis: [labels[axis][place] for place in index[number]] for number, axis in enumerate(axes)
        }
        for name, dims in chosen.items():
            where = tuple(index[axes.index(axis)] for axis in dims)
            columns[name] = self.values[name][where] if dims else self.values[name][()]
        return pd.DataFrame(columns)

    def to_json(self) -> dict[str, Any]:
        """JSON-able; NaN and infinity become null and the strings "Infinity", "-Infinity"."""
        return {
            "name": self.name,
            "version": self.version,
            "params": json.loads(json.dumps(self.params, default=str)),
            "seed": self.seed,
            "n": dict(self.n),
            "coords": {axis: [_plain(label) for label in labels] for axis, labels in self.coords.items()},
            "dims": {name: list(dims) for name, dims in self.dims.items()},
            "values": {name: _plain(array.tolist()) for name, array in self.values.items()},
            "notes": list(self.notes),
        }


def _related_axes(dims: Sequence[tuple[str, ...]]) -> list[str]:
    """The axes of the first value that has any, and those that later values add to all of them."""
    axes: list[str] = []
    for some in dims:
        if set(some) >= set(axes):
            axes += [axis for axis in some if axis not in axes]
    return axes


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(_one_line, names[:SHOWN]))
    return shown + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _one_line(text: str) -> str:
    """The text without what would steer a terminal; the tab between two layers as an arrow."""
    arrows = text.replace("\t", " → ")
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in arrows)


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None if np.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    return value if isinstance(value, (bool, int, float, str)) or value is None else str(value)
