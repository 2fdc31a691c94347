"""Messages between the explorer in a notebook's cell and the kernel: a question in, its answer as one buffer out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from neuronaut.core.errors import DataError, FilterError, NeuronautError, unknown
from neuronaut.explorer.contract import Manifest
from neuronaut.explorer.html import Page

_MOST_ID = 128


class Answers(Protocol):
    """What a page asks for, whoever carries it: a server, a kernel."""

    def manifest(self) -> Manifest:
        """Everything but the arrays."""

    def block(self, name: str) -> bytes:
        """A block as it is carried. Raises UnknownName."""

    def query(self, name: str, params: Mapping[str, Any]) -> bytes:
        """The framed answer to a question. Raises UnknownName, FilterError, DataError."""


@dataclass(frozen=True, slots=True)
class PageAnswers:
    """Answers out of a page that is packed already; it takes no questions beyond what it holds."""

    page: Page

    def manifest(self) -> Manifest:
        return self.page.manifest

    def block(self, name: str) -> bytes:
        if name not in self.page.blocks:
            raise unknown("block", name, self.page.blocks)
        return self.page.blocks[name].data

    def query(self, name: str, params: Mapping[str, Any]) -> bytes:
        raise DataError(f"this page holds its data and computes nothing in Python; {name!r} was asked.")


@dataclass(frozen=True, slots=True)
class Reply:
    """``content`` is JSON-able; ``buffers`` are the bytes beside it."""

    content: Mapping[str, Any]
    buffers: tuple[bytes, ...] = ()


def reply(answers: Answers, message: Any) -> Reply | None:
    """The reply to one message; None where none is due. What a user may cause is an error in words, not a traceback.

    >>> reply(PageAnswers(Page(None, {})), {"id": "1", "ask": "block", "block": "k9"}).content["error"]["kind"]
    'UnknownName'
    """
    number = message.get("id") if isinstance(message, Mapping) else None
    if not isinstance(number, str) or len(number) > _MOST_ID or message.get("ask") == "cancel":
        return None
    try:
        return Reply({"id": number}, (_answer(answers, message),))
    except NeuronautError as error:
        return Reply({"id": number, "error": refusal(error)})
    except Exception as error:
        # The page waits for an answer; a bug is told as one.
        text = f"{type(error).__name__}: {error}"
        return Reply({"id": number, "error": {"kind": "Bug", "message": f"Neuronaut failed at this: {text}"}})


def _answer(answers: Answers, message: Mapping[str, Any]) -> bytes:
    ask = message.get("ask")
    if ask == "manifest":
        return answers.manifest().to_json().encode("utf-8", "replace")
    if ask == "block":
        return answers.block(str(message.get("block")))
    if ask == "query":
        params = message.get("params")
        return answers.query(str(message.get("name")), params if isinstance(params, Mapping) else {})
    raise DataError(f"a widget cannot be asked for {ask!r}. It answers manifest, block and query.")


def refusal(error: NeuronautError) -> dict[str, Any]:
    """An error as the page shows it: its kind, its words, and where in a filter it lies."""
    said: dict[str, Any] = {"kind": type(error).__name__, "message": str(error)}
    if isinstance(error, FilterError):
        said |= {"position": error.position, "suggestion": error.suggestion}
    return said
