"""What the channels of a small CNN see in handwritten digits: train, record with maps, ask, share.

Run it with ``python examples/mnist_cnn.py FOLDER``, where the folder holds MNIST's four files as they are published
(``train-images-idx3-ubyte.gz`` and so on, or without ``.gz``). Without a folder it takes the 1,797 digits that come
with the package, enlarged, and says so. It writes ``mnist_cnn.naut`` and ``mnist_cnn.html`` here.
"""

from __future__ import annotations

import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from torch import nn
from torch.nn.functional import cross_entropy

import neuronaut as naut
from neuronaut.analysis.findings import discover
from neuronaut.samples import load_digits

Pixels = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int64]
TRAINED, RECORDED = 12_000, 2_000


def read_idx(folder: Path, name: str) -> npt.NDArray[np.uint8]:
    """One file of MNIST: two zero bytes, 8 for bytes, the number of axes, each length big-endian, the bytes."""
    packed, plain = folder / f"{name}.gz", folder / name
    if not packed.exists() and not plain.exists():
        raise SystemExit(
            f"{folder} holds neither {packed.name} nor {plain.name}. Give the folder of MNIST's four files."
        )
    content = gzip.decompress(packed.read_bytes()) if packed.exists() else plain.read_bytes()
    axes = content[3]
    if content[:3] != b"\0\0\x08":
        raise SystemExit(f"{folder / name} is no file of MNIST: it starts with {content[:4].hex(' ')}.")
    shape = np.frombuffer(content, ">u4", axes, 4).astype(int)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * axes).reshape(shape)


@dataclass(frozen=True)
class Digits:
    """Images [n, 1, 28, 28] from 0 to 1 with their labels: those to train on, and those to record."""

    learned: tuple[Pixels, Labels]
    images: Pixels
    metadata: pd.DataFrame


def mnist(folder: Path) -> Digits:
    """Train on the first training images, record the first test images."""
    parts = []
    for name, most in (("train", TRAINED), ("t10k", RECORDED)):
        images = read_idx(folder, f"{name}-images-idx3-ubyte")[:most]
        labels = read_idx(folder, f"{name}-labels-idx1-ubyte")[:most]
        parts.append((images[:, None] / np.float32(255), labels.astype(np.int64)))
    images, labels = parts[1]
    return Digits(parts[0], images, pd.DataFrame({"label": labels, "split": "test"}))


def shipped() -> Digits:
    """The digits of the package, each pixel drawn 3 x 3 with a margin of 2: 28 x 28. All of them are recorded."""
    small, metadata = load_digits()
    images = np.pad(small.repeat(3, axis=2).repeat(3, axis=3), ((0, 0), (0, 0), (2, 2), (2, 2)))
    training = (metadata["split"] == "train").to_numpy()
    return Digits((images[training], metadata["label"].to_numpy()[training]), images, metadata)


class SmallCNN(nn.Module):
    """Two convolutions of stride 2, so that their maps are small enough to be kept whole, and two dense layers."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 5, stride=2, padding=2)
        self.conv2 = nn.Conv2d(8, 16, 3, stride=2, padding=1)
        self.fc1 = nn.Linear(16 * 7 * 7, 64)
        self.fc2 = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def train(images: Pixels, labels: Labels) -> SmallCNN:
    """Adam, batches of 64, at least 600 of them."""
    torch.manual_seed(0)
    model = SmallCNN()
    optimiser = torch.optim.Adam(model.parameters(), 2e-3)
    x, y = torch.from_numpy(images), torch.from_numpy(labels)
    for _ in range(-(-600 * 64 // len(x))):
        for rows in torch.split(torch.randperm(len(x)), 64):
            optimiser.zero_grad()
            cross_entropy(model(x[rows]), y[rows]).backward()
            optimiser.step()
    return model


def most_different(rec: naut.Recording, a: str, b: str) -> str:
    """The address of the place in conv1's maps whose mean differs most between two groups."""
    maps = rec["conv1"].full
    difference = maps.read(rows=rec.mask(a)).mean(0) - maps.read(rows=rec.mask(b)).mean(0)
    y, x, channel = np.unravel_index(np.abs(difference).argmax(), difference.shape)
    return f"conv1:{channel}@{y},{x}"


def main(folder: Path | None) -> None:
    if folder is None:
        print("no folder given: these are the package's own 8 x 8 digits, enlarged to 28 x 28, not MNIST")
    digits = shipped() if folder is None else mnist(folder)
    model = train(*digits.learned)

    rec = naut.record(
        model,
        digits.images,
        metadata=digits.metadata,
        labels="label",
        to="mnist_cnn.naut",
        position="keep",
        overwrite=True,
    )
    print(rec)
    others = rec.mask("split == 'test'")
    right = rec.outputs["correct"].read()[others] == 1
    print(f"right about {right.mean():.1%} of the {others.sum():,} images that it was not trained on")

    four, nine = "label == 4", "label == 9"
    place = most_different(rec, four, nine)
    means = [float(np.asarray(rec[place])[rec.mask(group)].mean()) for group in (four, nine)]
    print(f"where fours and nines differ most: {place}, mean {means[0]:.2f} against {means[1]:.2f}")
    for finding in discover(rec, four, nine):
        print("-", finding.claim)

    page = naut.export(rec, "mnist_cnn.html", slices=[four, nine, "correct == false"], title="MNIST CNN")
    print(f"open {page}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
