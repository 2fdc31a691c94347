"""Answers: a Result with its arrays as one piece of bytes, every digit as in Python.

``u32`` little-endian length of the JSON; the JSON ``{"result", "columns", "blobs", "blocks"}``, padded with blanks to a
multiple of 8; then the blocks one after the other, in the order of the table, uncompressed.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

from neuronaut.core.result import Result
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ColumnCard
from neuronaut.explorer.results import result_card


def encode(result: Result, columns: Sequence[ColumnCard] = (), pack: Packer | None = None) -> bytes:
    """The bytes of an answer; ``pack`` already holds the arrays of ``columns``."""
    pack = pack or Packer(compressed=False)
    card = result_card(result, pack, exact=True)
    blocks = pack.pack()
    content = {
        "result": card.model_dump(mode="json", by_alias=True),
        "columns": [column.model_dump(mode="json", by_alias=True) for column in columns],
        "blobs": {name: blob.model_dump(mode="json", by_alias=True) for name, blob in pack.blobs.items()},
        "blocks": {name: block.card.model_dump(mode="json", by_alias=True) for name, block in blocks.items()},
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8", "replace")
    text += b" " * (-(len(text) + 4) % 8)
    return b"".join([struct.pack("<I", len(text)), text, *(block.data for block in blocks.values())])
