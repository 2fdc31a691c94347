"""Attributed: what was found batch by batch, and the Result with its checks, intervals and what must be said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.statistics.two_groups import FEWEST, SIGNIFICANT
from neuronaut.core.address import Address
from neuronaut.core.model import Site
from neuronaut.core.result import Result
from neuronaut.live.attribution.agreement import Agreement, agreement
from neuronaut.live.attribution.among import among_others
from neuronaut.live.attribution.completeness import Sums
from neuronaut.live.attribution.maps import Maps
from neuronaut.live.attribution.methods import Part, Question
from neuronaut.live.attribution.said import Told, attributed_notes
from neuronaut.live.interval import Float64, finite_mean, observations, paired_interval
from neuronaut.live.subject import Subject
from neuronaut.live.verdict import FEWEST_SETS


@dataclass(slots=True)
class Attributed:
    """The parts of all batches, in the order of the rows.

    ``fixed``: inputs that were not moved; ``around``: whether ways lead around the layer; ``verified``: units by site
    whose true change was measured, ``changes`` [sample, unit] batch by batch.
    """

    question: Question
    method: str
    fixed: Sequence[str]
    around: bool
    verified: Mapping[Site, Sequence[int]]
    parts: list[Part] = field(default_factory=list)
    changes: list[Mapping[Site, Float64]] = field(default_factory=list)
    maps: Maps = field(default_factory=Maps)

    @property
    def widths(self) -> list[int]:
        return [self.parts[0].attribution[site].shape[1] for site in self.question.sites]

    @property
    def addresses(self) -> list[str]:
        return [
            str(Address(site.layer, site.name, unit))
            for site, width in zip(self.question.sites, self.widths, strict=True)
            for unit in range(width)
        ]

    @property
    def layers(self) -> list[str]:
        return [site.layer for site, width in zip(self.question.sites, self.widths, strict=True) for _ in range(width)]

    def whole(self, finite: npt.NDArray[np.bool_]) -> Float64:
        """All attributions [sample, unit], NaN for samples that are left out."""
        rows = [np.concatenate([part.attribution[site] for site in self.question.sites], 1) for part in self.parts]
        found = np.concatenate(rows)
        found[~finite] = np.nan
        return found

    def true_changes(self, finite: npt.NDArray[np.bool_]) -> Float64:
        """The mean of the true change of each unit that was verified, NaN for the others."""
        parts = []
        for site, width in zip(self.question.sites, self.widths, strict=True):
            found = np.full(width, np.nan)
            if self.changes:
                found[list(self.verified[site])] = finite_mean(
                    np.concatenate([change[site] for change in self.changes])[finite]
                )
            parts.append(found)
        return np.concatenate(parts)


def attributed_result(
    subject: Subject,
    found: Attributed,
    params: Mapping[str, Any],
    *,
    resamples: int,
    seed: int,
    available: int,
    per_sample: bool,
) -> Result:
    """Everything in one Result; samples with a number that is not finite are left out, and counted in a note."""
    sums = Sums.of(found.method, found.parts)
    whole = found.whole(sums.finite)
    table = _table(subject, found, whole, resamples, seed)
    singles = sums.means()
    ranks = None
    if found.method == "patching":
        table["patched"] = found.true_changes(sums.finite)
        ranks = agreement(table["attribution"], table["patched"], seed)
        singles |= {"rank_correlation": ranks.correlation, "rank_p": ranks.p}
    by_sample = sums.by_sample()
    values: dict[str, Any] = {**table, **{name: np.asarray(one) for name, one in singles.items()}, **by_sample}
    dims: dict[str, tuple[str, ...]] = {
        **dict.fromkeys(table, ("unit",)),
        **dict.fromkeys(singles, ()),
        **dict.fromkeys(by_sample, ("sample",)),
    }
    coords: dict[str, Sequence[Any]] = {
        "unit": found.addresses,
        "layer": found.layers,
        "sample": subject.rows.tolist(),
    }
    if per_sample:
        values["sample_attribution"], dims["sample_attribution"] = whole, ("sample", "units")
        coords["units"] = found.addresses
    first = subject.model.graph[found.question.sites[0].layer]
    for name, (of, axes) in found.maps.values(sums.finite, first.position_axes).items():
        values[name], dims[name] = of, axes
        places = {axis: range(size) for axis, size in zip(axes, of.shape, strict=True)}
        coords = {**places, **coords, "units": found.addresses}
    told = _told(subject, found, params, sums, whole, available, table, singles, ranks)
    n = {subject.name: len(subject.rows)}
    return Result("attribute", values, dims, coords, params, n, seed, notes=attributed_notes(told))


def _table(subject: Subject, found: Attributed, whole: Float64, resamples: int, seed: int) -> dict[str, Float64]:
    """The numbers of each unit."""
    low, high = paired_interval(whole, subject.groups, resamples=resamples, seed=seed)
    effect = finite_mean(whole)
    total = np.abs(effect).sum()
    ends = np.cumsum(found.widths)[:-1]
    others = [among_others(own) for own in np.split(effect, ends)]
    table = {
        "attribution": effect,
        "low": low,
        "high": high,
        "mean_abs": finite_mean(np.abs(whole)),
        "share": effect / (total if total > 0 else 1.0),
        **{name: np.concatenate([one[name] for one in others]) for name in others[0]},
    }
    enough = observations(whole, subject.groups) >= FEWEST
    enough &= np.repeat(np.array(found.widths) > FEWEST_SETS, found.widths)
    with np.errstate(invalid="ignore"):
        apart = (low > 0) | (high < 0)
        outside = (effect < table["null_low"]) | (effect > table["null_high"])
    table["stands_out"] = np.where(enough, apart & outside & (table["null_p"] <= SIGNIFICANT), np.nan)
    return table


def _told(
    subject: Subject,
    found: Attributed,
    params: Mapping[str, Any],
    sums: Sums,
    whole: Float64,
    available: int,
    table: Mapping[str, Float64],
    singles: Mapping[str, float],
    ranks: Agreement | None,
) -> Told:
    return Told(
        method=found.method,
        to=str(params["to"]),
        layer=str(params["layer"]),
        name=subject.name,
        samples=len(subject.rows),
        available=available,
        lost=int((~sums.finite).sum()),
        fixed=found.fixed,
        around=found.around,
        pieces=int(observations(whole, subject.groups).max(initial=0)),
        grouped=subject.groups is not None,
        others=min(found.widths) - 1,
        units=found.addresses,
        table=table,
        singles=singles,
        ranks=ranks,
        spread=float(np.std(sums.value[sums.finite])) if sums.finite.any() else 0.0,
    )
