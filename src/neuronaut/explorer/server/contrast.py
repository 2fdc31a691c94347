"""Contrast: what each unit tells by itself of two groups, before all units together tell which to believe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neuronaut.analysis.compare import contrasted
from neuronaut.analysis.groups import notes_on
from neuronaut.analysis.recorded import unit_coords
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.recording import Recording

TOLD = ("difference", "hedges_g", "g_low", "g_high", "auroc", "p")


def contrast(
    rec: Recording,
    a: Where,
    b: Where = None,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
) -> Result:
    """The part of ``compare`` that a layer can be asked for by itself: no q, and nothing on replication.

    Nothing is kept in the recording; a comparison that is made soon after reads none of these layers again.
    """
    pair, arrays, _, found = contrasted(rec, a, b, layers, site, reduction)
    values = {name: found[name] for name in TOLD}
    n = {group.name: group.n for group in pair}
    coords = unit_coords(rec, arrays)
    return Result("contrast", values, dict.fromkeys(values, ("unit",)), coords, n=n, notes=tuple(notes_on(pair)))


CONTRAST: Mapping[str, Any] = {"contrast": contrast}
