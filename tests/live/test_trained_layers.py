"""Layers of networks trained from other seeds: CKA finds the layer of one that is where the layer of another is."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from neuronaut.analysis import linear_cka
from neuronaut.core.model import Site
from neuronaut.models.torch import wrap
from neuronaut.models.torch.fit import Fit
from neuronaut.samples import load_digits

SEEDS, TRAINED, KEPT = range(5), 1200, 200
FIT = Fit(cross_entropy, rate=1e-3, decay=0.0, epochs=6)


def six_convolutions() -> nn.Sequential:
    parts: list[nn.Module] = []
    before = 1
    for number, width in enumerate((32, 64, 64, 64, 64, 64)):
        parts += [nn.Conv2d(before, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        if number in (0, 2):
            parts.append(nn.MaxPool2d(2))
        before = width
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(before, 10))


def layers(net: nn.Sequential, X: np.ndarray) -> list[np.ndarray]:
    """The activations [sample, position and unit] of the six convolutions, as their first principal components.

    Products of samples are all that CKA asks for; these hold more than 99.9 % of them.
    """
    model = wrap(net, X[:2])
    sites = [Site(layer.name) for layer in model.graph.layers if layer.kind == "conv"]
    captured = model.run(X, sites, position="keep").captured
    found = []
    for site in sites:
        values = captured[site]["full"].reshape(len(X), -1).astype(np.float64)
        scales, turn = np.linalg.eigh((values - values.mean(0)) @ (values - values.mean(0)).T)
        assert (scales[-KEPT:] ** 2).sum() > 0.999 * (scales**2).sum()
        found.append(turn[:, -KEPT:] * np.sqrt(np.maximum(scales[-KEPT:], 0)))
    return found


def test_cka_finds_the_same_layer_in_networks_of_other_seeds_nine_times_in_ten() -> None:
    """Kornblith et al. 2019 found 99.3 % with ten CIFAR-10 networks; here five networks of six convolutions on digits.

    How sure it is hangs on the network: with other widths and poolings it was seen to find 77 to 95 %, least where
    layers were narrow or the network learned little. This one, .97 right on held-out digits, finds 95 %.
    """
    images, metadata = load_digits()
    labels = torch.from_numpy(metadata["label"].to_numpy("int64", copy=True))
    held = images[TRAINED:]
    networks = []
    for seed in SEEDS:
        net = FIT.trained(six_convolutions, torch.from_numpy(images[:TRAINED]), labels[:TRAINED], seed=seed)
        with torch.no_grad():
            right = net(torch.from_numpy(held)).argmax(1) == labels[TRAINED:]
        assert right.double().mean() > 0.95
        networks.append(layers(net, held))
    found, asked = 0, 0
    for one, first in enumerate(networks):
        for second in networks[one + 1 :]:
            alike = np.array([[linear_cka(x, y, unbiased=True) for y in second] for x in first])
            found += int((alike.argmax(1) == np.arange(6)).sum() + (alike.argmax(0) == np.arange(6)).sum())
            asked += 12
    assert asked == 120 and found / asked >= 0.9
