"""The API is what its description says, whatever is asked, right or wrong: requests from schemathesis (X2)."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from api_description import QUERY, described
from asgi_client import client_of

import neuronaut as naut
from neuronaut.explorer.server.queries import Queries
from neuronaut.explorer.server.run import Server
from neuronaut.explorer.server.served import Served
from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

SEED = 1
EXAMPLES = 12
"""Generated requests of each operation, beside those that its description makes necessary."""
VALUES = {
    "addresses": ["0:3", "2:1", "0", "input:2"],
    "layers": ["0", "2", "input", "*"],
    "filters": ["age > 30", "sex == 'male'", "not (age > 3)", "age is null", "age > 1000"],
    "columns": ["label", "sex", "age"],
}
GIVEN = {
    "addresses": ("at", "units"),
    "layers": ("layer", "layers", "source", "target"),
    "filters": ("where", "a", "b", "expression"),
    "columns": ("column", "sort", "name"),
}
CONFIGURATION = """
max-stream-events = 1
[cache]
enabled = false
[generation]
database = "none"
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "403", "404", "405", "409", "413", "415", "422", "429"]
"""


@dataclass(frozen=True)
class Whole:
    """Two recordings, the model of the first, and every query that can be asked of them."""

    recordings: tuple[Recording, Recording]
    live: Mapping[str, Any]

    @property
    def questions(self) -> dict[str, Any]:
        with contextlib.closing(Queries(Served(self.recordings))) as queries:
            return queries._questions | dict(self.live)

    @property
    def ids(self) -> list[str]:
        return [rec.id for rec in self.recordings]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    r = np.random.default_rng(0)
    inputs = r.normal(size=(60, 3)).astype(np.float32)
    metadata = {
        "label": np.where(inputs[:, 0] > 0, 1, 0),
        "sex": np.where(r.random(60) < 0.5, "male", "female"),
        "age": r.integers(1, 80, 60).astype(float),
    }
    folder = tmp_path_factory.mktemp("described")
    nets = [small_net(seed) for seed in (0, 1)]
    first, second = (
        naut.record(net, inputs, metadata=metadata, labels="label", to=folder / f"{seed}.naut")
        for seed, net in enumerate(nets)
    )
    return Whole((open_recording(first.path, writable=True), second), live_questions(first, nets[0]))


def small_net(seed: int) -> Any:
    import torch

    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each query was answered."""
    answered: Counter[str] = Counter()
    ask = Queries.ask

    async def asked(self: Queries, query: Any, *more: Any) -> bytes:
        answer = await ask(self, query, *more)
        answered[query["name"]] += 1
        return answer

    monkeypatch.setattr(Queries, "ask", asked)
    return answered


def test_every_route_and_query_there_is_is_described(whole: Whole) -> None:
    paths = described(whole.questions, whole.ids)["paths"]
    with client_of(*whole.recordings, live=whole.live) as client:
        routes = {(route.path, method.lower()) for route in client.site.routes() for method in route.methods or ()}
        names = client.site.queries.names
    found = {
        (path.partition("?")[0], method) for path, one in paths.items() for method in one if method != "parameters"
    }
    assert found == {(path, method) for path, method in routes if method != "head"}
    assert sorted(path.partition("?")[2] for path in paths if path.startswith(f"{QUERY}?")) == names


def test_generated_requests_are_answered_as_described(whole: Whole, counted: Counter[str], tmp_path: Path) -> None:
    examples = [
        {"name": "match", "params": {"other": {"recording": whole.ids[1]}, "shuffles": 19}},
        {"name": "forward", "params": {"row": 4, "edits": [{"at": "0:1", "how": "scale", "factor": 0.5}]}},
        {"name": "forward", "params": {"inputs": [[0.5, -1.0, 2.0]]}},
        {"name": "heat", "params": {"layer": "0", "rows": [0, 5, 9], "units": [1, 0, 7], "height": 3, "width": 2}},
        {"name": "ablate", "params": {"units": "0:1", "resamples": 50, "null": 3}},
        {"name": "weights", "params": {"source": "0", "target": "2"}},
    ]
    description = described(whole.questions, whole.ids, examples)
    (tmp_path / "openapi.json").write_text(json.dumps(description))
    (tmp_path / "schemathesis.toml").write_text(configuration())
    with Server(whole.recordings, live=whole.live) as server:
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--no-color", "run", "openapi.json", "--url", server.url),
            *("-H", f"Authorization: Bearer {server.token}", "-H", f"Origin: {server.url}"),
            *("--seed", str(SEED), "--max-examples", str(EXAMPLES), "--phases", "examples,coverage,fuzzing"),
            # A filter or an address can be wrong in ways that no schema tells.
            *("--checks", "all", "--exclude-checks", "positive_data_acceptance"),
        ]
        environment = os.environ | {"SCHEMATHESIS_HOOKS": "api_hooks", "PYTHONPATH": str(Path(__file__).parent)}
        ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, "\n".join(line[:400] for line in ran.stdout.splitlines())[-8000:] + ran.stderr[-2000:]
    assert f"Tested: {len(description['paths'])}\n" in ran.stdout
    unanswered = set(whole.questions) - set(counted) - {"pictures", "maps"}  # nothing of the kind was recorded
    assert unanswered == set(), "give an example of a query that nothing made up fits"


def configuration() -> str:
    """What schemathesis fills in where nothing that is made up would be found."""
    lists = [f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in VALUES.items()]
    given = [
        f'"body.params.{key}" = {{ dictionary = "{name}", probability = 0.8 }}'
        for name, keys in GIVEN.items()
        for key in keys
    ]
    return "\n".join([CONFIGURATION, *lists, "[parameters]", *given, '"body.at" = { dictionary = "addresses" }'])
