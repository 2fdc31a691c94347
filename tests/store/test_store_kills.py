"""SIGKILL at any disk operation: the recording opens, every acknowledged row is there, resume goes on."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from store_scenario import check_disk

from neuronaut.store.fs import Fs


class Killer:
    """A process that starts writers and lets them be killed."""

    def __init__(self) -> None:
        here = Path(__file__).parent
        path = os.pathsep.join([str(here), str(here.parent.parent / "src")])
        self.process = subprocess.Popen(
            [sys.executable, str(here / "store_kill_process.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
        )
        self.hello = self.answer()

    def answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def life(self, path: Path, seed: int, kill_at: int) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path} {seed} {kill_at}\n")
        self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()
        self.process.wait()


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    process = Killer()
    yield process
    process.close()


def test_the_writer_process_needs_no_torch(killer: Killer) -> None:
    assert killer.hello == {"torch": False}


@pytest.mark.parametrize("number", range(12))
def test_no_kill_loses_an_acknowledged_row_or_leaves_damage(killer: Killer, tmp_path: Path, number: int) -> None:
    chance = random.Random(number)
    place = tmp_path / "recording.naut"
    acknowledged: int | None = None
    for _ in range(6):
        life = killer.life(place, chance.randrange(1 << 30), chance.randint(1, 130))
        assert not life["failed"]
        if life["acknowledged"] is not None:
            acknowledged = life["acknowledged"]
        check_disk(Fs(place), acknowledged)
    assert not killer.life(place, number, 1 << 30)["killed"]
    assert check_disk(Fs(place), acknowledged) >= (acknowledged or 0)
