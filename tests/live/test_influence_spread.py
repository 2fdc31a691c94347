"""How well an influence is known: its interval over the samples, and what either half of them says."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch import nn

import neuronaut as naut
from neuronaut.analysis.statistics.averaged import averaged, on_both_halves

N = 120


def network() -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)).double().eval()


def inputs() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, 4))


def each(net: nn.Module, X: np.ndarray, unit: int, output: int) -> np.ndarray:
    """Gradient times activation of one hidden unit on one output, sample by sample, by autograd."""
    hidden = net[:2](torch.from_numpy(X)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(net[2](hidden)[:, output].sum(), hidden)
    return np.asarray((gradient * hidden).detach()[:, unit])


@pytest.mark.parametrize("direction", ["forward", "backward"])
def test_the_interval_is_students_over_the_samples_and_each_half_has_its_own(direction: str) -> None:
    net, X = network(), inputs()
    rec = naut.record(net, X, influence=False)
    at = "0:3" if direction == "forward" else "2:1"
    found = naut.influence(rec, at, model=net, direction=direction)
    pairs = [(3, k, f"2:{k}") for k in range(3)] if direction == "forward" else [(u, 1, f"0:{u}") for u in range(8)]
    for unit, output, address in pairs:
        at_row = found.coords["unit"].index(address)
        own = each(net, X, unit, output)
        expected = stats.t.interval(0.95, N - 1, own.mean(), stats.sem(own))
        assert (found["low"][at_row], found["high"][at_row]) == pytest.approx(expected, rel=1e-5)
        assert found["heldout"][at_row] == pytest.approx(own[rec.half == 1].mean(), rel=1e-5)
        sides = [stats.ttest_1samp(own[rec.half == half], 0) for half in (0, 1)]
        held = all(one.pvalue < 0.05 for one in sides) and sides[0].statistic * sides[1].statistic > 0
        assert found["replicated"][at_row] == float(held)


def test_an_effect_that_comes_and_goes_with_the_sign_of_its_input_does_not_replicate() -> None:
    net = nn.Sequential(nn.Linear(2, 1, bias=False)).double()
    net[0].weight.data = torch.tensor([[1.0, 1.0]]).double()
    X = np.random.default_rng(1).normal(size=(N, 2))
    X[:, 1] += 5
    found = naut.influence(naut.record(net, X, influence=False), "0:0", model=net)
    known = dict(zip(found.coords["unit"], found["replicated"].tolist(), strict=True))
    assert known == {"input:1": 1.0, "input:0": 0.0}
    assert found["low"][1] < 0 < found["high"][1]


def test_samples_in_groups_count_once() -> None:
    net, X = network(), np.repeat(inputs(), 2, axis=0)
    patient = np.arange(2 * N) // 2
    whole = naut.record(net, X, influence=False, metadata={"patient": patient}, groups="patient")
    found = naut.influence(whole, "0:3", model=net, direction="forward")
    once = naut.influence(naut.record(net, inputs(), influence=False), "0:3", model=net, direction="forward")
    assert found.coords["unit"] == once.coords["unit"]
    for name in ("effect", "low", "high"):
        np.testing.assert_allclose(found[name], once[name], rtol=1e-5)


def test_few_samples_have_an_effect_and_no_interval() -> None:
    net, X = network(), inputs()[:19]
    found = naut.influence(naut.record(net, X, influence=False), "0:3", model=net)
    assert np.isfinite(found["effect"]).all()
    for name in ("low", "high", "replicated"):
        assert np.isnan(found[name]).all(), name


def test_what_was_stored_is_averages_with_their_n_and_no_interval() -> None:
    found = naut.influence(naut.record(network(), inputs(), influence=True), "0:3")
    assert dict(found.n) == {"all": N}
    assert "low" not in found.values


def test_the_interval_of_a_mean_holds_as_often_as_it_says() -> None:
    random = np.random.default_rng(2)
    draws = random.exponential(size=(200, 2000)) - 1
    found = averaged(draws, np.ones(200, int))
    assert 0.92 <= ((found.low <= 0) & (found.high >= 0)).mean() <= 0.97
    halves = [averaged(part, np.ones(100, int)) for part in (draws[:100], draws[100:])]
    assert on_both_halves(*halves).mean() < 0.01
