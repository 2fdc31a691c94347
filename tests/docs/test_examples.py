"""The examples are run as their first lines say."""

from __future__ import annotations

import gzip
import re
import runpy
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neuronaut as naut

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def write_idx(path: Path, values: np.ndarray, *, pack: bool) -> None:
    content = bytes([0, 0, 8, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape) + values.tobytes()
    path.write_bytes(gzip.compress(content) if pack else content)


@pytest.fixture(scope="module")
def cnn() -> dict[str, Any]:
    return runpy.run_path(str(EXAMPLES / "mnist_cnn.py"))


def test_titanic_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(EXAMPLES / "titanic.py"), run_name="__main__")
    assert "test accuracy 8" in capsys.readouterr().out
    assert (tmp_path / "titanic.html").exists()


def test_the_cnn_runs_without_mnist_says_so_and_keeps_its_maps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["mnist_cnn.py"])
    runpy.run_path(str(EXAMPLES / "mnist_cnn.py"), run_name="__main__")
    said = capsys.readouterr().out
    assert "not MNIST" in said.splitlines()[0]
    rec = naut.open(tmp_path / "mnist_cnn.naut")
    right = rec.outputs["correct"].read()[rec.mask("split == 'test'")]
    assert f"right about {right.mean():.1%} of the 360 images" in said
    assert right.mean() > 0.9
    place, four, nine = re.findall(r"most: (\S+), mean (\S+) against (\S+)", said)[0]
    channel, y, x = (int(number) for number in re.findall(r"\d+", place.removeprefix("conv1")))
    maps = rec["conv1"].full.read()
    assert maps.shape == (1797, 14, 14, 8)
    for digit, mean in ((4, four), (9, nine)):
        assert float(mean) == pytest.approx(maps[rec.mask(f"label == {digit}"), y, x, channel].mean(), abs=0.006)
    assert (tmp_path / "mnist_cnn.html").stat().st_size > 500_000


@pytest.mark.parametrize("pack", [True, False])
def test_files_of_mnist_are_read_packed_or_not(tmp_path: Path, cnn: dict[str, Any], pack: bool) -> None:
    rng = np.random.default_rng(0)
    stored: dict[str, np.ndarray] = {}
    for part, n in (("train", 7), ("t10k", 3)):
        for name, values in (
            (f"{part}-images-idx3-ubyte", rng.integers(0, 256, (n, 28, 28), np.uint8)),
            (f"{part}-labels-idx1-ubyte", rng.integers(0, 10, n, np.uint8)),
        ):
            stored[name] = values
            write_idx(tmp_path / (f"{name}.gz" if pack else name), values, pack=pack)
    digits = cnn["mnist"](tmp_path)
    images, labels = digits.learned
    assert np.array_equal(np.rint(images[:, 0] * 255), stored["train-images-idx3-ubyte"])
    assert np.array_equal(labels, stored["train-labels-idx1-ubyte"])
    assert digits.images.shape == (3, 1, 28, 28)
    assert digits.metadata["label"].tolist() == stored["t10k-labels-idx1-ubyte"].tolist()


def test_a_folder_without_mnist_and_a_file_of_something_else_are_named(tmp_path: Path, cnn: dict[str, Any]) -> None:
    with pytest.raises(SystemExit, match="holds neither train-images-idx3-ubyte"):
        cnn["mnist"](tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(b"%PDF-1.7")
    with pytest.raises(SystemExit, match="no file of MNIST: it starts with 25 50 44 46"):
        cnn["mnist"](tmp_path)
