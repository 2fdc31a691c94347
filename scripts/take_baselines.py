"""Take the pictures of every view anew that the browser tests compare with; look at each before it is committed.

.venv/bin/python scripts/take_baselines.py [-k WORDS]
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def main(arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", "-q", "-n0", "tests/e2e/test_screens.py", *arguments]
    return subprocess.run(command, cwd=ROOT, env=os.environ | {"NEURONAUT_TAKE_BASELINES": "1"}).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
