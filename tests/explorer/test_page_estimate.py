"""The size of a page is known before it is made, within a twentieth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from passenger_recordings import SLICES, Net, record_digits, record_images, record_passengers

import neuronaut as naut
from neuronaut.core.errors import ExportError
from neuronaut.explorer import export as module
from neuronaut.explorer.bundle import Choice, bundle
from neuronaut.explorer.estimate import estimate
from neuronaut.explorer.export import export
from neuronaut.explorer.html import Assets, compose
from neuronaut.samples import load_digits
from neuronaut.store.recording import Recording

NO_APP, APP = Assets(b"", b"", ""), 188_000
"""Pages are made without the app; what it takes of a page is known to the byte."""


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record_digits(tmp_path_factory.mktemp("digits") / "digits.naut")


def assert_foreseen(rec: Recording, choice: Choice) -> None:
    size = sum(map(len, compose(bundle(rec, choice).page, NO_APP)))
    assert estimate(rec, choice, NO_APP) == pytest.approx(size, abs=0.05 * (size + APP))


def record_handwriting(path: Path) -> Recording:
    """Digits as large as those of MNIST, and what two layers of channels and one of classes make of them."""
    images, metadata = load_digits()
    large = np.kron(np.asarray(images[:700]).reshape(700, 1, 8, 8), np.ones((1, 1, 3, 3))).astype(np.float32)
    large = np.pad(large, ((0, 0), (0, 0), (2, 2), (2, 2)))
    with torch.random.fork_rng():
        torch.manual_seed(0)
        channels = [torch.nn.Conv2d(1, 8, 3), torch.nn.ReLU(), torch.nn.Conv2d(8, 16, 3, 2), torch.nn.ReLU()]
        rest = [torch.nn.AdaptiveAvgPool2d(4), torch.nn.Flatten(), torch.nn.Linear(256, 10)]
        net = torch.nn.Sequential(*channels, *rest).eval()
    return naut.record(net, large, metadata=metadata[:700], labels="label", to=path)


@pytest.mark.parametrize(
    "choice", [Choice(), Choice(SLICES), Choice(max_rows=200, precision="f32"), Choice(layers=["0", "3"], columns=[])]
)
def test_a_table_s_page(passengers: Recording, choice: Choice) -> None:
    assert_foreseen(passengers, choice)


@pytest.mark.parametrize("choice", [Choice(), Choice(max_rows=100)])
def test_the_page_of_a_thousand_units_and_ten_classes(digits: Recording, choice: Choice) -> None:
    assert_foreseen(digits, choice)


@pytest.mark.parametrize(
    "make",
    [
        lambda path: record_passengers(path, Net(rows=12_000)),
        lambda path: record_passengers(path, Net(sizes=(6, 128, 64, 32, 1), rows=2000)),
        record_handwriting,
        lambda path: record_images(path, 16, 400, np.random.default_rng(0).normal(size=(400, 3, 2)).astype(np.float32)),
    ],
    ids=["many samples", "wide layers", "handwriting", "pictures"],
)
def test_pages_that_hold_more(make: Callable[[Path], Recording], tmp_path: Path) -> None:
    rec = make(tmp_path / "more.naut")
    assert_foreseen(rec, Choice())


def test_it_is_told_before_the_work_begins_and_the_rounding_after(
    passengers: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    before: list[int] = []

    def counted(*given: Any) -> Any:
        before.append(len(told))
        return bundle(*given)

    monkeypatch.setattr(module, "bundle", counted)
    page = export(passengers, tmp_path / "page.html", report=told.append)
    assert before == [1]
    assert told[0].startswith("about ") and told[0].endswith(" kB to write")
    assert float(told[0].split()[1].replace(",", "")) == pytest.approx(page.stat().st_size / 1e3, rel=0.1)
    error = max(card.error for card in bundle(passengers, Choice()).page.manifest.activations)
    assert told[2].startswith(f"the samples' values, a byte each, are off by at most {error:.2g} (")
    assert told[2].endswith("statistics are exact")


def test_a_page_that_would_be_far_too_large_is_refused_before_the_work(
    passengers: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 60_000)
    monkeypatch.setattr(module, "bundle", lambda *_: pytest.fail("the work began"))
    with pytest.raises(ExportError, match="neuronaut show"):
        export(passengers, tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []
