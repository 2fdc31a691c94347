"""``neuronaut(...)`` runs a command in this process; ``recording`` is one with names that mean harm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from command_runs import Ran, Run, run_command

from neuronaut.core.layer import Graph, Layer
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec

HOSTILE = "\x1b[2J[red]</script>\u202e=cmd"


@pytest.fixture
def neuronaut() -> Run:
    def run(*words: str | Path, code: int = 0) -> Ran:
        ran = run_command(*map(str, words))
        assert ran.code == code, f"{ran.out}\n{ran.err}"
        return ran

    return run


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """80 samples; unit fc:0 is higher by 3 for kind a; a layer and a column with hostile names; an unnamed channel."""
    rng = np.random.default_rng(0)
    kind = np.array(["a", "b"] * 40)
    values = rng.normal(size=(80, 3)).astype(np.float32)
    values[kind == "a", 0] += 3
    layers = (
        Layer("input", "input", 2, "input", 0, unit_names=("age", "fare")),
        Layer("fc", "dense", 3, "linear", 1),
        Layer(HOSTILE, "dense", 1, "linear", 2, output=True),
    )
    arrays = {
        "activations/input/post": rng.normal(size=(80, 2)).astype(np.float32),
        "activations/fc/post": values,
        f"activations/{HOSTILE}/post": np.zeros((80, 1), np.float32),
    }
    specs = [ArraySpec(name, "float32", array.shape[1:], ("sample", "unit")) for name, array in arrays.items()]
    table = pa.table({"kind": kind, "row": np.arange(80), HOSTILE: ["=1+1\x1b[31m"] * 80})
    path = tmp_path_factory.mktemp("cli") / "small.naut"
    card = RecordingCard(Graph(layers), model={"name": HOSTILE, "framework": "torch 2.13.0"})
    with create(path, card, specs) as writer:
        writer.append(arrays, table, half=np.arange(80) // 2 % 2)
    return path
