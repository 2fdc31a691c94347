"""Take the README's pictures of the demo's page: ``make demo``, then ``.venv/bin/python scripts/screenshot.py``."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).parent))
import browser

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
VIEW = "#/network?a=survived%20%3D%3D%20%22yes%22&b=survived%20%3D%3D%20%22no%22&col=ab&sel=0%3A1"


def main(page_file: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser.find(), args=[*FLAGS, "--disable-sync"])
        for theme in ("dark", "light"):
            page = chromium.new_page(viewport={"width": 1440, "height": 900}, color_scheme=theme)
            page.goto(page_file.resolve().as_uri() + VIEW)
            page.wait_for_timeout(1500)
            page.screenshot(path=folder / f"network-{theme}.png")
            page.close()
        chromium.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "demo" / "titanic.html", ROOT / "docs" / "images")
