"""What a recording says about itself: model, graph, samples, task, options, versions."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from neuronaut.core.layer import Graph


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class RecordingCard:
    """What a recording says about itself, written once when it is created.

    ``model``: name, framework, fingerprint. ``samples``: ``kind`` ("table" | "images" | "texts"), features. ``task``:
    ``kind`` ("binary" | "classes" | "regression" | "none"), classes, label. All values are plain JSON.

    >>> RecordingCard(Graph(()), samples={"kind": "table"}).append_axis
    'sample'
    """

    graph: Graph
    model: Mapping[str, Any] = field(default_factory=dict)
    samples: Mapping[str, Any] = field(default_factory=dict)
    task: Mapping[str, Any] = field(default_factory=lambda: {"kind": "none"})
    options: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    append_axis: Literal["sample", "step"] = "sample"
    id: str = field(default_factory=_new_id)
    created: str = field(default_factory=_now)

    def to_json(self) -> dict[str, Any]:
        return {
            "created": self.created,
            "model": dict(self.model),
            "graph": self.graph.to_json(),
            "samples": dict(self.samples),
            "task": dict(self.task),
            "options": dict(self.options),
            "versions": dict(self.versions),
        }

    @classmethod
    def from_json(cls, card: Mapping[str, Any], *, id: str, append_axis: Literal["sample", "step"]) -> RecordingCard:
        return cls(
            graph=Graph.from_json(card["graph"]),
            model=dict(card["model"]),
            samples=dict(card["samples"]),
            task=dict(card["task"]),
            options=dict(card.get("options", {})),
            versions=dict(card.get("versions", {})),
            append_axis=append_axis,
            id=id,
            created=str(card["created"]),
        )
