"""Influence, measured now: what a unit does to later units of the live model, and what earlier units do to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.groups import Group, group_of
from neuronaut.analysis.influence import Related, directions, influence_result, share_of, unit_address
from neuronaut.analysis.influence import influence as read_influence
from neuronaut.analysis.registry import opened
from neuronaut.analysis.statistics.averaged import averaged, on_both_halves
from neuronaut.capture.batch import copied
from neuronaut.capture.batch_size import batch_rows
from neuronaut.capture.live import session
from neuronaut.capture.probes import PROBES, drawn
from neuronaut.capture.randomness import untouched_randomness
from neuronaut.core.address import Address
from neuronaut.core.errors import DataError, NeedsModel, UnsupportedModel
from neuronaut.core.layer import Layer
from neuronaut.core.model import Differentiable, Site
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.live.inputs import Feed, Rows, feed_of
from neuronaut.live.truth import recorded_truth, strata_of, task_of
from neuronaut.live.wrapped import recorded_model
from neuronaut.store.recording import Recording


def influence(
    rec: Recording,
    at: str,
    where: Where = None,
    model: Any = None,
    data: Any = None,
    direction: str = "both",
    *,
    k: int | None = None,
    inputs: int | Sequence[str] | None = None,
    seed: int = 0,
) -> Result:
    """What one unit does to later units, and what earlier units do to it, by falling size of the effect.

    Per related unit: ``effect``, signed: the first-order change of the target that the source's own activation makes
    (gradient x activation), averaged over the samples; ``mean_abs``, its size averaged without the sign; ``share``,
    the effect as a part of the sizes of all effects within that layer; ``forwards``, true for later units. Measured on
    the model it has a 95 % interval over the samples, ``low high``, ``heldout``, the effect on half 1 of them, and
    ``replicated``: 1 where both halves lie on the same side of 0 with their intervals. Fewer than 20 samples (or groups
    of samples) have no interval. What is stored is averages: ``n`` tells of how many samples, nothing how they spread.
    Channels are taken whole: all positions of the source together, targets averaged over positions.

    Without ``model`` the stored influence is read. With the recorded model it is measured on the samples of ``where``
    (up to 256 of them, as many of each class). The inputs come from the recording where it holds them, as for tables,
    else from ``data`` as given to ``record``.

    >>> import numpy as np, torch, neuronaut as naut
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False))
    >>> net[0].weight.data = torch.tensor([[1.0, -2.0]])
    >>> rec = naut.record(net, np.array([[1.0, 2.0], [3.0, 6.0]], np.float32))
    >>> found = influence(rec, "0:0", model=net, where="sample == 1")
    >>> found.coords["unit"], found["effect"].tolist(), found["share"].tolist()
    (['input:1', 'input:0'], [-12.0, 3.0], [-0.800000011920929, 0.20000000298023224])

    Raises AddressError when ``at`` names no unit; NeedsModel when only the model can tell; DataError when the model or
    the data are not those that were recorded, or no sample is in ``where``; UnsupportedModel without derivatives.

    Reference: Simonyan et al., Deep inside convolutional networks, 2014 (gradient x activation as first-order effect);
    intervals: Student's t over samples, over groups as in Liang and Zeger 1986.
    """
    opened(rec, "influence")
    if model is None:
        if where is not None or data is not None:
            raise NeedsModel(
                "influence on chosen samples is measured on the live model. "
                "Pass model= (in the shell: --model) as well."
            )
        return read_influence(rec, at, k, direction=direction)
    address, ways = unit_address(rec, at), directions(direction)
    with untouched_randomness():
        group = group_of(rec, where)
        rows = probe_rows(rec, group, seed)
        related = _related_to(rec, address, ways, model, feed_of(rec, data, inputs=inputs), rows)
    return influence_result(
        related,
        k,
        n={group.name: len(rows)},
        params={"at": str(address), "where": group.slice.key, "direction": direction, "probes": len(rows)},
        seed=seed,
        notes=_notes(group, rows, related),
    )


def _related_to(
    rec: Recording, address: Address, ways: Sequence[bool], model: Any, feed: Feed, rows: Rows
) -> list[Related]:
    """The effects of the unit on later layers and of earlier ones on it, as far as asked; the model is run."""
    (first,) = feed.batches(rows[:2], 2)
    live = recorded_model(model, rec, first.inputs)
    if not isinstance(live, Differentiable):
        raise UnsupportedModel(f"{live.name} ({live.framework}) cannot be differentiated, so influence cannot be had.")
    size = batch_rows(live.graph, first.inputs, len(first))
    related: list[Related] = []
    with session(live):
        for forwards in ways:
            others = _others(rec, live.graph.layers, address, forwards)
            related += measured(live, address, others, feed, rows, size, Pieces.of(rec, rows), forwards=forwards)
    return related


def probe_rows(rec: Recording, group: Group, seed: int = 0, limit: int = PROBES) -> Rows:
    """Rows of the group to measure on: all of them, or a seeded choice with as many of each class as there are.

    Raises DataError when no sample is in the group.
    """
    if not group.n:
        raise DataError(f"no sample is in {group.name}: {group.emptiness}. Influence needs samples to be measured on.")
    rows = np.flatnonzero(group.mask)
    truth = recorded_truth(rec, task_of(rec)) if len(rows) > limit else None
    strata = strata_of(truth)
    own = None if strata is None else strata[rows]
    return rows[drawn(np.asarray(rec.sample_ids)[rows], own, limit, seed)]


def _others(rec: Recording, layers: Sequence[Layer], address: Address, forwards: bool) -> list[Layer]:
    """The recorded layers after (or before) the unit's own, in the order in which they ran."""
    names = [layer.name for layer in layers]
    here = names.index(address.layer)
    chosen = layers[here + 1 :] if forwards else layers[:here]
    return [layer for layer in chosen if layer.name in rec.layers]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Which rows are independent of each other: the number of each row's piece, and the half in which each piece is."""

    codes: npt.NDArray[np.int64]
    half: npt.NDArray[np.int64]

    @classmethod
    def of(cls, rec: Recording, rows: Rows) -> Pieces:
        groups = np.asarray(rows) if rec.groups is None else rec.groups[rows]
        _, first, codes = np.unique(groups, return_index=True, return_inverse=True)
        return cls(codes.astype(np.int64), np.asarray(rec.half, np.int64)[rows][first])


