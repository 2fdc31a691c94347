"""The served explorer: manifest requests a second, and queries of a recording far larger than a page."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.row import Row
from neuronaut.core.layer import Edge, Graph, Layer, Take
from neuronaut.explorer.server.run import Server
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

ROWS, UNITS, LAYERS = 50_000, 4_096, 10
BLOCK = 2_048
SECONDS = 5
CLIENTS = 16
RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
SLOWEST = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
SCALE = {"us": 1e-3, "ms": 1.0, "s": 1e3}


def make(path: Path) -> Recording:
    """50,000 samples of 40,960 units, float16, four of five values 0, and the weights between the layers."""
    random = np.random.default_rng(0)
    values = np.maximum(random.normal(-0.8, 1, (2 * BLOCK, UNITS)), 0).astype(np.float16)
    names = [f"layer{number}" for number in range(LAYERS)]
    weights = random.normal(0, 1 / 64, (UNITS, UNITS)).astype(np.float16)
    layers = tuple(
        Layer(name, "dense", UNITS, "linear", place, activation="relu", parameters={"weight": name} if place else {},
              attributes={"weight_axes": ["out", "in"]})
        for place, name in enumerate(names)
    )  # fmt: skip
    take = Take.encode(np.arange(UNITS))
    edges = tuple(Edge(a, b, "linear", take) for a, b in pairwise(names))
    specs = [ArraySpec(f"activations/{name}/post", "float16", (UNITS,), ("sample", "unit")) for name in names]
    card = RecordingCard(Graph(layers, edges), model={"name": "wide"})
    static = {f"parameters/{name}": weights for name in names[1:]}
    with create(path, card, specs, static=static) as writer:
        for start in range(0, ROWS, BLOCK):
            count = min(BLOCK, ROWS - start)
            table = {
                "age": random.integers(0, 90, count),
                "sex": random.choice(["female", "male"], count),
            }
            parts = {}
            for place, spec in enumerate(specs):
                shift = (start // BLOCK * 131 + place * 37) % BLOCK
                parts[spec.path] = values[shift : shift + count]
            writer.append(parts, pa.table(table))
    return open_recording(path)


class Asking:
    """One client on one connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)

    def get(self, path: str) -> bytes:
        return self._ask("GET", path, None)

    def query(self, name: str, **params: Any) -> bytes:
        return self._ask("POST", "/api/query", json.dumps({"name": name, "params": params}))

    def _ask(self, method: str, path: str, body: str | None) -> bytes:
        headers = {"Authorization": f"Bearer {self._server.token}", "Origin": self._server.url}
        self._connection.request(method, path, body, headers | {"Content-Type": "application/json"})
        reply = self._connection.getresponse()
        data = reply.read()
        assert reply.status == 200, data[:500]
        return data


def milliseconds(ask: Callable[[int], object], repeats: int) -> float:
    times = []
    for number in range(repeats):
        start = time.perf_counter()
        ask(number)
        times.append(1e3 * (time.perf_counter() - start))
    return median(times)


def processor_seconds(ask: Callable[[int], object], repeats: int) -> float:
    """Of all threads of this process, the server's among them."""
    times = []
    for number in range(repeats):
        start = time.process_time()
        ask(number)
        times.append(time.process_time() - start)
    return median(times)


