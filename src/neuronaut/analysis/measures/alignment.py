"""Alignment: how alike two layers see the same samples, and how alike they look when the samples are shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuronaut.analysis.measures.matching import TOLERANCE, Pairing
from neuronaut.analysis.shapes import Float, Int, Num
from neuronaut.core.errors import DataError


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
    """Products over the root of both own products, so exactly 1 with itself; NaN where a layer's own is not above 0."""
    own = np.diagonal(products)
    with np.errstate(invalid="ignore", divide="ignore"):
        root = np.sqrt(np.where(own > 0, own, np.nan))
        found = np.asarray(products / (root[:, None] * root))
    np.fill_diagonal(found, np.where(own > 0, 1, np.nan))
    return found


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


@dataclass(frozen=True, slots=True)
class Seen:
    """What of a layer is compared: centred ``values``, their product with themselves, the samples' squared lengths, and
    a spectrum for each pairing of shuffled samples.
    """

    values: Float[np.ndarray, "sample unit"]
    own: float
    sizes: Float[np.ndarray, "sample"]
    chance: tuple[np.ndarray, ...]


def seen(
    values: Num[np.ndarray, "sample unit"],
    drawn: Int[np.ndarray, "drawn"],
    pairings: tuple[Pairing, ...],
) -> Seen:
    """A layer, ready to be compared; ``drawn`` are the samples that are shuffled."""
    centred = values.astype(np.float64) - (values.mean(0, dtype=np.float64) if len(values) else 0.0)
    chance = doubly_centred(centred[drawn]) if pairings else np.zeros((0, 0))
    return Seen(
        centred,
        _product(centred, centred),
        (centred**2).sum(1),
        tuple(np.fft.rfft(_diagonals(chance[np.ix_(one.order, one.order)]), axis=1) for one in pairings),
    )


def alike(one: Seen, other: Seen) -> tuple[float, float]:
    """Linear CKA of two layers, plain and debiased: what ``linear_cka`` says."""
    cross = _product(one.values, other.values)
    products = np.array([[one.own, cross], [cross, other.own]])
    sizes = np.stack([one.sizes, other.sizes])
    return float(aligned(products)[0, 1]), float(aligned(debiased(products, sizes))[0, 1])


def by_chance(value: float, one: Seen, other: Seen, pairings: tuple[Pairing, ...]) -> tuple[float, float]:
    """What 95 % of shuffled pairings of the samples stay below, and p of a debiased value.

    p = (1 + shuffles with a value as large) / (1 + shuffles), one sided. Shuffles are circular shifts of samples in
    random order: the value at each is a sum along the diagonals of the layers' doubly centred products, which Fourier
    transforms give at once. Over all pairings they have mean 0 and variance 2 / (n (n - 3)), whatever the layers are.

    References: Székely and Rizzo, The distance correlation t-test of independence in high dimension, 2013 (the inner
    product of doubly centred matrices); Hemerik and Goeman, Exact testing with random permutations, 2018; Phipson and
    Smyth, Permutation p-values should never be zero, 2010.
    """
    if np.isnan(value) or not pairings:
        return float("nan"), float("nan")
    parts = [
        np.fft.irfft((np.conj(a) * b).sum(0), len(pairing.order))[pairing.shifts]
        for a, b, pairing in zip(one.chance, other.chance, pairings, strict=True)
    ]
    chance = np.concatenate(parts)
    return float(np.quantile(chance, 0.95)), float((1 + (chance >= value - TOLERANCE).sum()) / (1 + len(chance)))


def doubly_centred(values: Float[np.ndarray, "sample unit"]) -> Float[np.ndarray, "sample sample"]:
    """The samples' products with each other, of length 1: all rows sum to 0, the diagonal is 0, and the products of two
    such matrices are the debiased value. NaN where nothing varies.
    """
    n = len(values)
    gram = values @ values.T
    np.fill_diagonal(gram, 0.0)
    sums = gram.sum(0) / (n - 2)
    gram -= sums[:, None] + sums
    gram += sums.sum() / (n - 1)
    np.fill_diagonal(gram, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(gram / np.sqrt((gram**2).sum()))


def _product(x: Float[np.ndarray, "sample unit"], y: Float[np.ndarray, "sample other"]) -> float:
    """tr(KL), by units where they are fewer than the samples."""
    if max(x.shape[1], y.shape[1]) <= len(x):
        return float(((x.T @ y) ** 2).sum())
    return float(((x @ x.T) * (y @ y.T)).sum())


def _diagonals(square: Float[np.ndarray, "sample sample"]) -> Float[np.ndarray, "offset sample"]:
    """The diagonals of a matrix as rows, each going on at its other end."""
    places = np.arange(len(square))
    return np.asarray(square[places, (places + places[:, None]) % max(len(square), 1)])