def measured(
    model: Differentiable,
    address: Address,
    others: Sequence[Layer],
    feed: Feed,
    rows: Rows,
    size: int,
    pieces: Pieces,
    *,
    forwards: bool,
) -> list[Related]:
    """The effect of one unit on all units of other layers, or theirs on it, averaged over rows."""
    if not others:
        return []
    here, sites = Site(address.layer, address.site), [Site(layer.name) for layer in others]
    push = model.jvp if forwards else model.vjp
    units = {site: layer.unit_count for site, layer in zip(sites, others, strict=True)}
    signed = {site: np.zeros((len(pieces.half), count)) for site, count in units.items()}
    sizes = {site: np.zeros(count) for site, count in units.items()}
    done = 0
    for chunk in feed.batches(rows, size):
        # A copy, since the first operation of a model may work in place.
        found = push(copied(chunk.inputs), here, [address.unit or 0], sites)
        for site in sites:
            effect = np.asarray(found[site][0], np.float64)
            np.add.at(signed[site], pieces.codes[done : done + len(effect)], effect)
            sizes[site] += np.abs(effect).sum(0)
        done += len(chunk)
    return [_related(site.layer, signed[site], sizes[site] / len(rows), pieces, forwards) for site in sites]


def _related(
    layer: str, sums: npt.NDArray[np.float64], size: npt.NDArray[np.float64], pieces: Pieces, forwards: bool
) -> Related:
    counts = np.bincount(pieces.codes, minlength=len(pieces.half))
    whole = averaged(sums, counts)
    first, second = (averaged(sums[pieces.half == half], counts[pieces.half == half]) for half in (0, 1))
    more = {
        "mean_abs": size,
        "low": whole.low,
        "high": whole.high,
        "heldout": second.mean,
        "replicated": on_both_halves(first, second),
    }
    single = whole.mean.astype(np.float32)
    plain = {name: values.astype(np.float32) for name, values in more.items()}
    return Related(layer, np.arange(len(single)), single, share_of(single), forwards, plain)


def _notes(group: Group, rows: Rows, related: Sequence[Related]) -> list[str]:
    said = []
    if len(rows) < group.n:
        said.append(f"measured on {len(rows):,} of the {group.n:,} samples in {group.name}.")
    broken = [part.layer for part in related if not np.isfinite(part.effect).all()]
    if broken:
        said.append(
            f"effects are not finite at {', '.join(map(repr, broken[:4]))}: some activations or weights are not."
        )
    return said
