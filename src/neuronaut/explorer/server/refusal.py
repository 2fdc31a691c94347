"""Refusals: every answer that is no, as JSON that says why and never what the machine holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from neuronaut.core.errors import (
    AddressError,
    CorruptRecording,
    FilterError,
    NeedsModel,
    NeuronautError,
    RecordingWriteError,
    UnknownName,
)

_KINDS: tuple[tuple[type[NeuronautError], int, str], ...] = (
    (FilterError, 400, "filter"),
    (AddressError, 400, "address"),
    (UnknownName, 404, "name"),
    (NeedsModel, 409, "model"),
    (RecordingWriteError, 409, "write"),
    (CorruptRecording, 422, "damage"),
)


class Refused(Exception):
    """A request that is not answered: a status, one word for the sort of trouble, and a sentence."""

    def __init__(
        self, status: int, kind: str, message: str, *, headers: Mapping[bytes, bytes] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.content = {"kind": kind, "message": message} | {key: one for key, one in more.items() if one is not None}

    def body(self) -> bytes:
        return json.dumps({"error": self.content}, ensure_ascii=True, allow_nan=False).encode()


def refused(error: NeuronautError, folder: str) -> Refused:
    """What a NeuronautError means for the page; the folder where the recording lies is left out of its words."""
    status, kind = next(((status, kind) for one, status, kind in _KINDS if isinstance(error, one)), (422, "data"))
    if isinstance(error, FilterError):
        return Refused(
            status,
            error.kind or kind,
            error.message,
            position=error.position,
            length=None if error.position is None else error.length,
            suggestion=error.suggestion,
        )
    message = str(error).replace(folder, "").lstrip("/")
    return Refused(status, kind, message, suggestion=getattr(error, "suggestion", None))
