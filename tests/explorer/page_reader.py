"""Reads a page the way the app does, written apart from the writer: text to bits, bits to bytes, bytes to arrays."""

from __future__ import annotations

import gzip
import hashlib
import json
import string
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np

SIGNS = "".join(sorted(set(string.printable) - set(string.whitespace) - set("<>&")))
TYPES = {
    "u8": "u1",
    "i8": "i1",
    "u16": "<u2",
    "i16": "<i2",
    "u32": "<u4",
    "i32": "<i4",
    "f16": "<f2",
    "f32": "<f4",
    "f64": "<f8",
}


class _Elements(HTMLParser):
    """Every element with its attributes and the text inside, as an HTML parser sees them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.inside: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = []
        self.found.append((tag, dict(attrs), self.inside))

    def handle_endtag(self, tag: str) -> None:
        self.inside = []

    def handle_data(self, data: str) -> None:
        self.inside.append(data)


@dataclass
class PageReader:
    """A page: its elements, manifest and arrays."""

    elements: list[tuple[str, dict[str, str | None], str]]
    manifest: dict[str, Any]

    def blob(self, blob: str) -> Any:
        card = self.manifest["blobs"][blob]
        block = self.manifest["blocks"][card["block"]]
        text = next(text for _, attrs, text in self.elements if attrs.get("data-block") == card["block"])
        carried = to_bytes(text)[: block["bytes"]]
        assert hashlib.sha256(carried).hexdigest() == block["sha256"]
        raw = gzip.decompress(carried) if block["codec"] == "gzip" else carried
        assert len(raw) == block["raw"]
        dtype = np.dtype(TYPES[card["dtype"]])
        count = int(np.prod(card["shape"]))
        return unlay(raw[card["offset"] :][: count * dtype.itemsize], dtype, card)

    def values(self, layer: str, reduction: str | None = None) -> Any:
        """Per-sample values of a layer; NaN where they were not finite."""
        card = next(
            card
            for card in self.manifest["activations"]
            if card["layer"] == layer and reduction in (None, card["reduction"])
        )
        codes = np.concatenate([self.blob(chunk) for chunk in card["chunks"]])
        if card["scale"] is None:
            return codes
        missing = 255 if card["scheme"] == "u8" else -128
        return np.where(codes == missing, np.nan, codes.astype(float) * self.blob(card["scale"]))

    def column(self, name: str) -> list[Any]:
        card = next(card for card in self.manifest["samples"]["columns"] if card["name"] == name)
        data = self.blob(card["data"])
        if card["type"] == "text":
            values = card["values"]
            if card["texts"] is not None:
                values = json.loads(self.blob(card["texts"]).tobytes())
            return [None if code < 0 else values[code] for code in data]
        if card["type"] == "bool":
            return [None if value == 255 else bool(value) for value in data]
        nulls = np.zeros(len(data)) if card["nulls"] is None else self.blob(card["nulls"])
        return [None if null else value for value, null in zip(data.tolist(), nulls, strict=True)]


def read_page(path: Path) -> PageReader:
    text = path.read_bytes().decode()
    parser = _Elements()
    parser.feed(text)
    parser.close()
    elements = [(tag, attrs, "".join(parts)) for tag, attrs, parts in parser.found]
    attrs, manifest = next((attrs, text) for _, attrs, text in elements if attrs.get("id") == "nn-manifest")
    return PageReader(elements, json.loads(gzip.decompress(to_bytes(manifest)[: int(attrs["data-bytes"] or 0)])))


def to_bytes(text: str) -> bytes:
    """Pairs of signs are numbers of 13 bits, the least significant bit first."""
    signs = np.array([SIGNS.index(sign) for sign in text], np.uint16).reshape(-1, 2)
    pairs = signs[:, 0] * 91 + signs[:, 1]
    bits = (pairs[:, None] >> np.arange(13)) & 1
    return np.packbits(bits.astype(np.uint8).ravel(), bitorder="little").tobytes()


def unlay(data: bytes, dtype: Any, card: dict[str, Any]) -> Any:
    shape = card["shape"]
    if card["layout"] == "columns":
        return np.frombuffer(data, dtype).reshape(shape[::-1]).T
    if card["layout"] in ("planes", "deltas"):
        count = int(np.prod(shape))
        numbers = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, count).T.copy().view(dtype).reshape(-1)
        if card["layout"] == "deltas":
            numbers = np.cumsum(numbers, dtype=dtype)
        return numbers.reshape(shape)
    return np.frombuffer(data, dtype).reshape(shape)


Exporter = Callable[..., PageReader]
"""Exports a recording with options and reads the page back."""
