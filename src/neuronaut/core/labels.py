"""Labels: what people call layers, where the name is only a place in a Sequential."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from neuronaut.core.layer import Layer

_ONLY_A_NUMBER = re.compile(r"\d+(~\d+)?\Z")


def layer_labels(layers: Sequence[Layer]) -> list[str]:
    """Names, but "dense 2" or "output" where the name is only a number; never used as a key.

    >>> layer_labels([Layer("input", "input", 6, "input", 0), Layer("0", "dense", 8, "linear", 1)])
    ['input', 'dense 1']
    """
    count: Counter[str] = Counter()
    labels: list[str] = []
    for layer in layers:
        count[layer.kind] += 1
        plain = _ONLY_A_NUMBER.match(layer.name) is not None
        labels.append(("output" if layer.output else f"{layer.kind} {count[layer.kind]}") if plain else layer.name)
    again = Counter(labels)
    return [label if again[label] == 1 else layer.name for layer, label in zip(layers, labels, strict=True)]
