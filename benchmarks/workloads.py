"""The seeded workloads that every figure is taken on: same seeds, same shapes, same training."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn

Array = np.ndarray[Any, Any]


def titanic_like(n: int = 887, seed: int = 0) -> tuple[Array, Array, dict[str, Array]]:
    """887 x 6 passenger table with the columns of the Titanic set, survival drawn from a logistic rule."""
    r = np.random.default_rng(seed)
    pclass = r.choice([1, 2, 3], n, p=[0.24, 0.21, 0.55])
    female = r.random(n) < 0.354
    age = np.clip(r.normal(29.5, 14, n), 0.5, 80)
    siblings = r.poisson(0.52, n)
    parents = r.poisson(0.38, n)
    fare = np.exp(r.normal(3.9 - 0.75 * (pclass - 1), 0.6, n))
    z = 1.2 + 2.6 * female - 1.1 * (pclass - 1) - 0.02 * (age - 29) - 0.3 * siblings
    survived = (r.random(n) < 1 / (1 + np.exp(-z + 1.0))).astype(int)
    X = np.stack([pclass, female, age, siblings, parents, fare], 1).astype(np.float32)
    X = ((X - X.mean(0)) / X.std(0)).astype(np.float32)
    metadata = {
        "survived": np.where(survived, "yes", "no"),
        "sex": np.where(female, "female", "male"),
        "pclass": pclass.astype(str),
        "adult": np.where(age >= 18, "yes", "no"),
    }
    return X, survived, metadata


def synthetic(n: int = 2000, d: int = 20, k: int = 4, seed: int = 1) -> tuple[Array, Array]:
    """Gaussian blobs in d dimensions, two per class, labels 0..k-1."""
    r = np.random.default_rng(seed)
    centres = r.normal(0, 2.0, (2 * k, d))
    blob = r.integers(0, 2 * k, n)
    X = (centres[blob] + r.normal(0, 1.3, (n, d))).astype(np.float32)
    return X, (blob % k).astype(int)


def digits() -> tuple[Array, Array, Array]:
    """1,797 digits of 8 x 8: flat, labels, images."""
    from sklearn.datasets import load_digits

    data = load_digits()
    return (data.data / 16.0).astype(np.float32), data.target.astype(int), (data.images / 16.0).astype(np.float32)


def train_mlp(
    sizes: list[int],
    X: Array,
    y: Array,
    *,
    epochs: int = 40,
    lr: float = 3e-3,
    seed: int = 0,
    batch: int = 128,
    norm: bool = False,
    binary: bool = False,
) -> tuple[nn.Sequential, float]:
    """A ReLU network trained with Adam; returns it in eval mode with its training accuracy.

    ``norm`` puts a BatchNorm after the first layer; ``binary`` trains one logit.
    """
    torch.manual_seed(seed)
    layers: list[nn.Module] = []
    for index in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[index], sizes[index + 1]))
        if index < len(sizes) - 2:
            layers += [nn.BatchNorm1d(sizes[1]), nn.ReLU()] if norm and not index else [nn.ReLU()]
    model = nn.Sequential(*layers)
    optimiser = torch.optim.Adam(model.parameters(), lr)
    Xt, yt = torch.tensor(X), torch.tensor(y, dtype=torch.float32)[:, None] if binary else torch.tensor(y)
    loss = nn.functional.binary_cross_entropy_with_logits if binary else nn.functional.cross_entropy
    generator = torch.Generator().manual_seed(seed)
    for _ in range(epochs):
        order = torch.randperm(len(Xt), generator=generator)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            optimiser.zero_grad()
            loss(model(Xt[rows]), yt[rows]).backward()
            optimiser.step()
    model.eval()
    with torch.no_grad():
        answers = model(Xt)
        accuracy = (((answers > 0).float() if binary else answers.argmax(1)) == yt).float().mean()
    return model, float(accuracy)


def digits512(epochs: int = 40) -> tuple[nn.Sequential, Array, Array]:
    """W-digits512: the digits and an MLP 64-512-512-256-10."""
    X, y, _ = digits()
    model, _ = train_mlp([64, 512, 512, 256, 10], X, y, epochs=epochs)
    return model, X, y


def titanic(epochs: int = 40) -> tuple[nn.Sequential, Array, dict[str, Array]]:
    """W-titanic: the passenger-like table and an MLP 6-32(BatchNorm)-16-8-1."""
    X, y, metadata = titanic_like()
    model, _ = train_mlp([6, 32, 16, 8, 1], X, y, epochs=epochs, norm=True, binary=True)
    return model, X, metadata


def synth(epochs: int = 40) -> tuple[nn.Sequential, Array, Array]:
    """W-synth: the blobs and an MLP 20-64-64-32-4."""
    X, y = synthetic()
    model, _ = train_mlp([20, 64, 64, 32, 4], X, y, epochs=epochs)
    return model, X, y


def digits256(epochs: int = 40) -> tuple[nn.Sequential, Array, Array]:
    """W-digits256: the digits and an MLP 64-256-128-10."""
    X, y, _ = digits()
    model, _ = train_mlp([64, 256, 128, 10], X, y, epochs=epochs)
    return model, X, y


def small_cnn(seed: int = 0) -> nn.Sequential:
    """A conv net for 8 x 8 digits enlarged to 16 x 16 x 1: conv16-conv32-pool-conv32-pool-fc64-fc10."""
    torch.manual_seed(seed)
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 16, 64),
        nn.ReLU(),
        nn.Linear(64, 10),
    )
