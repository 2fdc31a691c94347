"""CKA: how alike two layers see the samples, whatever the units' order, rotation and scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.beside import beside
from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.measures.alignment import aligned, debiased
from neuronaut.analysis.measures.alignment import linear_cka as linear_cka
from neuronaut.analysis.measures.matrices import centred_blocks, heaped, sound, thinned, usable
from neuronaut.analysis.recorded import chosen, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import fewer_samples, named_units, without
from neuronaut.analysis.shapes import Bool, Float
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

FEATURES = 4096
"""Units of all layers together up to which products of units are summed over all samples."""
SAMPLES = 4096
"""Samples that larger networks are looked at on: then products of samples are summed over all units."""
STRIP = 256


@analysis(version=2)
def cka(
    rec: Recording,
    where: Where = None,
    *,
    other: Recording | None = None,
    layers: str | Sequence[str] = "*",
    other_layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    shuffles: int = 199,
    seed: int = 0,
) -> Result:
    """How alike each two layers see the samples: linear centred kernel alignment, plain and debiased.

    ``cka`` and ``debiased`` have the axes ``layers`` and ``others``, both in execution order; 1 for the same up to
    rotation and one scale, 0 for unrelated. With few samples and many units the plain value is too high: trust the
    debiased one, which may fall below 0. A network of more than 4,096 units is looked at on at most 4,096 samples,
    drawn by ``seed``, and that is said. A layer in which nothing varies is like no other: NaN.

    With ``other``, a recording of the same samples by another network: each of ``layers`` of this one (``layers``)
    beside each of ``other_layers`` of the other (``others``), over the samples that both hold, found by their ids, of
    which at most 4,096 are looked at. There are also ``null``, the debiased value that 95 % of ``shuffles`` of the
    samples' pairing stay below, and ``p``; whole groups are shuffled where samples come in groups.

    Formulas and their sources: ``linear_cka``; of ``null`` and ``p``: ``by_chance`` of ``analysis.measures.alignment``.
    Raises DataError with fewer than 20 samples in common, and for recordings of different data.
    """
    if other is not None:
        return beside(rec, other, where, layers, other_layers, site, reduction, shuffles, seed)
    if other_layers != "*":
        raise DataError("other_layers are those of another recording: give it as other.")
    group = group_of(rec, where)
    arrays = chosen(rec, layers, site, reduction)
    small = sum(units_of(array) for array in arrays) <= min(FEATURES, max(group.n, 1))
    inside = group.mask if small else thinned(group.mask, SAMPLES, seed)
    mean, finite = usable(arrays, inside)
    looked = int(inside.sum())
    if not finite.all():
        inside = sound(arrays, inside)
        mean, finite = usable(arrays, inside)
    products, sizes = (_by_units if small else _by_samples)(arrays, inside, mean, finite)
    names = [array.layer for array in arrays]
    notes = [
        *notes_on([group]),
        *_notes(names, products, np.logical_or.reduceat(finite, _starts(arrays)), looked, group.n),
    ]
    if lost := looked - int(inside.sum()):
        notes.append(without(lost))
    broken = named_units(~finite, unit_coords(rec, arrays)["unit"])
    if broken:
        notes.append(f"NaN or infinite activations; left out: {broken}.")
    return Result(
        "cka",
        {"cka": aligned(products), "debiased": aligned(debiased(products, sizes))},
        dict.fromkeys(("cka", "debiased"), ("layers", "others")),
        {"layers": names, "others": names},
        n={group.name: group.n},
        seed=seed,
        notes=tuple(notes),
    )


def _by_units(
    arrays: Sequence[Activations],
    mask: Bool[np.ndarray, "sample"],
    mean: Float[np.ndarray, "unit"],
    finite: Bool[np.ndarray, "unit"],
) -> tuple[Float[np.ndarray, "layer layer"], Float[np.ndarray, "layer row"]]:
    """tr(KL) as the squared norm of X'Y, summed over samples a piece at a time; and each sample's squared length."""
    starts = _starts(arrays)
    total = np.zeros((len(mean), len(mean)))
    sizes = [np.zeros((len(arrays), 0))]
    for block in heaped(centred_blocks(arrays, mask, mean, finite)):
        total += block.T @ block
        sizes.append(np.add.reduceat(block**2, starts, axis=1).T)
    squared = np.add.reduceat(np.add.reduceat(total**2, starts, axis=0), starts, axis=1)
    return squared, np.concatenate(sizes, axis=1)


def _by_samples(
    arrays: Sequence[Activations],
    mask: Bool[np.ndarray, "sample"],
    mean: Float[np.ndarray, "unit"],
    finite: Bool[np.ndarray, "unit"],
) -> tuple[Float[np.ndarray, "layer layer"], Float[np.ndarray, "layer row"]]:
    """tr(KL) summed over strips of the samples' products with each other."""
    starts = _starts(arrays)
    layers = []
    for array, start in zip(arrays, starts, strict=True):
        stop = start + units_of(array)
        blocks = centred_blocks([array], mask, mean[start:stop], finite[start:stop])
        layers.append(np.concatenate([np.zeros((0, stop - start)), *blocks]))
    n = len(layers[0])
    products = np.zeros((len(layers), len(layers)))
    for first in range(0, n, STRIP):
        strips = np.stack([(layer[first : first + STRIP] @ layer.T).reshape(-1) for layer in layers])
        products += strips @ strips.T
    return products, np.stack([(layer**2).sum(1) for layer in layers])


def _starts(arrays: Sequence[Activations]) -> list[int]:
    """Where each array's units begin when all stand side by side."""
    sizes = [units_of(array) for array in arrays]
    return [sum(sizes[:place]) for place in range(len(sizes))]


def _notes(
    names: Sequence[str], products: Float[np.ndarray, "layer layer"], known: Bool[np.ndarray, "layer"], n: int, of: int
) -> list[str]:
    notes = []
    if n < of:
        notes.append(fewer_samples(n, of, "the network"))
    still = [name for name, own, some in zip(names, np.diagonal(products), known, strict=True) if some and not own > 0]
    if still and of:
        notes.append(f"nothing varies in {', '.join(map(repr, still))}: it is compared with no other layer.")
    if 0 < n < 4:
        notes.append(f"{n} samples are too few for the debiased value; it needs 4.")
    return notes
