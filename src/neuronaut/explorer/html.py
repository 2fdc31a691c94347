"""One HTML file that holds the app, its data and a policy that lets nothing else run."""

from __future__ import annotations

import base64
import gzip
import hashlib
import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from neuronaut.core.errors import ExportError
from neuronaut.explorer.blobs import Block
from neuronaut.explorer.contract import Manifest
from neuronaut.explorer.text import encode

STATIC = Path(__file__).parent / "static"

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="generator" content="Neuronaut {version}">
<meta name="referrer" content="no-referrer">
<title>{title}</title>
<meta name="color-scheme" content="dark light">
<link rel="icon" href="data:,">
</head>
<body>
<div id="app"><noscript>This page draws a network with JavaScript. It makes no requests.</noscript></div>
<script type="application/octet-stream" id="nn-manifest" data-bytes="{databytes}">{manifest}</script>
{blocks}
<script type="application/octet-stream" id="nn-style" data-bytes="{stylebytes}">{css}</script>
<script type="application/octet-stream" id="nn-app" data-bytes="{appbytes}">{js}</script>
<script>{loader}</script>
</body>
</html>
"""
_PLACE = re.compile(r"\{([a-z]+)\}")
_ENDS_ITS_BLOCK = re.compile(r"</(script|style)|<!--", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Assets:
    """The built app as the build packed it: one classic script, one style sheet; and the script that unpacks them."""

    js: bytes
    css: bytes
    loader: str


@dataclass(frozen=True, slots=True)
class Page:
    """What one page carries: the manifest, and the arrays it tells of."""

    manifest: Manifest
    blocks: Mapping[str, Block]


def read_assets(folder: Path | None = None, name: str = "app") -> Assets:
    """The built app from the package: ``app`` for a page that is one file, ``served`` for a server's.

    Raises ExportError when it has not been built.
    """
    js, css = _built(name, folder or STATIC)
    return Assets(js, css, _own("unpack.js") + _own("loader.js"))


def read_widget(folder: Path | None = None, name: str = "widget") -> tuple[str, str]:
    """A built widget: its module, which unpacks itself, and its style sheet; ``pair`` is that of several recordings.

    Raises ExportError when it has not been built.
    """
    js, css = _built(name, folder or STATIC)
    parts = {"PACKED": json.dumps(encode(js).decode()), "LENGTH": str(len(js))}
    module = re.sub("PACKED|LENGTH", lambda place: parts[place[0]], _own("widget.js"))
    return _own("unpack.js") + module, unpacked(css)


def unpacked(data: bytes) -> str:
    """What the build packed, as text."""
    return gzip.decompress(data).decode()


def _built(name: str, folder: Path) -> tuple[bytes, bytes]:
    """Script and style sheet of an app. Raises ExportError when they are missing or could end their own block."""
    try:
        js, css = ((folder / f"{name}.{kind}.gz").read_bytes() for kind in ("js", "css"))
    except FileNotFoundError as problem:
        raise ExportError(
            f"the explorer's {name} is not built: {Path(problem.filename).name} is missing in {folder}. "
            "Run `make web` in the repository, or install the neuronaut wheel, which carries it."
        ) from None
    for file, data in ((f"{name}.js", js), (f"{name}.css", css)):
        if _ENDS_ITS_BLOCK.search(unpacked(data)):
            raise ExportError(f"{file} holds </script, </style or <!--, so it cannot stand inside a page.")
    return js, css


def _own(name: str) -> str:
    return (Path(__file__).parent / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def policy(assets: Assets) -> str:
    """The content security policy of a page: its own script and style by hash, no requests, nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {_source(assets.loader)} {_source(unpacked(assets.js))}",
            f"style-src {_source(unpacked(assets.css))}",
            "img-src data: blob:",
            "worker-src blob:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def compose(page: Page, assets: Assets) -> Iterator[bytes]:
    """The page in pieces. Every placeholder is filled once, so text that looks like a placeholder stays text."""
    manifest = gzip.compress(page.manifest.to_json().encode("utf-8", errors="replace"), mtime=0)
    fixed = {
        "policy": policy(assets),
        "version": html.escape(page.manifest.app_version),
        "title": html.escape(page.manifest.title),
        "css": encode(assets.css).decode(),
        "stylebytes": str(len(assets.css)),
        "js": encode(assets.js).decode(),
        "appbytes": str(len(assets.js)),
        "loader": assets.loader,
        "manifest": encode(manifest).decode(),
        "databytes": str(len(manifest)),
    }
    for number, piece in enumerate(_PLACE.split(_PAGE)):
        if number % 2 == 0:
            yield piece.encode()
        elif piece == "blocks":
            yield from _blocks(page.blocks)
        else:
            yield fixed[piece].encode("utf-8", errors="replace")


def _blocks(blocks: Mapping[str, Block]) -> Iterator[bytes]:
    for name, block in blocks.items():
        yield f'<script type="application/octet-stream" data-block="{name}">'.encode()
        yield encode(block.data)
        yield b"</script>\n"


def packed_size(assets: Assets) -> int:
    """Bytes of the app in a page."""
    return len(_PAGE) + len(assets.loader) + len(encode(assets.css)) + len(encode(assets.js))


def _source(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
