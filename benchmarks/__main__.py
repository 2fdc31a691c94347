"""Run the benchmarks and write RESULTS.md: ratios in one run, with the machine and the command."""

from __future__ import annotations

import importlib
import os
import platform
import sys
from pathlib import Path

from benchmarks.row import Row

NAMES = (
    "startup",
    "capture",
    "memory",
    "storage",
    "page",
    "interaction",
    "serve",
    "order",
    "influence",
    "statistics",
    "selectivity",
)


def main(names: list[str]) -> None:
    rows: list[Row] = []
    for name in names or NAMES:
        print(f"{name} ...", file=sys.stderr, flush=True)
        for row in importlib.import_module(f"benchmarks.{name}").run():
            print(row.markdown(), flush=True)
            rows.append(row)
    if not names:
        write(rows)


def write(rows: list[Row]) -> None:
    import torch

    machine = f"{os.cpu_count()} cores, no GPU, Python {platform.python_version()}, torch {torch.__version__}"
    head = [
        "# Results",
        "",
        "Written by `make bench` (`python -m benchmarks`; one part alone: `python -m benchmarks capture`).",
        f"Machine: {machine}. Ratios are taken in one run, side by side; absolute times are this machine's.",
        "",
        "| figure | bound | seen | | how |",
        "| --- | --- | --- | --- | --- |",
    ]
    text = "\n".join([*head, *(row.markdown() for row in rows), ""])
    (Path(__file__).parent / "RESULTS.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
