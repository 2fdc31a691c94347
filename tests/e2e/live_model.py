"""A small model that runs beside its recording, and what its page asks of it."""

from __future__ import annotations

import copy
from typing import Any

import torch

from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording

SHOWN = "() => window.neuronaut.explorer.one !== null"


def hidden_six(seed: int) -> Any:
    """Three features, six hidden units, two classes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).eval()


def answers(rec: Recording, net: Any, data: Any = None) -> Any:
    """The answers of a copy of the model."""
    return live_questions(rec, copy.deepcopy(net), data)
