"""What a plain PyTorch user would do: hooks that clone, batch by batch; and small nets to do it on."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn


def mlp(seed: int = 0, sizes: Sequence[int] = (5, 8, 6, 3)) -> nn.Sequential:
    """Linear layers with ReLU between them: layers ``0``, ``2``, ``4`` ..."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        parts: list[nn.Module] = []
        for before, after in itertools.pairwise(sizes):
            parts += [nn.Linear(before, after), nn.ReLU()]
        return nn.Sequential(*parts[:-1])


def cnn(seed: int = 0) -> nn.Sequential:
    """Two convolutions over 1 x 8 x 8 images, then three classes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(
            nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(4, 6, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(6 * 16, 3),
        )  # fmt: skip


def rows(n: int, width: int = 5, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, width)).astype(np.float32)


def hooked(model: nn.Module, inputs: np.ndarray, modules: Sequence[str], batch: int) -> dict[str, np.ndarray]:
    """Outputs of the named modules, as a clone in a forward hook sees them, with the inputs cut into batches."""
    seen: dict[str, list[np.ndarray]] = {name: [] for name in modules}
    handles = [
        model.get_submodule(name).register_forward_hook(
            lambda _module, _args, output, name=name: seen[name].append(output.detach().clone().numpy())
        )
        for name in modules
    ]
    training = model.training
    model.eval()
    with torch.no_grad():
        for start in range(0, len(inputs), batch):
            model(torch.from_numpy(inputs[start : start + batch]))
    model.train(training)
    for handle in handles:
        handle.remove()
    return {name: np.concatenate(parts) for name, parts in seen.items()}
