"""Sealed JSON: ``{"body":…,"check":sha256 of the body}`` in one canonical spelling; any changed byte is noticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from neuronaut.core.errors import CorruptRecording, DataError

LIMIT = 64 << 20
"""Largest sealed file that is read, in bytes."""
DEPTH = 32


def canonical(value: Any) -> str:
    """JSON without spaces, in ASCII, keys in their own order, no NaN. Raises DataError where that cannot be.

    >>> canonical({"name": "é", "n": 1.5})
    '{"name":"\\\\u00e9","n":1.5}'
    """
    try:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=True, allow_nan=False, default=_number)
    except (TypeError, ValueError, RecursionError) as error:
        raise DataError(f"cannot be written as JSON: {error}. Use numbers, texts, lists and dicts.") from error


def seal(body: Mapping[str, Any]) -> bytes:
    """The bytes of a sealed file."""
    text = canonical(body)
    check = hashlib.sha256(text.encode("ascii")).hexdigest()
    return f'{{"body":{text},"check":"{check}"}}'.encode("ascii")


def unseal(data: bytes, name: str) -> dict[str, Any]:
    """The body of a sealed file. Raises CorruptRecording naming the file and what is wrong."""
    try:
        text = data.decode("ascii")
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
        body, check = value["body"], value["check"]
        shallow = _shallow(body, DEPTH)
        spelled = canonical(body) if shallow else ""
    except (ValueError, TypeError, KeyError, RecursionError, DataError) as error:
        raise CorruptRecording(f"{name}: not a sealed file ({error}).") from error
    if not shallow or not isinstance(body, dict):
        raise CorruptRecording(f"{name}: nested deeper than {DEPTH} levels, or no object.")
    if check != hashlib.sha256(spelled.encode("ascii")).hexdigest() or data != seal(body):
        raise CorruptRecording(f"{name}: its bytes were changed (the checksum does not match).")
    return body


def _number(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) != len(pairs):
        raise ValueError("a key occurs twice")
    return table


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _shallow(value: Any, depth: int) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
        ]
        if not level:
            return True
    return False
