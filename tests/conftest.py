"""For every test: shapes in neuronaut.analysis are checked at each call; results are cached in a folder of the run."""

from __future__ import annotations

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
