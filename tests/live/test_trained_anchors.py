"""What trained networks showed before, seen again: selectivity and importance, dead units, completeness."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn
from torch.nn.functional import cross_entropy

import neuronaut as naut
from neuronaut.models.torch.fit import Fit
from neuronaut.samples import load_digits

SEEDS = range(4)
TRAINED = 1200
"""Rows that the networks learn from; the other 597 are held out."""
FIT = Fit(cross_entropy, rate=3e-3, decay=0.0, epochs=40, batch=128)
LAYERS = {"0": 32, "2": 16}


@dataclass(frozen=True)
class Trained:
    """A network 64-32-16-10 and its recording on the held-out digits."""

    net: nn.Sequential
    rec: naut.Recording
    X: np.ndarray
    y: np.ndarray

    def of(self, result: naut.Result, name: str, layer: str) -> np.ndarray:
        units = list(result.coords["unit"])
        return np.array([result[name][units.index(f"{layer}:{unit}")] for unit in range(LAYERS[layer])])

    def losses(self, layer: str) -> np.ndarray:
        """How much the loss on the held-out digits rises when each unit is set to 0."""
        split = int(layer) + 2
        with torch.no_grad():
            hidden, truth = self.net[:split](torch.from_numpy(self.X)), torch.from_numpy(self.y)
            plain = float(cross_entropy(self.net[split:](hidden), truth))
            found = []
            for unit in range(LAYERS[layer]):
                without = hidden.clone()
                without[:, unit] = 0
                found.append(float(cross_entropy(self.net[split:](without), truth)) - plain)
        return np.array(found)


def make() -> nn.Sequential:
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 16), nn.ReLU(), nn.Linear(16, 10))


@pytest.fixture(scope="module")
def networks() -> Iterator[list[Trained]]:
    images, metadata = load_digits()
    X, y = images.reshape(len(images), -1), metadata["label"].to_numpy("int64", copy=True)
    learned = torch.from_numpy(X[:TRAINED]), torch.from_numpy(y[:TRAINED])
    held, labels = X[TRAINED:], y[TRAINED:]
    found = []
    for seed in SEEDS:
        net = FIT.trained(make, *learned, seed=seed)
        rec = naut.record(net, held, metadata={"digit": labels}, labels=labels, influence=False)
        found.append(Trained(net, rec, held, labels))
    yield found
    for one in found:
        one.rec.close()


def test_selective_units_are_not_the_important_ones(networks: list[Trained]) -> None:
    """Morcos et al. 2018. Published for one network: Spearman(CSI, rise of the loss) -.19 over the 24 living units of
    the first layer, +.42 over the 11 of the second, each with an interval that holds 0.

    How that network was trained is not known, and these numbers did not come again: of ways to train that were tried
    (learning rates, lengths, halves of the data) the second layer's came out anywhere from -.75 to +.54. Here, over
    four seeds, -.19 to -.34 and -.74 to +.38: never what selectivity would show if it told of importance.
    """
    rows = []
    for trained in networks:
        selectivity = naut.selectivity(trained.rec, "digit", permutations=1)
        dead = naut.health(trained.rec)
        row = []
        for layer in LAYERS:
            living = ~trained.of(dead, "dead", layer)
            csi, loss = trained.of(selectivity, "csi", layer)[living], trained.losses(layer)[living]
            row.append((stats.spearmanr(csi, loss).statistic, int(living.sum())))
        rows.append(row)
    rho, n = np.array(rows).transpose(2, 0, 1)
    upper = np.tanh(np.arctanh(rho) + 1.96 / np.sqrt(n - 3))
    assert np.abs(rho).max() < 0.9 and rho.max() < 0.5
    assert (rho[:, 0] - 1.96 / np.sqrt(n[:, 0] - 3) < -0.19).all() and (upper[:, 0] > -0.19).all()
    assert rho[:, 1].min() < 0 < rho[:, 1].max()  # the second layer's sign is chance
    assert (rho.mean(0) + 1.96 * rho.std(0, ddof=1) / np.sqrt(len(SEEDS)) < 0.3).all()


def test_the_rise_of_the_loss_is_what_ablate_says(networks: list[Trained]) -> None:
    trained = networks[0]
    for layer in LAYERS:
        found = naut.ablate(trained.net, trained.rec, f"{layer}:3", how="zero", metric="loss", null=0, resamples=9)
        assert found["effect"][0] == pytest.approx(trained.losses(layer)[3], abs=1e-6)


def test_the_dead_units_are_the_dormant_ones(networks: list[Trained]) -> None:
    """Published for one network, seed 0: 8 of 32 and 5 of 16 dead, and the same units 0.025-dormant.

    The counts hang on the training, which is not known: here 6 and 4 with seed 0, 5 to 9 and 3 to 4 over four seeds.
    That the two sets coincide is seen in every one.
    """
    for trained in networks:
        health = naut.health(trained.rec, tau=0.025)
        for layer in LAYERS:
            dead, dormant = trained.of(health, "dead", layer), trained.of(health, "dormant", layer)
            assert dead.any() and dead.tolist() == dormant.tolist()
            fired = trained.rec[layer].read().max(0)
            assert dead.tolist() == (fired <= 0).tolist()


def test_dead_units_have_no_attribution_and_losing_them_changes_nothing(networks: list[Trained]) -> None:
    trained = networks[0]
    dead = trained.of(naut.health(trained.rec), "dead", "0")
    for method in ("gradient", "integrated", "conductance", "lrp", "patching"):
        found = naut.attribute(trained.net, trained.rec, "4:3", "0", method, samples=64, steps=8, resamples=9)
        assert not found["attribution"][dead].any() and found["attribution"][~dead].any()
    assert not trained.losses("0")[dead].any()


@pytest.mark.parametrize("layer", ["input", "0", "2"])
@pytest.mark.parametrize("method", ["integrated", "conductance"])
def test_of_a_trained_network_64_steps_miss_the_difference_by_less_than_one_percent(
    networks: list[Trained], method: str, layer: str
) -> None:
    for trained in networks[:2]:
        found = naut.attribute(trained.net, trained.rec, "4:3", layer, method, steps=64, samples=64, resamples=9)
        assert float(found["relative_error"]) < 0.01


def test_of_a_trained_network_attribution_ranks_units_as_true_patching_does(networks: list[Trained]) -> None:
    trained = networks[0]
    found = naut.attribute(trained.net, trained.rec, "4:3", "0", "patching", verify=32, resamples=9)
    assert float(found["rank_correlation"]) > 0.9 and float(found["rank_p"]) < 0.001
