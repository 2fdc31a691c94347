from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from page_reader import read_page
from passenger_recordings import SLICES, Net, forward, record_digits
from passenger_recordings import passengers as table

from neuronaut.core.address import Address
from neuronaut.core.errors import DataError, ExportError, NotARecording, UnknownName
from neuronaut.core.finding import Finding
from neuronaut.core.view import View
from neuronaut.explorer import export as module
from neuronaut.explorer import html
from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording


def test_export_returns_the_path_and_reports_what_the_page_holds(passengers: Recording, tmp_path: Path) -> None:
    said: list[str] = []
    path = export(passengers, tmp_path / "sub" / "page.html", slices=SLICES, report=said.append)
    assert path == tmp_path / "sub" / "page.html"
    size = f"{path.stat().st_size / 1e3:,.0f} kB"
    assert said[1:2] == [f"{size}: 5 layers, 891 samples, columns survived, sex, pclass, age, fare, adult"]


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gives_the_page_of_the_recording_there(
    kind: Callable[[Path], Any], passengers: Recording, tmp_path: Path
) -> None:
    own, other = export(passengers, tmp_path / "a.html"), export(kind(passengers.path), tmp_path / "b.html")
    assert own.read_bytes() == other.read_bytes()
    with pytest.raises(NotARecording, match="nowhere"):
        export(kind(tmp_path / "nowhere.naut"), tmp_path / "c.html")


def test_the_same_recording_gives_the_same_page(passengers: Recording, tmp_path: Path) -> None:
    first, second = (export(passengers, tmp_path / name, slices=SLICES).read_bytes() for name in ("a.html", "b.html"))
    assert first == second


def test_the_data_of_the_titanic_page_leave_room_for_the_app(passengers: Recording, tmp_path: Path) -> None:
    """Whole page < 400 kB; the built app, which is not in it here, is 190 kB of text."""
    assert export(passengers, tmp_path / "page.html", slices=SLICES).stat().st_size < 120_000


def test_a_failing_write_leaves_the_old_page_and_no_litter(
    passengers: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "page.html"
    page.write_text("old")

    def broken(*_: Any) -> Any:
        yield b"half"
        raise OSError("disk full")

    monkeypatch.setattr(module, "compose", broken)
    with pytest.raises(OSError, match="disk full"):
        export(passengers, page)
    assert page.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_a_page_that_is_there_is_replaced_or_kept_as_asked(passengers: Recording, tmp_path: Path) -> None:
    page = export(passengers, tmp_path / "page.html")
    with pytest.raises(ExportError, match="there already"):
        export(passengers, page, overwrite=False)
    assert export(passengers, page) == page


def test_a_folder_is_no_page(passengers: Recording, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="is a folder"):
        export(passengers, tmp_path)


def test_a_large_page_warns_and_a_too_large_one_is_refused_with_advice(
    passengers: Recording, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WARN_BYTES", 50_000)
    with pytest.warns(UserWarning, match="max_rows"):
        export(passengers, tmp_path / "page.html")
    monkeypatch.setattr(module, "MOST_BYTES", 60_000)
    with pytest.raises(ExportError, match=r"larger than .*max_rows="):
        export(passengers, tmp_path / "other.html")
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_findings_travel_with_a_link_to_their_view(passengers: Recording, tmp_path: Path) -> None:
    at = Address("0", unit=11)
    finding = Finding("Unit 11 likes <women>.", at, views=(View("network", at=at, a="sex == 'female'"),))
    (found,) = read_page(export(passengers, tmp_path / "page.html", findings=[finding])).manifest["findings"]
    assert found["claim"] == "Unit 11 likes <women>."
    assert found["hash"] == "#/network?a=sex%20%3D%3D%20'female'&sel=0%3A11"


def test_readable_json_holds_the_weights_and_the_statistics(passengers: Recording, tmp_path: Path) -> None:
    export(passengers, tmp_path / "page.html", slices=SLICES, json_dir=tmp_path / "json")
    network = json.loads((tmp_path / "json/network.json").read_text())
    statistics = json.loads((tmp_path / "json/statistics.json").read_text())
    data = table(891)
    values, weights = forward(Net(), data["inputs"], data["survived"])
    np.testing.assert_allclose(network["edges"][0]["weights"], weights[0].T, rtol=1e-6)
    assert [layer["units"] for layer in network["layers"]] == [6, 32, 16, 8, 1]
    saved = statistics["slices"][1]
    assert (saved["filter"], saved["n"]) == ('survived == "yes"', int(data["survived"].sum()))
    expected = np.abs(values[1][data["survived"]].astype(float)).mean(0)
    np.testing.assert_allclose(saved["layers"]["0"]["mean_abs"], expected, rtol=1e-6)
    first = statistics["comparisons"][0]
    assert (first["a"], first["b"]) == ('survived == "yes"', 'survived == "no"')
    assert first["layers"]["0"]["hedges_g"][1] is None


def test_nothing_of_this_machine_is_in_a_page(passengers: Recording, tmp_path: Path) -> None:
    path = export(passengers, tmp_path / "page.html")
    page = read_page(path)
    carried = [page.blob(name).tobytes() for name in page.manifest["blobs"]]
    everything = b"".join([path.read_bytes(), json.dumps(page.manifest).encode(), *carried])
    assert b"survived" in everything
    for place in (passengers.path, tmp_path, html.STATIC):
        assert str(place).encode() not in everything


def test_the_data_of_a_wide_network_leave_room_for_the_app_in_two_megabytes(tmp_path: Path) -> None:
    """1,797 samples of 64-512-512-256-10, every sample's values: whole page < 2 MB, the app up to 280 kB of it."""
    page = export(
        record_digits(tmp_path / "wide.naut"), tmp_path / "page.html", slices=["digit == '3'", "digit == '8'"]
    )
    assert page.stat().st_size < 1_720_000


@pytest.mark.parametrize("given", [0, -1, "5", 2.5])
def test_a_number_of_samples_that_is_none_is_refused(passengers: Recording, tmp_path: Path, given: Any) -> None:
    with pytest.raises(DataError, match="whole number of samples, at least 1"):
        export(passengers, tmp_path / "page.html", max_rows=given)
    assert not list(tmp_path.iterdir())


def test_a_precision_that_there_is_not_is_answered_with_those_there_are(passengers: Recording, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="closest: 'coarse'"):
        export(passengers, tmp_path / "page.html", precision=cast("Any", "coarser"))
