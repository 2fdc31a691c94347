"""Labels: what is true of each sample, as the number of a class or as a target value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from neuronaut.core.errors import DataError
from neuronaut.core.filters.text import is_whole

LabelKind = Literal["text", "bool", "integer", "number"]


@dataclass(frozen=True, slots=True)
class Seen:
    """The distinct labels that are known before the model's outputs are judged, sorted, nulls left out.

    ``whole`` tells whether these are all labels there will be, or only those of the first batch of a stream.
    """

    kind: LabelKind
    values: tuple[Any, ...]
    whole: bool
    columns: int = 1


def look(labels: npt.NDArray[Any], *, whole: bool) -> Seen:
    """What kind of labels these are, and which.

    >>> look(np.array([1.0, 0.0, np.nan]), whole=True)
    Seen(kind='integer', values=(0, 1), whole=True, columns=1)
    """
    if labels.ndim == 2:
        return Seen("number", (), whole, labels.shape[1])
    present = labels[~nulls(labels)]
    if labels.dtype.kind == "b":
        return Seen("bool", tuple(sorted(set(present.tolist()))), whole)
    if labels.dtype.kind == "O":
        kinds = {type(value) for value in present.tolist()}
        if kinds <= {bool, np.bool_} and kinds:
            return Seen("bool", tuple(sorted(set(map(bool, present)))), whole)
        if not all(issubclass(kind, str) for kind in kinds):
            if not all(issubclass(kind, (int, float, np.integer, np.floating)) for kind in kinds):
                names = ", ".join(sorted(kind.__name__ for kind in kinds))
                raise DataError(f"the labels are of type {names}. Use one kind: text, whole numbers or numbers.")
            return look(present.astype(np.float64), whole=whole)
        return Seen("text", tuple(sorted(set(present.tolist()))), whole)
    distinct = np.unique(present)
    if np.isfinite(distinct).all() and (distinct == np.round(distinct)).all():
        return Seen("integer", tuple(int(value) for value in distinct), whole)
    return Seen("number", tuple(distinct.tolist()), whole)


def nulls(labels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a label is missing (None or NaN)."""
    return np.asarray(pd.isna(labels), dtype=bool)


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes in the order of the outputs: the label values that stand for them, and their names."""

    values: tuple[Any, ...]
    names: tuple[str, ...]

    def encode(self, labels: npt.NDArray[Any], ids: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
        """The class number of each label [sample], -1 where it is missing.

        >>> Classes(("no", "yes"), ("no", "yes")).encode(np.array(["yes", None], dtype=object), np.arange(2)).tolist()
        [1, -1]

        Raises DataError that names the sample whose label is none of the classes.
        """
        missing = nulls(labels)
        codes = pd.Index(self.values, dtype=object).get_indexer(pd.Index(labels, dtype=object))
        strange = np.flatnonzero((codes < 0) & ~missing)
        if strange.size:
            shown = ", ".join(map(repr, self.values[:8])) + (" ..." if len(self.values) > 8 else "")
            (value,) = labels[strange[:1]].tolist()
            raise DataError(
                f"the label of sample {ids[strange[0]]} is {value!r}, which is none of {shown}. "
                "Give classes= in the order of the model's outputs, or task='regression'."
            )
        codes[missing] = -1
        return np.asarray(codes, dtype=np.int32)


def classes_of(seen: Seen | None, given: Sequence[Any] | None, count: int) -> Classes:
    """Which label value each of ``count`` outputs stands for.

    ``given`` classes come in the order of the outputs. Without them whole numbers below ``count`` are the numbers of
    the outputs, and other labels stand in sorted order.

    >>> classes_of(Seen("text", ("no", "yes"), True), None, 2).values
    ('no', 'yes')
    >>> classes_of(Seen("integer", (0, 2), True), None, 3).names
    ('0', '1', '2')

    Raises DataError when labels, classes and outputs do not agree, with the numbers.
    """
    numbered = seen is None or (seen.kind == "integer" and all(0 <= value < count for value in seen.values))
    if given is not None:
        return _given(seen, tuple(given), count, numbered=numbered)
    if seen is None or numbered:
        return Classes(tuple(range(count)), tuple(map(str, range(count))))
    if seen.kind == "bool" and count == 2:
        return Classes((False, True), ("False", "True"))
    if not seen.whole:
        raise DataError(
            f"the labels of a stream are {seen.kind}, so their order cannot be known in advance. "
            f"Give classes= with the {count} classes in the order of the model's outputs."
        )
    if seen.kind == "integer" and 2 < len(seen.values) <= count:
        _refuse_mixed(seen.values, count)
    if len(seen.values) != count:
        raise DataError(
            f"the labels have {len(seen.values)} values ({_some(seen.values)}), the model tells {count} classes apart. "
            "Give classes= in the order of the model's outputs."
        )
    return Classes(seen.values, tuple(map(str, seen.values)))


def order_note(classes: Classes) -> str:
    """What must be known of labels that are whole numbers but not those of the outputs; empty for all others."""
    numbers = [value for value in classes.values if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) < len(classes.values) or numbers == list(range(len(numbers))):
        return ""
    return f"the labels {_some(numbers)} are taken for the model's classes {_some(range(len(numbers)))}, in this order"


def _refuse_mixed(values: tuple[Any, ...], count: int) -> None:
    """Raise DataError for whole numbers of which some number an output and some none, unless they are consecutive."""
    beyond = [value for value in values if not 0 <= value < count]
    consecutive = values[-1] - values[0] == len(values) - 1
    if beyond and len(beyond) < len(values) and not (consecutive and len(values) == count):
        raise DataError(
            f"the label {beyond[0]} is no number of an output: the model has {count}, 0 to {count - 1}. "
            "Give classes= with the label that each output stands for."
        )


def _given(seen: Seen | None, given: tuple[Any, ...], count: int, *, numbered: bool) -> Classes:
    if len(given) != count:
        raise DataError(f"{len(given)} classes were given ({_some(given)}), the model tells {count} apart.")
    if len(set(given)) != count:
        raise DataError(f"a class is given twice: {_some(given)}.")
    names = tuple(str(value) for value in given)
    if len(set(names)) != count:
        raise DataError(f"two classes have the same name: {_some(given)}.")
    plain = tuple(value.item() if isinstance(value, np.generic) else value for value in given)
    if seen is not None and seen.kind == "integer" and all(map(is_whole, names)):
        plain = tuple(map(int, names))
        numbered = False  # classes that are whole numbers are labels, not names of the numbers of the outputs
    if seen is None or (set(seen.values) <= set(plain) and (seen.values or not numbered)):
        # Whole numbers that are also given as classes mean themselves; names for numbered outputs mean the number.
        return Classes(plain if seen is not None else tuple(range(count)), names)
    if numbered:
        return Classes(tuple(range(count)), names)
    strange = next(value for value in seen.values if value not in plain)
    raise DataError(f"the label {strange!r} is none of the classes given: {_some(plain)}. Give every label.")


def _some(values: Sequence[Any]) -> str:
    return ", ".join(map(repr, values[:6])) + (" ..." if len(values) > 6 else "")
