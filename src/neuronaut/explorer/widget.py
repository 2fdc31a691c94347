"""The explorer as a notebook widget (extra ``notebook``): the same app, its data over messages, its view in a trait."""

from __future__ import annotations

import functools
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import anywidget
import traitlets

from neuronaut.core.view import View
from neuronaut.explorer.html import read_widget
from neuronaut.explorer.messages import Answers, reply

HEIGHT = 720


class Explorer(anywidget.AnyWidget):
    """The explorer in a cell.

    ``state`` is the link of what is shown, such as ``#/network?sel=0%3A11``; setting it (to a text or a View) moves the
    page, and a click on the page sets it. ``height`` is in pixels.
    """

    state = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(HEIGHT, min=200, max=4000).tag(sync=True)

    def __init__(self, answers: Answers, *, state: str | View = "", height: int = HEIGHT) -> None:
        self._esm, self._css = read_widget()
        self._answers = answers
        # One question at a time: answers come from the kernel's own process, which the user works in.
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="neuronaut-widget")
        self._asked: dict[str, Future[None]] = {}
        super().__init__(state=_link(state), height=height)
        self.on_msg(self._hear)

    def show(self, view: str | View) -> None:
        """Move the page to a view: a View, or a link that was copied from the explorer."""
        self.state = _link(view)

    def events(self, kind: str, sequence: int) -> None:
        """Tell the page that the recording has more: ``commit``, ``result`` or ``finding``."""
        self.send({"event": {"kind": kind, "sequence": sequence}})

    def close(self) -> None:
        """Take the explorer out of its cell."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        super().close()

    def _hear(self, _: object, message: Any, __: object) -> None:
        number = message.get("id") if isinstance(message, dict) else None
        if not isinstance(number, str):
            return
        if message.get("ask") == "cancel":
            waiting = self._asked.pop(number, None)
            if waiting is not None:
                waiting.cancel()
            return
        if message.get("ask") != "query":
            self._say(message)
            return
        asked = self._pool.submit(self._say, message)
        self._asked[number] = asked
        asked.add_done_callback(functools.partial(self._forget, number))

    def _forget(self, number: str, _: object) -> None:
        self._asked.pop(number, None)

    def _say(self, message: Any) -> None:
        said = reply(self._answers, message)
        if said is not None:
            self.send(dict(said.content), buffers=list(said.buffers))


def _link(view: str | View) -> str:
    return view.fragment() if isinstance(view, View) else view[max(view.find("#"), 0) :]
