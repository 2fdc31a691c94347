"""Selectivity: which class of a column each unit answers to, how sharply, and whether the held-out half agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from neuronaut.analysis.groups import group_of, notes_on
from neuronaut.analysis.measures.classes import EACH, Bins, Classes, classes_of
from neuronaut.analysis.measures.clustered import Clusters, ranks_and_bins
from neuronaut.analysis.measures.entropy import EDGES, against_chance, bin_edges, entropy, information, table
from neuronaut.analysis.measures.heldout import Design, judged
from neuronaut.analysis.measures.ordered import (
    average_precision,
    from_sums,
    ordered,
    precision_at,
    rank_sums,
)
from neuronaut.analysis.measures.tuning import (
    ByClass,
    by_class,
    d_prime,
    hoyer,
    lifetime_sparseness,
    modality,
    selectivity_index,
)
from neuronaut.analysis.recorded import chosen, unit_blocks, unit_coords
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.saying import named_units
from neuronaut.analysis.shapes import Bool, Int, Num
from neuronaut.analysis.statistics.moments import single, transposed
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.errors import DataError
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.store.activations import Activations
from neuronaut.store.recording import Recording

Found = dict[str, np.ndarray]


@analysis(version=2)
def selectivity(
    rec: Recording,
    column: str,
    *,
    bins: Bins = None,
    where: Where = None,
    layers: str | Sequence[str] = "*",
    site: str = "post",
    reduction: str = "mean",
    permutations: int = 100,
    k: int = 60,
    seed: int = 0,
) -> Result:
    """Which class of a column each unit answers to: AUROC, d', average precision and information, held out.

    Per class and unit, against all other classes: ``auroc`` (the chance that a sample of the class is higher; below .5
    the unit is lower for it), ``dprime``, ``ap`` (average precision; what chance gives is the class's share), ``mean``.
    Per unit: ``best``, the class whose AUROC is farthest from .5, ``best_auroc``, its ``p``, corrected for the choice
    among classes, and ``q`` over all units; ``mi``, the information between unit and class as a share of the class's
    entropy, above what shuffled classes give (``mi_null``; whole groups are shuffled, or classes within them, where
    samples come in groups), with its permutation ``mi_p``; ``csi``, the legacy class selectivity index, and
    ``sparseness`` (lifetime), both only for values of at least 0; ``hoyer``; ``modality``, how many classes it stands
    for; ``precision_at_k``, the share of the commonest class among its k highest samples.

    Held out: ``heldout_class`` is the best class on half 0 of the samples, ``found_auroc`` its AUROC there,
    ``heldout_auroc`` that on half 1; ``replicated`` says whether q < .05 on both halves with the same sign. A class of
    fewer than 20 samples (or groups of samples, where they come in groups) is never called best beside larger ones, and
    nothing is claimed about it. ``bins`` parts a column of numbers, see ``analysis.measures.classes``; the numbers of a
    label are classes already. NaN and infinite activations are counted in ``nonfinite`` and left out.

    Formulas and their sources: the modules of ``neuronaut.analysis.measures``.

    Raises UnknownName for a column that is not there, DataError for one with too many values to be classes.
    """
    if permutations < 0 or k < 1:
        raise DataError(f"permutations={permutations}, k={k}: give at least 0 permutations and a k of at least 1.")
    group = group_of(rec, where)
    asked = rec.columns[column]
    bins = (
        EACH if bins is None and rec.task.get("classes") and column in (rec.task.get("label"), "prediction") else bins
    )
    classes = classes_of(asked, group.mask, bins) if group.n else Classes((), np.full(rec.n, -1, np.int32))
    arrays = chosen(rec, layers, site, reduction)
    coords: dict[str, Sequence[Any]] = {"class": list(classes.names), **unit_coords(rec, arrays)}
    design = Design.of(classes, np.asarray(rec.half), rec.groups)
    clusters = _clusters(design, permutations, seed)
    found = _measure(arrays, design, clusters, k) if classes.names else _nothing(len(coords["unit"]))
    chance = _chance(found, permutations, seed)
    values = _values(found, chance, judged(found, design), classes.names)
    return Result(
        "selectivity",
        values,
        {name: ("class", "unit")[-array.ndim :] for name, array in values.items()},
        coords,
        n=dict(zip(classes.names, classes.counts.tolist(), strict=True)) or {group.name: group.n},
        seed=seed,
        notes=(*notes_on([group]), *classes.notes, *_notes(values, coords, design, clusters, found)),
    )


def _clusters(design: Design, permutations: int, seed: int) -> Clusters | None:
    """The groups that samples come in, with their shuffles; None where there are none."""
    if design.groups is None or not len(design.rows):
        return None
    return Clusters.of(design.groups, design.labels, design.classes, permutations, seed)


def _measure(arrays: Sequence[Activations], design: Design, clusters: Clusters | None, k: int) -> Found:
    """What each unit tells by itself.

    One thread reads a block and sums it up while this one ranks the block before: ranking takes many short steps, and
    two threads of those would wait for each other.
    """
    blocks = [(array, units) for array in arrays for units in unit_blocks(array, len(design.rows))]

    def read(block: tuple[Activations, slice]) -> tuple[Found, Num[np.ndarray, "unit sample"]]:
        array, units = block
        across = transposed(single(array.read(units=units)).take(design.rows, axis=0))
        return summed(by_class(across, design.starts)), across

    parts = []
    with ThreadPoolExecutor(1) as pool:
        coming = pool.submit(read, blocks[0])
        for following in [*blocks[1:], None]:
            sums, across = coming.result()
            if following is not None:
                coming = pool.submit(read, following)
            parts.append(sums | ranked(across, design, clusters, k))
    return {name: np.concatenate([part[name] for part in parts], axis=-1) for name in parts[0]}


def summed(found: ByClass) -> Found:
    """What sums tell of a block of units."""
    signed, means = found.signed, found.means
    n, mean, mean_abs, mean_square = found.together()
    return {
        "mean": means,
        "dprime": d_prime(found),
        "csi": np.where(signed, np.nan, selectivity_index(means)),
        "modality": modality(means),
        "sparseness": np.where(signed, np.nan, lifetime_sparseness(n, mean, mean_square)),
        "hoyer": hoyer(n, mean_abs, mean_square),
        "signed": signed,
    }


def ranked(across: Num[np.ndarray, "unit sample"], design: Design, clusters: Clusters | None, k: int) -> Found:
    """What the order of each unit's samples tells."""
    units = [_unit(values, design, clusters, k) for values in across]
    found = {name: np.stack([unit[name] for unit in units], axis=-1) for name in units[0]}
    tables = np.moveaxis(found.pop("table"), -1, 0)
    return found | {"information": information(tables), "nonfinite": across.shape[1] - found["counts"].sum((0, 1))}


def _unit(values: Num[np.ndarray, "sample"], design: Design, clusters: Clusters | None, k: int) -> Found:
    labels, counts = design.labels, design.counts
    finite = np.ones(len(values), bool)
    with np.errstate(invalid="ignore"):  # of both infinities
        known = np.isfinite(values.sum(dtype=np.float64))
    if not known:
        finite = np.isfinite(values)
        values, labels = values[finite], labels[finite]
        counts = np.bincount(labels, minlength=counts.size).reshape(counts.shape)
    unit = ordered(values, labels, counts)
    sums, edges = rank_sums(unit), bin_edges(unit)
    inside = counts.sum(1)
    return {
        "counts": counts,
        "auroc": from_sums(sums.whole, inside, inside.sum(keepdims=True)),
        "auroc_halves": from_sums(sums.halves, counts, counts.sum(0)),
        "ties": np.array([sums.ties, *sums.half_ties]),
        "ap": average_precision(unit),
        "precision_at_k": np.array(precision_at(unit, k)),
        "edges": edges,
        "table": table(unit, edges),
        "constant": np.array(len(unit.starts) == 1),
        **({} if clusters is None else _clustered(values, finite, edges, clusters)),
    }


def _clustered(
    values: Num[np.ndarray, "value"],
    inside: Bool[np.ndarray, "sample"],
    edges: Int[np.ndarray, "edge"],
    clusters: Clusters,
) -> Found:
    """What groups of samples change: the spread of the AUROC, and what shuffles tell."""
    rank, bins = ranks_and_bins(values, edges)
    _, null, p = clusters.against_chance(bins, inside)
    return {"inflation": clusters.inflation(rank, inside), "null": np.array(null), "null_p": np.array(p)}


def _nothing(units: int) -> Found:
    """The same for no class at all."""
    empty = np.full(units, np.nan)
    alone = ("csi", "modality", "sparseness", "hoyer", "precision_at_k", "information")
    return dict.fromkeys(alone, empty) | {
        **dict.fromkeys(("mean", "dprime", "auroc", "ap"), np.zeros((0, units))),
        "auroc_halves": np.zeros((0, 2, units)),
        "counts": np.zeros((0, 2, units), np.int64),
        "ties": np.zeros((3, units)),
        "edges": np.zeros((EDGES, units), np.int64),
        "nonfinite": np.zeros(units, np.int64),
        **dict.fromkeys(("signed", "constant"), np.zeros(units, bool)),
    }


def _chance(found: Found, permutations: int, seed: int) -> Found:
    """Information as a share of the class's entropy, against that of shuffled classes.

    Units with the same finite samples, counted by class, share their shuffles; where samples come in groups, the groups
    were shuffled unit by unit.
    """
    observed, counts = found["information"], found["counts"].sum(1)
    null, p, whole = np.full_like(observed, np.nan), np.full_like(observed, np.nan), np.full_like(observed, np.nan)
    margins, kind = np.unique(counts, axis=1, return_inverse=True)
    for number, margin in enumerate(margins.T):
        if np.count_nonzero(margin) < 2:
            continue
        units = np.flatnonzero(kind.reshape(-1) == number)
        if "null" in found:
            null[units], p[units] = found["null"][units], found["null_p"][units]
        else:
            null[units], p[units] = against_chance(observed[units], found["edges"].T[units], margin, permutations, seed)
        whole[units] = entropy(margin)
    return {"mi": (observed - np.nan_to_num(null)) / whole, "mi_null": null / whole, "mi_p": p}


def _values(found: Found, chance: Found, verdict: Found, names: Sequence[str]) -> Found:
    """The values as they are handed out: classes by name, where a unit has one."""
    texts = np.array(["", *names])
    by_unit = ("csi", "modality", "sparseness", "hoyer", "precision_at_k", "nonfinite")
    return {
        **{name: found[name] for name in ("auroc", "dprime", "ap", "mean")},
        **{name: texts[array + 1] if array.dtype.kind == "i" else array for name, array in verdict.items()},
        **chance,
        **{name: found[name] for name in by_unit},
    }


def _notes(
    values: Found, coords: Mapping[str, Sequence[Any]], design: Design, clusters: Clusters | None, found: Found
) -> list[str]:
    units, names = coords["unit"], coords["class"]
    small = [name for name, able in zip(names, (design.pieces[0, :, 0] >= FEWEST).tolist(), strict=True) if not able]
    empty = values["nonfinite"] > 0
    said = {
        "NaN or infinite activations, counted in nonfinite, are left out": named_units(empty, units),
        "one value for all samples tells no classes apart": named_units(found["constant"], units),
        "csi and sparseness are made for values of at least 0; they are left empty": named_units(
            found["signed"], units
        ),
    }
    if len(names) < 2:  # nothing is compared, and why has been said
        said = dict(list(said.items())[:1])
    notes = [f"{reason}: {which}." for reason, which in said.items() if which]
    if small and len(names) > 1:
        shown = ", ".join(map(repr, small[:4])) + (", …" if len(small) > 4 else "")
        pieces = "groups of samples" if design.grouped else "samples"
        notes.append(f"fewer than {FEWEST} {pieces} in {shown}: nothing is claimed about a class so small.")
    able = (design.pieces[:, :, 1:] >= FEWEST).all((0, 2))
    if len(names) > 1 and not able.any() and len(small) < len(names):
        notes.append(f"no class has {FEWEST} samples in each half: replication could not be checked.")
    if clusters is not None and len(names) > 1:
        how = "whole groups" if clusters.whole else "classes within each group, as some hold several"
        notes.append(
            f"samples come in groups: p and q allow for samples of a group being alike; mi_p shuffles {how}.".replace(
                ",.", "."
            )
        )
    return notes
