"""Drivers: which slice of the samples drives a unit, found on one half of them and scored on the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuronaut.analysis.recorded import reduced
from neuronaut.analysis.registry import analysis
from neuronaut.analysis.search.atoms import Atoms, atoms_of
from neuronaut.analysis.search.beam import SCORES, Found, Score, Search
from neuronaut.analysis.search.bitsets import overlaps, size, unpack
from neuronaut.analysis.search.nulls import best_of_shuffles
from neuronaut.analysis.search.target import Target, target_of
from neuronaut.analysis.shapes import Float, Num
from neuronaut.analysis.statistics.pieces import counted
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.analysis.top import known_unit
from neuronaut.core.address import parse_address
from neuronaut.core.axes import REDUCTIONS
from neuronaut.core.errors import DataError, unknown
from neuronaut.core.filters import Node, text_of
from neuronaut.core.filters.nodes import And, Or
from neuronaut.core.result import Result
from neuronaut.store.recording import Recording

VALUES = (
    "score",
    "heldout",
    "shuffled",
    "p",
    "beats",
    "precision",
    "base",
    "lift",
    "recall",
    "mean_in",
    "mean_out",
    "n",
)
HARDLY = 1.5
"""Times chance below which a slice that beats the shuffles still tells hardly anything."""
ALIKE = 0.7
"""Slices that share more than this of their rows with a better one are not listed."""


@analysis(version=2)
def drivers(
    rec: Recording,
    at: str,
    *,
    depth: int = 3,
    beam: int = 10,
    score: str = "ap",
    top: float = 0.05,
    largest: bool = True,
    columns: Sequence[str] | None = None,
    outputs: bool = False,
    reduction: str = "mean",
    shuffles: int = 20,
    seed: int = 0,
) -> Result:
    """Which slices of the samples drive a unit: filters that tell best when it is at its top, checked on other samples.

    The unit's top is the ``top`` share of its highest samples (``largest=False``: its lowest), taken on either half;
    on half 0 it begins at ``threshold``. Equalities, cuts and nulls of the metadata ``columns`` are joined by and/or,
    ``depth`` of them at most, by a beam search on half 0. Per ``slice``, a filter that can be used as it is, best on
    half 0 first: ``score`` on half 0 and ``heldout`` on half 1 (``score="ap"``, average precision, or ``"f1"``);
    ``shuffled``, the best score that the same search, let loose on half 1 itself, reaches on ``shuffles`` shuffled
    copies of the unit; ``p`` = (1 + copies that reach ``heldout``) / (1 + copies); ``beats``, 1 where ``heldout`` is
    above all of them; on half 1 ``precision``, ``base`` (what chance gives: the share of all samples that is at the
    top), ``lift`` (precision / base), ``recall``, and the unit's mean inside and outside, ``mean_in mean_out``; ``n``
    samples in the whole recording. The first note is the verdict; below a lift of 1.5 a slice is hardly above chance.

    What the model answered is not asked unless ``outputs=True``; identifiers are left out unless named. In a recording
    with groups, whole groups are shuffled, and fewer than 20 groups claim nothing.

    >>> import neuronaut as naut, torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(1, 1), torch.nn.ReLU())
    >>> values = np.linspace(0, 1, 2000, dtype=np.float32)[:, None]
    >>> colours = np.where(values[:, 0] > 0.9, "red", np.where(values[:, 0] > 0.5, "blue", "green"))
    >>> rec = naut.record(net, values, metadata={"colour": colours}, influence=False)
    >>> found = drivers(rec, "input:0", top=0.1)
    >>> found.coords["slice"][0], float(found["heldout"][0]) > 0.9, float(found["beats"][0])
    ('colour == "red"', True, 1.0)

    Raises AddressError or UnknownName when ``at`` names no unit, UnknownName for a column that is not there.
    Reference: Mu and Andreas, Compositional explanations of neurons, 2020.
    """
    _check(depth, beam, score, top, shuffles, seed)
    values = _values(rec, at, reduction, largest)
    atoms = atoms_of(rec, columns, outputs=outputs)
    target = target_of(values, atoms, top, rec.groups)
    if isinstance(target, str):
        return _answer([], {}, np.nan, [f"{at}: {target}", *atoms.notes], rec.n, seed)
    search = Search(atoms.sets[0], SCORES[score], depth, beam, FEWEST, atoms.counts_of(0))
    found = _unlike(search.best(target.found.top_bits, target.found.known_bits))[:beam]
    elsewhere = Search(atoms.sets[1], SCORES[score], depth, beam, FEWEST, atoms.counts_of(1))
    null = best_of_shuffles(elsewhere, target.held, shuffles, seed, atoms.nulls) if found else np.empty(0)
    table = _judged([_Judged.of(one, atoms, target, search.score) for one in found], null)
    if not largest:
        table |= {name: -table[name] for name in ("mean_in", "mean_out") if name in table}
    texts = [text_of(_node(one, atoms)) for one in found]
    notes = [_verdict(at, texts, table, largest), *_top_notes(at, target, top), *_small_notes(table), *atoms.notes]
    threshold = target.thresholds[0]
    return _answer(texts, table, threshold if largest else -threshold, notes, rec.n, seed)


def _check(depth: int, beam: int, score: str, top: float, shuffles: int, seed: int) -> None:
    if score not in SCORES:
        raise unknown("score", score, SCORES)
    if not 1 <= depth <= 5:
        raise DataError(f"slices of {depth} predicates were asked for. Ask for 1 to 5.")
    if beam < 1:
        raise DataError(f"a beam of {beam} keeps no slice. Ask for at least 1; 10 is usual.")
    if not 0 < top <= 0.5:
        raise DataError(f"the top is a share between 0 and 0.5; got {top:g}.")
    if shuffles < 19:
        raise DataError(f"{shuffles} shuffles cannot give a p of .05 or below. Ask for at least 19; 20 is usual.")
    if seed < 0:
        raise DataError(f"a seed is a whole number from 0 on; got {seed}.")


def _values(rec: Recording, at: str, reduction: str, largest: bool) -> Float[np.ndarray, "sample"]:
    address = parse_address(at, list(rec.layers))
    layer = rec.layers[address.layer]
    unit = known_unit(layer, address.unit, at)
    if reduction not in REDUCTIONS:
        raise unknown("reduction", reduction, REDUCTIONS)
    values = reduced(rec, layer.name, address.site, reduction).read(units=unit).astype(np.float64)
    return values if largest else -values


def _unlike(found: list[Found]) -> list[Found]:
    """Without those that share nearly all rows with a better one."""
    kept: list[Found] = []
    for one in found:
        rows = np.stack([better.rows for better in kept]) if kept else one.rows[None][:0]
        shared = overlaps(rows, one.rows[None])[0]
        sizes = np.array([size(row) for row in rows])
        if not (shared > ALIKE * (sizes + size(one.rows) - shared)).any():
            kept.append(one)
    return kept


@dataclass(frozen=True, slots=True)
class _Judged:
    """A slice that was found, as the held-out half sees it."""

    score: float
    heldout: float
    precision: float
    base: float
    lift: float
    recall: float
    mean_in: float
    mean_out: float
    n: int
    claimable: bool

    @classmethod
    def of(cls, found: Found, atoms: Atoms, target: Target, score: Score) -> _Judged:
        held = target.held
        sets = [_rows(found, half) for half in atoms.sets]
        inside = unpack(sets[1], len(held.values)) & held.known
        chosen, hits = int(inside.sum()), int((inside & held.top).sum())
        positives, rows = int(held.top.sum()), int(held.known.sum())
        outside = held.known & ~inside
        sides = [counted(part, held.groups) for part in (inside, outside)]
        base, precision = positives / rows if rows else np.nan, hits / chosen if chosen else np.nan
        return cls(
            found.score,
            float(score(np.array(chosen), np.array(hits), positives, rows)) if positives else np.nan,
            precision,
            base,
            precision / base if positives else np.nan,
            hits / positives if positives else np.nan,
            _mean(held.values[inside]),
            _mean(held.values[outside]),
            size(sets[0]) + size(sets[1]),
            min(*sides, target.found.fewest, held.fewest) >= FEWEST,
        )


def _mean(values: Float[np.ndarray, "row"]) -> float:
    return float(values.mean()) if values.size else np.nan


def _rows(found: Found, sets: Num[np.ndarray, "set word"]) -> Num[np.ndarray, "word"]:
    """The rows of a slice among those of a half."""
    rows = sets[found.first]
    for join, place in found.joined:
        rows = rows & sets[place] if join == "and" else rows | sets[place]
    return np.asarray(rows)


def _node(found: Found, atoms: Atoms) -> Node:
    """The slice as a filter."""
    node = atoms.nodes[found.first]
    for join, place in found.joined:
        kind = And if join == "and" else Or
        parts = node.operands if isinstance(node, kind) else (node,)
        node = kind((*parts, atoms.nodes[place]))
    return node


def _judged(judged: list[_Judged], null: Float[np.ndarray, "shuffle"]) -> dict[str, Any]:
    """The slices as columns, held against the best that shuffled copies reach."""
    names = ("score", "heldout", "precision", "base", "lift", "recall", "mean_in", "mean_out")
    table: dict[str, Any] = {name: np.array([getattr(one, name) for one in judged], float) for name in names}
    heldout = table["heldout"]
    claimable = np.array([one.claimable for one in judged], bool) & ~np.isnan(heldout)
    reached = (null[None, :] >= heldout[:, None]).sum(1)
    table["shuffled"] = np.full(len(judged), null.max(initial=-np.inf))
    table["p"] = np.where(claimable, (1 + reached) / (1 + len(null)), np.nan)
    table["beats"] = np.where(claimable, (reached == 0).astype(float), np.nan)
    table["n"] = np.array([one.n for one in judged], np.int64)
    return table


def _verdict(at: str, texts: Sequence[str], table: Mapping[str, Any], largest: bool) -> str:
    """In one sentence, what may be said."""
    end = "highest" if largest else "lowest"
    if not texts:
        return f"{at}: no question about the columns tells when it is {end}."
    for place in np.flatnonzero(table["beats"] == 1)[:1].tolist():
        row = {name: float(table[name][place]) for name in ("heldout", "shuffled", "p", "precision", "base", "lift")}
        hardly = "hardly above chance: " if row["lift"] < HARDLY else ""
        return (
            f"{at} is {end} for {texts[place]}: the score is {row['heldout']:.3f} on the held-out half, the best of "
            f"the shuffled copies reaches {row['shuffled']:.3f} (p = {row['p']:.2g}, the smallest that "
            f"{round(1 / row['p']) - 1} shuffles can give); {hardly}{row['precision']:.1%} of the slice is at the top, "
            f"{row['lift']:.2g} times the {row['base']:.1%} of all samples."
        )
    said = f"{table['heldout'][0]:.3f} on the held-out half, the shuffled copies reach {table['shuffled'][0]:.3f}"
    if np.isnan(table["beats"]).all():
        return f"{at}: nothing is claimed, there are too few samples; the best slice scores {said}."
    return f"{at}: nothing beats shuffles; the best slice scores {said}."


def _top_notes(at: str, target: Target, top: float) -> list[str]:
    """What must be said about the top itself."""
    notes = []
    if target.share > 2 * top and int(target.found.top.sum()) > 1:
        notes.append(f"{target.share:.0%} of the samples share {at}'s highest value; all of them count as its top.")
    fewest = min(target.found.fewest, target.held.fewest)
    if fewest < FEWEST:
        one, more = ("sample", "samples") if target.found.groups is None else ("group", "groups of samples")
        counted = f"is only 1 {one}" if fewest == 1 else f"are only {fewest} {more}"
        notes.append(
            f"at the top (or below it) of one half there {counted}, fewer than {FEWEST}: p is empty. "
            f"Ask for a larger top than {top:g}, or record more samples."
        )
    return notes


def _small_notes(table: Mapping[str, Any]) -> list[str]:
    """That some slices claim nothing, where others do."""
    silent = int(np.isnan(table["beats"]).sum())
    if not 0 < silent < len(table["beats"]):
        return []
    have, claim = ("one slice has", "claims") if silent == 1 else (f"{silent} slices have", "claim")
    return [f"{have} fewer than {FEWEST} samples inside or outside on the held-out half and {claim} nothing."]


def _answer(
    texts: list[str], table: Mapping[str, Any], threshold: float, notes: list[str], rows: int, seed: int
) -> Result:
    values = {name: table.get(name, np.empty(0)) for name in VALUES}
    return Result(
        "drivers",
        values | {"threshold": np.array(threshold)},
        dict.fromkeys(values, ("slice",)) | {"threshold": ()},
        {"slice": texts},
        n={"all": rows},
        seed=seed,
        notes=tuple(notes),
    )
