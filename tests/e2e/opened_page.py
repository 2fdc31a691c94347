"""A page in the browser, with words for what a person does in it."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Request, expect

WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(event.violatedDirective + " " + event.blockedURI);
});
"""
PATIENCE = 20.0
"""Seconds a page gets to arrange itself before a test says that something is not there."""
Pixels = Any
AT_REST = 1e-4
"""Share of pixels that differ between two pictures of a page at rest: text is not drawn to the same shade each time."""


def slowed(tab: Page) -> Page:
    """The tab, its processor as many times slower as NEURONAUT_SLOW says, to find what a test takes for granted."""
    factor = float(os.environ.get("NEURONAUT_SLOW", "1"))
    if factor > 1:
        tab.context.new_cdp_session(tab).send("Emulation.setCPUThrottlingRate", {"rate": factor})
    return tab


class Opened:
    """One tab. ``wrongs`` collects errors, broken policy and requests beyond the file and its Worker."""

    def __init__(
        self,
        browser: Browser,
        path: Path,
        hash: str = "",
        *,
        theme: str = "dark",
        size: tuple[int, int] = (1440, 900),
        before: str = "",
        ready: bool = True,
    ) -> None:
        self.path = path
        self.wrongs: list[str] = []
        self.requests: list[str] = []
        self._context = browser.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=theme,
            reduced_motion="reduce",
            offline=True,
        )
        self.tab = slowed(self._context.new_page())
        self.tab.add_init_script(WATCH + before)
        self.tab.on("pageerror", lambda error: self.wrongs.append(f"error: {error}"))
        self.tab.on("console", lambda message: self._console(message.type, message.text))
        self.tab.on("request", self._request)
        self.tab.goto(path.as_uri() + hash)
        if ready:
            self.wait_until_answered()

    def _console(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrongs.append(f"{kind}: {text}")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)
        if not request.url.startswith(("blob:", self.path.as_uri())):
            self.wrongs.append(f"request: {request.url}")

    def close(self) -> None:
        self.wrongs += [f"policy: {one}" for one in self.tab.evaluate("window.violations")]
        self._context.close()

    # Waiting

    def wait_until_answered(self) -> None:
        """Until both groups, their comparison and the edges are there, and the canvas has drawn them."""
        self.tab.wait_for_function(
            """() => {
              const explorer = window.neuronaut?.explorer
              if (!explorer || !explorer.all || !explorer.columns) return false
              const {a, b} = explorer.view
              const weighted = explorer.manifest.model.edges.some((edge) => edge.weights)
              if (weighted && explorer.edges.length === 0) return false
              return (a === null && b === null) || (explorer.sides !== null && explorer.pair !== null)
            }"""
        )
        self.wait_for_frames()

    def wait_for_frames(self, count: int = 3) -> None:
        self.tab.evaluate(
            "(n) => new Promise((done) => { const step = () => n-- ? requestAnimationFrame(step) : done(); step() })",
            count,
        )

    def settle(self) -> Image.Image:
        """Until three pictures in a row are the same, but for the rims of a few signs; the last one."""
        same, last = 0, None
        for _ in range(100):
            self.wait_for_frames(6)
            taken = self.tab.screenshot(animations="disabled", caret="hide")
            now = Image.open(io.BytesIO(taken)).convert("RGB")
            rest = last is not None and different(np.asarray(last).astype(int), np.asarray(now).astype(int)) < AT_REST
            same, last = same + 1 if rest else 0, now
            if same == 2:
                return now
        raise AssertionError("the page does not come to rest")

    # Seeing

    def ask(self, expression: str, argument: Any = None) -> Any:
        """What the app itself holds; ``e`` is the explorer."""
        return self.tab.evaluate(f"(x) => {{ const e = window.neuronaut.explorer; return {expression} }}", argument)

    @property
    def work(self) -> dict[str, int]:
        return dict(self.tab.evaluate("({...window.neuronaut.stats})"))

    @property
    def hash(self) -> str:
        return str(self.tab.evaluate("location.hash"))

    @property
    def canvas(self) -> Locator:
        return self.tab.get_by_role("application")

    @property
    def inspector(self) -> Locator:
        return self.tab.get_by_role("complementary", name="Inspector")

    def filter(self, side: str) -> Locator:
        return self.tab.get_by_role("combobox", name=f"Filter of group {side}")

    def chip(self, side: str) -> Locator:
        return self.tab.locator(f"[data-side={side.lower()}]")

    def pixels(self) -> Pixels:
        """The canvas as it is on the screen, [y, x, rgb]."""
        picture = Image.open(io.BytesIO(self.canvas.screenshot())).convert("RGB")
        return np.asarray(picture).astype(int)

    def statistic(self, name: str) -> list[str]:
        """The cells of a row of the inspector."""
        row = self.inspector.get_by_role("row").filter(has=self.tab.get_by_role("rowheader", name=name, exact=True))
        return row.get_by_role("cell").all_inner_texts()

    # Doing

    def type_filter(self, side: str, text: str) -> None:
        """Over what stands there, key by key."""
        self.filter(side).select_text()
        self.filter(side).press_sequentially(text)

    def leave_filter(self, side: str) -> None:
        self.filter(side).press("Escape")
        expect(self.filter(side)).not_to_be_focused()

    def column(self, label: str) -> tuple[float, float, float]:
        """Where a layer's column lies on the screen: its x, and the canvas' top and bottom."""
        heading = self.tab.locator(".heading", has=self.tab.get_by_text(label, exact=True)).bounding_box()
        canvas = self.canvas.bounding_box()
        assert heading is not None and canvas is not None
        return heading["x"] + heading["width"] / 2, canvas["y"], canvas["y"] + canvas["height"]

    def point_at(self, layer: str, unit: int, label: str) -> tuple[float, float]:
        """Move the mouse down a layer's column until the unit is under it; where that is."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            x, top, bottom = self.column(label)
            for y in np.arange(top + 60, bottom, 4):
                self.tab.mouse.move(x, float(y))
                if self.ask("e.hover && e.hover.layer.name === x[0] && e.hover.unit === x[1]", [layer, unit]):
                    return x, float(y)
        raise AssertionError(f"{layer}:{unit} is nowhere on the canvas")


Opener = Callable[..., Opened]


def different(one: Pixels, other: Pixels) -> float:
    """Share of pixels that differ by more than 12 of 255."""
    return float((np.abs(one - other).max(-1) > 12).mean())
