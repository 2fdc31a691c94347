"""Neuronaut: one workbench to see, question and verify what the neurons of a trained network do.

Importing it imports no deep-learning framework and no storage library; names load what they need on first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neuronaut.core.accessors import register_accessor

__version__ = "0.1.0"

register_accessor("plot", "neuronaut.explorer.plot.accessor", "Plots")

if TYPE_CHECKING:
    from neuronaut.analysis.activity import activity as activity
    from neuronaut.analysis.drivers import drivers as drivers
    from neuronaut.analysis.health import health as health
    from neuronaut.analysis.match import match as match
    from neuronaut.analysis.order import order as order
    from neuronaut.analysis.selectivity import selectivity as selectivity
    from neuronaut.analysis.similarity import similarity as similarity
    from neuronaut.analysis.top import top as top
    from neuronaut.capture.record import record as record
    from neuronaut.core.errors import NeuronautError as NeuronautError
    from neuronaut.core.result import Result as Result
    from neuronaut.core.slices import Slice as Slice
    from neuronaut.core.slices import where as where
    from neuronaut.explorer.export import export as export
    from neuronaut.live.ablate import ablate as ablate
    from neuronaut.live.attribute import attribute as attribute
    from neuronaut.live.compare import compare as compare
    from neuronaut.live.influence import influence as influence
    from neuronaut.live.show import show as show
    from neuronaut.live.watch import watch as watch
    from neuronaut.store.recording import Recording as Recording
    from neuronaut.store.recording import open as open

_HOME = {
    "NeuronautError": "neuronaut.core.errors",
    "Recording": "neuronaut.store.recording",
    "Result": "neuronaut.core.result",
    "Slice": "neuronaut.core.slices",
    "ablate": "neuronaut.live.ablate",
    "activity": "neuronaut.analysis.activity",
    "attribute": "neuronaut.live.attribute",
    "compare": "neuronaut.live.compare",
    "drivers": "neuronaut.analysis.drivers",
    "export": "neuronaut.explorer.export",
    "health": "neuronaut.analysis.health",
    "influence": "neuronaut.live.influence",
    "match": "neuronaut.analysis.match",
    "open": "neuronaut.store.recording",
    "order": "neuronaut.analysis.order",
    "record": "neuronaut.capture.record",
    "selectivity": "neuronaut.analysis.selectivity",
    "show": "neuronaut.live.show",
    "similarity": "neuronaut.analysis.similarity",
    "top": "neuronaut.analysis.top",
    "watch": "neuronaut.live.watch",
    "where": "neuronaut.core.slices",
}

__all__ = [
    "NeuronautError",
    "Recording",
    "Result",
    "Slice",
    "ablate",
    "activity",
    "attribute",
    "compare",
    "drivers",
    "export",
    "health",
    "influence",
    "match",
    "open",
    "order",
    "record",
    "selectivity",
    "show",
    "similarity",
    "top",
    "watch",
    "where",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'neuronaut' has no attribute {name!r}; it has {', '.join(__all__)}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
