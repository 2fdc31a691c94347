"""Pictures of layers that a server draws: those that the page of one file draws of the same recording."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from opened_page import Opened, Opener
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.explorer.export import export
from neuronaut.explorer.server.run import Server
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

ROWS, UNITS, SIDE, CHANNELS = 600, 300, 6, 4
MANY = 9_000
HEAT = "e.engine.heat(x.layer, {...x, rows: Uint32Array.from(x.rows), units: Uint32Array.from(x.units)})"
PLAIN = ".then((h) => ({values: [...h.values].map((v) => v + ''), quantiles: [...h.quantiles], drawn: h.drawn}))"

MAPS = "(({values, full, ...one}) => ({...one, full: [...full], v: [...values]}))(e.maps.get('conv'))"


def make(path: Path, rows: int, maps: bool) -> Recording:
    """Images of two kinds through a convolution, whose maps may be kept, and a layer of 300 units."""
    random = np.random.default_rng(5)
    kind = random.integers(0, 2, rows)
    full = np.maximum(random.normal(size=(rows, SIDE, SIDE, CHANNELS)) + np.linspace(-1, 1, SIDE)[:, None], 0)
    wide = np.maximum(random.normal(size=(rows, UNITS)) + 3 * (kind[:, None] == np.arange(UNITS) % 2), 0)
    layers = (
        Layer("conv", "conv", CHANNELS, "conv2d", 0, ("y", "x"), (SIDE, SIDE), activation="relu"),
        Layer("wide", "dense", UNITS, "linear", 1, activation="relu"),
    )
    reduced = np.stack([full.mean((1, 2)), full.max((1, 2)), full.min((1, 2))], 1)
    arrays = {"conv/post": reduced, "wide/post": wide} | ({"conv/post.full": full} if maps else {})
    dims = {
        "conv/post": ("sample", "reduction", "unit"),
        "wide/post": ("sample", "unit"),
        "conv/post.full": ("sample", "y", "x", "unit"),
    }
    specs = [ArraySpec(f"activations/{name}", "float32", one.shape[1:], dims[name]) for name, one in arrays.items()]
    graph = Graph(layers, (Edge("conv", "wide", "linear", Take.encode(np.zeros(CHANNELS, int) - 1)),))
    with create(path, RecordingCard(graph, model={"name": "pictures"}), specs) as writer:
        parts = {f"activations/{name}": one.astype(np.float32) for name, one in arrays.items()}
        writer.append(parts, pa.table({"kind": np.array(["flat", "round"])[kind]}))
    return open_recording(path)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return make(tmp_path_factory.mktemp("pictures") / "pictures.naut", ROWS, maps=True)


@pytest.fixture
def serving(browser: Browser) -> Iterator[Callable[..., OpenedServed]]:
    there: list[tuple[OpenedServed, Server]] = []

    def open_page(rec: Recording, hash: str = "", **options: Any) -> OpenedServed:
        server = Server([rec]).start()
        there.append((OpenedServed(browser, server, hash, **options), server))
        return there[-1][0]

    yield open_page
    for page, server in there:
        page.close()
        server.stop()
        assert page.wrongs == []


def drawn(page: Opened, rows: list[int], units: list[int], height: int, width: int) -> dict[str, Any]:
    found: dict[str, Any] = page.ask(
        HEAT + PLAIN, {"layer": "wide", "rows": rows, "units": units, "height": height, "width": width}
    )
    return found | {name: np.array(found[name], float) for name in ("values", "quantiles")}


def test_maps_and_heat_are_those_of_the_page_of_one_file(
    serving: Callable[..., OpenedServed], opened: Opener, pictures: Recording, tmp_path: Path
) -> None:
    export(pictures, tmp_path / "one.html")
    file, served = opened(tmp_path / "one.html"), serving(pictures)
    maps = []
    for page in (file, served):
        page.tab.wait_for_function("() => window.neuronaut.explorer.maps?.has('conv')")
        maps.append(page.ask(MAPS))
    values = [np.array(one.pop("v")) for one in maps]
    assert maps[1].pop("most") == pytest.approx(maps[0].pop("most"), rel=0.01)
    assert maps[0] == maps[1]
    np.testing.assert_allclose(values[1], values[0], atol=np.ptp(values[0]) / 254)
    mean = pictures["conv"].full.read().astype(np.float64).mean(0)
    np.testing.assert_allclose(values[1].reshape(CHANNELS, SIDE, SIDE), np.moveaxis(mean, -1, 0), rtol=1e-6)

    random = np.random.default_rng(1)
    rows, units = random.permutation(ROWS).tolist(), random.permutation(UNITS).tolist()
    step = max(file.ask("e.engine.valueStep('wide', x)", unit) for unit in range(0, UNITS, 50))
    for size in ((ROWS, UNITS), (150, 100), (200, 37)):
        one, other = drawn(file, rows, units, *size), drawn(served, rows, units, *size)
        assert one["drawn"] == other["drawn"] == ROWS
        np.testing.assert_allclose(other["values"], one["values"], atol=2 * step)
        np.testing.assert_allclose(other["quantiles"], one["quantiles"], atol=2 * step)


def test_a_layer_of_300_units_is_drawn_by_class_and_zooms(
    serving: Callable[..., OpenedServed], pictures: Recording
) -> None:
    page = serving(pictures, "#/layers?at=wide")
    said = page.tab.locator("main footer")
    expect(said).to_contain_text("the wheel zooms")
    expect(page.tab.locator("text.run")).to_have_text(
        ["flat " + str(n) for n in kinds(pictures, "flat")] + ["round " + str(n) for n in kinds(pictures, "round")]
    )
    before = page.pixels()
    box = page.canvas.bounding_box()
    assert box is not None
    page.tab.mouse.move(box["x"] + 300, box["y"] + 40)
    for _ in range(4):
        page.tab.mouse.wheel(0, -200)
    page.tab.mouse.move(0, 0)
    expect(said).to_contain_text("150 of 600 samples")
    assert (page.pixels() != before).any()
    page.canvas.focus()
    page.tab.keyboard.press("f")
    expect(said).not_to_contain_text("of 600 samples.")


def kinds(rec: Recording, name: str) -> list[int]:
    return [int(rec.mask(f"kind == {name!r}").sum())]


def test_of_many_samples_some_are_drawn_evenly_and_it_is_said_until_all_can_be(
    serving: Callable[..., OpenedServed], tmp_path: Path
) -> None:
    page = serving(make(tmp_path / "many.naut", MANY, maps=False), "#/layers?at=wide&sort=index")
    said = page.tab.locator("main footer")
    expect(said).to_contain_text("Each pixel is a mean over 8,192 of 9,000 samples, evenly drawn along their order")
    rows = page.requests.count(f"{page.origin}/api/query")
    page.canvas.focus()
    page.tab.keyboard.press("+")
    expect(said).to_contain_text("4,500 of 9,000 samples.")
    expect(said).to_contain_text("Each pixel is the mean of the values in it.")
    assert page.requests.count(f"{page.origin}/api/query") > rows


def test_tiles_of_a_served_convolution_open_as_a_grid(
    serving: Callable[..., OpenedServed], pictures: Recording
) -> None:
    page = serving(pictures, "#/network?sel=conv%3A1")
    page.tab.wait_for_function("() => window.neuronaut.explorer.maps?.has('conv')")
    page.canvas.focus()
    page.tab.keyboard.press("Enter")
    expect(page.tab.get_by_role("group", name="Mean map")).to_contain_text(
        f"Mean of {ROWS} samples, {SIDE}×{SIDE} places"
    )
