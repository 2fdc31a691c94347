"""Health: which units are dead, dormant, constant, always on or saturated, in each layer."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from neuronaut.analysis.groups import Group, group_of, notes_on
from neuronaut.analysis.measures.vitality import (
    Reach,
    Rules,
    conditions,
    fits,
    limits_of,
    rule_of_three,
    sokar_score,
    statuses,
)
from neuronaut.analysis.recorded import chosen, reduced, spans, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import named_units
from neuronaut.analysis.shapes import Bool, Float
from neuronaut.analysis.statistics.moments import STRIP_ROWS, Sums, pivot, single
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.errors import DataError
from neuronaut.core.layer import Layer
from neuronaut.core.numerals import percent
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

THREADS = 2
ASKED = ("dead", "dormant", "constant", "always on", "saturated")


@analysis(version=2)
def health(
    rec: Recording,
    where: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    tau: float = 0.025,
    saturated: float = 0.95,
) -> Result:
    """Which units are dead, dormant, constant, always on or saturated, per unit and as a share of each layer.

    Per unit true or false: ``dead``, no value above 0 (after a rectifier; elsewhere its largest size is below 1e-3 of
    the layer's root mean square); ``dormant``, its ``score`` is at most ``tau``: its mean size relative to the mean of
    its layer, 0 when dead; ``constant``, the same value other than 0 for every sample; ``always_on``, above 0 for every
    sample (asked of rectifiers only); ``saturated``, at least the share ``saturated`` of its values lies beyond the
    limits of its activation: .97 of tanh or sigmoid, or at a hard limit; that share is ``saturation``. Where something
    follows the activation inside the layer (``relu(x) - 1``) its rules do not hold, and a note says so. ``status`` is
    the worst of them in one word, or ok. ``firing_rate`` is the share of values above 0, for rectifiers.
    ``firing_bound``: for a dead unit, the share of samples for which it may fire after all, with 95 % confidence
    (3 / n, n counting groups where samples come in groups).

    Along the axis ``layers`` (``table("layers")``): ``share_dead`` and so on, NaN where that is not asked of the layer,
    as notes tell. A unit can be several of these: shares do not add up to 1. Of inputs only constant is asked, of
    outputs also dead. For a channel any position counts: it is dead when dead everywhere, saturated where its whole map
    is.

    Formulas and their sources: ``neuronaut.analysis.measures.vitality``.

    Raises FilterError for a filter that cannot be read, UnknownName for a layer that was not recorded.
    """
    if not tau >= 0:
        raise DataError(f"tau is at least 0; got {tau:g}.")
    if not 0 < saturated <= 1:
        raise DataError(f"saturated is the share of values beyond the limits, above 0 and up to 1; got {saturated:g}.")
    group = group_of(rec, where)
    arrays = chosen(rec, layers, site, "mean")
    pieces = group.n if rec.groups is None else len(np.unique(rec.groups[group.mask]))
    found = [_layer(rec, array, group, pieces, tau, saturated) for array in arrays]
    coords: dict[str, Sequence[Any]] = {**unit_coords(rec, arrays), "layers": [array.layer for array in arrays]}
    values = {name: np.concatenate([one[0][name] for one in found]) for name in found[0][0]}
    shares = {f"share_{word.replace(' ', '_')}": np.array([one[1][word] for one in found]) for word in ASKED}
    dims = {**dict.fromkeys(values, ("unit",)), **dict.fromkeys(shares, ("layers",))}
    notes = [*notes_on([group]), *(one[2] for one in found if one[2] and group.n), *_few_note(pieces, rec)]
    broken = named_units(values["nonfinite"] > 0, coords["unit"])
    if broken:
        notes.append(f"NaN or infinite activations, counted in nonfinite, are left out: {broken}.")
    return Result("health", values | shares, dims, coords, n={group.name: group.n}, notes=tuple(notes))


def _few_note(pieces: int, rec: Recording) -> list[str]:
    if not 0 < pieces < FEWEST:
        return []
    what = "samples" if rec.groups is None else "groups of samples"
    return [
        f"only {pieces} {what}: a unit that is silent for all of them may still fire for up to "
        f"{percent(rule_of_three(pieces))} of others."
    ]


def _layer(
    rec: Recording, array: Activations, group: Group, pieces: int, tau: float, saturated: float
) -> tuple[dict[str, np.ndarray], dict[str, float], str]:
    """The values of one layer's units, the shares of the layer, and what was not asked of it."""
    layer, site = rec.layers[array.layer], array.site
    high, low = (reduced(rec, layer.name, site, which) for which in ("max", "min"))
    above = _summed(high, group.mask)
    below = above if high.reduction == "value" else _summed(low, group.mask)
    lowest, highest = below.min.min(initial=np.inf), above.max.max(initial=-np.inf)
    activation = layer.activation if site == "post" else None
    fitting = fits(activation, below.min, above.max)
    rules = Rules.of(layer, site, negative=bool(lowest < 0), as_activated=fitting)
    limits = limits_of(activation if fitting else None, lowest, highest)
    mean_abs, rms = _sizes(array, high, low, group.mask, above, below, negative=bool(lowest < 0))
    n = np.minimum(above.rows - above.nonfinite, below.rows - below.nonfinite)
    with np.errstate(invalid="ignore", divide="ignore"):
        beyond = np.full(len(n), np.nan) if limits is None else _beyond(high, low, group.mask, limits) / n
        firing = above.firing / n if rules.rectified else np.full(len(n), np.nan)
    reach = Reach(n, mean_abs, above.max, below.min, beyond, rms)
    score = sokar_score(mean_abs)
    flags = conditions(reach, score, rules, tau=tau, saturated=saturated)
    values = {
        **{word.replace(" ", "_"): flags[word] for word in ASKED},
        "status": statuses(flags, n),
        "score": np.where("dormant" in rules.asked, score, np.nan),
        "saturation": beyond if "saturated" in rules.asked else np.full(len(n), np.nan),
        "firing_rate": firing,
        "firing_bound": np.where(flags["dead"], rule_of_three(pieces), np.nan),
        "n": n,
        "nonfinite": np.maximum(above.nonfinite, below.nonfinite),
    }
    known = n > 0
    shares = {
        word: float(flags[word][known].mean()) if word in rules.asked and known.any() else np.nan for word in ASKED
    }
    return values, shares, rules.reason + _position_note(layer, negative=bool(lowest < 0))


def _position_note(layer: Layer, *, negative: bool) -> str:
    if not layer.position_axes or not negative or layer.kind == "input" or layer.output:
        return ""
    return " The size of a channel is its largest over the positions, as the mean of sizes was not recorded."


def _summed(array: Activations, mask: Bool[np.ndarray, "sample"]) -> Sums:
    """Sums over the samples of a mask; each of two threads has pieces of its own, so that no digit ever changes."""
    pieces = spans(array, int(np.flatnonzero(mask)[-1]) + 1) if mask.any() else []
    first = single(array.read(rows=slice(0, STRIP_ROWS)))
    centre = pivot(first) if len(first) else np.zeros(units_of(array))

    def one(share: Sequence[slice]) -> Sums:
        sums = Sums(centre)
        for piece in share:
            inside = mask[piece]
            if inside.any():
                rows = array.read(rows=piece)
                sums.add_rows(rows if inside.all() else rows[inside])
        return sums

    with ThreadPoolExecutor(THREADS) as pool:
        parts = list(pool.map(one, [pieces[thread::THREADS] for thread in range(THREADS)]))
    for part in parts[1:]:
        parts[0].add(part)
    return parts[0]


def _sizes(
    array: Activations,
    high: Activations,
    low: Activations,
    mask: Bool[np.ndarray, "sample"],
    above: Sums,
    below: Sums,
    *,
    negative: bool,
) -> tuple[Float[np.ndarray, "unit"], float]:
    """The mean size of each unit and the root mean square of the layer.

    The size at a sample is |value|; of a channel the mean over its positions, or, where values can be negative, the
    largest, as the mean of sizes was not recorded.
    """
    if high.reduction == "value":
        sums = above
    elif not negative:
        sums = _summed(array, mask)
    else:
        squares, absolutes, n = np.zeros(units_of(array)), np.zeros(units_of(array)), above.rows - above.nonfinite
        for largest in _blocks(high, low, mask):
            size = np.fmax(np.abs(largest[0]), np.abs(largest[1])).astype(np.float64)
            size[~np.isfinite(size)] = 0.0
            absolutes += size.sum(0)
            squares += (size**2).sum(0)
        with np.errstate(invalid="ignore", divide="ignore"):
            return absolutes / n, float(np.sqrt(squares.sum() / n.sum()))
    counts = sums.rows - sums.nonfinite
    with np.errstate(invalid="ignore", divide="ignore"):
        total = (sums.squares + 2 * sums.pivot * sums.centred + counts * sums.pivot**2).sum()
        return sums.moments().mean_abs, float(np.sqrt(max(total, 0.0) / counts.sum()))


def _blocks(high: Activations, low: Activations, mask: Bool[np.ndarray, "sample"]) -> Any:
    """The highest and the lowest over the positions, of the samples of a mask, piece after piece."""
    for piece in spans(high, len(mask)):
        inside = mask[piece]
        if inside.any():
            top = single(high.read(rows=piece)[inside])
            yield top, top if high.reduction == "value" else single(low.read(rows=piece)[inside])


def _beyond(
    high: Activations, low: Activations, mask: Bool[np.ndarray, "sample"], limits: tuple[float, float]
) -> Float[np.ndarray, "unit"]:
    """For how many samples all of a unit's values lie at or beyond one of the limits."""
    count = np.zeros(units_of(high))
    for top, bottom in _blocks(high, low, mask):
        finite = np.isfinite(top) & np.isfinite(bottom)
        count += (((bottom >= limits[1]) | (top <= limits[0])) & finite).sum(0)
    return count
