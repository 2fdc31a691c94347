"""Maps: where on a picture, or along a sequence, attributions stand, kept batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from neuronaut.core.errors import DataError
from neuronaut.core.layer import Graph
from neuronaut.core.model import Site
from neuronaut.live.attribution.methods import Part, summed
from neuronaut.live.interval import Float64


def check_mapped(graph: Graph, layer: str, sites: Sequence[Site]) -> None:
    """Raises DataError where attributions have no positions, or those of several layers would be mixed."""
    if len(sites) > 1:
        raise DataError(
            f"positions=True maps one layer, and {layer!r} stands for {', '.join(repr(site.layer) for site in sites)}. "
            "Name one of them."
        )
    if not graph[sites[0].layer].position_shape:
        raise DataError(f"{sites[0].layer!r} has no positions, so there is no map. Leave out positions=True.")


Mapped = tuple[Float64, tuple[str, ...]]


@dataclass(slots=True)
class Maps:
    """The maps [sample, *position, unit] of each batch, or their sum over its finite samples."""

    batches: list[Float64] = field(default_factory=list)
    total: Float64 | None = None

    def add(self, part: Part, *, whole: bool) -> Part:
        """The part summed over positions, its map kept: of each sample, or in the sum of all."""
        ((site, values),) = part.attribution.items()
        before = self.batches[0].shape[1:] if self.batches else None if self.total is None else self.total.shape
        if before is not None and before != values.shape[1:]:
            raise DataError(f"the samples have {site.layer} in several sizes, so that no map is that of all.")
        folded = replace(part, attribution={site: summed(values)})
        if whole:
            self.batches.append(values)
        finite = np.isfinite(folded.attribution[site].sum(1)) & np.isfinite(part.value)
        if part.start is not None and not np.isnan(part.start).all():
            finite &= np.isfinite(part.start)
        own = values[finite].sum(0)
        self.total = own if self.total is None else self.total + own
        return folded

    def values(self, finite: npt.NDArray[np.bool_], axes: tuple[str, ...]) -> dict[str, Mapped]:
        """``map`` [unit, *position], the mean over the finite samples, and ``sample_map`` where it was kept."""
        if self.total is None:
            return {}
        mean = self.total / finite.sum() if finite.any() else np.full_like(self.total, np.nan)
        found = {"map": (np.moveaxis(mean, -1, 0), ("units", *axes))}
        if self.batches:
            whole = np.concatenate(self.batches)
            whole[~finite] = np.nan
            found["sample_map"] = (np.moveaxis(whole, -1, 1), ("sample", "units", *axes))
        return found
