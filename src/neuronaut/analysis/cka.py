"""CKA: how alike two layers see the samples, whatever the units' order, rotation and scale."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.measures.matrices import centred_blocks, heaped, thinned, usable
from neuronaut.analysis.recorded import chosen, unit_coords, units_of
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import fewer_samples, named_units
from neuronaut.analysis.shapes import Bool, Float, Num
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


@analysis(version=1)
def cka(
    rec: Recording,
    where: Where = None,
    *,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    seed: int = 0,
) -> Result:
    """How alike each two layers see the samples: linear centred kernel alignment, plain and debiased.

    ``cka`` and ``debiased`` have the axes ``layers`` and ``others``, both in execution order; 1 for the same up to
    rotation and one scale, 0 for unrelated. With few samples and many units the plain value is too high: trust the
    debiased one, which may fall below 0. A network of more than 4,096 units is looked at on at most 4,096 samples,
    drawn by ``seed``, and that is said. A layer in which nothing varies is like no other: NaN.

    Formulas and their sources: ``linear_cka``.
    """
    group = group_of(rec, where)
    arrays = chosen(rec, layers, site, reduction)
    small = sum(units_of(array) for array in arrays) <= min(FEATURES, max(group.n, 1))
    inside = group.mask if small else thinned(group.mask, SAMPLES, seed)
    mean, finite = usable(arrays, inside)
    products, sizes = (_by_units if small else _by_samples)(arrays, inside, mean, finite)
    names = [array.layer for array in arrays]
    notes = [*notes_on([group]), *_notes(names, products, int(inside.sum()), group.n)]
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


def linear_cka(
    x: Num[np.ndarray, "sample unit_x"], y: Num[np.ndarray, "sample_y unit_y"], *, unbiased: bool = False
) -> float:
    """How alike two matrices of the same samples are: |Xc'Yc|^2 / (|Xc'Xc| |Yc'Yc|), norms after Frobenius.

    With ``unbiased`` each of the three is Song's unbiased HSIC, which many units on few samples do not raise.

    >>> x = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.5], [0.0, 2.0]])
    >>> round(linear_cka(x, 3 * x[:, ::-1]), 9)
    1.0

    Raises DataError when the numbers of samples differ.

    References: Kornblith et al., Similarity of neural network representations revisited, ICML 2019; Nguyen, Raghu and
    Kornblith, Do wide and deep networks learn the same things?, ICLR 2021; Song et al., Feature selection via
    dependence maximization, JMLR 2012.
    """
    if len(x) != len(y):
        raise DataError(f"{len(x)} samples beside {len(y)}; give both matrices the same samples, in the same order.")
    parts = [each.astype(np.float64) - each.mean(0, dtype=np.float64) for each in (x, y)]
    if max(x.shape[1], y.shape[1]) <= len(x):
        products = np.array([[((a.T @ b) ** 2).sum() for b in parts] for a in parts])
    else:
        grams = [a @ a.T for a in parts]
        products = np.array([[(a * b).sum() for b in grams] for a in grams])
    sizes = np.stack([(a**2).sum(1) for a in parts])
    return float(aligned(debiased(products, sizes) if unbiased else products)[0, 1])


def aligned(products: Float[np.ndarray, "layer layer"]) -> Float[np.ndarray, "layer layer"]:
    """Products over the root of both own products; NaN where a layer's own is not above 0."""
    own = np.diagonal(products)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(np.where(own > 0, own, np.nan))
        return np.asarray(products / (root[:, None] * root))


def debiased(
    products: Float[np.ndarray, "layer layer"], sizes: Float[np.ndarray, "layer sample"]
) -> Float[np.ndarray, "layer layer"]:
    """Unbiased HSIC of each two layers from tr(KL) and the diagonals of K and L, K and L being centred.

    (tr(KL) - d.e + sum(d) sum(e) / ((n - 1) (n - 2)) - 2 d.e / (n - 2)) / (n (n - 3)), d and e the diagonals: as the
    rows of a centred K sum to 0, those of K without its diagonal sum to -d. NaN below four samples, and for a layer
    whose own is no more than rounding.
    """
    n = sizes.shape[1]
    if n < 4:
        return np.full_like(products, np.nan)
    dots, sums = sizes @ sizes.T, sizes.sum(1)
    found = (products - dots + np.outer(sums, sums) / ((n - 1) * (n - 2)) - 2 * dots / (n - 2)) / (n * (n - 3))
    own = np.diagonal(found).copy()
    own[own * n * (n - 3) <= 1e-12 * np.diagonal(products)] = np.nan
    np.fill_diagonal(found, own)
    return np.asarray(found)


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


def _notes(names: Sequence[str], products: Float[np.ndarray, "layer layer"], n: int, of: int) -> list[str]:
    notes = []
    if n < of:
        notes.append(fewer_samples(n, of, "the network"))
    still = [name for name, own in zip(names, np.diagonal(products), strict=True) if not own > 0]
    if still and of:
        notes.append(f"nothing varies in {', '.join(map(repr, still))}: it is compared with no other layer.")
    if 0 < n < 4:
        notes.append(f"{n} samples are too few for the debiased value; it needs 4.")
    return notes
