"""JupyterLab as a person starts it: a server of its own with empty settings, and a notebook in a browser."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from opened_page import slowed
from playwright.sync_api import Browser, FrameLocator, Locator, Page, expect

START, RUN = 60, 60_000
"""Seconds that the server may take to start; milliseconds that a cell may take to show something."""


class Lab:
    """A JupyterLab server on a free port, in folders that no other server knows."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notebooks"
        self.root.mkdir()
        self._log = (folder / "lab.log").open("w+")
        self._runtime = folder / "runtime"
        names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTERLAB_SETTINGS_DIR", "IPYTHONDIR", "HOME")
        homes = {"JUPYTER_RUNTIME_DIR": self._runtime} | {name: folder / name.lower() for name in names}
        settings = homes["JUPYTERLAB_SETTINGS_DIR"]
        news = settings / "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
        news.parent.mkdir(parents=True)
        news.write_text('{"fetchNews": "false", "checkForUpdates": false}')
        source = str(Path(__file__).resolve().parents[2] / "src")
        options = {
            "IdentityProvider.token": "test",
            "ServerApp.open_browser": False,
            "ServerApp.root_dir": self.root,
            "ServerApp.allow_root": True,
            "ServerApp.port": 0,
            "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
            "LabApp.expose_app_in_browser": True,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())],
            env=os.environ | {name: str(path) for name, path in homes.items()} | {"PYTHONPATH": source},
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        self.url = self._wait()

    def _wait(self) -> str:
        for _ in range(START * 10):
            if self._process.poll() is not None:
                break
            for card in self._runtime.glob("jpserver-*.json"):
                text = card.read_text()
                if text.endswith("}"):
                    return str(json.loads(text)["url"])
            time.sleep(0.1)
        self._log.seek(0)
        raise RuntimeError(f"JupyterLab did not start:\n{self._log.read()}")

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


class Notebook:
    """One notebook, open in a tab."""

    def __init__(self, browser: Browser, lab: Lab, name: str, cells: Sequence[str], *, theme: str = "light") -> None:
        path = lab.root / f"{name}.ipynb"
        path.write_text(json.dumps(_notebook(cells)))
        self._context = browser.new_context(viewport={"width": 1360, "height": 1000}, color_scheme=theme)
        self.tab: Page = slowed(self._context.new_page())
        self.tab.set_default_timeout(RUN)
        self.wrongs: list[str] = []
        self._runs = 0
        self.tab.on("pageerror", lambda error: self.wrongs.append(str(error)))
        self.tab.on("console", lambda message: self._console(message.type, message.text))
        self.tab.goto(f"{lab.url}lab/tree/{path.name}?token=test&reset")
        self._wait(len(cells))

    def _wait(self, cells: int) -> None:
        expect(self.tab.locator(".jp-Notebook .jp-CodeCell")).to_have_count(cells, timeout=RUN)
        self.tab.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext")
        self.tab.evaluate("jupyterapp.shell.currentWidget.sessionContext.ready.then(() => null)")
        self.tab.wait_for_function("jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'")

    def reload(self) -> None:
        """Load the tab anew; the kernel goes on."""
        cells = self.tab.locator(".jp-Notebook .jp-CodeCell").count()
        self.tab.reload()
        self._wait(cells)

    def _console(self, kind: str, text: str) -> None:
        """What the app warns of; JupyterLab has warnings of its own."""
        if kind in ("error", "warning") and "svelte.dev" in text:
            self.wrongs.append(f"{kind}: {text}")

    def command(self, name: str, **options: str) -> None:
        self.tab.evaluate(
            "([name, options]) => jupyterapp.commands.execute(name, options).then(() => null)", [name, options]
        )

    def run(self, cell: int) -> Locator:
        """Run a cell; its output."""
        at = self.tab.locator(".jp-Notebook .jp-CodeCell").nth(cell)
        at.locator(".jp-InputArea-editor").click()
        self.command("notebook:run-cell")
        self._runs += 1
        expect(at.locator(".jp-InputPrompt")).to_have_text(f"[{self._runs}]:", timeout=RUN)
        return at.locator(".jp-OutputArea")

    def frame(self, cell: int) -> FrameLocator:
        return self.tab.locator(".jp-Notebook .jp-CodeCell").nth(cell).frame_locator("iframe")

    def close(self) -> None:
        self._context.close()


Notebooks = Callable[..., Notebook]
"""Opens a notebook of these cells."""


def _notebook(cells: Sequence[str]) -> dict[str, Any]:
    blank = {"cell_type": "code", "execution_count": None, "metadata": {}, "outputs": []}
    return {
        "cells": [blank | {"id": f"c{number}", "source": source} for number, source in enumerate(cells)],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
