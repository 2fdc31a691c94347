"""For every test: shapes in neuronaut.analysis are checked at each call; cache and built app are the run's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest
from jaxtyping import install_import_hook

install_import_hook("neuronaut.analysis", "beartype.beartype")

collect_ignore_glob = ["conftest.py", "*/conftest.py"]
"""Fixtures hold no doctests, and two modules cannot both be named conftest."""


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_test_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Results computed by tests never reach the cache of the person who runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEURONAUT_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session", autouse=True)
def app_of_the_test_run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The explorer's app as it was built when the tests began: a build or a cleaning meanwhile changes no page."""
    from neuronaut.explorer import html

    folder = tmp_path_factory.mktemp("app")
    shutil.copytree(html.STATIC, folder, dirs_exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "STATIC", folder)
        yield
