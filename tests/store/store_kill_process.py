"""A writer that is killed: for each line on stdin it forks a life that SIGKILLs itself at the n-th disk operation.

A line is ``path seed n``; the answer is one line of JSON: the last acknowledged number of rows, and how it ended.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Sequence
from typing import Any

from store_scenario import live, shrink
from store_simfs import InlineJobs, SimFs

from neuronaut.store.fs import Fs
from neuronaut.store.jobs import Jobs

COUNTED = ("make_root", "mkdir", "create", "sync", "close", "rename", "unlink", "rmdir", "sync_folder", "sync_parent")


class KillingFs(Fs):
    """The real disk, until the n-th operation; a write is then cut in half."""

    def __init__(self, root: str, kill_at: int) -> None:
        super().__init__(root)
        self._left = kill_at
        self._guard = threading.Lock()

    def _last(self) -> bool:
        with self._guard:
            self._left -= 1
            return self._left == 0

    def __getattribute__(self, name: str) -> Any:
        if name in COUNTED and self._last():
            os.kill(os.getpid(), signal.SIGKILL)
        return super().__getattribute__(name)

    def write(self, handle: int, buffers: Sequence[bytes]) -> None:
        if self._last():
            data = b"".join(buffers)
            os.write(handle, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        super().write(handle, buffers)


def one_life(path: str, seed: int, kill_at: int) -> dict[str, Any]:
    incoming, outgoing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(incoming)

        def acknowledge(rows: int) -> None:
            os.write(outgoing, rows.to_bytes(4, "little"))

        try:
            live(KillingFs(path, kill_at), random.Random(seed), acknowledge, Jobs(beside=seed % 2 == 0))
            os._exit(0)
        finally:
            os._exit(1)
    os.close(outgoing)
    with os.fdopen(incoming, "rb") as pipe:
        acknowledged = pipe.read()
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    last = int.from_bytes(acknowledged[-4:], "little") if acknowledged else None
    return {"acknowledged": last, "killed": killed, "failed": not killed and status != 0}


def main() -> None:
    shrink()
    live(SimFs(), random.Random(0), lambda rows: None, InlineJobs())  # imports what the lives would each import again
    print(json.dumps({"torch": "torch" in sys.modules}), flush=True)
    for line in sys.stdin:
        path, seed, kill_at = line.rstrip("\n").rsplit(" ", 2)
        print(json.dumps(one_life(path, int(seed), int(kill_at))), flush=True)


if __name__ == "__main__":
    main()
