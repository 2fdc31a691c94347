"""Training of the demos' networks: small, seeded, the same on every machine with the same torch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import nn

Loss = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]


@dataclass(frozen=True, slots=True)
class Fit:
    """How to train: Adam on batches of 64, with this learning rate and weight decay, so many epochs."""

    loss: Loss
    rate: float
    decay: float
    epochs: int
    batch: int = 64

    def trained(
        self, make: Callable[[], nn.Sequential], x: torch.Tensor, y: torch.Tensor, *, seed: int
    ) -> nn.Sequential:
        """A network from ``make``, trained on inputs ``x`` and answers ``y``, in eval mode.

        The same seed gives the same network; the global random state and gradient mode are left as they were.
        """
        with torch.random.fork_rng(devices=[]), torch.enable_grad(), _one_thread():
            torch.default_generator.manual_seed(seed)
            network = make()
            self._run(network, x, y, seed)
        network.eval()
        return network

    def _run(self, network: nn.Module, x: torch.Tensor, y: torch.Tensor, seed: int) -> None:
        shuffle = torch.Generator().manual_seed(seed)
        optimiser = torch.optim.Adam(network.parameters(), lr=self.rate, weight_decay=self.decay)
        for _ in range(self.epochs):
            for rows in torch.split(torch.randperm(len(x), generator=shuffle), self.batch):
                optimiser.zero_grad()
                torch.autograd.backward(self.loss(network(x[rows]), y[rows]))
                optimiser.step()


@contextmanager
def _one_thread() -> Iterator[None]:
    """On matrices this small a second thread only waits, and sums would depend on the number of cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
