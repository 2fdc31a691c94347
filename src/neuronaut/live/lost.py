"""Lost samples: which had to be left out of a measurement, as the model's answers to them are not finite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from neuronaut.live.measure import Measured
from neuronaut.live.scores import METRICS
from neuronaut.live.subject import Subject

JUDGED = frozenset({"loss", "accuracy"})
"""Metrics that need a label."""


def lost_notes(
    subject: Subject, found: Measured, names: Sequence[str], why: Mapping[str, str], *, scaled: bool = False
) -> list[str]:
    """How many samples were left out of each metric and of the outputs; samples without a label are not lost."""
    before: dict[int, list[str]] = {}
    without: dict[int, list[str]] = {}
    for name in names:
        if name in why:
            continue
        place = METRICS.index(name)
        asked = _labelled(subject) if name in JUDGED else np.ones(len(found.change), bool)
        lost, broken = asked & ~np.isfinite(found.change[:, place]), ~np.isfinite(found.before[:, place])
        before.setdefault(int((lost & broken).sum()), []).append(name)
        without.setdefault(int((lost & ~broken).sum()), []).append(name)
    if "logits" in names and found.output_sums.size:
        before.setdefault(int(len(found.change) - found.output_sums[2].min()), []).append("output_effect")
    return [*_said(before, ""), *_said(without, " with the units scaled" if scaled else " without the units")]


def _labelled(subject: Subject) -> npt.NDArray[np.bool_]:
    truth = subject.truth
    if truth is None:
        return np.zeros(len(subject.rows), bool)
    if subject.task.classes is not None:
        return np.asarray(truth >= 0)
    return np.asarray(np.isfinite(truth).reshape(len(truth), -1).all(1))


def _said(counts: Mapping[int, Sequence[str]], how: str) -> list[str]:
    return [
        f"{', '.join(names)}: {count:,} sample{'s are' if count > 1 else ' is'} left out, as the answers to "
        f"{'them' if count > 1 else 'it'} are not finite{how}."
        for count, names in counts.items()
        if count
    ]
