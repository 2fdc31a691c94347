"""The public surface: sorted, complete, light to import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import neuronaut as naut

FRAMEWORKS = ("torch", "tensorflow", "keras", "jax", "onnxruntime", "zarr", "pandas", "scipy")

PROBE = """
import sys
import {module}
print(",".join(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def imported_by(module: str) -> set[str]:
    code = PROBE.format(module=module)
    return set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        .stdout.strip()
        .split(",")
    )


def test_public_names_are_sorted_and_all_load() -> None:
    assert naut.__all__ == sorted(naut.__all__)
    for name in naut.__all__:
        assert getattr(naut, name) is not None


def test_an_unknown_public_name_says_what_there_is() -> None:
    with pytest.raises(AttributeError, match=r"it has .*record"):
        _ = naut.recrd


def test_importing_neuronaut_imports_no_framework() -> None:
    assert imported_by("neuronaut").isdisjoint(FRAMEWORKS)


def test_the_probe_sees_a_framework_when_one_is_imported() -> None:
    assert "torch" in imported_by("torch")


def test_reading_a_recording_imports_no_framework() -> None:
    seen = imported_by("neuronaut.store.recording, neuronaut.analysis.compare, neuronaut.explorer.export")
    assert seen.isdisjoint({"torch", "tensorflow", "keras", "jax", "onnxruntime"})
