"""Saying: how notes name the units they are about, and that not all samples were looked at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.shapes import Bool


def named_units(which: Bool[np.ndarray, "unit"], addresses: Sequence[str], most: int = 3) -> str:
    """How many units, and the first of them; empty for none.

    >>> named_units(np.array([True, False, True]), ["fc:0", "fc:1", "fc:2"])
    '2 units (fc:0, fc:2)'
    >>> named_units(np.ones(9, bool), [f"fc:{unit}" for unit in range(9)])
    '9 units (fc:0, fc:1, fc:2, …)'
    """
    places = np.flatnonzero(which)
    if not places.size:
        return ""
    shown = [addresses[place] for place in places[:most].tolist()]
    more = ["…"] if places.size > most else []
    return f"{places.size:,} unit{'' if places.size == 1 else 's'} ({', '.join([*shown, *more])})"


def without(samples: int) -> str:
    """That some samples were left out, and why.

    >>> without(2)
    '2 samples with NaN or infinite activations are left out.'
    """
    what, are = ("sample", "is") if samples == 1 else ("samples", "are")
    return f"{samples:,} {what} with NaN or infinite activations {are} left out."


def fewer_samples(n: int, of: int, what: str) -> str:
    """That not all samples were looked at, and why.

    >>> fewer_samples(10, 2000, "it")
    'looked at on 10 of 2,000 samples, drawn by the seed, as it is large.'
    """
    return f"looked at on {n:,} of {of:,} samples, drawn by the seed, as {what} is large."
