"""The size of a batch, when the caller leaves it to us."""

from __future__ import annotations

import math

from neuronaut.capture.batch import leaves
from neuronaut.core.layer import Graph
from neuronaut.core.model import Batch

ACTIVATION_BYTES = 256 << 20
"""What one batch may take: its inputs, and everything its layers compute (never all of it at once)."""
LARGEST = 1024
"""A larger batch is no faster, and the first progress comes later."""


def batch_rows(graph: Graph, inputs: Batch, rows: int, budget: int = ACTIVATION_BYTES) -> int:
    """How many samples a batch should have: a power of two whose inputs and layers together stay within the budget.

    ``inputs`` holds ``rows`` samples.
    """
    own = sum(leaf.nbytes for leaf in leaves(inputs)) / max(1, rows)
    computed = 4 * sum(layer.unit_count * math.prod(layer.position_shape) for layer in graph.layers)
    fitting = int(budget / max(1.0, own + computed))
    return max(1, min(LARGEST, 1 << max(0, fitting.bit_length() - 1)))
