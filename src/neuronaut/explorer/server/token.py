"""Who may ask: a link that works once becomes a cookie; programs bring the token themselves."""

from __future__ import annotations

import contextlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import platformdirs

LINKS = 8
"""Links that are open at once; a further one ends the oldest."""


class Access:
    """The secrets of one server, new at each start. Nothing of them is logged or answered."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.token = secrets.token_urlsafe(32)
        self._cookie = secrets.token_urlsafe(32)
        self._links: list[str] = []

    @property
    def cookie_name(self) -> str:
        """Cookies ignore ports, so the name tells servers apart."""
        return f"neuronaut_{self.port}"

    def link(self) -> str:
        """A new address of the page, which works once."""
        one_time = secrets.token_urlsafe(32)
        self._links = [*self._links[1 - LINKS :], one_time]
        return f"http://127.0.0.1:{self.port}/?t={one_time}"

    def redeem(self, one_time: str) -> str | None:
        """The cookie to set for a link that was not used before; the link dies."""
        found = [link for link in self._links if _same(link, one_time)]
        self._links = [link for link in self._links if link not in found]
        if not found:
            return None
        return f"{self.cookie_name}={self._cookie}; Path=/; HttpOnly; SameSite=Strict"

    def allows(self, cookie: str, authorization: str | None) -> bool:
        """Whether a request brings the cookie, or the token as Bearer."""
        if authorization is not None:
            scheme, _, given = authorization.partition(" ")
            return scheme.lower() == "bearer" and _same(self.token, given.strip())
        pairs = (pair.strip().partition("=") for pair in cookie.split(";"))
        return any(name == self.cookie_name and _same(self._cookie, value) for name, _, value in pairs)


def _same(secret: str, given: str) -> bool:
    return hmac.compare_digest(secret.encode(), given.encode("utf-8", "replace"))


@contextlib.contextmanager
def token_file(access: Access) -> Iterator[Path]:
    """While the server runs, its token lies where only this account reads it, for programs of the same person."""
    folder = Path(os.environ.get("NEURONAUT_CACHE") or platformdirs.user_cache_dir("neuronaut")) / "servers"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / f"{access.port}.json"
    file.unlink(missing_ok=True)
    content = {"url": f"http://127.0.0.1:{access.port}", "token": access.token, "process": os.getpid()}
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump(content, out)
    try:
        yield file
    finally:
        file.unlink(missing_ok=True)
