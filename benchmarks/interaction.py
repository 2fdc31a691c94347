"""How the page feels: first paint, a keystroke in a filter, hovering, panning; the real app in headless Chromium."""

from __future__ import annotations

import sys
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Browser, Page, sync_playwright

import neuronaut as naut
from benchmarks.page import FLAGS, POINTER
from benchmarks.row import Row

LOADS, KEYS, MOVES = 9, 15, 60

BEFORE = """
Element.prototype.setPointerCapture = () => undefined  // made-up pointers cannot be captured
const painted = new PerformanceObserver((list) => {
  const first = list.getEntries().find((entry) => entry.name === 'first-contentful-paint')
  if (first) window.firstPaint = first.startTime
})
painted.observe({type: 'paint', buffered: true})
const look = () => {
  if (window.neuronaut?.stats.edgesDrawn > 0) window.networkDrawn = performance.now()
  else requestAnimationFrame(look)
}
requestAnimationFrame(look)
window.frame = () => new Promise(requestAnimationFrame)
// Software canvases are drawn when they are looked at: so what a frame costs is known.
window.drawn = () => {
  for (const canvas of document.querySelectorAll('canvas')) {
    if (canvas.width > 0) canvas.getContext('2d').getImageData(0, 0, 1, 1)
  }
}
"""
TYPE = """
async (filters) => {
  const {explorer, stats} = window.neuronaut
  const input = document.querySelector('[data-side=a] input')
  const times = []
  input.focus()
  for (const filter of filters) {
    for (let rest = 0; rest < 20; rest++) await window.frame()
    const before = stats.fullRedraws
    const start = performance.now()
    input.value = filter
    input.dispatchEvent(new InputEvent('input', {bubbles: true}))
    while (explorer.sides?.a.expression !== filter || stats.fullRedraws === before) await window.frame()
    window.drawn()
    times.push(performance.now() - start)
  }
  return times
}
"""
POINT = """
async (moves) => {
  const {explorer, stats} = window.neuronaut
  const at = window.pointer()
  const hit = await window.unitPlaces()
  const times = []
  for (let i = 0; i < moves; i++) {
    for (let rest = 0; rest < 5; rest++) await window.frame()
    const before = [stats.overlayRedraws, explorer.hover]
    const start = performance.now()
    at('pointermove', ...hit[(i * 7919) % hit.length])
    if (explorer.hover === before[1]) continue
    while (stats.overlayRedraws === before[0]) await window.frame()
    window.drawn()
    times.push(performance.now() - start)
  }
  return times
}
"""
PAN = """
async (moves) => {
  const {explorer, stats} = window.neuronaut
  const at = window.pointer()
  const ask = window.requestAnimationFrame
  let inFrames = 0
  window.requestAnimationFrame = (callback) => ask((now) => {
    const start = performance.now()
    callback(now)
    inFrames += performance.now() - start
  })
  const times = []
  at('pointerdown', 300, 300)
  at('pointermove', 306, 300)
  for (let i = 0; i < moves; i++) {
    await window.frame()
    window.drawn()
    inFrames = 0
    const start = performance.now()
    at('pointermove', 300 + 60 * Math.sin(i / 5), 300 + 60 * Math.cos(i / 5))
    await 0
    const handled = performance.now()
    await new Promise((done) => ask(done))
    const drawing = performance.now()
    window.drawn()
    times.push(handled - start + inFrames + performance.now() - drawing)
  }
  at('pointerup', 300, 300)
  window.requestAnimationFrame = ask
  return {times, nodes: explorer.manifest.model.layers.reduce((sum, layer) => sum + layer.units, 0), cam: explorer.cam}
}
"""


def chain(sizes: list[int], seed: int = 0, weights: int | None = None) -> torch.nn.Sequential:
    """Linear layers with ReLU; with ``weights``, so many of a unit are not 0."""
    torch.manual_seed(seed)
    layers: list[torch.nn.Module] = []
    for before, size in pairwise(sizes):
        linear = torch.nn.Linear(before, size)
        if weights is not None:
            kept = torch.zeros_like(linear.weight).scatter_(1, torch.rand(size, before).topk(weights).indices, 1.0)
            with torch.no_grad():
                linear.weight.mul_(kept)
        layers += [linear, torch.nn.ReLU()]
    return torch.nn.Sequential(*layers).eval()


def page_of(folder: Path, name: str, net: torch.nn.Sequential, rows: int) -> Path:
    """The page of a planted recording: so many rows of Gaussian inputs, with an age to filter by."""
    r = np.random.default_rng(0)
    width = next(layer.in_features for layer in net if isinstance(layer, torch.nn.Linear))
    X = r.normal(size=(rows, width)).astype(np.float32)
    table = {"age": r.integers(1, 80, rows), "sex": np.where(r.random(rows) < 0.4, "female", "male")}
    rec = naut.record(net, X, metadata=table, to=folder / f"{name}.naut")
    return Path(naut.export(rec, folder / f"{name}.html"))


def opened(browser: Browser, path: Path) -> Page:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.add_init_script(BEFORE + POINTER)
    page.goto(path.as_uri())
    page.wait_for_function("() => window.networkDrawn && window.neuronaut.explorer.columns")
    return page


def first_paints(browser: Browser, path: Path) -> tuple[float, float]:
    seen: list[tuple[float, float]] = []
    for _ in range(LOADS):
        page = opened(browser, path)
        page.wait_for_function("() => window.firstPaint")
        seen.append(page.evaluate("[window.firstPaint, window.networkDrawn]"))
        page.close()
    paint, network = np.median(seen, axis=0) / 1e3
    return float(paint), float(network)


def run() -> list[Row]:
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
    import browser as found

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        small = page_of(folder, "small", chain([64, 512, 512, 256, 10]), 6_500)
        large = page_of(folder, "large", chain([40, 320, 320, 320]), 20_000)
        wide = page_of(folder, "wide", chain([500, 500, 500, 500], weights=4), 200)
        browser = playwright.chromium.launch(executable_path=found.find(), args=[*FLAGS, "--disable-sync"])
        paint, network = first_paints(browser, small)
        page = opened(browser, large)
        page.evaluate(TYPE, ["age > 70", "age > 20"])
        keys = page.evaluate(TYPE, [f"age > {20 + key}" for key in range(1, KEYS)])
        page.close()
        page = opened(browser, wide)
        page.wait_for_timeout(1000)
        hover = page.evaluate(POINT, MOVES)
        edges = page.evaluate("window.neuronaut.explorer.edges.reduce((sum, one) => sum + one.value.length, 0)")
        pans: Any = page.evaluate(PAN, MOVES)
        browser.close()
        size = small.stat().st_size / 1e6
    how = f"{pans['nodes']:,} nodes, {edges:,} edges, 1280 x 720"
    return [
        Row(
            "page: first paint",
            0.4,
            paint,
            "s",
            f"file of {size:.1f} MB, {LOADS} loads, median; network {network:.2f} s",
        ),
        Row("page: keystroke to recoloured network", 60, float(np.median(keys)), "ms", "20,000 x 1,000 values, median"),
        Row("page: hover to highlight", 50, float(np.median(hover)), "ms", f"{how}; {len(hover)} units, median"),
        Row(
            "page: pan frame",
            5,
            float(np.median(pans["times"])),
            "ms",
            f"{how}; {MOVES} frames, median of script + drawing",
        ),
    ]
