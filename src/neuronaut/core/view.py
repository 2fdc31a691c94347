"""Views: a question asked of a recording, as a link into the explorer."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from neuronaut.core.address import Address


@dataclass(frozen=True, slots=True)
class View:
    """What the explorer shows: everything needed to land there again.

    ``a`` and ``b`` are filter expressions of the two groups, ``at`` the selected unit, ``colour`` one of ``signed``,
    ``abs``, ``ab``; None leaves the explorer's default, with two groups ``ab``.

    >>> View("network", at=Address("0", unit=11), a="sex == 'female'").link("titanic.html")
    "titanic.html#/network?a=sex%20%3D%3D%20'female'&sel=0%3A11"
    """

    kind: str = "network"
    at: Address | None = None
    a: str | None = None
    b: str | None = None
    colour: str | None = None

    def fragment(self) -> str:
        pairs = {"a": self.a, "b": self.b, "col": self.colour, "sel": None if self.at is None else str(self.at)}
        query = "&".join(f"{key}={quote(value, safe=_SAFE)}" for key, value in pairs.items() if value is not None)
        return f"#/{self.kind}" + (f"?{query}" if query else "")

    def link(self, page: str = "") -> str:
        return page + self.fragment()


_SAFE = "-_.!~*'()"
"""The characters that JavaScript's encodeURIComponent leaves as they are, so that both sides write the same link."""
