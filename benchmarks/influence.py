"""Does influence tell what happens at the outputs: the stored number against true ablation on samples never seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn

import neuronaut as naut
from benchmarks import workloads
from benchmarks.row import Row
from neuronaut.analysis.influence import stored_influence

TEST = 256
Array = np.ndarray[Any, Any]


def true_changes(net: nn.Sequential, place: int, rows: Array) -> dict[str, Array]:
    """Mean size of each output's change when a unit after module ``place`` is replaced, [unit, output]; by hand."""
    with torch.no_grad():
        hidden = net[: place + 1](torch.from_numpy(rows))
        before = net[place + 1 :](hidden)
        found: dict[str, list[Array]] = {"mean": [], "zero": []}
        for unit in range(hidden.shape[1]):
            for how, value in (("mean", hidden[:, unit].mean()), ("zero", torch.tensor(0.0))):
                changed = hidden.clone()
                changed[:, unit] = value
                found[how].append((net[place + 1 :](changed) - before).abs().mean(0).numpy())
    return {how: np.stack(parts) for how, parts in found.items()}


def by_absolute_weights(net: nn.Sequential, place: int, rows: Array) -> Array:
    """What pushing mean |a| along absolute weights says, [unit, output]: the way of the seed."""
    with torch.no_grad():
        signal = torch.diag(net[: place + 1](torch.from_numpy(rows)).abs().mean(0))
        for module in net[place + 1 :]:
            if isinstance(module, nn.Linear):
                signal = signal @ module.weight.abs().T
    return np.asarray(signal.numpy())


def agreement(one: Array, other: Array) -> float:
    return float(spearmanr(np.abs(one).ravel(), other.ravel())[0])


def workload(name: str, sizes: list[int], X: Array, y: Array) -> Row:
    """The lowest agreement of all hidden layers."""
    seen, others = X[:-TEST], X[-TEST:]
    net, _ = workloads.train_mlp(sizes, seen, y[:-TEST])
    with naut.record(net, seen, labels=y[:-TEST], influence=True) as rec:
        stored = stored_influence(rec)
    last = len(net) - 1
    mean, zero, seed = [], [], []
    for place in range(1, last, 2):
        true = true_changes(net, place, others)
        influence = stored[f"{place - 1}\t{last}"]
        mean.append(agreement(influence, true["mean"]))
        zero.append(agreement(influence, true["zero"]))
        seed.append(agreement(by_absolute_weights(net, place, seen), true["mean"]))

    def each(values: list[float]) -> str:
        return " ".join(f"{value:.2f}" for value in values)

    how = (
        f"Spearman over (unit, output) pairs, {TEST} samples that it was not trained on, lowest of the hidden layers; "
        f"each layer: mean ablation {each(mean)}, zero ablation {each(zero)}; "
        f"absolute weights against mean ablation {each(seed)}"
    )
    return Row(f"influence at the outputs against mean ablation, {name}", 0.8, min(mean), "", how, at_least=True)


def run() -> list[Row]:
    X, y = workloads.synthetic()
    digits, labels, _ = workloads.digits()
    return [
        workload("W-synth", [20, 64, 64, 32, 4], X, y),
        workload("W-digits256", [64, 256, 128, 10], digits, labels),
    ]
