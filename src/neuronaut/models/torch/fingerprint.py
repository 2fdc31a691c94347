"""Fingerprint: a digest of structure and parameters."""

from __future__ import annotations

import hashlib
import json

import torch
from torch import nn

from neuronaut.core.layer import Graph


def fingerprint(model: nn.Module, graph: Graph) -> str:
    """Hex digest; two models with the same digest compute the same function.

    >>> torch.manual_seed(0) and None
    >>> model = nn.Linear(2, 1)
    >>> fingerprint(model, Graph(())) == fingerprint(model, Graph(()))
    True
    """
    digest = hashlib.blake2b(digest_size=16)
    digest.update(json.dumps(graph.to_json(), sort_keys=True, default=str).encode("utf-8", "surrogatepass"))
    for path, module in model.named_modules():
        digest.update(f"{path}\0{type(module).__qualname__}\0{module.extra_repr()}\0".encode("utf-8", "surrogatepass"))
    for path, tensor in model.state_dict().items():
        if isinstance(tensor, torch.Tensor):
            digest.update(f"{path}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode("utf-8", "surrogatepass"))
            raw = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
            digest.update(raw.numpy().tobytes())
    return digest.hexdigest()
