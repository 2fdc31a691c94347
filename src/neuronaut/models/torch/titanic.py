"""The demo's network: six features of a passenger in, one logit of survival out."""

from __future__ import annotations

import pandas as pd
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from neuronaut.models.torch.fit import Fit


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
    fit = Fit(binary_cross_entropy_with_logits, rate=3e-3, decay=1e-3, epochs=60)
    network = fit.trained(titanic_network, x[training], y[training], seed=seed)
    with torch.no_grad():
        right = (network(x[~training]) > 0) == (y[~training] > 0)
    return network, float(right.double().mean())


def titanic_network() -> nn.Sequential:
    """The network before training.

    >>> titanic_network()(torch.zeros(2, 6)).shape
    torch.Size([2, 1])
    """
    return nn.Sequential(
        nn.Linear(6, 32), nn.BatchNorm1d(32), nn.ReLU(),
        nn.Linear(32, 16), nn.ReLU(),
        nn.Linear(16, 8), nn.ReLU(),
        nn.Linear(8, 1),
    )  # fmt: skip
