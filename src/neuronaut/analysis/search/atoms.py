"""Atoms: the predicates of a recording's columns as bit sets, prepared once and shared by all units."""

from __future__ import annotations

import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from neuronaut.analysis.search.bitsets import pack, size, words_of
from neuronaut.analysis.search.counts import Counts
from neuronaut.analysis.search.predicates import predicates_of
from neuronaut.analysis.shapes import Bool, Int, Num
from neuronaut.analysis.statistics.two_groups import FEWEST
from neuronaut.core.errors import DataError
from neuronaut.core.filters import Node, evaluate
from neuronaut.core.frames import clean_text
from neuronaut.store.recording import Recording

MOST_BYTES = 512 << 20
"""Bytes of bit sets beyond which fewer columns must be named."""
LISTED = 6
"""Columns left out that are listed, each with its reason."""


@dataclass(frozen=True, slots=True, eq=False)
class Atoms:
    """Predicates, each with the rows for which it is true, half by half.

    ``sets[h]`` are bit sets over ``rows[h]``, the rows of half h in rising order. ``nulls`` keeps the best scores of
    shuffled targets, which are the same for all units with as many samples at their top; ``counts`` what the sets of
    either half share.
    """

    nodes: tuple[Node, ...]
    sets: tuple[Num[np.ndarray, "set word_found"], Num[np.ndarray, "set word_held"]]
    rows: tuple[Int[np.ndarray, "row_found"], Int[np.ndarray, "row_held"]]
    notes: tuple[str, ...] = ()
    nulls: dict[tuple[object, ...], Num[np.ndarray, "shuffle"]] = field(default_factory=dict, repr=False)
    counts: dict[int, Counts] = field(default_factory=dict, repr=False)

    def counts_of(self, half: int) -> Counts:
        """What the sets of a half share with others, counted once for all units."""
        return self.counts.setdefault(half, Counts(self.sets[half]))


_prepared: weakref.WeakKeyDictionary[Recording, dict[tuple[object, ...], Atoms]] = weakref.WeakKeyDictionary()


def atoms_of(rec: Recording, columns: Sequence[str] | None = None, *, outputs: bool = False) -> Atoms:
    """The predicates of the metadata columns (or of those named), as bit sets; kept as long as the recording is open.

    What the model answered (prediction, correct, loss, probabilities) explains its units too easily and is asked only
    with ``outputs=True``. Predicates true for the same rows are merged, the plainest stays; one needs 20 samples inside
    and outside on the half that is searched.

    Raises UnknownName for a column that is not there, DataError for the sample's number or half.
    """
    key = (None if columns is None else tuple(columns), outputs)
    known = _prepared.setdefault(rec, {})
    if key not in known:
        known[key] = _prepare(rec, columns, outputs)
    return known[key]


def _prepare(rec: Recording, columns: Sequence[str] | None, outputs: bool) -> Atoms:
    names, insist = _names(rec, columns, outputs), columns is not None
    half = np.asarray(rec.half)
    rows = np.flatnonzero(half == 0), np.flatnonzero(half != 0)
    seen: set[bytes] = set()
    nodes: list[Node] = []
    sets: list[tuple[Num[np.ndarray, "word_found"], Num[np.ndarray, "word_held"]]] = []
    left_out: list[str] = []
    for name in names:
        if not insist and name == rec.card.options.get("groups"):
            left_out.append(f"{name} (it names the groups that samples come in)")
            continue
        questions, why = predicates_of(rec.columns[name], insist=insist)
        _check_size(len(sets) + len(questions), rec.n)
        asked = 0
        for node, mask in _masks(rec, questions):
            packed = pack(mask[rows[0]]), pack(mask[rows[1]])
            inside = size(packed[0])
            if min(inside, len(rows[0]) - inside) < FEWEST:
                continue
            asked += 1
            content = packed[0].tobytes() + packed[1].tobytes()
            if content not in seen:
                seen.add(content)
                nodes.append(node)
                sets.append(packed)
        if not asked:
            left_out.append(f"{name} ({why or f'no part of it has {FEWEST} samples inside and outside'})")
    stacked = tuple(
        np.array([packed[place] for packed in sets], np.uint64).reshape(len(sets), words_of(len(rows[place])))
        for place in (0, 1)
    )
    return Atoms(tuple(nodes), (stacked[0], stacked[1]), rows, _left_out_note(left_out, len(names)))


def _names(rec: Recording, columns: Sequence[str] | None, outputs: bool) -> list[str]:
    given = [clean_text(str(name)) for name in rec.metadata.columns]
    if columns is not None:
        chosen = [columns] if isinstance(columns, str) else list(columns)
        for name in chosen:
            rec.columns[name]
            if name in ("sample", "half") and name not in given:
                raise DataError(f"the column {name!r} numbers the samples; it describes none. Name other columns.")
        return chosen
    answers = [name for name in rec.columns if name not in given and name not in ("sample", "half")]
    return [*given, *(answers if outputs else ())]


def _masks(rec: Recording, nodes: Sequence[Node]) -> Iterator[tuple[Node, Bool[np.ndarray, "sample"]]]:
    for node in nodes:
        yield node, evaluate(node, rec.columns)


def _check_size(predicates: int, rows: int) -> None:
    needed = predicates * rows // 8
    if needed > MOST_BYTES:
        raise DataError(
            f"{predicates:,} questions about {rows:,} samples need {needed >> 20:,} MiB. Name fewer columns=[...]."
        )


def _left_out_note(left_out: list[str], asked: int) -> tuple[str, ...]:
    if not asked:
        return ("the recording has no columns that describe its samples. Record with metadata=.",)
    if not left_out:
        return ()
    more = f" and {len(left_out) - LISTED} more" if len(left_out) > LISTED else ""
    return (f"left out: {'; '.join(left_out[:LISTED])}{more}.",)
