"""Emptiness: why a named slice of a page selects nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neuronaut.core.slices import Slice

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording


def empty_notes(rec: Recording, slices: Iterable[Slice]) -> list[str]:
    """A sentence for each slice that selects no sample, with what looks like a mistake in it."""
    return [_said(rec, one) for one in slices if not rec.mask(one).any()]


def _said(rec: Recording, empty: Slice) -> str:
    why = "; ".join(hint.message for hint in empty.hints(rec.columns))
    return f"the slice {empty.name} selects no sample" + (f": {why}." if why else ".")
