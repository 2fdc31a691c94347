"""Addresses: one way to name a layer, a unit or a place, the same in Python, shell, JSON and links.

``name[~call][.pre]:unit[@y,x | @token]``; ``name`` is the module's path in the user's model, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from neuronaut.core.axes import SiteName
from neuronaut.core.errors import AddressError, unknown

_TAIL = re.compile(r"(?P<unit>\d+)(?:@(?P<position>\d+(?:,\d+)*))?\Z")


@dataclass(frozen=True, slots=True)
class Address:
    """A layer, or one unit of it, or one unit at one position.

    ``layer`` includes the call (``"fc~2"``). ``position`` is in the order of the layer's position axes.
    """

    layer: str
    site: SiteName = "post"
    unit: int | None = None
    position: tuple[int, ...] | None = None

    def __str__(self) -> str:
        text = self.layer + (".pre" if self.site == "pre" else "")
        if self.unit is not None:
            text += f":{self.unit}"
        if self.position is not None:
            text += "@" + ",".join(str(place) for place in self.position)
        return text


def parse_address(text: str, layers: Collection[str] = ()) -> Address:
    """Read an address; an exact layer name in ``layers`` wins over splitting at the last colon.

    >>> parse_address("mixed4a:55")
    Address(layer='mixed4a', site='post', unit=55, position=None)
    >>> str(parse_address("conv1.pre:3@7,9"))
    'conv1.pre:3@7,9'
    >>> parse_address("a:1", layers=["a:1"])
    Address(layer='a:1', site='post', unit=None, position=None)

    Raises AddressError when the text is no address, UnknownName when ``layers`` is given and does not hold the layer.
    """
    if not isinstance(text, str):
        raise AddressError(
            f"{text!r} is no address: an address is a text, a layer or layer:unit, for example "
            f"'{next(iter(layers), 'fc1')}' or '{next(iter(layers), 'fc1')}:0'. Rows are chosen in what it gives: "
            f"rec['{next(iter(layers), 'fc1')}'].read(rows=0)."
        )
    if not text:
        raise AddressError("an empty address. Write a layer, or layer:unit, for example 'fc1:11'.")
    if text in layers:
        return Address(text)
    head, colon, tail = text.rpartition(":")
    match = _TAIL.match(tail) if colon else None
    if colon and match is None and not layers:
        raise AddressError(f"cannot read {tail!r} in {text!r} as a unit. Write layer:unit, as in '{head or 'fc1'}:11'.")
    name = head if match else text
    site: SiteName = "post"
    if name not in layers and name.endswith(".pre"):
        name, site = name.removesuffix(".pre"), "pre"
    if not name:
        raise AddressError(f"no layer in {text!r}. Write layer:unit, for example 'fc1:11'.")
    if layers and name not in layers:
        _refuse_list(text, layers)
        _refuse_unit(text, head, tail, layers)
        raise unknown("layer", name, layers)
    if match is None:
        return Address(name, site)
    position = match["position"]
    return Address(
        name, site, int(match["unit"]), tuple(int(place) for place in position.split(",")) if position else None
    )


def _refuse_list(text: str, layers: Collection[str]) -> None:
    """Several addresses in one text, which a person may well write, are a list."""
    head, _, tail = text.rpartition(":")
    if head in layers and re.fullmatch(r"\d+(?:,\s*\d+)+", tail):
        parts = [f"{head}:{unit.strip()}" for unit in tail.split(",")]
    else:
        parts = [part.strip() for part in text.split(",")]
    if len(parts) > 1 and all(_layer_of(part) in layers for part in parts):
        raise AddressError(f"{text!r} is not one address. Give a list: {parts}.")


def _refuse_unit(text: str, head: str, tail: str, layers: Collection[str]) -> None:
    """A layer that is there with a unit that cannot be read."""
    name = _layer_of(head)
    if name not in layers:
        return
    count = getattr(layers[name], "unit_count", None) if isinstance(layers, Mapping) else None
    there = "" if count is None else f" Its units are 0 to {count - 1}."
    raise AddressError(f"cannot read {tail!r} in {text!r} as a unit.{there} Write layer:unit, as in '{head}:0'.")


def _layer_of(text: str) -> str:
    head, colon, tail = text.rpartition(":")
    name = head if colon and _TAIL.match(tail) else text
    return name.removesuffix(".pre")
