"""Tallied: what is kept of the passes that were watched: the values of the last one, and running sums over all."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from neuronaut.analysis.statistics.moments import Moments, Sums, pivot
from neuronaut.core.axes import REDUCTIONS
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.model import Captured, Site


@dataclass(slots=True)
class Tallied:
    """Bounded by the model and one batch, however many passes there are."""

    graph: Graph = field(default_factory=lambda: Graph(()))
    sites: tuple[Site, ...] = ()
    last: dict[Site, Captured] = field(default_factory=dict)
    sums: dict[Site, dict[str, Sums]] = field(default_factory=dict)
    calls: int = 0
    samples: int = 0
    unseen: int = 0

    def traced(self, graph: Graph, sites: Sequence[Site]) -> None:
        self.graph, self.sites = graph, tuple(sites)

    def saw(self, samples: int, captured: Mapping[Site, Captured]) -> None:
        self.calls += 1
        self.samples += samples
        for site, values in captured.items():
            sums = self.sums.setdefault(site, {})
            for name in ("value", *REDUCTIONS):
                rows = values.get(name)
                if rows is not None and rows.dtype.kind in "fiub":
                    sums.setdefault(name, Sums(pivot(rows))).add_rows(rows)
            self.last[site] = values

    def missed(self, why: str) -> None:
        self.unseen += 1
        if self.unseen == 1:
            warnings.warn(
                f"a call of the watched model is not among what was seen: {why.rstrip('.')}. "
                "Further ones are only counted.",
                RuntimeWarning,
                stacklevel=2,
            )

    def reset(self) -> None:
        """Begin the statistics anew; the last values stay."""
        self.sums.clear()
        self.calls = self.samples = self.unseen = 0

    @property
    def layers(self) -> dict[str, Layer]:
        """The layers that are looked at, in execution order."""
        wanted = {site.layer for site in self.sites}
        return {layer.name: layer for layer in self.graph.layers if layer.name in wanted}

    def moments(self, site: Site, reduction: str) -> Moments | None:
        """The running statistics of one site; None where it has not run since they began."""
        sums = self.sums.get(site, {}).get(reduction)
        return None if sums is None else sums.moments()
