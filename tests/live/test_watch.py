"""Watching: what a user's own runs of a model gave, against plain forward hooks and against recordings."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.overrides import _get_current_function_mode_stack
from watched_models import Hard, hard, small

import neuronaut as naut
from neuronaut.core.errors import DataError, LayerNeverFired, NeedsModel, UnknownName, UnsupportedModel
from neuronaut.live.watch import Watching


def look(model: nn.Module) -> list[Any]:
    """What must be as it was: attributes, hooks and modes of every module, and the stack of function modes."""
    held = []
    for module in model.modules():
        held.append([(name, id(value)) for name, value in module.__dict__.items()])
        held.append([list(value) for name, value in module.__dict__.items() if name.endswith("hooks")])
    return [*held, _get_current_function_mode_stack()]


# -- what is seen


def test_names_and_values_are_those_of_a_recording() -> None:
    model, x, _ = hard()
    rec = naut.record(model, x.numpy(), influence=False, sites=("pre", "post"))
    model.eval()
    with naut.watch(model, sites=("pre", "post")) as acts:
        model(x)
    assert list(acts) == list(rec.layers)
    for address in ("conv", "conv.pre", "again", "again~2", "head", "input", "conv:2"):
        one, other = acts[address], rec[address]
        assert (one.dims, one.shape, one.dtype, one.reduction) == (
            other.dims,
            other.shape,
            other.dtype,
            other.reduction,
        )
        np.testing.assert_allclose(np.asarray(one), other.read(), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(acts["conv"].argmax, rec["conv"].argmax.read())


@pytest.mark.parametrize("training", [True, False])
def test_values_are_those_of_plain_forward_hooks(training: bool) -> None:
    model, x, _ = hard()
    model.train(training)
    kept: dict[str, list[torch.Tensor]] = {}
    for name, module in model.named_children():
        module.register_forward_hook(
            lambda m, a, out, name=name: kept.setdefault(name, []).append(out.detach().clone())
        )
    with naut.watch(model, ["conv.pre", "again", "again~2", "head"], position="keep") as acts:
        for rows in x.split(8):
            kept.clear()
            model(rows)
    for address, name, number in (
        ("conv.pre", "conv", 0),
        ("again", "again", 0),
        ("again~2", "again", 1),
        ("head", "head", 0),
    ):
        full = acts[address].reduce("value" if name == "head" else "full")
        expected = kept[name][number]
        np.testing.assert_array_equal(full, expected if name == "head" else expected.permute(0, 2, 3, 1))
    assert acts["conv.pre"].full.dims == ("sample", "y", "x", "unit")
    np.testing.assert_array_equal(acts["conv.pre:2@4,5"], kept["conv"][0][:, 2, 4, 5])


def test_an_in_place_activation_is_seen_before_and_after() -> None:
    model = small()
    x = torch.randn(7, 3)
    with naut.watch(model, sites=("pre", "post")) as acts:
        model(x)
    pre = functional.linear(x, model[0].weight, model[0].bias).detach()
    np.testing.assert_array_equal(acts["0.pre"], pre)
    np.testing.assert_array_equal(acts["0"], pre.relu())
    np.testing.assert_array_equal(acts["0"].pre, pre)


def test_statistics_are_those_of_all_samples_that_went_through() -> None:
    model, x, _ = hard()
    model.eval()
    rec = naut.record(model, x.numpy(), influence=False)
    with naut.watch(model) as acts:
        for rows in x.split(7):
            model(rows)
    for reduction in ("mean", "max", "min"):
        expected, found = naut.activity(rec, reduction=reduction), acts.activity(reduction=reduction)
        assert found.coords == expected.coords
        assert found.n == {"all": 20}
        for name in expected.values:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-6, err_msg=name)
    whole = acts.activity()
    place = whole.coords["unit"].index("head:1")
    assert acts["head:1"].statistics.mean == whole["mean"][0, place]
    assert acts["head"].statistics.n.tolist() == [20, 20, 20]


def test_statistics_of_many_calls_are_those_of_one_array() -> None:
    model = small()
    batches = [torch.randn(rows, 3) * 10**rows for rows in (1, 3, 2, 5)]
    with naut.watch(model) as acts:
        for batch in batches:
            model(batch)
    values = model[0](torch.cat(batches)).relu().detach().double().numpy()
    found = acts["0"].statistics
    np.testing.assert_allclose(found.mean, values.mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.sd, values.std(0, ddof=1), rtol=1e-5)
    np.testing.assert_allclose(found.mean_abs, np.abs(values).mean(0), rtol=1e-5)
    np.testing.assert_allclose(found.max, values.max(0), rtol=1e-5)
    np.testing.assert_array_equal(found.firing_rate, (values > 0).mean(0))


def test_values_that_are_no_numbers_are_counted_and_left_out() -> None:
    model = small()
    with naut.watch(model) as acts:
        model(torch.tensor([[float("nan"), 0, 0], [1, 2, 3]]))
    assert acts["0"].statistics.nonfinite.tolist() == [1] * 5
    assert acts["0"].statistics.n.tolist() == [1] * 5


def test_later_calls_do_not_change_an_array_already_taken() -> None:
    model = small()
    with naut.watch(model) as acts:
        out = model(torch.ones(2, 3))
        first, kept = acts["2"], acts["2"].read().copy()
        out.detach().fill_(99.0)  # the user's own write into what the model returned
        model(torch.zeros(4, 3))
    np.testing.assert_array_equal(first, kept)
    assert acts["2"].shape == (4, 2)


def test_reset_begins_the_statistics_anew_and_keeps_the_last_values() -> None:
    model = small()
    with naut.watch(model) as acts:
        model(torch.ones(3, 3))
        acts.reset()
        assert acts["0"].shape == (3, 5)
        with pytest.raises(DataError, match="has not run since"):
            _ = acts["0"].statistics
        model(torch.zeros(2, 3))
    assert (acts.calls, acts.samples, acts["0"].statistics.n.tolist()) == (1, 2, [2] * 5)


def test_every_way_to_call_gives_the_same_names() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.fc = nn.Linear(3, 2)

        def forward(self, x: torch.Tensor, shift: torch.Tensor, loud: bool = False) -> torch.Tensor:
            return self.fc(x + shift) * (2.0 if loud else 1.0)

    model, x, shift = Two(), torch.randn(4, 3), torch.randn(4, 3)
    expected = functional.linear(x + shift, model.fc.weight, model.fc.bias).detach()
    for run in (
        lambda: model(x, shift),
        lambda: model(x, shift=shift),
        lambda: model(shift=shift, x=x),
        lambda: model(x, shift, loud=True),
    ):
        with naut.watch(model, ["input.x", "fc.pre", "fc"], sites="pre") as acts:
            run()
        assert set(acts) == {"input.x", "fc"}
        np.testing.assert_allclose(acts["fc.pre" if "fc.pre" in acts else "fc"], expected, rtol=1e-6)
        np.testing.assert_array_equal(acts["input.x"], x)
    with naut.watch(model, "fc") as acts:
        model(x, shift)
        model(x=x, shift=shift)
    assert (acts.calls, acts.unseen) == (2, 0)


# -- what cannot be told


class Forked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.left, self.right = nn.Linear(3, 4), nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = functional.relu(self.a(x))
        return self.left(h) if x.sum() > 0 else self.right(h)


def test_a_call_on_another_path_is_counted_as_unseen_with_one_warning() -> None:
    model = Forked()
    with naut.watch(model) as acts:
        model(torch.ones(2, 3))
        with pytest.warns(RuntimeWarning, match="path of this model depends"):
            model(-torch.ones(2, 3))
        model(-torch.ones(2, 3))
        model(torch.ones(3, 3))
    assert (acts.calls, acts.samples, acts.unseen) == (2, 5, 2)
    assert "2 unseen" in repr(acts)
    assert acts["a"].statistics.n.tolist() == [5] * 4


def test_layers_read_in_their_own_module_are_seen_on_any_path() -> None:
    model = Forked()
    with naut.watch(model, ["left", "a.pre"]) as acts:
        model(torch.ones(2, 3))
        model(-torch.ones(4, 3))
    assert (acts.calls, acts.unseen) == (2, 0)
    assert acts["a.pre"].statistics.n.tolist() == [6] * 4
    assert acts["left"].statistics.n.tolist() == [2] * 2


def test_two_threads_at_once_are_not_mixed_up() -> None:
    class Waiting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 2)
            self.meet: Callable[[], None] = lambda: None

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            h = self.a(x)
            self.meet()
            return self.b(h)

    model = Waiting()
    with naut.watch(model) as acts:
        model(torch.ones(1, 3))
        inside, done = threading.Event(), threading.Event()

        def meet() -> None:
            if threading.current_thread() is not threading.main_thread():
                inside.set()
                done.wait(30)

        model.meet = meet
        said: list[warnings.WarningMessage] = []

        def run() -> None:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                model(torch.zeros(2, 3))
                said.extend(caught)

        thread = threading.Thread(target=run)
        thread.start()
        assert inside.wait(30)
        model(torch.ones(5, 3))
        done.set()
        thread.join()
    assert "another thread" in str(said[0].message)
    assert (acts.calls, acts.unseen) == (1, 1)


def test_what_is_no_model_or_compiled_is_refused_at_the_door() -> None:
    with pytest.raises(UnsupportedModel, match=r"builtins\.int cannot be watched"):
        naut.watch(3)
    with pytest.raises(UnsupportedModel, match="you passed the class Hard"):
        naut.watch(Hard)
    with pytest.raises(UnknownName, match="no site 'post '"):
        naut.watch(small(), sites="post ")
    with pytest.raises(UnknownName, match="no position 'all'"):
        naut.watch(small(), position="all")


def test_a_layer_that_is_not_there_is_named_on_the_first_call() -> None:
    model = small()
    before = look(model)
    with naut.watch(model, ["fc"]), pytest.raises(UnknownName, match="no layer 'fc'"):
        model(torch.ones(2, 3))
    assert look(model) == before


def test_addresses_that_hold_nothing_say_what_to_do() -> None:
    model = small()
    with naut.watch(model, ["0"]) as acts:
        with pytest.raises(LayerNeverFired, match=r"has not run inside the block yet.*model\(batch\)"):
            acts["0"]
        model(torch.ones(2, 3))
    with pytest.raises(UnknownName, match=r"layer '2' is not watched; watched are '0'"):
        acts["2:1"]
    with pytest.raises(UnknownName, match="no layer 'nine'"):
        acts["nine"]
    with pytest.raises(NeedsModel, match=r"'0.pre' is not watched.*sites=\('pre', 'post'\)"):
        acts["0.pre"]
    with pytest.raises(UnknownName, match="its units are 0 to 4"):
        acts["0:5"]
    with pytest.raises(NeedsModel, match="has no positions"):
        _ = acts["0"].full
    assert "0:4" in acts
    assert "0:5" not in acts
    assert 3 not in acts


def test_positions_that_were_not_kept_are_told_how_to_be_had() -> None:
    model, x, _ = hard()
    with naut.watch(model) as acts:
        model(x)
    with pytest.raises(NeedsModel, match="position='keep'"):
        _ = acts["conv"].full
    with pytest.raises(NeedsModel, match="position='keep'"):
        acts["conv:1@0,0"]
    with pytest.raises(DataError, match="no statistics are kept of the argmax"):
        _ = acts["conv"].argmax.statistics


def test_what_is_printed_tells_the_layers_and_what_they_did() -> None:
    model = small()
    with torch.no_grad():
        model[0].bias[1] = -100.0
    acts = naut.watch(model)
    assert isinstance(acts, Watching)
    assert "no layer is known before the model runs" in repr(acts)
    with acts:
        model(torch.ones(4, 3))
        model(torch.ones(1, 3))
    lines = repr(acts).splitlines()
    assert lines[0] == "<Watching Sequential: 2 calls, 5 samples, ended>"
    assert [line.split()[:3] for line in lines[1:]] == [
        ["input", "3", "features"],
        ["0", "5", "neurons"],
        ["2", "2", "neurons"],
    ]
    assert "never above 0" in lines[2]
    assert repr(acts["0"]) == "<Seen 0 value (sample: 1, unit: 5) float32, the last of 2 calls>"
    assert repr(acts["0:1"]) == "<Seen 0:1 value (sample: 1) float32, the last of 2 calls>"
