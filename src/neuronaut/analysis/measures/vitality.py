"""Vitality: whether a unit is dead, dormant, constant, always on or saturated, from what its values reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.shapes import Bool, Float, Int, Num
from neuronaut.core.layer import Layer

WORDS = ("dead", "constant", "saturated", "dormant", "always on", "unknown", "ok")
"""What a unit can be, worst first; "unknown" when it has no finite value."""
SILENT = 1e-3
"""Below this share of the layer's root mean square a signed unit counts as silent."""
SPREAD = 1e-6
"""Below this share of its largest value a unit's range is rounding, not an answer."""
RECTIFIERS = frozenset({"relu", "relu6", "threshold"})
"""Activations that are exactly 0 when off and positive when on."""
ROUNDED = 0.01
"""How far short numbers (bfloat16) may leave the reach of tanh or sigmoid."""
TANH_LIMIT = 0.97
LIMITS = {"tanh": (-TANH_LIMIT, TANH_LIMIT), "sigmoid": (1 - TANH_LIMIT, TANH_LIMIT)}
"""Smooth activations that saturate, and beyond which values that is said (algorithms.md 4.15)."""
RAILS = frozenset({"relu6", "hardtanh", "hardsigmoid", "clamp", "clip", "clamp_min", "clamp_max"})
"""Activations with hard limits."""
LOWER_IS_OFF = frozenset({"relu6", "clamp_min"})
"""Of these the lower limit is being off, not being saturated."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What can be asked of a layer's units, and why the rest cannot."""

    rectified: bool
    asked: frozenset[str]
    reason: str = ""

    @classmethod
    def of(cls, layer: Layer, site: str, *, negative: bool, as_activated: bool = True) -> Rules:
        """The rules for a layer; ``negative`` tells whether any of its values is below 0.

        An activation that nobody recorded is taken for a rectifier as long as no value is negative. One that the values
        do not fit (``as_activated``: see ``fits``) does not come last in the layer, so that its rules do not hold.
        """
        activation = layer.activation if site == "post" else None
        if layer.kind == "input":
            reason = f"{layer.name}: its units are features of the data; only whether they are constant is asked."
            return cls(False, frozenset({"constant"}), reason)
        rectified = as_activated and site == "post" and activation in {*RECTIFIERS, None} and not negative
        if layer.output:
            reason = f"{layer.name}: its units are the model's answers; only dead and constant are asked of them."
            return cls(rectified, frozenset({"constant", "dead"}), reason)
        asked = {"dead", "dormant", "constant"} | ({"always on"} if rectified else set())
        if as_activated and (activation in LIMITS or activation in RAILS):
            asked.add("saturated")
        if rectified:
            return cls(True, frozenset(asked))
        what = f"{activation} is no rectifier" if activation else "no rectifier follows"
        if not as_activated:
            what = f"its values are not those that {activation} gives, so that something follows it"
        return cls(
            False,
            frozenset(asked),
            f"{layer.name}: {what}, so that always on is not asked; a unit is dead when its largest value is below "
            f"{SILENT:g} of the layer's root mean square.",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """What the values of each unit reach: n finite values, mean of absolutes, extremes, share beyond the limits."""

    n: Int[np.ndarray, "unit"]
    mean_abs: Float[np.ndarray, "unit"]
    high: Float[np.ndarray, "unit"]
    low: Float[np.ndarray, "unit"]
    beyond: Float[np.ndarray, "unit"]
    rms: float


def fits(activation: str | None, lowest: Float[np.ndarray, "unit"], highest: Float[np.ndarray, "unit"]) -> bool:
    """Whether the lowest and highest values of a layer's units can come straight from its activation.

    A layer is recorded after all that is folded into it: scaled, shifted or negated, its values are no longer those of
    the activation. A rectifier gives nothing below 0; several units with the same lowest value above 0 were shifted.

    >>> fits("relu", np.array([0.0, 0.5]), np.array([1.0, 2.0])), fits("relu", np.array([-0.5]), np.array([1.0]))
    (True, False)
    """
    if not np.isfinite(lowest).any():
        return True
    low, high = float(np.nanmin(lowest)), float(np.nanmax(highest))
    if activation in RECTIFIERS - {"threshold"}:
        return low == 0 or (low > 0 and int(np.count_nonzero(lowest == low)) < 2)
    reach = {"tanh": (-1.0, 1.0), "sigmoid": (0.0, 1.0)}.get(activation or "", (-np.inf, np.inf))
    return reach[0] - ROUNDED <= low and high <= reach[1] + ROUNDED


def limits_of(activation: str | None, low: float, high: float) -> tuple[float, float] | None:
    """Values at or beyond which a unit is saturated: fixed ones, or the ends of what the layer ever gave.

    >>> limits_of("tanh", -1.0, 1.0), limits_of("relu6", 0.0, 6.0), limits_of("relu", 0.0, 9.0)
    ((-0.97, 0.97), (-inf, 6.0), None)
    """
    if activation in LIMITS:
        return LIMITS[activation]
    if activation not in RAILS or not low < high:
        return None
    return (-np.inf if activation in LOWER_IS_OFF else low, np.inf if activation == "clamp_min" else high)


def sokar_score(mean_abs: Float[np.ndarray, "unit"]) -> Float[np.ndarray, "unit"]:
    """A unit's mean size relative to its layer's: E|h_i| / (mean over the layer of E|h_k| + 1e-9); NaN is left out.

    >>> sokar_score(np.array([0.0, 1.0, 3.0])).round(3).tolist()
    [0.0, 0.75, 2.25]

    Reference: Sokar et al., The dormant neuron phenomenon in deep reinforcement learning, ICML 2023.
    """
    known = mean_abs[~np.isnan(mean_abs)]
    return np.asarray(mean_abs / ((known.mean() if known.size else 0.0) + 1e-9))


def rule_of_three(pieces: int) -> float:
    """The firing rate that zero firings in n independent samples still allow, with 95 % confidence: 3 / n, at most 1.

    Reference: Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 1983.
    """
    return min(1.0, 3 / pieces) if pieces else float("nan")


def conditions(
    reach: Reach, score: Float[np.ndarray, "unit"], rules: Rules, *, tau: float, saturated: float
) -> dict[str, Bool[np.ndarray, "unit"]]:
    """Which units are dead, constant, saturated, dormant, always on; a unit without finite values is none of them."""
    known = reach.n > 0
    largest = np.maximum(np.abs(reach.high), np.abs(reach.low))
    dead = reach.high <= 0 if rules.rectified else largest < SILENT * reach.rms
    # A layer that is 0 throughout has no root mean square to be compared with.
    dead = dead | (largest == 0)
    if "dead" not in rules.asked:
        dead = np.zeros_like(known)
    checks: dict[str, Callable[[], Num[np.ndarray, "unit"]]] = {
        "dead": lambda: dead,
        "constant": lambda: (reach.high - reach.low <= SPREAD * largest) & ~dead & (reach.n > 1),
        "saturated": lambda: reach.beyond >= saturated,
        "dormant": lambda: score <= tau,
        "always on": lambda: reach.low > 0,
    }
    with np.errstate(invalid="ignore"):
        return {
            word: np.asarray(check() & known) if word in rules.asked else np.zeros_like(known)
            for word, check in checks.items()
        }


def statuses(found: dict[str, Bool[np.ndarray, "unit"]], n: Int[np.ndarray, "unit"]) -> np.ndarray:
    """The worst word for each unit."""
    words = np.array([*WORDS])
    flags = np.stack([*(found[word] for word in WORDS[:-2]), n == 0, np.ones(len(n), bool)])
    return np.asarray(words[flags.argmax(0)])
