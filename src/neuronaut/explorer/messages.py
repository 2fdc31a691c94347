"""Messages between the explorer in a notebook's cell and the kernel: a question in, its answer as one buffer out."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol

from neuronaut.core.errors import NeuronautError
from neuronaut.explorer.server.refusal import Refused, refused
from neuronaut.explorer.server.served import Event

_MOST_ID = 128


class Answers(Protocol):
    """What the page in a cell asks for. What cannot be answered raises Refused or a NeuronautError."""

    @property
    def recordings(self) -> Mapping[str, str]:
        """What each recording is called, by id; the first is shown unless another is asked for."""

    def about(self) -> bytes:
        """JSON of which recordings there are, and what may be asked."""

    def manifest(self, recording: str | None = None) -> bytes:
        """JSON of everything of a recording but the arrays; without an id of the first."""

    def block(self, name: str, recording: str | None = None) -> bytes:
        """A block of a recording's manifest as it is carried."""

    def ask(self, query: Mapping[str, Any], gone: threading.Event) -> Future[bytes]:
        """The answer to a query, framed as a server frames it; ``gone`` ends the work at its next read."""

    def listen(self, hear: Callable[[Event], None], look: Callable[[], None]) -> None:
        """From now on tell what is new in the recordings; ``look`` is called at each look at them."""

    def rest(self) -> None:
        """Look at the recordings no more, until somebody listens again."""

    def close(self) -> None:
        """Give back threads."""


@dataclass(frozen=True, slots=True)
class Reply:
    """``content`` is JSON-able; ``buffers`` are the bytes beside it."""

    content: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()


def number_of(message: Any) -> str | None:
    """Whose question it is; None for what is no question.

    >>> number_of({"id": "7-0", "ask": "manifest"}), number_of("?")
    ('7-0', None)
    """
    number = message.get("id") if isinstance(message, Mapping) else None
    return number if isinstance(number, str) and len(number) <= _MOST_ID else None


def reply(answers: Answers, number: str, message: Mapping[str, Any]) -> Reply:
    """The reply to what is answered at once: which recordings there are, a manifest, or a block."""
    recording = message.get("recording")
    which = None if recording is None else str(recording)
    try:
        if message.get("ask") == "about":
            return Reply({"id": number}, (answers.about(),))
        if message.get("ask") == "manifest":
            return Reply({"id": number}, (answers.manifest(which),))
        if message.get("ask") == "block":
            return Reply({"id": number}, (answers.block(str(message.get("block")), which),))
        raise Refused(400, "query", "a widget answers about, manifest, block and query.")
    except Exception as error:
        return refusal(number, error)


def refusal(number: str, error: BaseException) -> Reply:
    """An error in words. The page waits for an answer, so a bug is told too, as one."""
    if isinstance(error, NeuronautError):
        error = refused(error, "")
    if isinstance(error, Refused):
        return Reply({"id": number, "error": error.content})
    said = f"Neuronaut failed at this: {type(error).__name__}: {error}"
    return Reply({"id": number, "error": {"kind": "internal", "message": said}})
