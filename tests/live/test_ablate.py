"""Ablation of units: what answers lose, exactly, and nothing of the model changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import neuronaut as naut
from neuronaut.core.errors import AddressError, DataError, UnknownName, UnsupportedModel
from neuronaut.core.halves import half_of
from neuronaut.live.ablate import ablate


def seeded(make: Callable[[], nn.Module], seed: int = 0) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return make().eval()


def rows(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def classifier() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 30), nn.ReLU(), nn.Linear(30, 8), nn.ReLU(), nn.Linear(8, 3))


def pictures() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 5, 3), nn.ReLU(inplace=True), nn.Flatten(), nn.Linear(5 * 16, 3))


def answers(net: nn.Module, X: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return np.asarray(net(torch.from_numpy(X)).double().numpy())


def log_softmax(z: np.ndarray) -> np.ndarray:
    return np.asarray(torch.log_softmax(torch.from_numpy(z), 1).numpy())


def planted(n: int = 400, seed: int = 0) -> tuple[nn.Sequential, np.ndarray, np.ndarray]:
    """Unit 3 of layer 0 alone tells the classes apart; the other 29 units hold noise that reaches no output."""
    X = rows(n, 4, seed=seed)
    y = (X[:, 0] > 0).astype(int)
    net = seeded(lambda: nn.Sequential(nn.Linear(4, 30), nn.Linear(30, 2)))
    with torch.no_grad():
        net[0].weight[3] = torch.tensor([4.0, 0, 0, 0])
        net[0].bias[3] = 0
        net[1].weight.mul_(1e-3)
        net[1].weight[:, 3] = torch.tensor([-1.0, 1.0])
        net[1].bias.zero_()
    return net, X, y


@pytest.mark.parametrize("how", ["zero", "mean", "resample"])
@pytest.mark.parametrize("make", [classifier, pictures])
def test_ablating_a_dead_unit_changes_nothing_bit_for_bit(make: Callable[[], nn.Module], how: str) -> None:
    net, X = seeded(make), rows(60, 4) if make is classifier else rows(60, 1, 6, 6)
    with torch.no_grad():
        net[0].weight[2] = 0
        net[0].bias[2] = -1
    found = ablate(net, X, "0:2", how=how, labels=np.arange(60) % 3, null=0)
    for name in ("effect", "low", "high", "output_effect", "output_size", "class_effect"):
        assert (found[name] == 0).all(), name


def test_zeroing_one_hidden_unit_of_a_linear_model_takes_exactly_its_weight_times_its_activation() -> None:
    net = seeded(lambda: nn.Sequential(nn.Linear(3, 4, bias=False), nn.Linear(4, 2, bias=False)))
    with torch.no_grad():  # small whole numbers, so that no digit is lost
        net[0].weight.copy_(torch.randint(-3, 4, (4, 3), generator=torch.Generator().manual_seed(0)))
        net[1].weight.copy_(torch.randint(-3, 4, (2, 4), generator=torch.Generator().manual_seed(1)))
    X = np.random.default_rng(0).integers(-4, 5, (32, 3)).astype(np.float32)
    activation = X @ net[0].weight.detach().numpy().T
    weight = net[1].weight.detach().numpy()
    for unit in range(4):
        lost = -weight[:, unit] * activation[:, [unit]]
        found = ablate(net, X, f"0:{unit}", how="zero", null=0)
        assert found["output_effect"].tolist() == lost.mean(0).tolist()
        assert found["output_size"].tolist() == np.abs(lost).mean(0).tolist()
        mean = weight[:, unit] * (activation[:, unit].mean() - activation[:, [unit]])
        found = ablate(net, X, f"0:{unit}", how="mean", null=0)
        assert np.allclose(found["output_size"], np.abs(mean).mean(0), rtol=1e-6)


@pytest.mark.parametrize("how", ["zero", "mean"])
def test_without_a_whole_layer_every_sample_gets_the_same_answer(how: str) -> None:
    net, X = seeded(classifier), rows(50, 4)
    hidden = net[:2](torch.from_numpy(X)).detach()
    constant = net[2:](hidden.mean(0, keepdim=True) if how == "mean" else torch.zeros(1, 30)).detach().double().numpy()
    found = ablate(net, X, "0", how=how, null=0)
    assert np.allclose(found["output_effect"], (constant - answers(net, X)).mean(0), atol=1e-6)
    assert np.allclose(found["output_size"], np.abs(constant - answers(net, X)).mean(0), atol=1e-6)
    assert found.params["units"] == [f"0:{unit}" for unit in range(30)]


def test_every_metric_is_what_torch_says_of_the_model_without_the_unit() -> None:
    net, X = seeded(classifier), rows(300, 4)
    y = np.random.default_rng(1).integers(0, 3, 300)
    found = ablate(net, X, ["0:1", "2:4", "0:7"], how="zero", labels=y, null=0)
    with torch.no_grad():
        hidden = net[:2](torch.from_numpy(X))
        hidden[:, [1, 7]] = 0
        hidden = net[2:4](hidden)
        hidden[:, 4] = 0
        after = net[4:](hidden).double().numpy()
    before = answers(net, X)
    p, q, own = log_softmax(before), log_softmax(after), (np.arange(300), y)
    right = [(z.argmax(1) == y).astype(float) for z in (before, after)]
    expected = {
        "loss": (-p[own].mean(), -q[own].mean()),
        "accuracy": (right[0].mean(), right[1].mean()),
        "logits": (before[own].mean(), after[own].mean()),
        "kl": (0.0, (np.exp(p) * (p - q)).sum(1).mean()),
    }
    for place, name in enumerate(found.coords["metric"]):
        assert found["before"][place] == pytest.approx(expected[name][0], abs=1e-6)
        assert found["after"][place] == pytest.approx(expected[name][1], abs=1e-6)
    for label in range(3):
        assert found["class_n"][label] == (y == label).sum()
        assert found["class_before"][label] == pytest.approx(right[0][y == label].mean())
        assert found["class_after"][label] == pytest.approx(right[1][y == label].mean())
    assert np.allclose(found["output_effect"], (after - before).mean(0), atol=1e-6)


def test_one_output_unit_is_read_for_the_samples_own_class() -> None:
    net, X = seeded(lambda: nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 1))), rows(80, 4)
    y = np.arange(80) % 2
    found = ablate(net, X, "0:1", how="zero", labels=y, null=0)
    with torch.no_grad():
        hidden = net[:2](torch.from_numpy(X))
        hidden[:, 1] = 0
        moved = (net[2:](hidden).double().numpy() - answers(net, X))[:, 0]
    assert found["effect"][2] == pytest.approx(np.where(y == 1, moved, -moved).mean(), abs=1e-6)
    assert found["output_effect"][0] == pytest.approx(moved.mean(), abs=1e-6)


def test_resampling_takes_the_values_of_other_samples_and_each_of_them_once() -> None:
    net = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    with torch.no_grad():
        net[0].weight.fill_(1), net[1].weight.fill_(1)
    X = 2.0 ** np.arange(12, dtype=np.float32)[:, None]
    found = ablate(net, X, "0:0", how="resample", null=0)
    assert found["output_effect"][0] == 0  # the same values, dealt out anew
    assert found["output_size"][0] > 0
    other = ablate(net, X, "0:0", how="resample", null=0, seed=1)
    assert other["output_size"][0] != found["output_size"][0]
    assert ablate(net, X, "0:0", how="resample", null=0)["output_size"][0] == found["output_size"][0]
    two = ablate(net, X[:2], "0:0", how="resample", null=0)
    assert two["output_size"].tolist() == [1.0]


@pytest.mark.parametrize("how", ["mean", "zero", "resample"])
def test_a_recording_gives_what_its_data_and_labels_give(how: str) -> None:
    net, X, y = planted()
    rec = naut.record(net, X, labels=y, influence=False)
    from_recording = ablate(net, rec, "0:3", how=how)
    from_data = ablate(net, X, "0:3", how=how, labels=y)
    for name, values in from_data.values.items():
        assert np.allclose(values, from_recording[name], equal_nan=True), name
    assert from_recording.coords == from_data.coords


@pytest.mark.parametrize("how", ["mean", "zero", "resample"])
def test_the_unit_that_decides_is_causal_and_an_idle_one_is_not(how: str) -> None:
    net, X, y = planted()
    decides = ablate(net, X, "0:3", how=how, labels=y)
    assert (decides["causal"] == 1).all()
    assert decides["percentile"].tolist() == [100, 0, 0, 100]
    assert np.allclose(decides["null_p"], 1 / 21)
    assert decides.notes[0].startswith("loss +")
    assert "causal, beyond 20 other units" in decides.notes[0]
    assert decides["class_effect"].min() < -0.2
    with torch.no_grad():
        net[1].weight[:, 5] = 0
    idle = ablate(net, X, "0:5", how=how, labels=y)
    assert (idle["causal"] == 0).all()
    assert all("not shown, the interval holds 0" in note for note in idle.notes)


def test_the_held_out_half_is_measured_alone_and_says_whether_the_effect_is_there_again() -> None:
    net, X, y = planted()
    half = half_of(np.arange(400)) == 1
    with torch.no_grad():
        net[1].weight[:, 5] = 0
    found = ablate(net, X, "0:3", how="zero", labels=y, null=0)
    alone = ablate(net, X[half], "0:3", how="zero", labels=y[half], null=0)
    assert np.allclose(found["heldout_effect"], alone["effect"])
    assert np.allclose(found["heldout_low"], alone["low"]) and np.allclose(found["heldout_high"], alone["high"])
    assert (found["replicated"] == 1).all()
    idle = ablate(net, X, "0:5", how="zero", labels=y, null=0)
    assert (idle["heldout_effect"] == 0).all() and (idle["replicated"] == 0).all()
    few = ablate(net, X[:30], "0:3", how="zero", labels=y[:30], null=0)
    assert min(half[:30].sum(), (~half[:30]).sum()) < 20 and np.isnan(few["replicated"]).all()


def test_an_effect_on_one_half_alone_is_not_replicated() -> None:
    net, X, _ = planted()
    half = half_of(np.arange(400)) == 1
    X[half, 0] = 0  # what the unit reads is silent there
    found = ablate(net, X, "0:3", how="zero", labels=(X[:, 0] > 0).astype(int), null=0)
    assert found["low"][0] > 0 and found["heldout_effect"][0] == 0 and found["replicated"][0] == 0


def test_samples_of_one_group_lie_in_one_half() -> None:
    net, X, _ = planted(60)
    people = np.repeat(np.arange(60), 5)
    X5, half = X[people], half_of(np.arange(300), people) == 1
    found = ablate(net, X5, "0:3", labels=(X5[:, 0] > 0).astype(int), groups=people, how="zero", null=0)
    alone = ablate(net, X5[half], "0:3", labels=(X5[half, 0] > 0).astype(int), groups=people[half], how="zero", null=0)
    assert np.allclose(found["heldout_effect"], alone["effect"]) and np.allclose(found["heldout_low"], alone["low"])
    rec = naut.record(net, X5, labels=(X5[:, 0] > 0).astype(int), metadata={"who": people}, influence=False)
    assert np.allclose(ablate(net, rec, "0:3", groups="who", how="zero", null=0)["heldout_effect"], alone["effect"])


def test_a_unit_whose_neighbours_do_as_much_is_not_called_causal() -> None:
    net, X, y = planted()
    with torch.no_grad():  # thirty copies of the unit that decides
        net[0].weight.copy_(net[0].weight[3].expand(30, 4)), net[0].bias.zero_()
        net[1].weight.copy_(net[1].weight[:, [3]].expand(2, 30) / 30)
    found = ablate(net, X, "0:3", labels=y)
    assert (found["low"][0], found["causal"][0]) == (pytest.approx(found["null_low"][0], rel=0.5), 0)
    assert found["low"][0] > 0
    assert "not special, 20 other units" in found.notes[0]


def test_a_slice_is_measured_alone() -> None:
    net, X, y = planted()
    rec = naut.record(net, X, labels=y, metadata={"side": np.where(X[:, 1] > 0, "l", "r")}, influence=False)
    chosen = X[:, 1] > 0
    found = ablate(net, rec, "0:3", where="side == 'l'", null=0)
    alone = ablate(net, X[chosen], "0:3", labels=y[chosen], null=0)
    assert np.allclose(found["effect"], alone["effect"])
    assert dict(found.n) == {'side == "l"': int(chosen.sum())}
    masked = ablate(net, X, "0:3", labels=y, where=chosen, null=0)
    assert np.allclose(masked["effect"], alone["effect"])


def test_groups_widen_the_interval_and_are_taken_from_the_recording() -> None:
    net, X, _ = planted(40)
    people = np.repeat(np.arange(40), 10)
    X10, y10 = X[people], (X[people][:, 0] > 0).astype(int)
    alone = ablate(net, X10, "0:3", labels=y10, null=0)
    together = ablate(net, X10, "0:3", labels=y10, groups=people, null=0)
    ratio = (together["high"] - together["low"]) / (alone["high"] - alone["low"])
    assert np.allclose(together["effect"], alone["effect"])
    assert (np.abs(ratio / np.sqrt(10) - 1) < 0.15).all()  # ten equal samples a person say no more than one
    table = {"who": people}
    recorded = naut.record(net, X10, labels=y10, metadata=table, groups="who", influence=False)
    assert np.allclose(ablate(net, recorded, "0:3", null=0)["low"], together["low"])
    named = naut.record(net, X10, labels=y10, metadata=table, influence=False)
    assert np.allclose(ablate(net, named, "0:3", groups="who", null=0)["low"], together["low"])


def test_few_samples_or_groups_or_no_other_units_give_no_verdict_but_the_reason() -> None:
    net, X, y = planted()
    few = ablate(net, X[:15], "0:3", labels=y[:15])
    assert np.isnan(few["causal"]).all()
    assert "15 samples are fewer than 20" in few.notes[0]
    grouped = ablate(net, X, "0:3", labels=y, groups=np.arange(400) % 7)
    assert "7 groups are fewer than 20" in grouped.notes[0]
    layer = ablate(net, X, "0", labels=y)
    assert np.isnan(layer["null_low"]).all()
    assert "no random units to compare with (the layer has no others)" in layer.notes[0]
    some = ablate(net, X, "0:3", labels=y, null=5)
    assert some.notes[0] == "no verdict: 5 other units are too few to tell 5%, it takes 19."
    assert some.notes[1].startswith("by rank among 5 other units of the layer: loss p = 0.17 (beyond all), ")
    assert some.notes[1].endswith("no p can be below 1/6. With null=19 or more there is one.")


@pytest.mark.parametrize(("count", "given"), [(1, False), (2, False), (3, True), (4, True)])
def test_an_interval_needs_three_groups_and_is_not_relied_on_below_five(count: int, given: bool) -> None:
    net, X, y = planted()
    found = ablate(net, X, "0:3", labels=y, groups=np.arange(400) % count, null=0)
    assert np.isfinite(found["low"]).tolist() == np.isfinite(found["high"]).tolist() == [given] * 4
    assert np.isfinite(found["class_low"]).tolist() == [given] * 2
    assert np.isfinite(found["output_low"]).tolist() == [given] * 2
    (said,) = [note for note in found.notes if note.startswith("effect on 'loss', 'accuracy', 'logits', 'kl'")]
    assert f": {count} group" in said
    assert ("it needs 3" in said) is not given
    assert ("too narrow" in said) is given
    alone = ablate(net, X[:1], "0:3", labels=y[:1], null=0, how="zero")
    assert np.isnan(alone["low"]).all()
    assert any("1 sample is too few for an interval" in note for note in alone.notes)


def test_a_class_in_few_groups_has_no_interval_and_that_is_said() -> None:
    net, X, y = planted()
    people = np.where(y == 1, np.arange(400) % 2, 2 + np.arange(400) % 40)
    found = ablate(net, X, "0:3", labels=y, groups=people, null=0)
    assert np.isfinite(found["class_low"]).tolist() == [True, False]
    assert np.isfinite(found["low"]).all()
    assert "accuracy of class '1': 2 groups of samples are too few for an interval; it needs 3." in found.notes


@pytest.mark.parametrize("how", ["mean", "zero"])
def test_samples_with_answers_that_are_not_finite_are_left_out_of_everything_and_counted(how: Any) -> None:
    net, X, y = planted()
    broken = X.copy()
    broken[[7, 90], 1] = np.nan, np.inf
    kept = np.delete(np.arange(400), [7, 90])
    found = ablate(net, broken, "0:3", labels=y, how=how, null=0)
    clean = ablate(net, X[kept], "0:3", labels=y[kept], how=how, null=0)
    assert np.allclose(found["effect"], clean["effect"], rtol=1e-5)
    assert np.allclose(found["output_effect"], clean["output_effect"], rtol=1e-5)
    assert np.allclose(found["output_size"], clean["output_size"], rtol=1e-5)
    said = "loss, accuracy, logits, kl, output_effect: 2 samples are left out, as the answers to them are not finite."
    assert said in found.notes
    assert not any("left out" in note for note in clean.notes)


def test_what_cannot_be_measured_is_nan_with_the_reason() -> None:
    net, X = seeded(classifier), rows(60, 4)
    unlabelled = ablate(net, X, "0:1", null=0)
    assert np.isnan(unlabelled["effect"]).tolist() == [True, True, True, True]
    assert "none is right or wrong" in unlabelled.notes[0]
    assert "none of the 3 outputs is the one to watch" in unlabelled.notes[2]
    assert "no probabilities" in unlabelled.notes[3]
    assert np.isfinite(unlabelled["output_effect"]).all()
    told = ablate(net, X, "0:1", classes=["a", "b", "c"], null=0)  # classes, but nobody says which is right
    assert np.isnan(told["effect"]).tolist() == [True, True, False, False]
    assert "no labels are known for these samples; pass labels=" in told.notes[0]


def test_a_regression_has_a_loss_and_an_output_but_no_accuracy() -> None:
    net, X = seeded(lambda: nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 1))), rows(60, 4)
    y = np.random.default_rng(1).normal(size=60)
    rec = naut.record(net, X, labels=y, influence=False)
    with torch.no_grad():
        hidden = net[:2](torch.from_numpy(X))
        hidden[:, 1] = 0
        after = net[2:](hidden).double().numpy()[:, 0]
    before = answers(net, X)[:, 0]
    for found in (ablate(net, rec, "0:1", how="zero", null=0), ablate(net, X, "0:1", how="zero", labels=y, null=0)):
        assert found["effect"][0] == pytest.approx(((after - y) ** 2 - (before - y) ** 2).mean(), abs=1e-6)
        assert found["effect"][2] == pytest.approx((after - before).mean(), abs=1e-6)
        assert np.isnan(found["effect"]).tolist() == [False, True, False, True]
        assert "accuracy: not measured, a regression has no right or wrong answers" in found.notes[0]


def test_labels_of_the_recording_are_found_whatever_they_are_called() -> None:
    net, X, y = planted()
    words = np.where(y == 1, "yes", "no")
    plain = ablate(net, X, "0:3", labels=y, null=0)["effect"]
    for given in (
        {"labels": words},
        {"labels": "won", "metadata": {"won": words}},
        {"labels": "won", "metadata": {"won": y}, "classes": ["no", "yes"]},
        {"labels": y, "metadata": {"label": words[::-1].copy()}},  # the label gets another name beside this column
        {"labels": y == 1},
        {"labels": y.astype(float)},
    ):
        rec = naut.record(net, X, influence=False, **given)
        assert np.allclose(ablate(net, rec, "0:3", null=0)["effect"], plain), given


def test_samples_without_a_label_are_left_out_of_what_needs_one() -> None:
    net, X, y = planted()
    partly = y.astype(float)
    partly[:100] = np.nan
    found = ablate(net, naut.record(net, X, labels=partly, classes=[0, 1], influence=False), "0:3", null=0)
    known = ablate(net, X[100:], "0:3", how="mean", labels=y[100:], null=0)
    assert found["class_n"].sum() == 300
    assert found["before"][0] == pytest.approx(known["before"][0])


class Spy(nn.Module):
    """Counts its calls; raises at one of them; draws random numbers, writes a buffer and works in place."""

    def __init__(self, fails_at: int = 0, error: type[BaseException] = RuntimeError) -> None:
        super().__init__()
        self.first, self.drop, self.norm, self.last = (
            nn.Linear(4, 6),
            nn.Dropout(0.5),
            nn.BatchNorm1d(6),
            nn.Linear(6, 3),
        )
        self.calls, self.fails_at, self.error = [0], fails_at, error

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls[0] += 1
        if self.calls[0] == self.fails_at:
            raise self.error("in the middle")
        x.mul_(1.0)
        out: torch.Tensor = self.last(torch.relu_(self.norm(self.drop(self.first(x)))))
        return out


def state(net: nn.Module) -> list[Any]:
    return [
        {name: value.tolist() for name, value in net.state_dict().items()},
        [module.training for module in net.modules()],
        [(len(module._forward_hooks), len(module._forward_pre_hooks)) for module in net.modules()],
        [parameter.grad is None and parameter.requires_grad for parameter in net.parameters()],
        torch.get_rng_state().tolist(),
        np.random.get_state()[1].tolist(),
        torch.is_grad_enabled(),
    ]


@pytest.mark.parametrize("how", ["mean", "zero", "resample"])
def test_model_and_data_are_left_bit_for_bit_as_they_were(how: str) -> None:
    net, X = seeded(Spy), rows(50, 4)
    net.train(), net.norm.eval()
    before, data = state(net), X.copy()
    ablate(net, X, ["first:1", "first:2"], how=how, labels=np.arange(50) % 3)
    assert state(net) == before
    assert np.array_equal(X, data)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_exception_in_the_middle_passes_and_leaves_the_model_as_it_was(error: type[BaseException]) -> None:
    whole = seeded(Spy)
    ablate(whole, rows(50, 4), "first:1", null=3)
    (calls,) = whole.calls
    for fails_at in (calls - 3, calls):  # where the unit is replaced, and at the very last run
        net = seeded(lambda fails_at=fails_at: Spy(fails_at, error)).train()
        before = state(net)
        with pytest.raises(error, match="in the middle"):
            ablate(net, rows(50, 4), "first:1", null=3)
        assert net.calls == [fails_at]
        assert state(net) == before


def test_batches_do_not_change_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    net, X, y = planted()
    rec = naut.record(net, X, labels=y, influence=False)
    whole = {how: ablate(net, rec, "0:3", how=how, null=3) for how in ("mean", "zero")}
    monkeypatch.setattr("neuronaut.live.subject.batch_rows", lambda *_: 7)
    for how, one in whole.items():
        parts = ablate(net, rec, "0:3", how=how, null=3)
        for name, values in one.values.items():
            assert np.allclose(values, parts[name], atol=1e-6, equal_nan=True), name
    assert ablate(net, rec, "0:3", how="resample", null=3)["effect"][0] > 0


def test_data_may_come_as_a_loader_with_its_labels_or_as_images_beside_the_recording() -> None:
    net, X, y = planted()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(torch.from_numpy(X), torch.from_numpy(y)), batch_size=33
    )
    plain = ablate(net, X, "0:3", labels=y, null=0)
    assert np.allclose(ablate(net, loader, "0:3", null=0)["effect"], plain["effect"])
    assert np.allclose(ablate(net, list(zip(X, y, strict=True)), "0:3", null=0)["effect"], plain["effect"])
    assert np.allclose(ablate(net, (X, y), "0:3", null=0)["effect"], plain["effect"])
    conv, images = seeded(pictures), rows(40, 1, 6, 6)
    rec = naut.record(conv, images, labels=np.arange(40) % 3, influence=False)
    with pytest.raises(DataError, match="does not hold the model's inputs"):
        ablate(conv, rec, "0:1")
    found = ablate(conv, rec, "0:1", data=images, how="zero", null=0)
    same = ablate(conv, images, "0:1", labels=np.arange(40) % 3, how="zero", null=0)
    assert np.allclose(found["effect"], same["effect"])


def test_one_metric_may_be_asked_for_alone() -> None:
    net, X, y = planted()
    found = ablate(net, X, "0:3", labels=y, metric="accuracy", null=0)
    assert found.coords["metric"] == ["accuracy"]
    assert "output_effect" not in found.values
    assert "class_effect" not in ablate(net, X, "0:3", labels=y, metric="kl", null=0).values


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"units": "0:30"}, UnknownName, "its units are 0 to 29"),
        ({"units": "nothing:1"}, UnknownName, "no layer 'nothing'"),
        ({"units": []}, AddressError, "no units to ablate"),
        ({"units": "0:1@2,3"}, AddressError, "whole units are ablated: '0:1'"),
        ({"how": "median"}, UnknownName, "no way to ablate 'median'"),
        ({"metric": "f1"}, UnknownName, "no metric 'f1'"),
        ({"null": -1}, DataError, "null=-1"),
        ({"where": "sample > 900"}, DataError, "no sample is in sample > 900"),
        ({"groups": [1, 2]}, DataError, "2 groups for 400 samples"),
        ({"labels": [1, 2]}, DataError, "2 labels for 400 samples"),
        ({"how": "resample", "where": [3]}, DataError, "there is only one"),
        ({"data": 3}, DataError, "the data are given already"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changed: dict[str, Any], error: type[Exception], said: str) -> None:
    net, X, y = planted()
    with pytest.raises(error, match=said):
        ablate(**({"model": net, "rec_or_data": X, "units": "0:3", "labels": y} | changed))


def test_another_model_than_was_recorded_and_labels_that_do_not_fit_are_refused() -> None:
    net, X, y = planted()
    rec = naut.record(net, X, labels=y, influence=False)
    with pytest.raises(DataError, match="its structure or weights are others"):
        ablate(planted(seed=1)[0].double(), rec, "0:3")
    with pytest.raises(DataError, match="the label of sample 7 is 5, which is none of '0', '1'"):
        ablate(net, rec, "0:3", labels=np.where(np.arange(400) == 7, 5, y))
    with pytest.raises(UnknownName, match="no column 'won'"):
        ablate(net, rec, "0:3", labels="won")
    with pytest.raises(UnsupportedModel, match="no output that is one vector a sample"):
        ablate(seeded(lambda: nn.Sequential(nn.Conv2d(1, 2, 3))), rows(8, 1, 6, 6), "0:1")
