"""A served recording, asked without sockets: the ASGI app is called as a server would call it."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest
from asgi_client import Client, client_of
from passenger_recordings import record_passengers

from neuronaut.explorer import html
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording


@pytest.fixture(scope="session")
def titanic(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record_passengers(tmp_path_factory.mktemp("served") / "titanic.naut")


@pytest.fixture(scope="module", autouse=True)
def stand_in_for_the_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A module long: whatever test comes after it in the same process gets the built app."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "served.js.gz").write_bytes(gzip.compress(b'"use strict"'))
    (folder / "served.css.gz").write_bytes(gzip.compress(b"body{margin:0}"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "STATIC", folder)
        yield


@pytest.fixture
def client(titanic: Recording) -> Iterator[Client]:
    with client_of(open_recording(titanic.path)) as made:
        yield made


@pytest.fixture
def writable(tmp_path: Path) -> Iterator[Client]:
    record_passengers(tmp_path / "own.naut")
    with client_of(open_recording(tmp_path / "own.naut", writable=True)) as made:
        yield made
