"""From a pandas column to a filter column, whatever its dtype."""

from __future__ import annotations

import datetime
import decimal
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from neuronaut.core.columns import BoolColumn, Column, NumberColumn, TextColumn
from neuronaut.core.errors import DataError
from neuronaut.core.filters.text import number_text

if TYPE_CHECKING:
    import pandas as pd

_HALVES: Final = re.compile("[\ud800-\udfff]")
EXACT: Final = 2**53
"""Beyond this, float64 cannot tell neighbouring whole numbers apart."""


def lazy_columns(frame: pd.DataFrame) -> dict[str, Callable[[], Column]]:
    """A maker of one column for each column of the frame; names become text.

    Raises DataError when two columns have the same name.
    """
    names = [clean_text(str(name)) for name in frame.columns]
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            f"{len(twice)} column {'name occurs' if len(twice) == 1 else 'names occur'} more than once: "
            f"{', '.join(map(repr, twice[:8]))}{' …' if len(twice) > 8 else ''}. Give every column its own name."
        )
    return {name: functools.partial(_nth, frame, place, name) for place, name in enumerate(names)}


def _nth(frame: pd.DataFrame, place: int, name: str) -> Column:
    return column_from_series(name, frame.iloc[:, place])


def column_from_series(name: str, series: pd.Series[Any]) -> Column:
    """One column from a pandas Series (or what pandas makes one of).

    >>> import pandas as pd
    >>> column_from_series("when", pd.Series(pd.to_datetime(["1912-04-15", None]))).values
    ('1912-04-15',)
    """
    import pandas as pd

    dtype = series.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _from_categories(name, series)
    if isinstance(dtype, pd.SparseDtype):
        series = pd.Series(np.asarray(series))
        dtype = series.dtype
    null = np.asarray(series.isna(), bool)
    if pd.api.types.is_bool_dtype(dtype):
        return BoolColumn(name, series.to_numpy(bool, na_value=False), null)
    if pd.api.types.is_complex_dtype(dtype):
        return _texts(name, list(series), null, "complex numbers, as text")
    if pd.api.types.is_integer_dtype(dtype):
        return _integers(name, series, null)
    if pd.api.types.is_float_dtype(dtype):
        return NumberColumn(name, series.to_numpy(np.float64, na_value=np.nan, copy=True))
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _times(name, series, null)
    if pd.api.types.is_timedelta64_dtype(dtype):
        seconds = np.array(series.dt.total_seconds(), np.float64)
        return NumberColumn(name, seconds, "durations, in seconds")
    if isinstance(dtype, pd.StringDtype):
        return _strings(name, series)
    return _objects(name, series.astype(object), null)


def _integers(name: str, series: pd.Series[Any], null: npt.NDArray[np.bool_]) -> Column:
    whole = series.fillna(0) if null.any() else series
    if len(whole) and (int(whole.max()) > EXACT or int(whole.min()) < -EXACT):
        return _texts(name, list(series), null, "whole numbers beyond 2^53, as text: write them in quotes")
    values = whole.to_numpy(np.float64, copy=True)
    values[null] = np.nan
    return NumberColumn(name, values)


def _times(name: str, series: pd.Series[Any], null: npt.NDArray[np.bool_]) -> TextColumn:
    zone = getattr(series.dtype, "tz", None)
    moments = (series if zone is None else series.dt.tz_convert("UTC").dt.tz_localize(None)).to_numpy()
    moments = moments.astype("datetime64[ns]") if moments.dtype == object else moments
    distinct, codes = np.unique(moments[~null], return_inverse=True)
    units = ("D", "s", "ms", "us") if zone is None else ("s", "ms", "us")
    unit = next((unit for unit in units if bool((distinct == distinct.astype(f"M8[{unit}]")).all())), "ns")
    texts = distinct.astype(f"M8[{unit}]").astype(str).tolist()
    suffix, note = ("", "times, as ISO text") if zone is None else ("Z", "times, as ISO text in UTC")
    places = np.full(len(null), -1, np.int64)
    places[~null] = codes
    return _dictionary(name, places, [text + suffix for text in texts], note)


def _strings(name: str, series: pd.Series[Any]) -> TextColumn:
    import pandas as pd

    codes, distinct = pd.factorize(series)
    return _dictionary(name, np.asarray(codes), distinct.tolist(), "")


