"""Damage: the recording that an error about damaged bytes is of, so that it can say how to see all of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from neuronaut.core.errors import CorruptRecording
from neuronaut.store.fs import Fs


@contextmanager
def damage_in(fs: Fs) -> Iterator[None]:
    """Errors about damaged bytes that are raised within are of the recording on ``fs``."""
    try:
        yield
    except CorruptRecording as error:
        error.recording = error.recording or str(fs.root)
        raise
