"""Findings: the few sentences of a comparison that can be said aloud, with the evidence and a link for each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from neuronaut.analysis.compare import compare
from neuronaut.analysis.groups import Group, two_groups
from neuronaut.core.address import Address
from neuronaut.core.finding import Finding
from neuronaut.core.labels import layer_labels
from neuronaut.core.layer import Layer
from neuronaut.core.numerals import effect, equals, number
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.core.view import View
from neuronaut.store.recording import Recording

_EVIDENCE = (
    "n_a", "n_b", "mean_a", "mean_b", "hedges_g", "g_low", "g_high", "auroc", "q",
    "replicated", "g_half0", "g_half1", "q_half0", "q_half1",
)  # fmt: skip


def discover(rec: Recording, a: Where, b: Where = None, k: int = 3) -> list[Finding]:
    """The k units that tell two groups apart most, as findings; fewer, or none, when fewer replicate.

    Only units are named whose difference was found on one half of the samples and replicated on the other. They are
    ordered by their effect on the half they were found on, so that the other half had no say in the choice; a layer of
    its own for each as long as there are layers. Inputs are no findings about a network, and its outputs only when
    nothing else was recorded.

    Raises FilterError when a group cannot be read.
    """
    result = compare(rec, a, b)
    pair = two_groups(rec, a, b)
    return [_finding(rec, result, place, pair) for place in _sure(rec, result, k)]


def _sure(rec: Recording, result: Result, k: int) -> list[int]:
    sure = (result["replicated"] == 1) & (result["g_low"] * result["g_high"] > 0)
    strength = np.where(sure, np.abs(result["g_half0"]), 0.0)
    names = result.coords["layer"]
    hidden = [layer.name for layer in rec.layers.values() if layer.kind != "input" and not layer.output]
    inputs = [layer.name for layer in rec.layers.values() if layer.kind == "input"]
    eligible = [name in hidden if hidden else name not in inputs for name in names]
    order = [
        place for place in np.argsort(-strength, kind="stable").tolist() if strength[place] > 0 and eligible[place]
    ]
    return list(_layers_in_turn(order, names))[:k]


def _layers_in_turn(order: list[int], names: Sequence[str]) -> Iterator[int]:
    """The first of every layer, then the second of every layer, and so on, each round in the given order."""
    seen: dict[str, int] = {}
    turns: list[tuple[int, int]] = []
    for place in order:
        seen[names[place]] = seen.get(names[place], 0) + 1
        turns.append((seen[names[place]], place))
    yield from (place for _, place in sorted(turns, key=lambda turn: turn[0]))


def _finding(rec: Recording, result: Result, place: int, pair: tuple[Group, Group]) -> Finding:
    first, second = pair
    layer = rec.layers[result.coords["layer"][place]]
    start = list(result.coords["layer"]).index(layer.name)
    at = Address(layer.name, unit=place - start)
    evidence = {name: result[name][place].item() for name in _EVIDENCE}
    evidence |= {"a": first.name, "b": second.name}
    view = View("network", at=at, a=first.slice.expression, b=second.slice.expression, colour="ab")
    labels = dict(zip(rec.layers, layer_labels(list(rec.layers.values())), strict=True))
    return Finding(_sentence(layer, labels[layer.name], at, evidence), at, evidence, (view,))


def _sentence(layer: Layer, label: str, at: Address, said: Mapping[str, Any]) -> str:
    unit = f"{layer.unit_word} {at.unit}"
    if layer.unit_names is not None and at.unit is not None:
        unit = layer.unit_names[at.unit]
    direction = "more" if float(said["hedges_g"]) > 0 else "less"
    return (
        f"{label} \N{MIDDLE DOT} {unit} ({at}) is {direction} active for {said['a']} "
        f"(mean {number(said['mean_a'])}, n = {said['n_a']:,}) than for {said['b']} "
        f"(mean {number(said['mean_b'])}, n = {said['n_b']:,}): "
        f"g = {effect(said['hedges_g'])} [{effect(said['g_low'])}, {effect(said['g_high'])}], "
        f"{equals('q', float(said['q']))}; "
        f"found on one half of the samples (g = {effect(said['g_half0'])}) "
        f"and replicated on the other (g = {effect(said['g_half1'])}, {equals('q', float(said['q_half1']))})."
    )
