"""The metadata that a writer still holds, and the Parquet parts it becomes: one a commit, small ones merged."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyarrow as pa

from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.store.fs import Fs
from neuronaut.store.manifest import Part
from neuronaut.store.samples import join, read_part, user_table, write_part

FULL_ROWS = 16_384
FULL_BYTES = 8 << 20
MERGE = 16
"""So many parts in a row that are not full are merged into one."""
JOIN = 64
"""So many tables that wait for a commit become one: thousands of small ones would scatter the memory."""
_NUMBER = re.compile(r"\d+")
_FILE = re.compile(r"samples-\d+\.parquet(\.tmp)?")


class Ledger:
    """Rows of metadata between two commits. ``parts`` are those of the last commit."""

    def __init__(self, parts: Sequence[Part] = (), schema: pa.Schema | None = None) -> None:
        self._schema = schema
        self._pending: tuple[pa.Table, ...] = ()
        self._parts = tuple(parts)
        self._number = 1 + max((int(_NUMBER.findall(part.file)[0]) for part in parts), default=0)

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
        if len(self._pending) >= JOIN:
            self._pending = (join(self._pending).combine_chunks(),)

    def mark(self) -> tuple[pa.Schema | None, tuple[pa.Table, ...]]:
        return self._schema, self._pending

    def restore(self, mark: tuple[pa.Schema | None, tuple[pa.Table, ...]]) -> None:
        self._schema, self._pending = mark

    def relieve(self, fs: Fs) -> None:
        """Write what is pending when it fills a part, so that memory stays bounded between commits."""
        if sum(table.num_rows for table in self._pending) >= FULL_ROWS:
            self._write(fs, self._parts, ())

    def write(self, fs: Fs) -> tuple[Part, ...]:
        """Write what is pending as one part, fsync included; return the parts of the next commit.

        When many small parts lie at the end, their rows go into the new one.
        """
        if self._pending:
            small = 0
            while small < len(self._parts) and _is_small(self._parts[-1 - small]):
                small += 1
            kept = len(self._parts) - small if small >= MERGE else len(self._parts)
            try:
                before = [read_part(fs, part) for part in self._parts[kept:]]
                self._write(fs, self._parts[:kept], before)
            except (CorruptRecording, FileNotFoundError):
                self._write(fs, self._parts, ())  # damaged since: it stays as it is, for verify to name
        return self._parts

    def _write(self, fs: Fs, kept: Sequence[Part], before: Sequence[pa.Table]) -> None:
        part = write_part(fs, self._number, join([*before, *self._pending]))
        self._number, self._parts, self._pending = self._number + 1, (*kept, part), ()

    def settle(self, fs: Fs) -> None:
        """After a commit: remove parts that it does not name."""
        named = {part.file for part in self._parts}
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
