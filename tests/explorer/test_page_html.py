from __future__ import annotations

import base64
import gzip
import hashlib
import re
from pathlib import Path

import pytest
from page_reader import PageReader, read_page, to_bytes
from passenger_recordings import Net, record_passengers

from neuronaut.core.errors import ExportError
from neuronaut.explorer.export import export
from neuronaut.explorer.html import read_assets
from neuronaut.store.recording import Recording

SCRIPTS = 4
"""The manifest, the packed style and app, and the loader."""
HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "{manifest}{js}{policy}",
    "\u2028\u2029",
    "__proto__",
    "${alert(1)}{{7*7}}",
    "🧠" * 100,
    "\ud800",
)


def unpacked(page: PageReader, name: str) -> str:
    ((size, text),) = [(attrs["data-bytes"], text) for _, attrs, text in page.elements if attrs.get("id") == name]
    return gzip.decompress(to_bytes(text)[: int(size or 0)]).decode()


def sha(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_policy_names_the_loader_and_what_it_unpacks_and_nothing_else(
    passengers: Recording, tmp_path: Path
) -> None:
    page = read_page(export(passengers, tmp_path / "page.html"))
    (policy,) = [attrs["content"] or "" for tag, attrs, _ in page.elements if attrs.get("http-equiv")]
    (loader,) = [text for tag, attrs, text in page.elements if tag == "script" and "type" not in attrs]
    assert not [tag for tag, _, _ in page.elements if tag == "style"]
    app, style = unpacked(page, "nn-app"), unpacked(page, "nn-style")
    assert f"script-src 'sha256-{sha(loader)}' 'sha256-{sha(app)}';" in policy
    assert f"style-src 'sha256-{sha(style)}';" in policy
    assert "default-src 'none'" in policy
    assert "connect-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_policy_stands_before_anything_it_governs(passengers: Recording, tmp_path: Path) -> None:
    text = export(passengers, tmp_path / "page.html").read_text()
    first = text.index("Content-Security-Policy")
    assert first < min(text.index("<script"), text.index("<link"), text.index("<title"))


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    net = Net(extra={text: [text] * 891 for text in HOSTILE if text != "\ud800"})
    return record_passengers(tmp_path_factory.mktemp("hostile") / "hostile.naut", net)


def test_hostile_columns_stay_text(hostile: Recording, tmp_path: Path) -> None:
    page = read_page(export(hostile, tmp_path / "page.html"))
    for text in HOSTILE[:-1]:
        assert page.column(text) == [text] * 891
    assert len([tag for tag, _, _ in page.elements if tag == "script"]) == SCRIPTS + len(page.manifest["blocks"])
    assert not [tag for tag, _, _ in page.elements if tag in ("img", "iframe")]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_title_stays_text(passengers: Recording, text: str, tmp_path: Path) -> None:
    page = read_page(export(passengers, tmp_path / "page.html", title=text))
    plain = text.replace("\ud800", "\ufffd")
    assert page.manifest["title"] == plain
    assert next(text for tag, _, text in page.elements if tag == "title") == plain
    assert len([tag for tag, _, _ in page.elements if tag == "script"]) == SCRIPTS + len(page.manifest["blocks"])
    assert not [tag for tag, _, _ in page.elements if tag in ("img", "iframe")]


def test_data_hold_no_sign_that_opens_a_tag(passengers: Recording, tmp_path: Path) -> None:
    text = export(passengers, tmp_path / "page.html", title="<b>&amp;</b>").read_text()
    blocks = re.findall(r'<script type="application/[^>]*>(.*?)</script>', text, re.DOTALL)
    assert len(blocks) == text.count("<script type=") > 1
    for block in blocks:
        assert not set("<>&") & set(block)


def test_text_that_looks_like_a_placeholder_is_not_filled(passengers: Recording, tmp_path: Path) -> None:
    page = read_page(export(passengers, tmp_path / "page.html", title="{css}"))
    assert page.manifest["title"] == "{css}"
    assert unpacked(page, "nn-app") == '"use strict";console.log("app {title}")'


def test_an_app_that_was_not_built_names_make_web(passengers: Recording, app: Path, tmp_path: Path) -> None:
    (app / "app.css.gz").unlink()
    with pytest.raises(ExportError, match=r"app\.css\.gz is missing.*make web"):
        export(passengers, tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


@pytest.mark.parametrize("text", ["a</ScRipt b", "<!-- a", "</style>"])
def test_an_app_that_could_end_its_own_block_is_refused(app: Path, text: str) -> None:
    (app / "app.js.gz").write_bytes(gzip.compress(text.encode()))
    with pytest.raises(ExportError, match="cannot stand inside a page"):
        read_assets()
