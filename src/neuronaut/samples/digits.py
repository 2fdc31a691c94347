"""Handwritten digits of 8 x 8 pixels: the pictures of the demo."""

from __future__ import annotations

from importlib.resources import files
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import ndimage

from neuronaut.samples.split import split_words, training_rows

FULL: Final = 16
"""The pixel value of full ink."""

DRAWN: Final = 6
"""From this pixel value on a pixel belongs to the stroke."""


def load_digits() -> tuple[npt.NDArray[np.float32], pd.DataFrame]:
    """Pictures [1797, 1, 8, 8] with pixels from 0 to 1, and metadata, of handwritten digits.

    Metadata: ``label`` (0 to 9), ``ink`` (sum of the pixels), ``top`` (share of the ink in the upper half), ``width``
    of the stroke in pixels, ``holes`` it encloses, ``slant`` (columns that the ink leans to the right for each row up;
    negative to the left) and ``split``: ``train`` (80 %) or ``test`` (drawn with seed 0). The stroke is where a
    pixel has 3/8 of full ink. Thirteen people wrote them; who wrote which is not known, so that test digits are
    others by the same hands.

    >>> images, metadata = load_digits()
    >>> images.shape, metadata["holes"][metadata["label"] == 0].mode().item()
    ((1797, 1, 8, 8), 1)

    Reference: Alpaydin and Kaynak, Optical Recognition of Handwritten Digits, 1998 (UCI), test set.
    """
    with files("neuronaut").joinpath("data", "digits.npz").open("rb") as file, np.load(file) as stored:
        images, labels = stored["images"], stored["labels"]
    return (images[:, None] / np.float32(FULL)).astype(np.float32), _describe(images, labels)


def _describe(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> pd.DataFrame:
    drawn = images >= DRAWN
    return pd.DataFrame(
        {
            "label": labels.astype(np.int64),
            "ink": images.sum((1, 2), dtype=np.int64) / FULL,
            "top": np.round(images[:, :4].sum((1, 2)) / images.sum((1, 2)), 3),
            "width": _width(drawn),
            "holes": [_holes(picture) for picture in drawn],
            "slant": _slant(images),
            "split": split_words(training_rows(len(images))),
        }
    )


def _width(drawn: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """From the first to the last column of each picture that the stroke uses."""
    used: npt.NDArray[np.bool_] = np.any(drawn, axis=1)
    first, last = used.argmax(1), used.shape[1] - used[:, ::-1].argmax(1)
    return np.where(used.any(1), last - first, 0)


def _holes(drawn: npt.NDArray[np.bool_]) -> int:
    """Pieces of background, joined by sides, that the stroke encloses."""
    pieces: Any = ndimage.label(np.pad(~drawn, 1, constant_values=True))
    return int(pieces[1]) - 1


def _slant(images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """The slope of the column over the height, weighted with the ink."""
    ink = images.astype(np.float64)
    height, column = -np.arange(8.0)[:, None], np.arange(8.0)
    total = ink.sum((1, 2))
    high, wide = (ink * height).sum((1, 2)) / total, (ink * column).sum((1, 2)) / total
    off = height - high[:, None, None]
    spread = (ink * off * off).sum((1, 2))
    together = (ink * off * (column - wide[:, None, None])).sum((1, 2))
    slope: npt.NDArray[np.float64] = np.round(together / spread, 3)
    return slope
