"""The columns of a page: what its filters can ask of each sample."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from neuronaut.core.columns import BoolColumn, Column, NumberColumn, TextColumn
from neuronaut.core.errors import unknown
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ColumnCard, well_formed
from neuronaut.explorer.rows import Rows

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

LONG_TEXT = 2000
"""Characters of distinct texts above which they travel in a block instead of in the manifest."""
_KNOWN = ("sample", "half")
"""Columns of every page, which it makes from its rows' ids and halves."""


def column_cards(rec: Recording, rows: Rows, pack: Packer, only: Collection[str] | None = None) -> list[ColumnCard]:
    """The user's columns (or ``only`` these of them), then what the model answered, at the given rows.

    Raises UnknownName for a column that is not there.
    """
    given = [str(name) for name in rec.metadata.columns]
    for name in only or ():
        if name not in given:
            raise unknown("column", name, given)
    known = _KNOWN if ids_fit(rec) else _KNOWN[1:]
    wanted = [name for name in rec.columns if name in given or name not in known]
    return [
        column_card(name, rec.columns[name], rows, pack, "metadata" if name in given else "output")
        for name in wanted
        if only is None or name not in given or name in only
    ]


def ids_fit(rec: Recording) -> bool:
    """Whether the samples' ids can travel as u32; else rows are numbered, and the ids are a column."""
    return rec.n == 0 or bool(rec.sample_ids.min() >= 0 and rec.sample_ids.max() < 2**32)


def column_card(
    name: str, column: Column, rows: Rows, pack: Packer, source: Literal["metadata", "output"]
) -> ColumnCard:
    """One column at the given rows."""
    nulls = np.asarray(column.null)[rows]
    marks = texts = values = None
    if isinstance(column, NumberColumn):
        data = pack.add(np.where(nulls, 0.0, column.values[rows]), "columns")
        marks = pack.add(nulls.astype(np.uint8), "columns") if nulls.any() else None
    elif isinstance(column, BoolColumn):
        data = pack.add(np.where(nulls, 255, column.values[rows]).astype(np.uint8), "columns")
    else:
        codes, values = _used(column, rows)
        data = pack.add(codes, "columns")
        if sum(map(len, values)) > LONG_TEXT:
            carried = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
            texts, values = pack.add(np.frombuffer(carried, np.uint8), "texts"), None
    return ColumnCard(name=name, type=column.kind, source=source, data=data, nulls=marks, values=values, texts=texts)


def _used(column: TextColumn, rows: Rows) -> tuple[npt.NDArray[np.int32], list[str]]:
    """Codes into the texts that these rows use, and those texts."""
    used, codes = np.unique(column.codes[rows], return_inverse=True)
    null = int(used.size > 0 and used[0] < 0)
    return (codes - null).astype(np.int32), [str(well_formed(column.values[code])) for code in used[null:]]
