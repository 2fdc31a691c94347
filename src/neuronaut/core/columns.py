"""Columns: what a filter can ask of each sample, as numbers, texts or true/false, with nulls.

Numbers are float64 on every side of Neuronaut and NaN is null; texts are codes into their distinct values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import DataError, unknown

if TYPE_CHECKING:
    import pandas as pd

Kind = Literal["number", "text", "bool"]


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """Float64 per row; NaN where null."""

    name: str
    values: npt.NDArray[np.float64]
    note: str = ""
    kind: Literal["number"] = field(default="number", init=False)

    def __post_init__(self) -> None:
        _one_axis(self.name, self.values, np.float64)

    def __len__(self) -> int:
        return len(self.values)

    @property
    def null(self) -> npt.NDArray[np.bool_]:
        return np.isnan(self.values)


@dataclass(frozen=True, eq=False)
class TextColumn:
    """Int32 codes into ``values``, the distinct texts; -1 where null."""

    name: str
    codes: npt.NDArray[np.int32]
    values: tuple[str, ...]
    note: str = ""
    kind: Literal["text"] = field(default="text", init=False)

    def __post_init__(self) -> None:
        _one_axis(self.name, self.codes, np.int32)
        if self.codes.size and not -1 <= int(self.codes.min()) <= int(self.codes.max()) < len(self.values):
            raise DataError(f"column {self.name!r}: codes must lie between -1 and {len(self.values) - 1}.")

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def null(self) -> npt.NDArray[np.bool_]:
        return np.asarray(self.codes < 0)


@dataclass(frozen=True, eq=False)
class BoolColumn:
    """True or false per row; ``null`` marks the rows that are neither."""

    name: str
    values: npt.NDArray[np.bool_]
    null: npt.NDArray[np.bool_]
    note: str = ""
    kind: Literal["bool"] = field(default="bool", init=False)

    def __post_init__(self) -> None:
        _one_axis(self.name, self.values, np.bool_)
        _one_axis(self.name, self.null, np.bool_)
        if len(self.values) != len(self.null):
            raise DataError(f"column {self.name!r}: {len(self.values)} values but {len(self.null)} null marks.")

    def __len__(self) -> int:
        return len(self.values)


Column = NumberColumn | TextColumn | BoolColumn
Activation = Callable[[str, int], NumberColumn]


class Columns(Mapping[str, Column]):
    """Named columns of equal length, made when first asked for.

    ``activation(layer, unit)`` answers ``@act("layer", unit)``; it raises UnknownName for what is not recorded.

    >>> import pandas as pd
    >>> columns = Columns.from_frame(pd.DataFrame({"age": [22, None], "sex": ["male", "female"]}))
    >>> columns.n, columns["age"].kind, columns["sex"].values
    (2, 'number', ('female', 'male'))
    """

    def __init__(
        self,
        n: int,
        columns: Iterable[Column] | Mapping[str, Column | Callable[[], Column]],
        *,
        activation: Activation | None = None,
    ) -> None:
        made = columns if isinstance(columns, Mapping) else _by_name(columns)
        self.n = n
        self._columns: dict[str, Column | Callable[[], Column]] = dict(made)
        self.activation = activation
        for name, column in self._columns.items():
            if not callable(column):
                self._check(name, column)

    def __getitem__(self, name: str) -> Column:
        if name not in self._columns:
            raise unknown("column", name, self._columns)
        column = self._columns[name]
        if callable(column):
            column = self._check(name, column())
            self._columns[name] = column
        return column

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __repr__(self) -> str:
        return f"Columns({self.n} rows: {', '.join(map(repr, self._columns))})"

    def _check(self, name: str, column: Column) -> Column:
        if len(column) != self.n:
            raise DataError(f"column {name!r} has {len(column)} rows; the others have {self.n}.")
        return column

    def with_activation(self, activation: Activation | None) -> Columns:
        """The same columns, answering ``@act("layer", unit)`` by ``activation``."""
        return Columns(self.n, self._columns, activation=activation)

    def beside(self, others: Columns) -> Columns:
        """These columns, then those of ``others`` whose names are not taken.

        Raises DataError when the numbers of rows differ.
        """
        if self.n != others.n:
            raise DataError(f"columns of {self.n} rows cannot stand beside columns of {others.n} rows.")
        rest = {name: column for name, column in others._columns.items() if name not in self._columns}
        return Columns(self.n, {**self._columns, **rest}, activation=self.activation or others.activation)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, *, activation: Activation | None = None) -> Columns:
        """The columns of a DataFrame, each converted when first asked for.

        Numbers become float64; whole numbers beyond 2^53 become text, since float64 cannot tell them apart. Dates
        become ISO text, categories what they hold, objects of mixed types the text of each; a column's ``note`` says
        so. NaN, None and pd.NA are null.

        Raises DataError when two columns have the same name.
        """
        from neuronaut.core.frames import lazy_columns

        return cls(len(frame), lazy_columns(frame), activation=activation)


def _by_name(columns: Iterable[Column]) -> dict[str, Column]:
    made: dict[str, Column] = {}
    for column in columns:
        if column.name in made:
            raise DataError(f"two columns are named {column.name!r}. Rename one.")
        made[column.name] = column
    return made


def _one_axis(name: str, values: npt.NDArray[Any], dtype: type[np.generic]) -> None:
    if values.ndim != 1 or values.dtype != dtype:
        raise DataError(
            f"column {name!r} needs one axis of {np.dtype(dtype)}; it has {values.ndim} axes of {values.dtype}."
        )
