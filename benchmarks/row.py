"""One measured figure: what, the bound it is held to, what was seen, how it was taken."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Row:
    figure: str
    bound: float
    seen: float
    unit: str
    how: str
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.seen >= self.bound if self.at_least else self.seen <= self.bound

    def markdown(self) -> str:
        sign = ">=" if self.at_least else "<="
        verdict = "met" if self.met else "**not met**"
        cells = (self.figure, f"{sign} {self.bound:g} {self.unit}", f"{self.seen:.3g} {self.unit}", verdict, self.how)
        return f"| {' | '.join(cells)} |"


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def paired_ratio(work: Callable[[], object], base: Callable[[], object], repeats: int) -> float:
    """Median over repeats of (time of work / time of base), run side by side so that both feel the same load.

    The order alternates, and each is run once beforehand.
    """
    work(), base()
    ratios = []
    for number in range(repeats):
        if number % 2:
            first = seconds(work)
            ratios.append(first / seconds(base))
        else:
            first = seconds(base)
            ratios.append(seconds(work) / first)
    return median(ratios)
