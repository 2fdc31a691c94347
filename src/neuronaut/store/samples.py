"""Metadata of the samples: Parquet parts with the sample's id, its half, and the user's columns as given."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from neuronaut.core.errors import CorruptRecording, DataError
from neuronaut.core.halves import half_of
from neuronaut.store.fs import Fs, read_file, write_file
from neuronaut.store.manifest import Part

if TYPE_CHECKING:
    import pandas as pd

OWN = "neuronaut."
SAMPLE_ID = "neuronaut.sample"
HALF = "neuronaut.half"
_ESCAPED = "neuronaut.column."
PART_LIMIT = 1 << 30
"""Largest part that is read, in bytes."""


def sample_table(user: pa.Table | None, ids: npt.NDArray[np.int64], half: npt.ArrayLike | None = None) -> pa.Table:
    """One table of the sample's id, half and the user's columns, renamed where they would clash with ours."""
    bits = half_of(ids) if half is None else np.asarray(half)
    if bits.shape != ids.shape or not np.isin(bits, (0, 1)).all():
        raise DataError(f"{len(ids)} samples need as many halves, each 0 or 1.")
    columns: list[Any] = [pa.array(ids, pa.int64()), pa.array(bits.astype(np.uint8))]
    names = [SAMPLE_ID, HALF]
    if user is not None:
        if user.num_rows != len(ids):
            raise DataError(f"{user.num_rows} rows of metadata for {len(ids)} samples. Give one row for each sample.")
        names += [_ESCAPED + name if name.startswith(OWN) else name for name in user.column_names]
        columns += [_plain(column) for column in user.columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise DataError(f"two metadata columns are named {twice[0]!r}. Rename one.")
    return pa.table(columns, names=names)


def user_table(table: pa.Table) -> pa.Table:
    """The user's columns of a table of samples, under their own names."""
    names = [name for name in table.column_names if name not in (SAMPLE_ID, HALF)]
    return table.select(names).rename_columns([name.removeprefix(_ESCAPED) for name in names])


def _plain(column: Any) -> Any:
    """Categories of texts in one spelling of their type; categories of anything else as what they hold."""
    kind = column.type
    if not pa.types.is_dictionary(kind):
        return column
    if pa.types.is_string(kind.value_type) or pa.types.is_large_string(kind.value_type):
        return column.cast(pa.dictionary(pa.int32(), pa.string(), kind.ordered))
    return column.cast(kind.value_type)


def to_frame(table: pa.Table) -> pd.DataFrame:
    """The user's columns as pandas has them; whole numbers and truth values keep their kind beside nulls.

    Raises CorruptRecording for a column that pandas cannot hold.
    """
    import pandas as pd

    nullable = {kind(): dtype() for kind, dtype in zip(_NULLABLE, _nullable_types(pd), strict=True)}
    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        mapper = nullable.get if column.null_count else None
        try:
            columns[name] = column.to_pandas(types_mapper=mapper)
        except (pa.ArrowException, ValueError, TypeError, OverflowError) as error:
            if not pa.types.is_dictionary(column.type):
                raise CorruptRecording(f"metadata column {name!r:.100}: cannot be read ({error}).") from error
            columns[name] = column.cast(column.type.value_type).to_pandas()  # categories in different orders
    return pd.DataFrame(columns, index=pd.RangeIndex(table.num_rows))


_NULLABLE = (pa.int8, pa.int16, pa.int32, pa.int64, pa.uint8, pa.uint16, pa.uint32, pa.uint64, pa.bool_)


def _nullable_types(pd: Any) -> tuple[Any, ...]:
    return (
        pd.Int8Dtype,
        pd.Int16Dtype,
        pd.Int32Dtype,
        pd.Int64Dtype,
        pd.UInt8Dtype,
        pd.UInt16Dtype,
        pd.UInt32Dtype,
        pd.UInt64Dtype,
        pd.BooleanDtype,
    )


def join(tables: Iterable[pa.Table]) -> pa.Table:
    """Tables below each other; a column that is all null, or whole numbers, in one may be wider in another."""
    try:
        return pa.concat_tables(list(tables), promote_options="permissive")
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise DataError(f"metadata changes its type between batches: {error}. Give each column one type.") from error


def write_part(fs: Fs, number: int, table: pa.Table) -> Part:
    """Write one part, fsync included; the folder is synced by the commit that names it."""
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(None).unify_dictionaries(), sink, compression="zstd")
    data = sink.getvalue().to_pybytes()
    del sink
    pa.default_memory_pool().release_unused()  # what a part took, some 10 MB, is not kept until the next one
    name = f"samples-{number:06d}.parquet"
    write_file(fs, name, [data])
    return Part(name, table.num_rows, len(data), hashlib.sha256(data).hexdigest())


def read_part(fs: Fs, part: Part) -> pa.Table:
    """One part. Raises CorruptRecording naming the file, FileNotFoundError when it is gone."""
    if part.bytes > PART_LIMIT or fs.size(part.file) not in (part.bytes, None):
        raise CorruptRecording(f"{part.file}: has not the {part.bytes:,} bytes that were committed.")
    data = read_file(fs, part.file, PART_LIMIT)
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise CorruptRecording(f"{part.file}: its bytes were changed (the checksum does not match).")
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        if file.metadata.num_rows != part.rows:
            raise CorruptRecording(f"{part.file}: {file.metadata.num_rows} rows, {part.rows} were committed.")
        table = file.read(use_threads=part.bytes > 1 << 20)
    except (pa.ArrowException, OSError, ValueError) as error:
        if isinstance(error, CorruptRecording):
            raise
        raise CorruptRecording(f"{part.file}: cannot be read ({error}).") from error
    if table.column_names[:2] != [SAMPLE_ID, HALF] or table.num_rows != part.rows:
        raise CorruptRecording(f"{part.file}: not the columns of samples.")
    return table
