"""Models that are watched while they run."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional


class Hard(nn.Module):
    """Batch norm, dropout, in-place activations, a residual sum and a layer that runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.again, self.drop = nn.Conv2d(4, 4, 3, padding=1), nn.Dropout(0.3)
        self.head = nn.Linear(4 * 36, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.relu(self.norm(self.conv(x)), inplace=True)
        h = h + self.again(h)
        h = self.again(h).add_(h)
        return self.head(self.drop(functional.relu(h)).flatten(1))


def hard(seed: int = 0) -> tuple[Hard, torch.Tensor, torch.Tensor]:
    torch.manual_seed(seed)
    return Hard(), torch.randn(20, 1, 6, 6), torch.arange(20) % 3


def small() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 5), nn.ReLU(inplace=True), nn.Linear(5, 2))
