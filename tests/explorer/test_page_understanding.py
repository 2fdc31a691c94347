"""What a page says of order, health, selectivity, likeness and drivers is what Python says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from page_reader import Exporter, PageReader

import neuronaut as naut
from neuronaut.core.address import Address
from neuronaut.core.finding import Finding
from neuronaut.core.result import Result
from neuronaut.explorer import understanding
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.results import result_card
from neuronaut.store.recording import Recording


def results(page: PageReader, name: str) -> list[dict[str, Any]]:
    return [one for one in page.manifest["results"] if one["name"] == name]


def value(page: PageReader, card: dict[str, Any], name: str) -> np.ndarray:
    data = page.blob(card["values"][name]["data"])
    texts = card["values"][name]["texts"]
    return data if texts is None else np.array(texts)[data]


def test_the_page_carries_the_order_that_python_gives(passengers: Recording, exported: Exporter) -> None:
    page = exported(passengers)
    card = next(one for one in results(page, "order") if json.loads(one["params"])["by"] == "crossings")
    names = [layer["name"] for layer in page.manifest["model"]["layers"]]
    asked = naut.order(passengers, layers=names)
    for layer in names:
        np.testing.assert_array_equal(value(page, card, f"permutation\t{layer}"), asked[f"permutation\t{layer}"])
    np.testing.assert_allclose(value(page, card, "crossings_after"), asked["crossings_after"], rtol=1e-6)


def test_the_page_says_of_each_unit_whether_it_is_healthy_and_what_it_selects(
    passengers: Recording, exported: Exporter
) -> None:
    page = exported(passengers)
    (health,), (selective,) = results(page, "health"), results(page, "selectivity")
    asked = naut.health(passengers, layers=health["layers"])
    np.testing.assert_array_equal(value(page, health, "status"), asked["status"])
    by = naut.selectivity(passengers, str(passengers.task["label"]), layers=selective["layers"])
    np.testing.assert_array_equal(value(page, selective, "best"), by["best"])
    np.testing.assert_allclose(value(page, selective, "auroc"), by["auroc"], rtol=1e-6)
    assert selective["coords"]["class"] == list(by.coords["class"])


def test_what_drives_each_unit_is_told_in_one_table(passengers: Recording, exported: Exporter) -> None:
    page = exported(passengers)
    (card,) = results(page, "drivers")
    units = [
        f"{layer['name']}:{unit}"
        for layer in page.manifest["model"]["layers"]
        if layer["name"] in card["layers"]
        for unit in range(layer["units"])
    ]
    slices, heldout, why = (value(page, card, name) for name in ("slice", "heldout", "why"))
    assert len(units) == len(slices)
    for row, at in list(enumerate(units))[::5]:
        asked = naut.drivers(passengers, at)
        filters = list(asked.coords["slice"])[: understanding.RANKS]
        assert [text for text in slices[row] if text] == filters
        if filters:
            np.testing.assert_allclose(heldout[row, : len(filters)], asked["heldout"][: len(filters)], rtol=1e-6)
        else:
            assert why[row] == asked.notes[0]


def test_of_a_large_network_the_page_says_what_drives_the_units_of_its_findings(
    passengers: Recording, exported: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(understanding, "DRIVEN", 10)
    finding = Finding("It prefers women.", Address("0", unit=11))
    assert results(exported(passengers), "drivers") == []
    page = exported(passengers, findings=[finding, finding])
    (card,) = results(page, "drivers")
    asked = naut.drivers(passengers, "0:11")
    assert json.loads(card["params"])["at"] == "0:11"
    assert card["coords"]["slice"] == list(asked.coords["slice"])
    np.testing.assert_allclose(value(page, card, "heldout"), asked["heldout"], rtol=1e-6)


def test_a_recording_too_large_for_this_says_so_on_the_page(
    passengers: Recording, exported: Exporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(understanding, "LARGEST", 10)
    page = exported(passengers)
    assert page.manifest["results"] == []
    assert any("too large for its health" in note for note in page.manifest["notes"])


def test_a_result_keeps_its_gaps_texts_and_truth_values() -> None:
    numbers = np.linspace(0, 1, 6000)
    numbers[7] = np.nan
    words = np.array(["ok", "dead", "ok"])
    card = result_card(
        Result(
            "r",
            {"x": numbers, "status": words, "dead": words == "dead", "one": np.array(2.5)},
            {"x": ("sample",), "status": ("unit",), "dead": ("unit",), "one": ()},
            {"unit": ["a:0", "a:1", "b:0"], "layer": ["a", "a", "b"]},
        ),
        pack := Packer(),
    )
    assert card.layers == ["a", "b"] and card.values["status"].texts == ["dead", "ok"]
    assert card.coords == {}
    assert pack.blobs[card.values["x"].data].dtype == "f32"
    assert pack.blobs[card.values["dead"].data].dtype == "u8"
    assert pack.blobs[card.values["one"].data].shape == []
