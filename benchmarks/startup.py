"""What ``import neuronaut`` costs above bare Python, in CPU seconds."""

from __future__ import annotations

import resource
import subprocess
import sys
from statistics import median

from benchmarks.row import Row


def cpu(code: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run() -> list[Row]:
    cpu("import neuronaut")
    extra = median(cpu("import neuronaut") - cpu("pass") for _ in range(15))
    return [Row("`import neuronaut` above bare Python", 0.2, extra, "s CPU", "15 pairs of processes, median")]
