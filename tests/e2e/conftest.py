"""A browser, pages made from recordings, and a watch on everything a page must never do."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from notebook_server import Lab, Notebook, Notebooks
from opened_page import Opened, Opener
from passenger_recordings import SLICES, record_passengers
from playwright.sync_api import Browser, sync_playwright
from screens import Recordings
from served_page import OpenedServed, Serving

from neuronaut.core.address import Address
from neuronaut.core.finding import Finding
from neuronaut.core.view import View
from neuronaut.explorer.export import export
from neuronaut.explorer.server.run import Server
from neuronaut.store.recording import Recording

ROOT = Path(__file__).resolve().parents[2]

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(str(item.fspath)).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


def chromium() -> Path | None:
    """What scripts/browser.py finds: NEURONAUT_CHROMIUM, the machine's own, Playwright's."""
    spec = importlib.util.spec_from_file_location("neuronaut_browser", ROOT / "scripts" / "browser.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Path | None = module.find()
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium()
    if path is None:
        message = "NO BROWSER: install Chromium or set NEURONAUT_CHROMIUM; the page was NOT tested."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def recordings(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recordings]:
    """What every screen is of."""
    path = chromium()
    assert path is not None
    with contextlib.closing(Recordings(tmp_path_factory.mktemp("screens"), browser, path, FLAGS)) as made:
        yield made


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens a page; when the test ends, no page may have asked the network, broken the policy or thrown."""
    pages: list[Opened] = []

    def open_page(path: Path, hash: str = "", **options: Any) -> Opened:
        page = Opened(browser, path, hash, **options)
        pages.append(page)
        return page

    yield open_page
    for page in pages:
        page.close()
    for page in pages:
        assert page.wrongs == []


@pytest.fixture
def serving(browser: Browser) -> Iterator[Serving]:
    """Opens the pages of servers; when the test ends, nothing may have gone wrong on any page."""
    servers: list[Server] = []
    pages: list[OpenedServed] = []

    def open_page(recordings: Sequence[Recording], hash: str = "", live: Any = None, **options: Any) -> OpenedServed:
        servers.append(Server(recordings, live=live).start())
        pages.append(OpenedServed(browser, servers[-1], hash, **options))
        return pages[-1]

    yield open_page
    for page in pages:
        page.close()
    for server in servers:
        server.stop()
    for page in pages:
        assert page.wrongs == []


@pytest.fixture(scope="session")
def passengers(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record_passengers(tmp_path_factory.mktemp("recording") / "titanic.naut")


@pytest.fixture(scope="session")
def titanic(passengers: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of the passengers, with two named slices and a finding."""
    at = Address("0", unit=11)
    finding = Finding("Unit 11 of the first layer prefers those who lived.", at, views=(View("network", at=at),))
    page = tmp_path_factory.mktemp("page") / "titanic.html"
    return export(passengers, page, slices=SLICES, findings=[finding])


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with Lab(tmp_path_factory.mktemp("lab")) as lab:
        yield lab


@pytest.fixture
def notebook(browser: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Notebooks]:
    """Opens notebooks; when the test ends, none may have thrown."""
    books: list[Notebook] = []

    def open_notebook(*cells: str, theme: str = "light") -> Notebook:
        name = re.sub(r"\W", "_", f"{request.node.name}_{len(books)}")
        books.append(Notebook(browser, lab, name, cells, theme=theme))
        return books[-1]

    yield open_notebook
    for book in books:
        book.close()
    for book in books:
        assert book.wrongs == []
