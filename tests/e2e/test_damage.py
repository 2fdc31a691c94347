"""Pages that are damaged, too new, or of models that produced nonsense: what can be shown is shown, and said."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from opened_page import Opener
from page_reader import read_page, to_bytes
from passenger_recordings import Net, record_passengers
from playwright.sync_api import expect

from neuronaut.explorer.export import export
from neuronaut.explorer.text import encode


def changed(page: Path, to: Path, pattern: str, replacement: str) -> Path:
    text = page.read_text(encoding="utf-8")
    assert re.search(pattern, text, re.DOTALL)
    to.write_text(re.sub(pattern, lambda match: match.expand(replacement), text, count=1, flags=re.DOTALL))
    return to


def with_manifest(page: Path, to: Path, pattern: str, replacement: str) -> Path:
    """The page with something else in its manifest, packed as before."""
    text = page.read_text(encoding="utf-8")
    found = re.search(r'(id="nn-manifest" data-bytes=")(\d+)(">)(.*?)</script>', text, re.DOTALL)
    assert found is not None
    manifest, times = re.subn(
        pattern, replacement, gzip.decompress(to_bytes(found[4])[: int(found[2])]).decode(), count=1
    )
    assert times == 1
    packed = gzip.compress(manifest.encode())
    to.write_text(f"{text[: found.start(2)]}{len(packed)}{found[3]}{encode(packed).decode()}{text[found.end(4) :]}")
    return to


@pytest.mark.parametrize("harm", [r"\1!\3", r"\1\3", r"\1Zz~\3"], ids=["changed", "shortened", "lengthened"])
def test_a_damaged_block_is_named_and_the_rest_is_shown(
    titanic: Path, tmp_path: Path, opened: Opener, harm: str
) -> None:
    # The block of a layer's values; k0 holds the columns.
    manifest = read_page(titanic).manifest
    block = manifest["blobs"][manifest["activations"][1]["chunks"][0]]["block"]
    broken = changed(titanic, tmp_path / "broken.html", rf'(data-block="{block}">.{{50}})(.)(.)', harm)
    page = opened(broken, "#/network?sel=0%3A11")
    expect(page.inspector).to_contain_text("damaged")
    assert page.ask("e.all.n") == 891
    assert page.work["edgesDrawn"] > 100


def test_a_page_of_a_later_version_says_which(titanic: Path, tmp_path: Path, opened: Opener) -> None:
    newer = with_manifest(titanic, tmp_path / "newer.html", r'"version":1', '"version":7')
    page = opened(newer, ready=False)
    expect(page.tab.get_by_role("alert")).to_contain_text("reads version 1")
    expect(page.tab.get_by_role("alert")).to_contain_text("version 7")


def test_a_page_whose_manifest_is_broken_is_not_blank(titanic: Path, tmp_path: Path, opened: Opener) -> None:
    broken = with_manifest(titanic, tmp_path / "broken.html", r"^\{", "{,")
    page = opened(broken, ready=False)
    expect(page.tab.get_by_role("alert")).to_contain_text("cannot be shown")


def test_a_page_without_data_is_not_blank(titanic: Path, tmp_path: Path, opened: Opener) -> None:
    empty = changed(titanic, tmp_path / "empty.html", r'id="nn-manifest"', 'id="other"')
    page = opened(empty, ready=False)
    expect(page.tab.get_by_role("alert")).to_contain_text("holds no data")


def test_values_that_are_not_finite_are_said(tmp_path: Path, opened: Opener) -> None:
    rec = record_passengers(tmp_path / "nan.naut", Net(broken_unit=3))
    page = opened(export(rec, tmp_path / "nan.html"), "#/network?sel=0%3A3")
    expect(page.inspector).to_contain_text("3 of 891 values are NaN or infinite")


def test_a_page_of_some_rows_says_so(tmp_path: Path, opened: Opener) -> None:
    rec = record_passengers(tmp_path / "part.naut")
    page = opened(export(rec, tmp_path / "part.html", max_rows=100))
    expect(page.tab.locator("body")).to_contain_text("100 of 891 samples")
