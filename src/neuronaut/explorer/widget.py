"""The explorer as a notebook widget (extra ``notebook``): the same app, its data over messages, its view in a trait."""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping
from concurrent.futures import CancelledError, Future
from dataclasses import asdict
from typing import Any
from urllib.parse import parse_qs, urlsplit

import anywidget
import traitlets

from neuronaut.core.errors import UnknownName
from neuronaut.core.view import View
from neuronaut.explorer.html import read_widget
from neuronaut.explorer.messages import Answers, Reply, number_of, refusal, reply
from neuronaut.explorer.server.served import Event

HEIGHT = 720
CALLS = 15
"""Looks at the recordings, of which there is one a second, from one call of the pages to the next."""
UNANSWERED = 3
"""Calls that a page leaves unanswered before it counts as gone."""


class Explorer(anywidget.AnyWidget):
    """The explorer in a cell.

    ``state`` is the link of what is shown, such as ``#/network?sel=0%3A11``; setting it moves the page, and a click on
    the page sets it. ``recording`` is the id of the one of several that is shown; empty is the first. ``height`` is in
    pixels.
    """

    state = traitlets.Unicode("").tag(sync=True)
    recording = traitlets.Unicode("").tag(sync=True)
    height = traitlets.Int(HEIGHT, min=200, max=4000).tag(sync=True)

    def __init__(self, answers: Answers, *, state: str | View = "", height: int = HEIGHT) -> None:
        self._answers = answers
        self._asked: dict[str, threading.Event] = {}
        self._pages: dict[str, int] = {}
        self._looks = 0
        self._there = threading.Lock()
        self._esm, self._css = read_widget(name="pair" if len(answers.recordings) > 1 else "widget")
        super().__init__(height=height, **self._place(state))
        self.on_msg(self._hear)

    def show(self, view: str | View) -> None:
        """Move the page to a view: a View, or a link that was copied from the explorer.

        A link may name one of the recordings. Raises UnknownName for one that is not among them.
        """
        place = self._place(view)
        with self.hold_sync():
            self.recording = place.get("recording", self.recording)
            self.state = place["state"]

    def tell(self, event: Event) -> None:
        """Tell the page that a recording has more."""
        self.send({"event": {key: one for key, one in asdict(event).items() if one is not None}})

    def close(self) -> None:
        """Take the explorer out of its cell."""
        self._answers.close()
        super().close()

    def __repr__(self) -> str:
        return f"<Explorer {self.state or '#/network'}: run this in a notebook that shows widgets>"

    def _place(self, view: str | View) -> dict[str, str]:
        """The traits that show a view, or what a link says. Raises UnknownName."""
        if isinstance(view, View):
            return {"state": view.fragment()}
        address, mark, state = view.partition("#")
        if not address:
            return {"state": mark + state}
        named = parse_qs(urlsplit(address).query).get("rec", [""])[0]
        if named and named not in self._answers.recordings:
            titles = ", ".join(self._answers.recordings.values())
            raise UnknownName(f"this link is of a recording that is not in this cell. There are: {titles}.")
        return {"state": mark + state, "recording": named}

    def _hear(self, _: object, message: Any, __: object) -> None:
        number = number_of(message)
        if number is None:
            return
        page = number.rpartition("-")[0]
        if message.get("ask") == "leave":
            self._leave(page)
            return
        with self._there:
            if page not in self._pages:
                self._answers.listen(self.tell, self._call)
            self._pages[page] = 0
        if message.get("ask") == "here":
            return
        if message.get("ask") == "cancel":
            gone = self._asked.pop(number, None)
            if gone is not None:
                gone.set()
        elif message.get("ask") == "query":
            self._query(number, message)
        else:
            self._say(reply(self._answers, number, message))

    def _leave(self, page: str) -> None:
        """A page was taken out of its cell: nobody waits for its answers, nor for news after the last one."""
        for number in [number for number in self._asked if number.rpartition("-")[0] == page]:
            self._asked.pop(number).set()
        with self._there:
            self._pages.pop(page, None)
            if not self._pages:
                self._answers.rest()

    def _call(self) -> None:
        """Ask now and then which pages are there: a browser that crashed or lost its way here has not said goodbye.

        A kernel that is busy hears no answer either, so what a silent page asked for is not ended; it counts again
        as soon as it is heard.
        """
        self._looks += 1
        if self._looks % CALLS:
            return
        with self._there:
            self._pages = {page: calls + 1 for page, calls in self._pages.items() if calls < UNANSWERED}
            if not self._pages:
                self._answers.rest()
                return
        self.send({"call": True})

    def _query(self, number: str, message: Mapping[str, Any]) -> None:
        gone = self._asked[number] = threading.Event()
        query = {key: message[key] for key in ("name", "params", "recording") if key in message}
        self._answers.ask(query, gone).add_done_callback(functools.partial(self._answered, number))

    def _answered(self, number: str, answer: Future[bytes]) -> None:
        if self._asked.pop(number, None) is None:
            return
        try:
            self._say(Reply({"id": number}, (answer.result(),)))
        except (Exception, CancelledError) as error:
            self._say(refusal(number, error))

    def _say(self, said: Reply) -> None:
        self.send(dict(said.content), buffers=list(said.buffers))
