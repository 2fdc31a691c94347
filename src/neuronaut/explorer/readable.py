"""The network and the statistics of a page as plain JSON files, for reading and for other programs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.recorded import by_layer
from neuronaut.analysis.weights import edge_weights
from neuronaut.explorer.bundle import Bundle
from neuronaut.explorer.network import visible_edges
from neuronaut.explorer.numbers import COMPARISON, STATISTICS

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording


_NUMBERS = re.compile(r"\[\s+([^\[\]{}\"]+?)\s+\]")


def write_readable(rec: Recording, made: Bundle, folder: Path) -> None:
    """Write network.json (layers, edges, weight matrices) and statistics.json (per slice and unit; comparisons)."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in (("network", network(rec, made)), ("statistics", statistics(made))):
        text = _NUMBERS.sub(_on_one_line, json.dumps(content, indent=1, allow_nan=False))
        (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _on_one_line(match: re.Match[str]) -> str:
    return "[" + " ".join(match[1].split()) + "]"


def network(rec: Recording, made: Bundle) -> dict[str, Any]:
    """Layers with their units, edges with signed weights [source unit][target unit] where there are any."""
    model = made.page.manifest.model
    shown = {layer.name for layer in model.layers}
    edges = []
    for edge, direct in visible_edges(rec, shown):
        weights = edge_weights(rec, edge) if direct else None
        matrix = None if weights is None else plain(weights[0])
        edges.append({"source": edge.source, "target": edge.target, "kind": edge.kind, "weights": matrix})
    return {
        "model": model.name,
        "framework": model.framework,
        "layers": [layer.model_dump(mode="json") for layer in model.layers],
        "edges": edges,
    }


def statistics(made: Bundle) -> dict[str, Any]:
    """Per slice and layer the statistics of each unit; per comparison the effect sizes."""
    found = made.numbers
    slices = [
        {
            "name": one.name,
            "filter": one.expression,
            "kind": one.kind,
            "n": found.activity.n[str(number)],
            "layers": {
                layer: {name: plain(found.activity[name][number, units]) for name in STATISTICS}
                for layer, units in found.layers().items()
            },
        }
        for number, one in enumerate(found.shown)
    ]
    comparisons = [
        {
            "a": found.shown[a].name,
            "b": f"not ({found.shown[a].name})" if b is None else found.shown[b].name,
            "layers": {
                layer: {name: plain(result[name][units]) for name in COMPARISON}
                for layer, units in by_layer(result).items()
            },
        }
        for a, b, result in found.comparisons
    ]
    return {"slices": slices, "comparisons": comparisons}


def plain(values: npt.NDArray[Any]) -> Any:
    """Nested lists of numbers with seven digits; what is not finite is null.

    >>> plain(np.array([0.1, np.nan, 2 / 3]))
    [0.1, None, 0.6666667]
    """
    if values.ndim > 1:
        return [plain(row) for row in values]
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in np.asarray(values, np.float64).tolist()]
