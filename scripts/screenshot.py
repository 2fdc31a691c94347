"""Take the pictures in docs/images from the demo's page: ``make demo``, then ``python scripts/screenshot.py``."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Literal

from PIL import Image
from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
import browser

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
GROUPS = "a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22"
PICTURES = {
    "network-dark": f"#/network?{GROUPS}&col=ab&sel=3%3A5",
    "network-light": f"#/network?{GROUPS}&col=ab&sel=3%3A5",
    "neuron-dark": f"#/neuron?at=0%3A1&{GROUPS}",
    "layers-dark": f"#/layers?{GROUPS}",
    "compare-light": f"#/compare?{GROUPS}",
    "sample-light": "#/sample?at=4",
    "slices-light": "#/slices",
}


def main(page_file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=[*FLAGS, "--disable-sync"])
        for name, view in PICTURES.items():
            theme: Literal["dark", "light"] = "dark" if name.endswith("dark") else "light"
            page = chromium.new_page(viewport={"width": 1440, "height": 900}, color_scheme=theme)
            page.goto(page_file.resolve().as_uri() + view)
            page.wait_for_timeout(2500)
            Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(folder / f"{name}.png", optimize=True)
            page.close()
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo" / "titanic.html", ROOT / "docs" / "images")
