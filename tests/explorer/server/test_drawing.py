"""Pictures that a server draws: the numbers of a drawing made by hand, in the order that was asked for."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from asgi_client import Client, client_of

from neuronaut.core.layer import Graph, Layer
from neuronaut.core.result import Result
from neuronaut.explorer.maps import shrunk
from neuronaut.explorer.server.drawing import heat, maps, scores
from neuronaut.explorer.server.watched import Cancelled, WatchedFs
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import open as open_recording

ROWS, UNITS, SIDE = 700, 150, 18
RANDOM = np.random.default_rng(0)
DENSE = RANDOM.normal(size=(ROWS, UNITS)).astype(np.float16)
DENSE[3, 5], DENSE[4, 5], DENSE[:, 9] = np.nan, np.inf, np.nan
KINDS = np.where(np.arange(ROWS)[:, None] % 2, [0.0, 0.0, 5.0], [5.0, 5.0, 0.0]) + RANDOM.normal(size=(ROWS, 3)) / 10
MAPS = RANDOM.normal(size=(ROWS, SIDE, SIDE, 4)).astype(np.float16)
MAPS[0, 0, 0, 0], MAPS[:, 17, 17, 3], MAPS[1, 2, 2, 1] = np.nan, np.inf, -np.inf


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    layers = (
        Layer("dense", "dense", UNITS, "linear", 0),
        Layer("kinds", "dense", 3, "linear", 1),
        Layer("conv", "conv", 4, "conv2d", 2, position_axes=("y", "x")),
    )
    specs = [
        ArraySpec("activations/dense/post", "float16", (UNITS,), ("sample", "unit")),
        ArraySpec("activations/kinds/post", "float32", (3,), ("sample", "unit")),
        ArraySpec("activations/conv/post", "float32", (3, 4), ("sample", "reduction", "unit")),
        ArraySpec("activations/conv/post.full", "float16", (SIDE, SIDE, 4), ("sample", "y", "x", "unit")),
    ]
    reduced = np.stack([MAPS.astype("f4").mean((1, 2)), MAPS.max((1, 2)), MAPS.min((1, 2))], 1)
    values = (DENSE, KINDS.astype("f4"), reduced.astype("f4"), MAPS)
    path: Path = tmp_path_factory.mktemp("drawing") / "drawn.naut"
    with create(path, RecordingCard(Graph(layers)), specs) as writer:
        for start in range(0, ROWS, 100):
            parts = {spec.path: one[start : start + 100] for spec, one in zip(specs, values, strict=True)}
            writer.append(parts, pa.table({"age": np.arange(start, start + 100)}))
    with client_of(open_recording(path)) as client:
        yield client


def by_hand(rows: Any, units: Any, height: int, width: int) -> np.ndarray:
    """Every value is put into its pixel, one after the other."""
    pixels: list[list[list[float]]] = [[[] for _ in range(width)] for _ in range(height)]
    for y, row in enumerate(rows):
        for x, unit in enumerate(units):
            pixels[y * height // len(rows)][x * width // len(units)].append(float(DENSE[row, unit]))
    finite = [[[one for one in pixel if np.isfinite(one)] for pixel in line] for line in pixels]
    return np.array([[np.mean(pixel) if pixel else np.nan for pixel in line] for line in finite])


@pytest.mark.parametrize(("height", "width"), [(ROWS, UNITS), (ROWS, 40), (33, UNITS), (1, 1), (57, 149)])
def test_a_pixel_is_the_mean_of_the_finite_values_in_it_in_the_order_asked_for(
    asked: Client, height: int, width: int
) -> None:
    rows, units = RANDOM.permutation(ROWS), RANDOM.permutation(UNITS)
    found = asked.query("heat", layer="dense", rows=rows.tolist(), units=units.tolist(), height=height, width=width)
    np.testing.assert_allclose(found["value"], by_hand(rows, units, height, width), rtol=1e-5, atol=1e-6)


def test_few_rows_and_units_are_drawn_exactly_and_some_may_stand_twice(asked: Client) -> None:
    rows, units = [699, 3, 3, 0], [149, 5, 0]
    found = asked.query("heat", layer="dense", rows=rows, units=units, height=4, width=3)
    expected = DENSE[rows][:, units].astype(np.float32)
    np.testing.assert_array_equal(found["value"], np.where(np.isfinite(expected), expected, np.nan))
    assert found.card["n"] == {"rows": 4}


def test_quantiles_are_those_of_numpy_over_at_most_512_rows_evenly_drawn(asked: Client) -> None:
    rows, units = RANDOM.permutation(ROWS), np.arange(UNITS)
    found = asked.query("heat", layer="dense", rows=rows.tolist(), units=units.tolist(), height=9, width=75)["quantile"]
    drawn = DENSE[rows[[-(-at * ROWS // 512) for at in range(512)]]].astype(np.float64)
    for x in (0, 2, 4, 74):
        values = drawn[:, 2 * x : 2 * x + 2]
        expected = np.quantile(values[np.isfinite(values)], [0.05, 0.25, 0.5, 0.75, 0.95])
        np.testing.assert_allclose(found[:, x], expected, rtol=1e-6)


def test_scores_are_the_mean_over_the_units_or_tell_planted_kinds_apart(asked: Client) -> None:
    expected = np.where(np.isfinite(DENSE), DENSE, 0).astype(np.float64).mean(1)
    np.testing.assert_allclose(asked.query("scores", layer="dense")["value"], expected, rtol=1e-4, atol=1e-6)
    along = asked.query("scores", layer="kinds", by="likeness")["value"]
    even, odd = along[::2], along[1::2]
    assert even.min() > odd.max() or even.max() < odd.min()


def test_mean_maps_are_those_of_all_samples_shrunk_as_on_a_page(asked: Client) -> None:
    found = asked.query("maps", layer="conv")
    finite = np.isfinite(MAPS)
    with np.errstate(invalid="ignore"):
        mean = np.where(finite, MAPS.astype(np.float64), 0).sum(0) / finite.sum(0)
    assert np.isnan(mean[17, 17, 3])
    np.testing.assert_allclose(found["map"], np.moveaxis(shrunk(mean), -1, 0), rtol=1e-5, atol=1e-6)
    assert found["full"].tolist() == [SIDE, SIDE] and found.card["n"] == {"all": ROWS}


def test_maps_that_were_not_kept_are_an_empty_answer_that_says_so(asked: Client) -> None:
    found = asked.query("maps", layer="dense")
    assert found["map"].size == 0
    assert "position='keep'" in found.card["notes"][0]


def test_maps_of_one_sample_are_its_own_and_only_of_layers_whose_maps_were_kept(asked: Client) -> None:
    found = asked.query("row", row=7, maps=["conv", "dense"])
    own = np.moveaxis(shrunk(MAPS[7].astype(np.float64)), -1, 0)
    np.testing.assert_allclose(found["map\tconv"], own, rtol=1e-5, atol=1e-6)
    assert "map\tdense" not in found.card["values"]
    assert "nowhere" in asked.refused("row", {"row": 7, "maps": ["nowhere"]}).error["message"]


@pytest.mark.parametrize("draw", [heat, scores, maps])
def test_a_picture_that_nobody_waits_for_ends_at_its_next_read(asked: Client, draw: Callable[..., Result]) -> None:
    rec, gone = asked.site.served.recordings[asked.site.served.first], threading.Event()
    watched = rec.through(WatchedFs(rec.fs, gone))
    params: dict[str, Any] = {"rows": [0], "units": [0], "height": 1, "width": 1} if draw is heat else {}
    draw(watched, "conv", **params)
    gone.set()
    with pytest.raises(Cancelled):
        draw(watched, "conv", **params)


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("heat", {"rows": [700]}, "there are 0 to 699"),
        ("heat", {"units": [-1]}, "there are 0 to 149"),
        ("heat", {"rows": []}, "1 to 8,192 rows"),
        ("heat", {"rows": [0] * 8_193}, "1 to 8,192 rows"),
        ("heat", {"height": 3}, "3 by 1 pixels for 2 rows of 2 units"),
        ("heat", {"width": 0}, "1 by 0 pixels"),
        ("heat", {"layer": "nothing"}, "nothing"),
        ("scores", {"by": "size"}, "'mean', 'likeness'"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_reason(
    asked: Client, name: str, params: dict[str, Any], said: str
) -> None:
    usual = {"rows": [0, 1], "units": [0, 1], "height": 1, "width": 1} if name == "heat" else {}
    reply = asked.post("/api/query", {"name": name, "params": {"layer": "dense", **usual, **params}})
    assert reply.status in (400, 404, 409, 422)
    assert said in json.loads(reply.body)["error"]["message"]
