"""Influence: what a unit does to later units, and what earlier units do to it, as recorded from derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neuronaut.analysis.registry import analysis
from neuronaut.analysis.shapes import Float, Int, Shaped
from neuronaut.core.address import Address, parse_address
from neuronaut.core.errors import AddressError, NeedsModel, UnknownName, unknown
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording
from neuronaut.store.results import read_result

STORED_KEY = "stored"
BETWEEN = "\t"


DIRECTIONS = ("forward", "backward", "both")


@analysis(version=3, kept=False)
def influence(rec: Recording, at: str, k: int | None = None, *, direction: str = "both") -> Result:
    """Units that this unit moves, and units that move it, by falling size of the effect.

    ``effect`` is signed: the first-order change that removing the source's own activation would undo, averaged over the
    probe samples; ``forwards`` is true for later units. ``share`` is the effect as a part of the sizes of all effects
    on (or of) units of the same layer; NaN where only the strongest were stored, which are then all that is given.

    Raises AddressError when ``at`` names no unit, NeedsModel when the recording holds no influence.

    Reference: algorithms as in Simonyan et al. 2014 (gradient x activation), pushed forward through the network.
    """
    address = unit_address(rec, at)
    ways = directions(direction)
    if address.site == "pre":
        raise NeedsModel(
            f"the stored influence is that of '{replace(address, site='post')}', not of {at!r}. "
            "Pass model= (in the shell: --model)."
        )
    stored = stored_influence(rec)
    related = [
        Related(name, units, effects, share_of(effects, whole=whole), forwards)
        for forwards in ways
        for name, units, effects, whole in _related(stored, address.layer, address.unit or 0, forwards=forwards)
    ]
    return influence_result(related, k, n=stored.n, seed=stored.seed, notes=(*stored.notes, *_broken_notes(related)))


def _broken_notes(related: Sequence[Related]) -> list[str]:
    """How many effects are not finite, and of which layers."""
    broken = [int((~np.isfinite(part.effect)).sum()) for part in related]
    if not any(broken):
        return []
    names = [part.layer for part, count in zip(related, broken, strict=True) if count]
    shown = ", ".join(map(repr, names[:4])) + (", …" if len(names) > 4 else "")
    total = sum(len(part.effect) for part in related)
    return [
        f"{sum(broken):,} of {total:,} effects are NaN or infinite (at {shown}), as some activations or weights behind "
        "them are; shares of these layers are then unknown."
    ]


@dataclass(frozen=True, slots=True)
class Related:
    """Units of one layer that a unit moves (``forwards``) or is moved by; ``more`` holds further values of each."""

    layer: str
    units: Int[np.ndarray, "k"]
    effect: Float[np.ndarray, "k"]
    share: Float[np.ndarray, "k"]
    forwards: bool
    more: Mapping[str, Float[np.ndarray, "k"]] = field(default_factory=dict)


def influence_result(
    related: Sequence[Related],
    k: int | None = None,
    *,
    n: Mapping[str, int],
    params: Mapping[str, Any] | None = None,
    seed: int = 0,
    notes: Sequence[str] = (),
) -> Result:
    """All related units in one table, by falling size of the effect; those without one come last."""
    columns: dict[str, Shaped[np.ndarray, "unit"]] = {
        "effect": _joined([part.effect for part in related], np.float32),
        "forwards": _joined([np.full(len(part.units), part.forwards) for part in related], np.bool_),
        "share": _joined([part.share for part in related], np.float32),
    }
    for name in dict.fromkeys(name for part in related for name in part.more):
        columns[name] = _joined([part.more[name] for part in related], np.float32)
    size = np.abs(columns["effect"])
    order = np.lexsort((np.arange(len(size)), -np.where(np.isnan(size), -1.0, size)))[:k]
    labels = [str(Address(part.layer, unit=int(unit))) for part in related for unit in part.units]
    layers = [part.layer for part in related for _ in part.units]
    return Result(
        "influence",
        {name: column[order] for name, column in columns.items()},
        dict.fromkeys(columns, ("unit",)),
        {"unit": [labels[place] for place in order], "layer": [layers[place] for place in order]},
        params=params or {},
        n=n,
        seed=seed,
        notes=tuple(notes),
    )


def _joined(parts: list[Shaped[np.ndarray, "_"]], dtype: Any) -> Shaped[np.ndarray, "unit"]:
    return np.concatenate(parts) if parts else np.zeros(0, dtype)


def share_of(effects: Float[np.ndarray, "k"], *, whole: bool = True) -> Float[np.ndarray, "k"]:
    """Each effect as a part of the sizes of all of them, c / sum |c|; NaN unless ``effects`` are all of a layer.

    >>> import numpy as np
    >>> share_of(np.array([3.0, -1.0, 0.0])).tolist()
    [0.75, -0.25, 0.0]
    """
    if not whole:
        return np.full_like(effects, np.nan)
    total = np.abs(effects).sum()
    return np.asarray(effects / (total if total > 0 else np.ones_like(total)))


def unit_address(rec: Recording, at: str) -> Address:
    """The unit of a recorded layer that ``at`` names.

    Raises AddressError when it names a layer or a position, UnknownName for a unit that is not there.
    """
    address = parse_address(at, list(rec.layers))
    layer = rec.layers[address.layer]
    if address.unit is None:
        raise AddressError(f"{at!r} names a layer of {layer.unit_count} units; name one of them, as in '{at}:0'.")
    if address.unit >= layer.unit_count:
        raise UnknownName(f"no unit {address.unit} in layer {layer.name!r}: its units are 0 to {layer.unit_count - 1}.")
    if address.position is not None:
        whole = replace(address, position=None)
        raise AddressError(f"{at!r} names one position; influence is that of the whole unit, '{whole}'.")
    return address


def directions(direction: str) -> tuple[bool, ...]:
    """Which ways are asked for: True for forwards. Raises UnknownName for another word."""
    if direction not in DIRECTIONS:
        raise unknown("direction", direction, DIRECTIONS)
    return {"forward": (True,), "backward": (False,)}.get(direction, (True, False))


def stored_influence(rec: Recording) -> Result:
    """The influence of every recorded layer on every later one, as ``record`` stored it.

    Raises NeedsModel when it did not.
    """
    stored = read_result(rec, STORED_KEY, name="influence")
    if stored is None:
        raise NeedsModel(
            "this recording holds no influence, and only the live model can tell. Pass model= (in the shell: --model), "
            "or record again with influence=True (in the shell: --influence)."
        )
    return stored


def effects_of(
    stored: Result, layer: str, unit: int, *, forwards: bool
) -> Iterator[tuple[str, Int[np.ndarray, "k"], Float[np.ndarray, "k"]]]:
    """Layer, units and effects that are stored for one unit, in one direction."""
    for name, units, effects, _ in _related(stored, layer, unit, forwards=forwards):
        yield name, units, effects


def _related(
    stored: Result, layer: str, unit: int, *, forwards: bool
) -> Iterator[tuple[str, Int[np.ndarray, "k"], Float[np.ndarray, "k"], bool]]:
    """Layer, units and effects that are stored for one unit, in one direction, and whether they are the whole layer."""
    for name, array in stored.values.items():
        source, _, rest = name.partition(BETWEEN)
        target, _, part = rest.partition(BETWEEN)
        mine, other = (source, target) if forwards else (target, source)
        if mine != layer:
            continue
        if not part:
            effects = array[unit] if forwards else array[:, unit]
            yield other, np.arange(effects.size), effects, True
        elif part == ("forward.index" if forwards else "backward.index"):
            value = stored.values[name.removesuffix("index") + "value"]
            kept = array[unit] >= 0
            yield other, array[unit][kept].astype(np.int64), value[unit][kept], False
