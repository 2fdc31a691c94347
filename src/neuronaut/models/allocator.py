"""Allocator: memory that one batch frees stays with the process for the next, while a model runs."""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

_TRIM, _MAP = -1, -3
"""``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of glibc's malloc.h."""
_LARGEST = (1 << 31) - 1
_AFTER = {_MAP: 1 << 25, _TRIM: 1 << 26}
"""Where glibc's own moving thresholds end in a process that has freed large blocks; setting them stops their moving."""
_OWN = ("MALLOC_", "GLIBC_TUNABLES", "LD_PRELOAD")
"""Who chose an allocator, or its settings, by these keeps them."""

_lock = threading.Lock()
_users = 0


@contextmanager
def kept() -> Iterator[None]:
    """Within the block the C library gives no freed memory back to the system, where it is glibc.

    It otherwise maps every tensor above 32 MiB anew, each page zeroed and faulted in: half the time of a convolutional
    network on a processor (docs/decisions/0007-allocator.md). The peak is the same; what is free at the end goes back
    with the next large block that is freed. Blocks may nest, also in several threads.
    """
    global _users
    with _lock:
        _users += 1
        if _users == 1:
            _set({_MAP: _LARGEST, _TRIM: _LARGEST})
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _set(_AFTER)


def _set(values: dict[int, int]) -> None:
    library = _glibc()
    if library is not None:
        for parameter, value in values.items():
            library.mallopt(parameter, value)


@cache
def _glibc() -> ctypes.CDLL | None:
    if os.name != "posix" or any(name.startswith(_OWN) for name in os.environ):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") and hasattr(library, "mallopt") else None