def load(server: Server) -> tuple[float, float, str]:
    """Manifest requests a second, the 99th percentile in ms, and what asked."""
    wrk = shutil.which("wrk")
    if wrk is None:
        return _load_by_threads(server)
    command = [wrk, "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency", "-H", f"Authorization: Bearer {server.token}"]
    said = subprocess.run([*command, f"{server.url}/api/manifest"], capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    rate, slowest = RATE.search(said), SLOWEST.search(said)
    assert rate is not None and slowest is not None, said
    return float(rate[1]), float(slowest[1]) * SCALE[slowest[2]], "wrk"


def _load_by_threads(server: Server) -> tuple[float, float, str]:
    times: list[float] = []
    until = time.perf_counter() + SECONDS

    def client() -> None:
        asking = Asking(server)
        while time.perf_counter() < until:
            start = time.perf_counter()
            asking.get("/api/manifest")
            times.append(1e3 * (time.perf_counter() - start))

    clients = [threading.Thread(target=client) for _ in range(CLIENTS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    return len(times) / SECONDS, float(np.quantile(times, 0.99)), "threads"


def unit_page(asking: Asking, number: int) -> None:
    """What the page of one unit asks before it can be drawn."""
    layer, unit = f"layer{number % LAYERS}", number * 997 % UNITS
    asking.query("values", layer=layer, unit=unit)
    asking.query("unit", at=f"{layer}:{unit}", slices=["age > 30", "sex == 'male'"])
    asking.query("top", at=f"{layer}:{unit}", k=24)
    asking.query("neighbours", at=f"{layer}:{unit}")


def similar(asking: Asking, number: int) -> bytes:
    return asking.query("similarity", at=f"layer{number}:{number * 997 % UNITS}", k=6)


def against(asking: Asking, a: str, b: str) -> None:
    """What a page asks to compare two groups: each layer by itself, then all together."""
    for number in range(LAYERS):
        asking.query("contrast", a=a, b=b, layers=[f"layer{number}"])
    asking.query("compare", a=a, b=b)


def run() -> list[Row]:
    with tempfile.TemporaryDirectory() as scratch, contextlib.ExitStack() as ending:
        rec = make(Path(scratch) / "large.naut")
        size = rec.size / 1e9
        opening = time.perf_counter()
        server = ending.enter_context(Server([open_recording(rec.path)]))
        asking = Asking(server)
        manifest = len(asking.get("/api/manifest"))
        opened = time.perf_counter() - opening
        rate, slowest, tool = load(server)
        values = milliseconds(lambda k: asking.query("values", layer=f"layer{k % LAYERS}", unit=k * 37 % UNITS), 15)
        page = milliseconds(lambda k: unit_page(asking, k), 15)
        row = milliseconds(lambda k: asking.query("row", row=k * 997), 9)
        slice_s = (
            milliseconds(lambda k: asking.query("activity", slices=f"age > {20 + k}", layers=f"layer{k}"), 5) / 1e3
        )
        like = processor_seconds(lambda k: similar(asking, k), 5)
        again = milliseconds(lambda k: similar(asking, k), 5)
        compared = processor_seconds(lambda _: against(asking, "age > 30", "sex == 'male'"), 1)
    what = f"{ROWS:,} x {UNITS * LAYERS:,} float16 ({size:.1f} GB)"
    return [
        Row("served: opens", 5, opened, "s", f"{what}, manifest of {manifest / 1e3:.0f} kB"),
        Row("served: manifest requests", 300, rate, "/s", f"{tool}, {CLIENTS} connections, {SECONDS} s", at_least=True),
        Row("served: manifest, p99", 100, slowest, "ms", f"{tool}, the same"),
        Row("served: one unit's values", 200, values, "ms", f"{what}; 15 units, median"),
        Row("served: all of a unit's page", 200, page, "ms", "values, statistics of 2 slices, top 24, weights; median"),
        Row("served: one sample through all layers", 200, row, "ms", f"{what}; 9 rows, median"),
        Row("served: an ad-hoc slice over a layer", 1.0, slice_s, "s", f"{ROWS:,} x {UNITS:,}; 5 filters, median"),
        Row("served: units most like one", 2.0, like, "s", f"of {UNITS:,}; processor time, 5 units, median"),
        Row("served: the same asked again", 50, again, "ms", "the same 5 units, median"),
        Row("served: A against B", 40, compared, "s", f"{LAYERS} layers of {UNITS:,}, then q; processor time, once"),
    ]
