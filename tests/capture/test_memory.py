"""Memory does not grow with the data: ten times the samples, the same peak."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import resource, sys
from pathlib import Path
import numpy as np, torch
import neuronaut as naut
torch.set_num_threads(1)
net = torch.nn.Sequential(torch.nn.Linear(6, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8), torch.nn.ReLU(),
                          torch.nn.Linear(8, 1))
def samples(random=np.random.default_rng(0)):
    for _ in range(int(sys.argv[1]) // 500):
        x = random.normal(size=(500, 6)).astype(np.float32)
        yield x, (x[:, 0] > 0).astype(int)
rec = naut.record(net, samples(), batch_size=500, influence=False)
assert rec.n == int(sys.argv[1])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def peak(rows: int) -> int:
    """Peak resident memory in KiB of a fresh process that records a stream of so many samples."""
    command = [sys.executable, "-c", SCRIPT, str(rows)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_ten_times_the_samples_take_no_more_memory() -> None:
    assert peak(100_000) < 1.05 * peak(10_000)
