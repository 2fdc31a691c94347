"""The name a typist most likely meant, found the same way in Python and TypeScript."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import Final

_LOOKED_AT: Final = 2000
_LONGEST: Final = 48


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The closest option, or None: case aside, a third of the signs may differ; else one that
    begins with the word, or the word with it.

    At most the first 2,000 options are looked at, and none longer than 48 code points. Ties go to the first.

    >>> nearest("survivd", ["sex", "survived"]), nearest("surv", ["survived"]), nearest("age", ["deck"])
    ('survived', 'survived', None)
    """
    folded = word.lower()
    if not folded or len(folded) > _LONGEST:
        return None
    best, least, begins = None, 1000, None
    for option in islice(options, _LOOKED_AT):
        other = option.lower()
        if len(other) > _LONGEST:
            continue
        allowed = (max(len(folded), len(other)) + 1) // 3
        if abs(len(folded) - len(other)) <= allowed:
            limit = min(allowed, least - 1)
            distance = _distance(folded, other, limit)
            if distance <= limit:
                best, least = option, distance
        shorter = min(len(folded), len(other))
        if begins is None and shorter > 1 and folded[:shorter] == other[:shorter]:
            begins = option
    return best if best is not None else begins


def _distance(a: str, b: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours that turn a into b; counting stops above the limit.

    Reference: optimal string alignment; Damerau, A technique for computer detection and correction of spelling
    errors, 1964.
    """
    older: list[int] = []
    above: list[int] = []
    row = list(range(len(b) + 1))
    for i, sign in enumerate(a, 1):
        older, above, row = above, row, [i]
        for j, other in enumerate(b, 1):
            cost = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (sign != other))
            if i > 1 and j > 1 and sign == b[j - 2] and a[i - 2] == other:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
        if min(row) > limit and min(above) > limit:
            return limit + 1
    return row[-1]