def _from_categories(name: str, series: pd.Series[Any]) -> Column:
    import pandas as pd

    codes = np.asarray(series.cat.codes)
    categories = column_from_series(name, pd.Series(series.cat.categories))
    if isinstance(categories, NumberColumn):
        values = np.append(categories.values, np.nan)[codes]
        return NumberColumn(name, values, categories.note)
    if isinstance(categories, BoolColumn):
        return BoolColumn(name, np.append(categories.values, False)[codes], codes < 0)
    in_order = [categories.values[code] for code in categories.codes.tolist()]
    return _dictionary(name, codes, in_order, categories.note, keep_order=bool(series.cat.ordered))


def _objects(name: str, series: pd.Series[Any], null: npt.NDArray[np.bool_]) -> Column:
    items = series.tolist()
    types = {type(item) for item, missing in zip(items, null.tolist(), strict=True) if not missing}
    if all(issubclass(one, (str, np.str_)) for one in types):
        return _texts(name, items, null, "")
    if all(issubclass(one, (bool, np.bool_)) for one in types):
        return BoolColumn(name, np.array([not gone and bool(item) for item, gone in _pairs(items, null)], bool), null)
    numeric = (int, float, decimal.Decimal, np.integer, np.floating)
    if all(issubclass(one, numeric) and not issubclass(one, bool) for one in types):
        return _plain_numbers(name, items, null)
    if all(issubclass(one, datetime.date) for one in types):
        return _texts(
            name,
            [item.isoformat() if not gone else "" for item, gone in _pairs(items, null)],
            null,
            "times, as ISO text",
        )
    words = ", ".join(sorted(one.__name__ for one in types))
    return _texts(name, items, null, f"values of type {words}, as text")


def _plain_numbers(name: str, items: list[Any], null: npt.NDArray[np.bool_]) -> Column:
    whole = [item for item, gone in _pairs(items, null) if not gone and isinstance(item, (int, np.integer))]
    if whole and (max(whole) > EXACT or min(whole) < -EXACT):
        return _texts(name, items, null, "whole numbers beyond 2^53, as text: write them in quotes")
    return NumberColumn(name, np.array([np.nan if gone else float(item) for item, gone in _pairs(items, null)], float))


def _texts(name: str, items: list[Any], null: npt.NDArray[np.bool_], note: str) -> TextColumn:
    places: dict[str, int] = {}
    codes = np.array(
        [-1 if gone else places.setdefault(_spelled(item), len(places)) for item, gone in _pairs(items, null)], np.int64
    )
    return _dictionary(name, codes, list(places), note)


def _spelled(item: Any) -> str:
    if isinstance(item, bool | np.bool_):
        return "true" if item else "false"
    if isinstance(item, float | np.floating):
        return number_text(float(item))
    if isinstance(item, datetime.date):
        return item.isoformat()
    return str(item)


def _dictionary(
    name: str, codes: npt.NDArray[Any], distinct: list[str], note: str, *, keep_order: bool = False
) -> TextColumn:
    """A text column from codes, -1 where null; values sorted by code point, unless their order means something.

    Values that no row holds are left out.
    """
    table, texts = _cleaned(distinct)
    codes = table[codes]
    used = np.zeros(len(texts) + 1, bool)
    used[codes] = True
    kept = np.flatnonzero(used[:-1]).tolist()
    order = kept if keep_order else sorted(kept, key=texts.__getitem__)
    place = np.full(len(texts) + 1, -1, np.int32)
    place[order] = np.arange(len(order), dtype=np.int32)
    return TextColumn(name, place[codes], tuple(texts[one] for one in order), note)


def _cleaned(distinct: list[str]) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Texts without lone surrogates, and which of them each given text became; the last entry keeps -1 at -1."""
    together = "".join(distinct)
    if together.isascii() or clean_text(together) == together:
        return np.append(np.arange(len(distinct)), -1), distinct
    places: dict[str, int] = {}
    table = [places.setdefault(clean_text(text), len(places)) for text in distinct]
    return np.array([*table, -1], np.int64), list(places)


def clean_text(text: str) -> str:
    """The text with every lone surrogate, which no file can hold, replaced by U+FFFD."""
    return text if text.isascii() else _HALVES.sub("\ufffd", text)


def _pairs(items: list[Any], null: npt.NDArray[np.bool_]) -> Iterable[tuple[Any, bool]]:
    return zip(items, null.tolist(), strict=True)
