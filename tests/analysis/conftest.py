"""``made(...)`` makes a recording of given numbers."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from made_recordings import Made, make_recording


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """``make_recording`` in a fresh folder each time."""
    numbers = itertools.count()
    return lambda *args, **kwargs: make_recording(tmp_path / f"{next(numbers)}.naut", *args, **kwargs)
