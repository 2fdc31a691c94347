"""Recordings and pages that several tests look at."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest
from page_reader import Exporter, PageReader, read_page
from passenger_recordings import record_passengers

from neuronaut.explorer import html
from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording


@pytest.fixture(scope="session")
def passengers(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record_passengers(tmp_path_factory.mktemp("recording") / "titanic.naut")


@pytest.fixture(autouse=True)
def app(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the built app, so that these tests need no Node."""
    folder = tmp_path_factory.mktemp("static")
    for name in ("app", "served"):
        (folder / f"{name}.js.gz").write_bytes(gzip.compress(b'"use strict";console.log("app {title}")'))
        (folder / f"{name}.css.gz").write_bytes(gzip.compress(b"body{margin:0}"))
    monkeypatch.setattr(html, "STATIC", folder)
    return folder


@pytest.fixture
def exported(tmp_path: Path) -> Exporter:
    """Exports and reads back."""

    def make(rec: Recording, **options: Any) -> PageReader:
        return read_page(export(rec, tmp_path / "page.html", **options))

    return make
