"""PyTorch models: traced, observed, edited and differentiated as they are, never rewritten."""

from __future__ import annotations

from neuronaut.models.torch.batches import to_batch
from neuronaut.models.torch.model import TorchModel, wrap

__all__ = ["TorchModel", "to_batch", "wrap"]
