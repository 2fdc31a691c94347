"""Peak memory of recording few and many samples of a stream, each in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.row import Row

_SCRIPT = """
import sys
from pathlib import Path
import numpy as np, torch
import neuronaut as naut

rows, to, sizes = int(sys.argv[1]), Path(sys.argv[2]), [int(size) for size in sys.argv[3].split("-")]
torch.manual_seed(0)
torch.set_num_threads(1)
parts = []
for before, after in zip(sizes, sizes[1:]):
    parts += [torch.nn.Linear(before, after), torch.nn.ReLU()]

def samples():
    random = np.random.default_rng(0)
    for start in range(0, rows, 500):
        x = random.normal(size=(min(500, rows - start), sizes[0])).astype(np.float32)
        yield x, (x[:, 0] > 0).astype(int)

rec = naut.record(torch.nn.Sequential(*parts[:-1]), samples(), to=to, batch_size=500, influence=False)
assert rec.n == rows
# Not getrusage: its maximum is inherited from the process that started this one.
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def peak(rows: int, sizes: str) -> float:
    """Peak resident memory in MiB of a fresh process that records ``rows`` samples of a stream of unknown length."""
    with tempfile.TemporaryDirectory() as scratch:
        command = [sys.executable, "-c", _SCRIPT, str(rows), str(Path(scratch) / "a.naut"), sizes]
        return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout) / 1024


def compared(few: int, many: int, sizes: str) -> Row:
    low, high = peak(few, sizes), peak(many, sizes)
    how = f"stream of unknown length, network {sizes}, batch 500, with labels; {low:.0f} and {high:.0f} MiB"
    return Row(f"peak memory, {many:,} rows / {few:,} rows, network {sizes}", 1.05, high / low, "x", how)


def run() -> list[Row]:
    return [compared(10_000, 1_000_000, "6-32-16-8-1"), compared(10_000, 100_000, "64-512-512-256-10")]


if __name__ == "__main__":
    for row in run():
        print(row.markdown())
