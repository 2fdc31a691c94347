"""Predicates: the simple questions that the columns of a recording can answer, each a filter of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from neuronaut.analysis.shapes import Float
from neuronaut.core.columns import BoolColumn, Column, NumberColumn, TextColumn
from neuronaut.core.filters.nodes import Compare, Comparison, IsNull, Literals, Name, Node, Not, Number, Text
from neuronaut.core.filters.text import number_text

MOST_VALUES = 256
"""Distinct texts beyond which a column is left out: it names its rows rather than describing them."""
FEW_VALUES = 12
"""Distinct numbers up to which each is asked for by itself."""
CUTS = 19
"""Places at which the numbers of a column are cut, at most: every 5 %."""
DISTINCT = 0.95
"""A column of whole numbers of which more than this share are distinct names its rows."""


def predicates_of(column: Column, *, insist: bool = False) -> tuple[list[Node], str]:
    """The predicates of one column, the plainest first; when there are none, why.

    Texts and few numbers are asked for by equality, numbers by cuts at quantiles, each also the other way round;
    nulls apart. ``insist`` takes identifiers too, of texts the most frequent.

    >>> from neuronaut.core.filters import text_of
    >>> age = NumberColumn("age", np.array([8.0, 22.0, np.nan, 40.0]))
    >>> [text_of(node) for node in predicates_of(age)[0]][:3]
    ['age == 8', 'age == 22', 'age == 40']
    """
    null = column.null
    if null.all():
        return [], "every value is null"
    questions: list[Node] = []
    if isinstance(column, BoolColumn):
        known = column.values[~null]
        questions += [Name(column.name), Not(Name(column.name))] if known.any() and not known.all() else []
    elif isinstance(column, TextColumn):
        found, why = _texts(column, insist)
        if why:
            return [], why
        questions += found
    else:
        found, why = _numbers(column, insist)
        if why:
            return [], why
        questions += found
    if null.any():
        questions += [IsNull(Name(column.name)), IsNull(Name(column.name), negated=True)]
    return questions, "" if questions else "every value is the same"


def _texts(column: TextColumn, insist: bool) -> tuple[list[Node], str]:
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.values))
    used = np.flatnonzero(counts)
    if len(used) < 2:
        return [], ""
    if len(used) > MOST_VALUES:
        if not insist:
            return [], f"it holds {len(used):,} different texts, which name rows rather than describe them"
        used = np.sort(np.argsort(-counts, kind="stable")[:MOST_VALUES])
    values = [Text(column.values[place]) for place in used.tolist()]
    return list(_equalities(column.name, values)), ""


def _numbers(column: NumberColumn, insist: bool) -> tuple[list[Node], str]:
    known = column.values[~column.null]
    distinct = np.unique(known)
    if len(distinct) < 2:
        return [], ""
    whole = bool(np.isfinite(distinct).all()) and bool((distinct == np.floor(distinct)).all())
    if whole and not insist and len(distinct) > max(FEW_VALUES, DISTINCT * len(known)):
        return [], f"nearly all of its {len(known):,} whole numbers are different, as in a row's number"
    few = len(distinct) <= FEW_VALUES
    numbers = [Number(float(value)) for value in distinct.tolist() if np.isfinite(value)] if few else []
    return [*_equalities(column.name, numbers), *_cuts(column.name, known, distinct)], ""


def _equalities(name: str, values: Iterable[Literals]) -> Iterator[Node]:
    listed = list(values)
    yield from (_compare(name, "==", value) for value in listed)
    yield from (_compare(name, "!=", value) for value in listed)


def _cuts(name: str, known: Float[np.ndarray, "known"], distinct: Float[np.ndarray, "distinct"]) -> Iterator[Node]:
    """At or below, and above, each of the cuts; a cut is the shortest number between two neighbours."""
    shares = np.arange(1, CUTS + 1) / (CUTS + 1)
    lower = np.unique(np.quantile(known, shares, method="inverted_cdf"))
    for value in lower[(lower < distinct[-1]) & np.isfinite(lower)].tolist():
        above = float(distinct[np.searchsorted(distinct, value, "right")])
        cut = shortest_between(float(value), above)
        yield _compare(name, "<=", Number(cut))
        yield _compare(name, ">", Number(cut))


def shortest_between(low: float, high: float) -> float:
    """The number of fewest digits from ``low`` on and below ``high``.

    >>> shortest_between(7.8958, 8.05), shortest_between(0.1 + 0.2, 0.31), shortest_between(-3.0, 5.0)
    (8.0, 0.305, 0.0)
    """
    if not (np.isfinite(low) and np.isfinite(high)):
        return low
    for digits in range(1, 17):
        rounded = [float(f"{start:.{digits}g}") for start in (0.0, low, low + (high - low) / 2)]
        between = [number for number in rounded if low <= number < high]
        if between:
            return min(between, key=lambda number: len(number_text(number)))
    return low


def _compare(name: str, op: Comparison, value: Literals) -> Node:
    return Compare((Name(name), value), (op,))
