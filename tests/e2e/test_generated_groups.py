"""Generated filters make groups in the page whose statistics are those of Python: moments, effects, intervals, p, q."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from filter_trees import filters
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opened_page import Opened
from playwright.sync_api import Browser

from neuronaut.analysis.activity import activity
from neuronaut.analysis.compare import compare
from neuronaut.analysis.recorded import by_layer
from neuronaut.core.filters import text_of
from neuronaut.core.layer import Graph, Layer
from neuronaut.explorer.export import export
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

ROWS = 600
GROUP = {"n": 0, "nonfinite": 0, "max": 0, "mean": 3e-7, "mean_abs": 3e-7, "sd": 2e-6, "firing_rate": 3e-7}
"""Statistics of a group, and how far they may be from Python's: what float32 rounds."""
PAIR = {"difference": 3e-6, "hedges_g": 1e-5, "g_low": 1e-4, "g_high": 1e-4, "auroc": 1e-6, "p": 1e-4, "q": 1e-4}
IN_THE_PAGE = {
    "mean_abs": "meanAbs", "firing_rate": "firingRate", "hedges_g": "g", "g_low": "gLow", "g_high": "gHigh",
}  # fmt: skip
ASK = """async (filters) => {
  const {engine} = window.neuronaut.explorer
  const plain = (stats) => Object.fromEntries([...stats].map(([layer, values]) => [
    layer, Object.fromEntries(Object.entries(values).map(([name, column]) => [
      name, [...column].map((one) => Number.isFinite(one) ? one : null)]))]))
  const found = []
  for (const filter of filters) {
    const sides = await engine.sides(filter, null)
    const pair = await engine.pair(filter, null)
    found.push({a: plain(sides.a.layers), b: plain(sides.b.layers), pair: plain(pair.layers), mask: [...sides.maskA]})
  }
  return found
}"""


def table(r: np.random.Generator) -> pa.Table:
    def some(values: list[Any]) -> list[Any]:
        return [None if r.random() < 0.1 else values[r.integers(len(values))] for _ in range(ROWS)]

    numbers = [-3.0, -2.5, -1.0, 0.0, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0]
    texts = ["a", "A", "bB", "ß", "aé", "Σ", "", " a"]
    frame = {
        "x": pa.array(some(numbers), pa.float64()),
        "y": pa.array(some(numbers), pa.float64()),
        **{name: pa.array(some(texts), pa.string()) for name in "tu"},
        **{name: pa.array(some([True, False]), pa.bool_()) for name in "pq"},
    }
    return pa.table(frame)


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Whole numbers up to 254, or from -127 to 127: the page's codes hold them as they are."""
    r = np.random.default_rng(5)
    up, signed = r.integers(0, 255, (ROWS, 7)).astype(np.float32), r.integers(-127, 128, (ROWS, 5)).astype(np.float32)
    up[up < 60] = 0
    up[0], signed[0], signed[1] = 254, 127, -127
    up[:, 2] = np.where(np.arange(ROWS) < ROWS / 2, up[:, 2], 0)
    signed[[3, 40, 41], 1] = (np.nan, np.inf, -np.inf)
    up[0, 4] = up[:, 4] = 254
    layers = (
        Layer("up", "dense", 7, "linear", 1, activation="relu"),
        Layer("signed", "dense", 5, "linear", 2),
    )
    specs = [
        ArraySpec(f"activations/{one.name}/post", "float32", (one.unit_count,), ("sample", "unit")) for one in layers
    ]
    path = tmp_path_factory.mktemp("planted") / "planted.naut"
    with create(path, RecordingCard(Graph(layers)), specs) as writer:
        writer.append({"activations/up/post": up, "activations/signed/post": signed}, table(r))
    return open_recording(path)


@pytest.fixture(scope="module")
def page(planted: Recording, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    path: Path = export(planted, tmp_path_factory.mktemp("page") / "planted.html")
    opened = Opened(browser, path)
    yield opened
    opened.close()
    assert opened.wrongs == []


@given(trees=st.lists(filters, min_size=8, max_size=8))
@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_groups_of_generated_filters_are_those_of_python(page: Opened, planted: Recording, trees: list[Any]) -> None:
    expressions = [text for text in map(text_of, trees) if "@act" not in text]
    for expression, found in zip(expressions, page.tab.evaluate(ASK, expressions), strict=True):
        np.testing.assert_array_equal(found["mask"], planted.mask(expression).astype(int), expression)
        wanted = activity(planted, [expression, f"not ({expression})"])
        for place, side in enumerate("ab"):
            for name, far in GROUP.items():
                same(
                    found[side],
                    {key: wanted[name][place, at] for key, at in by_layer(wanted).items()},
                    name,
                    far,
                    expression,
                )
        if 0 < planted.mask(expression).sum() < ROWS:
            effects = compare(planted, expression)
            for name, far in PAIR.items():
                same(
                    found["pair"],
                    {key: effects[name][at] for key, at in by_layer(effects).items()},
                    name,
                    far,
                    expression,
                )


def same(found: Any, wanted: dict[str, Any], name: str, far: float, expression: str) -> None:
    for layer, values in wanted.items():
        mine = np.array([np.nan if one is None else one for one in found[layer][IN_THE_PAGE.get(name, name)]], float)
        said = f"{name} of {layer} where {expression}"
        np.testing.assert_allclose(mine, pd.Series(values, dtype=float), rtol=far, atol=far, err_msg=said)
