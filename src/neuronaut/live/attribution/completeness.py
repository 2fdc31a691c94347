"""Completeness: what attributions sum to beside what they should, sample by sample."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuronaut.live.attribution.methods import Part
from neuronaut.live.interval import Float64


@dataclass(frozen=True, slots=True)
class Sums:
    """By sample: the number at the sample (``value``) and where its path starts, the sum of its attributions, and for
    relevance what came to the inputs around the layer; ``absorbed`` is the mean of what biases took.

    ``finite`` tells the samples whose numbers all are; the others are left out of every mean.
    """

    method: str
    value: Float64
    start: Float64
    total: Float64
    around: Float64
    absorbed: float
    finite: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, method: str, parts: Sequence[Part]) -> Sums:
        value = np.concatenate([part.value for part in parts])
        with np.errstate(invalid="ignore"):
            total = np.concatenate([np.sum([one.sum(1) for one in part.attribution.values()], 0) for part in parts])
        start = np.concatenate([part.start for part in parts])
        around = np.concatenate([np.zeros(len(part.value)) if part.around is None else part.around for part in parts])
        finite = np.isfinite(total) & np.isfinite(value) & np.isfinite(around)
        if method != "lrp":
            finite &= np.isfinite(start)
        absorbed = sum(part.absorbed for part in parts) / max(1, len(value))
        return cls(method, value, start, total, around, absorbed, finite)

    @property
    def difference(self) -> Float64:
        """What the attributions of each sample should sum to."""
        if self.method == "lrp":
            return self.value
        with np.errstate(invalid="ignore"):
            return self.start - self.value if self.method == "patching" else self.value - self.start

    def by_sample(self) -> dict[str, Float64]:
        """What each sample gave; NaN for those that are left out."""
        found = {"value": self.value, "total": self.total}
        if self.method != "lrp":
            with np.errstate(invalid="ignore"):
                error = self.total - self.difference
            found |= {"start": self.start, "difference": self.difference, "error": error}
        return {f"sample_{name}": np.where(self.finite, one, np.nan) for name, one in found.items()}

    def means(self) -> dict[str, float]:
        """The means over samples, with the error: its own mean, and its mean size beside that of the difference."""
        value, start, total, around = (
            _mean(one[self.finite]) for one in (self.value, self.start, self.total, self.around)
        )
        if self.method == "lrp":
            # What biases took is known for all samples together, so that one sample lost loses it.
            error = total + self.absorbed + around - value if self.finite.all() else float("nan")
            found = {"value": value, "total": total, "absorbed": self.absorbed, "around": around, "error": error}
            return found | {"relative_error": _ratio(abs(error), _mean(np.abs(self.value[self.finite])))}
        wrong, due = self.total[self.finite] - self.difference[self.finite], self.difference[self.finite]
        found = {"value": value, "start": start, "difference": _mean(due), "total": total, "error": _mean(wrong)}
        return found | {"relative_error": _ratio(_mean(np.abs(wrong)), _mean(np.abs(due)))}


def _mean(values: Float64) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _ratio(wrong: float, due: float) -> float:
    if due:
        return wrong / due
    return float("nan") if wrong else 0.0
