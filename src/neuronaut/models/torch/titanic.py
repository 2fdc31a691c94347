"""The demo's network: six features of a passenger in, one logit of survival out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pandas as pd
import torch
from torch import nn


def train_titanic(inputs: pd.DataFrame, metadata: pd.DataFrame, *, seed: int = 0) -> tuple[nn.Sequential, float]:
    """Train 6-32-BatchNorm-16-8-1 on the training rows; the network in eval mode, and its accuracy on the others.

    ``inputs`` and ``metadata`` are those of ``samples.load_titanic``. The same seed gives the same network, and the
    global random state is left as it was. Adam, learning rate 0.003, weight decay 0.001, 60 epochs of batches of 64.

    >>> from neuronaut.samples import load_titanic
    >>> network, accuracy = train_titanic(*load_titanic())
    >>> accuracy > 0.75
    True
    """
    training = torch.from_numpy((metadata["split"] == "train").to_numpy(dtype=bool, copy=True))
    x = torch.from_numpy(inputs.to_numpy(dtype="float32", copy=True))
    y = torch.from_numpy((metadata["survived"] == "yes").to_numpy(dtype="float32"))[:, None]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.default_generator.manual_seed(seed)
        network = nn.Sequential(
            nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(),
            nn.Linear(32, 16), nn.ReLU(),
            nn.Linear(16, 8), nn.ReLU(),
            nn.Linear(8, 1),
        )  # fmt: skip
        with _one_thread():
            _fit(network, x[training], y[training], seed)
    network.eval()
    with torch.no_grad():
        right = (network(x[~training]) > 0) == (y[~training] > 0)
    return network, float(right.double().mean())


@contextmanager
def _one_thread() -> Iterator[None]:
    """On matrices this small a second thread only waits, and sums would depend on the number of cores."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def _fit(network: nn.Module, x: torch.Tensor, y: torch.Tensor, seed: int) -> None:
    shuffle = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(network.parameters(), lr=3e-3, weight_decay=1e-3)
    for _ in range(60):
        order = torch.randperm(len(x), generator=shuffle)
        for start in range(0, len(x), 64):
            rows = order[start : start + 64]
            optimiser.zero_grad()
            loss = nn.functional.binary_cross_entropy_with_logits(network(x[rows]), y[rows])
            torch.autograd.backward(loss)
            optimiser.step()
