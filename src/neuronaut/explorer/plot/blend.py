"""The colour of A against B: hue is the side, chroma the selectivity, lightness the combined activation."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
_TO_LMS = np.array(
    [
        [1.0, 0.3963377774, 0.2158037573],
        [1.0, -0.1055613458, -0.0638541728],
        [1.0, -0.0894841775, -1.291485548],
    ]
)
_TO_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.707614701],
    ]
)
HUE_A, HUE_B = 255.0, 25.0


def blend(a: Array, b: Array, p99: float, theme: str) -> Array:
    """sRGB [unit, 3] of mean activities ``a`` and ``b``; equal ones are grey. ``p99`` is one number for both groups.

    Reference: Ottosson, A perceptual color space for image processing, 2020.

    >>> red, green, blue = blend(np.array([1.0]), np.array([0.0]), 1.0, "light")[0]
    >>> bool(blue > red), blend(np.array([1.0]), np.array([1.0]), 1.0, "light").round(2).tolist()
    (True, [[0.43, 0.43, 0.43]])
    """
    total = a + b
    d = np.divide(a - b, total, out=np.zeros_like(total), where=total > 0)
    t = np.clip(total / 2 / p99, 0, 1) if p99 > 0 else np.zeros_like(total)
    s = np.sign(d) * np.abs(d) ** 0.72
    lightness = 0.25 + 0.55 * t**0.62 if theme == "dark" else 0.955 - 0.42 * t**0.72
    chroma = 0.185 * np.abs(s) * np.minimum(1, 0.25 + 1.35 * t)
    hue = np.radians(np.where(s > 0, HUE_A, HUE_B))
    return _srgb(lightness, chroma, hue)


def _srgb(lightness: Array, chroma: Array, hue: Array) -> Array:
    """OKLCH to sRGB; chroma is lowered where sRGB cannot show it."""
    low, high = np.zeros_like(chroma), chroma.copy()
    for step in range(15):
        middle = high if step == 0 else (low + high) / 2
        linear = _linear(lightness, middle, hue)
        fits = ((linear > -0.0005) & (linear < 1.0005)).all(-1)
        low = np.where(fits, middle, low)
        high = np.where(fits, high, middle)
    linear = np.clip(_linear(lightness, low, hue), 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def _linear(lightness: Array, chroma: Array, hue: Array) -> Array:
    lab = np.stack([lightness, chroma * np.cos(hue), chroma * np.sin(hue)], -1)
    return np.asarray((lab @ _TO_LMS.T) ** 3 @ _TO_RGB.T)
