"""The demo's network for pictures: 8 x 8 pixels of a handwritten digit in, ten logits out."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from neuronaut.models.torch.fit import Fit


def train_digits(
    images: npt.NDArray[np.float32], metadata: pd.DataFrame, *, seed: int = 0
) -> tuple[nn.Sequential, float]:
    """Train 64-128-64-10 on the training rows; the network in eval mode, and its accuracy on the others.

    ``images`` and ``metadata`` are those of ``samples.load_digits``. The same seed gives the same network, and the
    global random state is left as it was. Adam, learning rate 0.002, weight decay 0.0001, 20 epochs of batches of 64.

    >>> from neuronaut.samples import load_digits
    >>> network, accuracy = train_digits(*load_digits())
    >>> accuracy > 0.95
    True
    """
    training = torch.from_numpy((metadata["split"] == "train").to_numpy(dtype=bool, copy=True))
    x = torch.from_numpy(images.astype(np.float32))
    y = torch.from_numpy(metadata["label"].to_numpy(dtype="int64", copy=True))
    fit = Fit(cross_entropy, rate=2e-3, decay=1e-4, epochs=20)
    network = fit.trained(digits_network, x[training], y[training], seed=seed)
    with torch.no_grad():
        right = network(x[~training]).argmax(1) == y[~training]
    return network, float(right.double().mean())


def digits_network() -> nn.Sequential:
    """The network before training.

    >>> digits_network()(torch.zeros(2, 1, 8, 8)).shape
    torch.Size([2, 10])
    """
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(64, 128), nn.ReLU(),
        nn.Linear(128, 64), nn.ReLU(),
        nn.Linear(64, 10),
    )  # fmt: skip
