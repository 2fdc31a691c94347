"""A Chromium for the browser tests: the machine's, else Playwright's, else the distribution's package when root."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find() -> Path | None:
    """The browser that is there already, or None."""
    named = os.environ.get("NEURONAUT_CHROMIUM")
    if named:
        return Path(named) if Path(named).exists() else None
    for name in NAMES:
        path = shutil.which(name)
        if path:
            return Path(path)
    return _of_playwright()


def _of_playwright() -> Path | None:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return None
    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
    return path if path.exists() else None


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, stdout=sys.stderr, timeout=900).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> Path | None:
    """Fetch a browser: Playwright's own build, else the distribution's package when run as root."""
    _succeeds(sys.executable, "-m", "playwright", "install", "chromium")
    found = find()
    if found is None and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        _succeeds("apt-get", "update", "-q")
        _succeeds("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium")
        found = find()
    return found


if __name__ == "__main__":
    browser = find() or install()
    if browser is None:
        print("NO BROWSER: the browser tests will be SKIPPED. Install Chromium, or set NEURONAUT_CHROMIUM to its path.")
        sys.exit(1 if os.environ.get("CI") else 0)
    print(f"browser: {browser.name}")
