"""Remembered: tables that were computed last, so that what was stopped, or is asked in parts, goes on from there."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping

import numpy as np

Table = Mapping[str, np.ndarray]


class Remembered:
    """Tables of arrays by key, those used last, of at most so many bytes. Safe to use from several threads.

    >>> tables = Remembered(100)
    >>> for name in "ab":
    ...     tables.put(name, {"mean": np.zeros(8)})
    >>> tables.get("a") is None, list(tables.get("b"))
    (True, ['mean'])
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._tables: OrderedDict[Hashable, Table] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Table | None:
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
            return self._tables.get(key)

    def put(self, key: Hashable, table: Table) -> None:
        with self._lock:
            if key not in self._tables:
                self._tables[key] = table
                self._bytes += _size(table)
            while self._bytes > self._most:
                self._bytes -= _size(self._tables.popitem(last=False)[1])


def _size(table: Table) -> int:
    return sum(column.nbytes for column in table.values())
