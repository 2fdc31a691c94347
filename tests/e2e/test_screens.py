"""Every view and dialog in both themes: without barriers, linked to as it is, and looking as when last looked at.

``python scripts/take_baselines.py`` takes the pictures anew; look at each before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from axe import violations
from PIL import Image
from screens import SCREENS, Recordings, Screen

BASELINES = Path(__file__).parent / "baselines"
TAKEN_WITH = BASELINES / "chromium.txt"
"""The version of Chromium that drew the pictures. Another one draws a little differently, and is held to less."""
ALIKE, LOOSE = 0.001, 0.02
"""Share of pixels that may differ: with the same version, with another one."""
FAR = 16
"""Of 255: 12, and the up to 4 that the palette of a stored picture costs."""
TAKING = "NEURONAUT_TAKE_BASELINES" in os.environ


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: screen.name)
def test_every_view_and_dialog(recordings: Recordings, screen: Screen, theme: str, tmp_path: Path) -> None:
    with recordings.open(screen, theme) as page:
        seen = halved(page.settle())
        assert page.hash == screen.link
        assert violations(page) == []
    stored = BASELINES / f"{screen.name.replace(' ', '-')}-{theme}.png"
    if TAKING:
        taken(stored, seen, recordings.version)
    before = np.asarray(Image.open(stored).convert("RGB")).astype(int)
    now = np.asarray(seen).astype(int)
    assert now.shape == before.shape and now.std() > 2, "nothing is drawn"
    differs = np.abs(now - before).max(-1) > FAR
    same_browser = TAKEN_WITH.read_text().strip() == recordings.version
    seen.save(tmp_path / "now.png")
    said = f"{stored.name} looked otherwise, see {tmp_path / 'now.png'}; is that meant? scripts/take_baselines.py"
    assert differs.mean() <= (ALIKE if same_browser else LOOSE), f"{differs.mean():.2%} of {said}"


def halved(image: Image.Image) -> Image.Image:
    """At half its size: what is a matter of a pixel's shade is not looked at."""
    return image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)


def taken(path: Path, image: Image.Image, version: str) -> None:
    """Keep a picture with 256 colours, chosen so that none is far from what it stands for."""
    BASELINES.mkdir(exist_ok=True)
    small = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    small.save(path, optimize=True)
    TAKEN_WITH.write_text(f"{version}\n")


def test_there_is_a_picture_of_every_screen_and_none_of_another() -> None:
    names = {f"{screen.name.replace(' ', '-')}-{theme}.png" for screen in SCREENS for theme in ("dark", "light")}
    found = {file.name: file.stat().st_size for file in BASELINES.glob("*.png")}
    assert set(found) == names
    assert max(found.values()) < 60_000


def test_what_differs_is_told() -> None:
    image = Image.new("RGB", (640, 400), "#14171e")
    pixels: Any = np.asarray(image).astype(int)
    other = pixels.copy()
    other[100:120, 100:120] = 200
    assert (np.abs(pixels - other).max(-1) > FAR).mean() > ALIKE
