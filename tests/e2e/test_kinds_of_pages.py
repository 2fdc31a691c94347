"""Pages of other precision, of images, of one layer, of wide layers: all open and say the same numbers as Python."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from opened_page import Opener
from passenger_recordings import SLICES, record_digits, record_images
from playwright.sync_api import expect

from neuronaut.explorer.export import export
from neuronaut.explorer.values import Precision
from neuronaut.store.recording import Recording


@pytest.mark.parametrize("precision", ["medium", "coarse", "f16", "f32"])
def test_values_of_each_precision_reach_the_page_within_the_stated_error(
    passengers: Recording, opened: Opener, tmp_path: Path, precision: Precision
) -> None:
    path = export(passengers, tmp_path / "page.html", slices=SLICES, precision=precision)
    page = opened(path, "#/network?a=fare%20%3E%2050&sel=0%3A11")
    exact = passengers["0:11"].read()
    held = page.tab.evaluate("window.neuronaut.explorer.engine.unitValues('0', 11).then((values) => [...values])")
    error = page.ask("e.manifest.activations.find((card) => card.layer === '0').error")
    assert np.abs(np.array(held) - exact).max() <= error * (1 + 1e-6)
    expensive = passengers.mask("fare > 50")
    assert abs(page.ask("e.sides.a.layers.get('0').mean[11]") - exact[expensive].mean()) <= max(error, 1e-6)
    assert page.ask("e.sides.a.layers.get('0').firingRate[11]") == pytest.approx((exact[expensive] > 0).mean())


def test_a_page_of_pictures_shows_them_beside_the_top_samples(opened: Opener, tmp_path: Path) -> None:
    page = opened(export(record_images(tmp_path / "r.naut"), tmp_path / "page.html"), "#/network?sel=conv%3A1")
    expect(page.inspector).to_contain_text("channel 1")
    picture = page.inspector.locator("section", has=page.tab.get_by_text("Top samples")).locator("canvas").first
    expect(picture).to_be_visible()


def test_a_page_of_one_layer_opens(passengers: Recording, opened: Opener, tmp_path: Path) -> None:
    page = opened(export(passengers, tmp_path / "page.html", layers="3"), "#/network?sel=3%3A2")
    expect(page.inspector).to_contain_text("neuron 2")


def test_a_wide_network_opens_and_hovers_without_a_full_redraw(opened: Opener, tmp_path: Path) -> None:
    rec = record_digits(tmp_path / "wide.naut")
    path = export(rec, tmp_path / "page.html", slices=["digit == '3'", "digit == '8'"])
    assert path.stat().st_size < 2_000_000
    page = opened(path)
    before = page.work
    x, top, bottom = page.column("dense 1")
    for y in np.linspace(top + 200, bottom - 300, 30):
        page.tab.mouse.move(x, float(y))
        page.wait_for_frames(1)
    after = page.work
    assert after["fullRedraws"] == before["fullRedraws"]
    assert after["overlayRedraws"] > before["overlayRedraws"]
