"""The demo's pictures against the collection they come from, and what is said about them against hand counts."""

from __future__ import annotations

import numpy as np
import sklearn.datasets
import torch

from neuronaut.models.torch.digits import train_digits
from neuronaut.samples import load_digits
from neuronaut.samples.digits import _describe


def drawn(*rows: str) -> np.ndarray:
    return np.array([[16 if pixel == "#" else 0 for pixel in row] for row in rows], np.uint8)


def test_pixels_and_labels_are_those_of_the_collection() -> None:
    images, metadata = load_digits()
    source = sklearn.datasets.load_digits()
    assert images.dtype == np.float32
    assert np.array_equal(images[:, 0] * 16, source.images)
    assert np.array_equal(metadata["label"], source.target)
    assert np.array_equal(metadata["ink"] * 16, source.images.sum((1, 2)))


def test_holes_width_slant_and_top_are_those_of_drawings_made_by_hand() -> None:
    eight = drawn(
        "..####..", "..#..#..", "..#..#..", "..####..", "..#..#..", "..#..#..", "..#..#..", "..####.."
    )  # fmt: skip
    stroke = drawn(
        ".......#", "......#.", ".....#..", "....#...", "...#....", "..#.....", ".#......", "#......."
    )  # fmt: skip
    bar = drawn("........", "...#....", "...#....", "...#....", "...#....", "...#....", "...#....", "........")
    said = _describe(np.stack([eight, stroke, bar, stroke[:, ::-1]]), np.array([8, 1, 1, 1], np.uint8))
    assert said["holes"].tolist() == [2, 0, 0, 0]
    assert said["width"].tolist() == [4, 8, 1, 8]
    assert said["slant"].tolist() == [0.0, 1.0, 0.0, -1.0]
    assert said["top"].tolist() == [round(12 / 22, 3), 0.5, 0.5, 0.5]
    assert said["ink"].tolist() == [22, 8, 6, 8]


def test_four_fifths_train_and_the_split_never_changes() -> None:
    first, second = load_digits()[1]["split"], load_digits()[1]["split"]
    assert ((first == "train").sum(), (first == "test").sum()) == (1437, 360)
    assert first.equals(second)


def test_the_network_is_64_128_64_10_and_training_it_again_gives_the_same() -> None:
    images, metadata = load_digits()
    before = torch.get_rng_state()
    network, accuracy = train_digits(images, metadata)
    again, _ = train_digits(images, metadata)
    assert torch.equal(torch.get_rng_state(), before)
    assert [tuple(weight.shape) for weight in network.parameters() if weight.ndim == 2] == [
        (128, 64), (64, 128), (10, 64),
    ]  # fmt: skip
    assert not network.training
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in network.state_dict().items())
    tested = (metadata["split"] == "test").to_numpy()
    with torch.no_grad():
        says = network(torch.tensor(images[tested])).argmax(1).numpy()
    assert accuracy == np.mean(says == metadata["label"][tested].to_numpy()) > 0.95
