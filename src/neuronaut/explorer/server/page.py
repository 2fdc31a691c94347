"""The served page: the app of a file and what only Python can answer; script and style apart, data asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from neuronaut.explorer.html import read_assets, unpacked

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="dark light">
<title>Neuronaut</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="app.css">
<script src="boot.js"></script>
<script src="app.js" defer></script>
</head>
<body>
<div id="app" data-source="http"><noscript>This page draws a network with JavaScript.</noscript></div>
</body>
</html>
"""
BOOT = """"use strict";
// The only script address that the app makes is that of its own Worker, which runs the app's own script.
if (window.trustedTypes && window.trustedTypes.createPolicy) {
  window.trustedTypes.createPolicy("default", {
    createScriptURL: (url) => {
      if (url === new URL("app.js", location.href).href || url.startsWith("blob:" + location.origin + "/")) return url;
      throw new TypeError("a script from elsewhere was refused");
    },
  });
}
"""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file of the page."""

    kind: str
    body: bytes
    etag: str


def page_assets() -> Mapping[str, Asset]:
    """Every file there is, by path, read once. Raises ExportError when the app is not built."""
    assets = read_assets(name="served")
    table = {
        "/": ("text/html; charset=utf-8", PAGE),
        "/boot.js": ("text/javascript; charset=utf-8", BOOT),
        "/app.js": ("text/javascript; charset=utf-8", unpacked(assets.js)),
        "/app.css": ("text/css; charset=utf-8", unpacked(assets.css)),
    }
    return {path: _asset(kind, text.encode()) for path, (kind, text) in table.items()}


def _asset(kind: str, body: bytes) -> Asset:
    return Asset(kind, body, hashlib.sha256(body).hexdigest())
