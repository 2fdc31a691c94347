"""Randomness: whatever is drawn while a data set is read, the caller's random state stays as it was."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np


@contextmanager
def untouched_randomness() -> Iterator[None]:
    """Restore the global random state of Python, NumPy and torch (every CUDA device in use) at the end.

    >>> random.seed(0)
    >>> with untouched_randomness():
    ...     _ = random.random()
    >>> round(random.random(), 3)
    0.844
    """
    python, numpy = random.getstate(), np.random.get_state()
    torch = sys.modules.get("torch")
    cpu = torch.get_rng_state() if torch is not None else None
    cuda = torch.cuda.get_rng_state_all() if torch is not None and torch.cuda.is_initialized() else None
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if torch is not None:
            torch.set_rng_state(cpu)
            if cuda is not None:
                torch.cuda.set_rng_state_all(cuda)
