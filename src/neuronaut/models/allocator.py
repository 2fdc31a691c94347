"""Allocator: memory that one batch frees stays with the process for the next, while a model runs."""

from __future__ import annotations

import ctypes
import os
import threading
import time
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

_LONG = 1.0
"""Seconds after which giving back what is free is worth its time, some 0.1 s for a gigabyte."""

_lock = threading.Lock()
_users = 0
_began = 0.0


@contextmanager
def kept() -> Iterator[None]:
    """Within the block the C library gives no freed memory back to the system, where it is glibc.

    It otherwise maps every tensor above 32 MiB anew, each page zeroed and faulted in: half the time of a convolutional
    network on a processor (docs/decisions/0007-allocator.md). The peak is the same. What is free when a block of more
    than a second ends goes back at once, else with the next large block of memory that is freed. Blocks may nest, also
    in several threads.
    """
    global _users, _began
    with _lock:
        _users += 1
        if _users == 1:
            _began = time.monotonic()
            _set({_MAP: _LARGEST, _TRIM: _LARGEST})
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _set(_AFTER)
                if time.monotonic() - _began > _LONG:
                    _give_back()


def _set(values: dict[int, int]) -> None:
    library = _glibc()
    if library is not None:
        for parameter, value in values.items():
            library.mallopt(parameter, value)


def _give_back() -> None:
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@cache
def _glibc() -> ctypes.CDLL | None:
    if os.name != "posix" or any(name.startswith(_OWN) for name in os.environ):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "gnu_get_libc_version") and hasattr(library, "mallopt") else None
