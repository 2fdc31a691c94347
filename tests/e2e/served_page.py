"""A served recording in the browser: opened by the link that works once, watched as every other page is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from opened_page import WATCH, Opened, slowed
from playwright.sync_api import Browser, Request

from neuronaut.explorer.server.run import Server

Serving = Callable[..., "OpenedServed"]
"""Opens a page of a server of some recordings: ``(recordings, hash, live)``, and the options of ``OpenedServed``."""


class OpenedServed(Opened):
    """One tab on a server of this machine; a request to any other place is wrong."""

    def __init__(
        self,
        browser: Browser,
        server: Server,
        hash: str = "",
        *,
        theme: str = "dark",
        size: Any = (1440, 900),
        before: str = "",
    ) -> None:
        self.origin = server.url
        self.wrongs: list[str] = []
        self.requests: list[str] = []
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            reduced_motion="reduce",
        )
        self.tab = slowed(self._context.new_page())
        self.tab.add_init_script(WATCH + before)
        self.tab.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        self.tab.on("console", lambda message: self._console(message.type, message.text))
        self.tab.on("request", self._request)
        self.tab.goto(server.link())
        if hash:
            self.tab.goto(f"{server.url}/{hash}")
        self.wait_until_answered()

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith((f"blob:{self.origin}", f"{self.origin}/", "data:,")):
            self.wrongs.append(f"request: {request.url}")
