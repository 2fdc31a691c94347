"""The one-file page: its size, and how smoothly a unit's influence follows the mouse in headless Chromium."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from playwright.sync_api import Page, sync_playwright

import neuronaut as naut
from benchmarks import workloads
from benchmarks.row import Row

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]

POINTER = """
window.pointer = () => {
  const canvas = document.querySelector('[role=application]')
  const box = canvas.getBoundingClientRect()
  return (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, {
    clientX: box.left + x, clientY: box.top + y, bubbles: true, button: 0, pointerId: 1
  }))
}
// Places where a unit of a hidden layer lies, found by moving over the canvas once.
window.unitPlaces = async () => {
  const {explorer} = window.neuronaut
  const {width, height} = document.querySelector('[role=application]').getBoundingClientRect()
  const at = window.pointer()
  const hit = []
  for (let x = 8; x < width; x += 5) for (let y = 60; y < height - 90; y += 23) {
    at('pointermove', x, y)
    await 0
    if (explorer.hover && explorer.hover.layer.kind !== 'input') hit.push([x, y])
  }
  return hit
}
"""
MOVE = """
async ({moves}) => {
  const {stats} = window.neuronaut
  const before = stats.fullRedraws
  const frame = () => new Promise(requestAnimationFrame)
  const task = () => new Promise((done) => setTimeout(done))
  const at = window.pointer()
  const hit = await window.unitPlaces()
  const chosen = Array.from({length: moves}, (_, i) => hit[(i * 7919) % hit.length])
  const drawn = stats.overlayRedraws
  const times = []
  let last = await frame()
  for (const [x, y] of chosen) {
    await task()  // as the browser does: the event first, then the frame that draws what it asked for
    at('pointermove', x, y)
    const now = await frame()
    times.push(now - last)
    last = now
  }
  return {times, places: hit.length, full: stats.fullRedraws - before, overlay: stats.overlayRedraws - drawn}
}
"""


def pages(folder: Path) -> tuple[Path, Path]:
    """The Titanic page of the demo, and the page of W-digits512."""
    from neuronaut.models.torch.titanic import train_titanic
    from neuronaut.samples import load_titanic

    X, people = load_titanic()
    model, _ = train_titanic(X, people)
    rec = naut.record(model, X, metadata=people, labels="survived", to=folder / "titanic.naut")
    titanic = naut.export(rec, folder / "titanic.html", slices=["survived == 'yes'", "survived == 'no'"])
    net, X512, y = workloads.digits512()
    table = pd.DataFrame({"digit": y, "parity": np.where(y % 2, "odd", "even")})
    rec = naut.record(net, X512, metadata=table, labels="digit", to=folder / "digits.naut", influence=True)
    digits = naut.export(rec, folder / "digits.html", slices=[f"digit == {digit}" for digit in range(10)])
    return Path(titanic), Path(digits)


def opened(page: Page, path: Path) -> None:
    page.add_init_script(POINTER)
    page.goto(path.as_uri())
    # A function, since the page's policy forbids evaluating a string.
    page.wait_for_function("() => window.neuronaut?.explorer?.columns && window.neuronaut.explorer.pair")
    page.wait_for_timeout(1500)


def run() -> list[Row]:
    sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))
    import browser

    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        titanic, digits = pages(Path(scratch))
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=[*FLAGS, "--disable-sync"])
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        opened(page, digits)
        seen = page.evaluate(MOVE, {"moves": 200})
        sizes = titanic.stat().st_size, digits.stat().st_size
        chromium.close()
    rate = 1000 / float(np.median(seen["times"]))
    how = f"200 moves over {seen['places']} places, 1440 x 900, top-6 edges, {seen['overlay']} overlays drawn"
    return [
        Row("Titanic page", 400, sizes[0] / 1e3, "kB", "the demo's page, everything inside"),
        Row("W-digits512 page", 2.0, sizes[1] / 1e6, "MB", "1,797 rows, 10 slices, top-16 influence"),
        Row("W-digits512 hover", 30, rate, "frames/s", how, at_least=True),
        Row("W-digits512 full redraws while hovering", 0, seen["full"], "redraws", "work counter, the same 200 moves"),
    ]
