"""Passes: what is seen of the user's own calls, against what a run through the Protocol captures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch_zoo import ZOO, OneDict, zoo

import neuronaut as naut
from neuronaut.core.errors import UnsupportedModel
from neuronaut.core.selection import select_layers
from neuronaut.models.torch import wrap


@pytest.mark.parametrize("name", [name for name in ZOO if "compiled" not in name])
def test_a_watched_call_gives_what_a_recording_of_that_batch_holds(name: str) -> None:
    net, batch = zoo(name)
    net.eval()
    traced = wrap(net, batch)
    sites = select_layers(traced.graph, "*", ("pre", "post"))
    expected = traced.run(batch, sites, position="keep").captured
    with naut.watch(net, sites=("pre", "post"), position="keep") as acts, torch.no_grad():
        call(net, batch)
    assert list(acts) == list(dict.fromkeys(site.layer for site in sites))
    for site in sites:
        seen = acts[site.layer + (".pre" if site.name == "pre" else "")]
        for reduction, values in expected[site].items():
            np.testing.assert_array_equal(seen.reduce(reduction), values)


def call(net: nn.Module, batch: Any) -> Any:
    if isinstance(batch, dict):
        return net(batch) if isinstance(net, OneDict) else net(**batch)
    return net(*batch) if isinstance(batch, tuple) else net(batch)


@pytest.mark.parametrize("name", ["compiled", "compiled child"])
def test_what_torch_compile_made_is_refused_by_what_to_do(name: str) -> None:
    net, _ = zoo(name)
    with pytest.raises(UnsupportedModel, match="_orig_mod"):
        naut.watch(net)
