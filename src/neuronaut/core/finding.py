"""Findings: a claim about a unit with the evidence beside it and views that anyone can open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from neuronaut.core.address import Address
from neuronaut.core.view import View


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim. ``evidence`` holds the numbers the sentence quotes, by name."""

    claim: str
    at: Address
    evidence: Mapping[str, Any] = field(default_factory=dict)
    views: tuple[View, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "claim": self.claim,
            "at": str(self.at),
            "evidence": dict(self.evidence),
            "views": [view.fragment() for view in self.views],
        }
