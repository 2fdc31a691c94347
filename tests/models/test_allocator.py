"""Facts of the operating system: how many pages a process faults in while blocks are freed and asked for again."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the C library's allocator is only told on Linux")

_MB = 80
_PAGES = _MB * 2**20 // os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
_COUNT = f"""
import contextlib, json, resource, threading
import numpy as np
from neuronaut.models.allocator import kept

def faults(blocks=4):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(blocks):
        np.ones({_MB} << 20, np.uint8)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / blocks
"""


def seen(script: str, **environment: str) -> list[float]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("MALLOC_", "GLIBC_", "LD_"))}
    run = subprocess.run(
        [sys.executable, "-c", _COUNT + script],
        env={**own, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


INSIDE = """
outside = faults()
with kept():
    faults()
    print(json.dumps([outside, faults()]))
"""


def test_freed_blocks_are_used_again_within_the_block() -> None:
    outside, inside = seen(INSIDE)
    assert outside > _PAGES / 600  # with huge pages a fault is 512 pages
    assert inside < outside / 20


@pytest.mark.parametrize("name", ["MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"])
def test_who_set_the_allocator_keeps_the_setting(name: str) -> None:
    value = "131072" if name.startswith("MALLOC") else "glibc.malloc.mmap_threshold=131072"
    outside, inside = seen(INSIDE, **{name: value})
    assert inside > outside / 2


def test_blocks_nest_across_threads_and_errors_and_only_the_last_one_ends_it() -> None:
    script = """
inside, leave = threading.Event(), threading.Event()
def other():
    with kept():
        inside.set()
        leave.wait()
thread = threading.Thread(target=other)
with contextlib.suppress(ZeroDivisionError), kept():
    thread.start()
    inside.wait()
    1 / 0
faults()
held = faults()
leave.set()
thread.join()
print(json.dumps([held, faults()]))
"""
    held, released = seen(script)
    assert held < released / 20


_RESIDENT = """
import time

def resident():
    return int(open("/proc/self/statm").read().split()[1])

start = resident()
with kept():
    faults()
    within = resident()
"""


def test_after_a_long_block_what_is_free_goes_back_at_once() -> None:
    script = """
    time.sleep(1.1)
print(json.dumps([within - start, resident() - start]))
"""
    within, after = seen(_RESIDENT + script)
    assert within >= _PAGES * 0.9
    assert after <= _PAGES * 0.2


def test_after_a_short_block_it_goes_back_with_the_next_large_one_that_is_freed() -> None:
    script = """
blocks = [np.ones(16 << 20, np.uint8) for _ in range(6)]
del blocks
print(json.dumps([within - start, resident() - start]))
"""
    within, after = seen(_RESIDENT + script)
    assert within >= _PAGES * 0.9
    assert after <= _PAGES * 0.9
