"""Take the pictures in docs/images from the demo: ``make demo``, then ``python scripts/screenshot.py``.

What only a server shows is served: the live model, and a second recording of the same passengers, trained anew.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
import browser

import neuronaut as naut
from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.models.torch.titanic import train_titanic
from neuronaut.samples import load_titanic

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
GROUPS = "a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22"
WOMEN = "a=sex%20%3D%3D%20%27female%27"
FILE = {
    "network-dark": f"#/network?{GROUPS}&col=ab&sel=3%3A5",
    "network-light": f"#/network?{GROUPS}&col=ab&sel=3%3A5",
    "neuron-dark": f"#/neuron?at=0%3A1&{GROUPS}",
    "layers-dark": f"#/layers?{GROUPS}",
    "compare-light": f"#/compare?{GROUPS}",
    "samples-light": f"#/samples?{GROUPS}",
    "sample-light": "#/sample?at=4",
    "slices-light": "#/slices",
}
SERVED = {
    "live-light": "#/live?row=4&sel=0%3A21&edits=0%3A21*0",
    "layer-map-light": "#/compare?mode=two",
    "recordings-light": f"#/compare?mode=two&{WOMEN}&layer=0&sel=0%3A11",
}


def take(page: Page, file: Path) -> None:
    page.wait_for_timeout(2500)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(file, optimize=True)


def opened(chromium: Browser, name: str) -> Page:
    theme: Literal["dark", "light"] = "dark" if name.endswith("dark") else "light"
    return chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme).new_page()


def served(rec: naut.Recording, scratch: Path) -> Server:
    """The demo's recording with its model, and the same network from another seed."""
    inputs, metadata = load_titanic()
    network, other = (train_titanic(inputs, metadata, seed=seed)[0] for seed in (0, 1))
    second = naut.record(other, inputs, metadata=metadata, labels="survived", to=scratch / "retrained.naut")
    return Server([rec, second], live=live_questions(rec, network))


def answered(page: Page, name: str) -> None:
    """Until the view of a server has what it asked for."""
    if name.startswith("live"):
        page.get_by_role("button", name="Measure").click()
        page.get_by_text("accuracy of").last.scroll_into_view_if_needed()
    elif name.startswith("layer-map"):
        page.get_by_role("application", name=re.compile(r"\b(\d+) of \1 pairs")).wait_for()
    else:
        page.get_by_role("region", name="Matched units").wait_for()


def main(demo: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=[*FLAGS, "--disable-sync"])
        for name, view in FILE.items():
            page = opened(chromium, name)
            page.goto((demo / "titanic.html").resolve().as_uri() + view)
            take(page, folder / f"{name}.png")
        with served(naut.open(demo / "titanic.naut"), Path(scratch)) as server:
            for name, view in SERVED.items():
                page = opened(chromium, name)
                page.goto(server.link())
                page.goto(f"{server.url}/{view}")
                answered(page, name)
                take(page, folder / f"{name}.png")
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo", ROOT / "docs" / "images")
