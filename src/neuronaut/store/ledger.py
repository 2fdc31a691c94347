"""The metadata that a writer still holds, and the Parquet parts it becomes: one a commit, small ones merged."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.store.fs import Fs
from neuronaut.store.manifest import Part
from neuronaut.store.samples import join, read_part, user_table, write_part

FULL_ROWS = 65_536
FULL_BYTES = 8 << 20
MERGE = 16
"""So many parts in a row that are not full are merged into one."""
_FILE = re.compile(r"samples-\d+\.parquet(\.tmp)?")


class Ledger:
    """Rows of metadata between two commits."""

    def __init__(self, schema: pa.Schema | None = None) -> None:
        self._schema = schema
        self._pending: tuple[pa.Table, ...] = ()

    def check(self, table: pa.Table) -> None:
        """Raise DataError unless the table has the columns of those before it, in types that go together."""
        if self._schema is None:
            return
        known, given = self._schema.names, table.column_names
        if set(known) != set(given):
            missing = [name for name in known if name not in given]
            added = [name for name in given if name not in known]
            raise DataError(f"metadata columns changed: {missing} missing, {added} new. Give the same ones each time.")
        _unify(self._schema, table.schema)

    def append(self, table: pa.Table) -> None:
        self._schema = table.schema if self._schema is None else _unify(self._schema, table.schema)
        self._pending += (table.select(self._schema.names),)

    def mark(self) -> tuple[pa.Schema | None, tuple[pa.Table, ...]]:
        return self._schema, self._pending

    def restore(self, mark: tuple[pa.Schema | None, tuple[pa.Table, ...]]) -> None:
        self._schema, self._pending = mark

    def write(self, fs: Fs, parts: Sequence[Part], number: int) -> tuple[Part, ...]:
        """Write what is pending as one part, fsync included; return the parts of the next commit.

        When many small parts lie at the end, their rows go into the new one.
        """
        if not self._pending:
            return tuple(parts)
        small = 0
        while small < len(parts) and _is_small(parts[-1 - small]):
            small += 1
        kept = len(parts) - small if small >= MERGE else len(parts)
        before: list[pa.Table] = []
        try:
            before = [read_part(fs, part) for part in parts[kept:]]
        except (CorruptRecording, FileNotFoundError):
            kept = len(parts)  # damaged since it was written: it stays as it is, for verify to name
        part = write_part(fs, number, join([*before, *self._pending]))
        return (*parts[:kept], part)

    def settle(self, fs: Fs, parts: Sequence[Part]) -> None:
        """After a commit: forget what it holds, remove parts that it does not name."""
        self._pending = ()
        named = {part.file for part in parts}
        for name in fs.names():
            if _FILE.fullmatch(name) and name not in named:
                fs.unlink(name)


def _is_small(part: Part) -> bool:
    return part.rows < FULL_ROWS and part.bytes < FULL_BYTES


def _unify(one: pa.Schema, other: pa.Schema) -> pa.Schema:
    try:
        return pa.unify_schemas([one, other.remove_metadata()], promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        names = [field.name for field in user_table(one.empty_table()).schema]
        raise DataError(f"metadata changes its type between batches: {error} Columns: {names}.") from error
