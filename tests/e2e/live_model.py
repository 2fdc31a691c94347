"""A small model that runs beside its recording, and what its page asks of it."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neuronaut.capture.record import record
from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording

SHOWN = "() => window.neuronaut.explorer.one !== null"


def hidden_six(seed: int) -> Any:
    """Three features, six hidden units, two classes."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).eval()


def sixty() -> Any:
    """Samples of three normal features."""
    return np.random.default_rng(0).normal(size=(60, 3)).astype(np.float32)


def record_sixty(net: Any, to: Path) -> Recording:
    """Their class is the sign of the first feature."""
    inputs = sixty()
    return record(net, inputs, labels=(inputs[:, 0] > 0).astype(int), to=to)


def answers(rec: Recording, net: Any, data: Any = None) -> Any:
    """The answers of a copy of the model."""
    return live_questions(rec, copy.deepcopy(net), data)
