"""Findings say whom they compare, a saved picture whom it shows; what is pointed at is pinned; tables are files."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from opened_page import Opener
from playwright.sync_api import expect

from neuronaut.analysis.activity import activity
from neuronaut.core.address import Address
from neuronaut.core.finding import Finding
from neuronaut.core.view import View
from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording

SEX = "#/network?a=sex%20%3D%3D%20%22female%22&b=sex%20%3D%3D%20%22male%22&col=ab"
LIVED = ("survived == 'yes'", "survived == 'no'")


def test_findings_about_other_groups_say_so_and_are_folded(
    passengers: Recording, tmp_path: Path, opened: Opener
) -> None:
    at = Address("0", unit=11)
    view = View("network", at=at, a=LIVED[0], b=LIVED[1], colour="ab")
    finding = Finding("It prefers them: g = -4.47, q = 2e-119.", at, views=(view,))
    page = opened(export(passengers, tmp_path / "page.html", slices=LIVED, findings=[finding]))
    claim = page.tab.get_by_text("It prefers them")
    expect(claim).to_be_visible()
    expect(claim).to_have_text("It prefers them: g\u00a0=\u00a0\u22124.47, q\u00a0=\u00a02e\u2212119.")
    page.type_filter("A", 'sex == "female"')
    page.type_filter("B", 'sex == "male"')
    expect(claim).to_be_hidden()
    expect(page.inspector.get_by_text("not the groups above")).to_contain_text('survived == "yes"')


def test_a_saved_network_says_who_is_compared_and_in_which_colours(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic, SEX)
    page.tab.get_by_label("Save picture").last.click()
    with page.tab.expect_download() as saved:
        page.tab.get_by_role("button", name="Save as SVG").last.click()
    text = Path(saved.value.path()).read_text()
    women = int(passengers.mask("sex == 'female'").sum())
    assert f'A: sex == "female" (n = {women})' in text
    assert f'B: sex == "male" (n = {passengers.n - women})' in text
    assert "Colour: A vs B" in text
    assert "purple" not in text


def test_the_table_of_the_network_is_a_file(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic, SEX)
    page.tab.keyboard.press("t")
    with page.tab.expect_download() as saved:
        page.tab.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(saved.value.path()).read_text())))
    row = next(one for one in rows if one["address"] == "0:11")
    mean = activity(passengers, ["sex == 'female'"], layers="0")["mean"][0, 11]
    assert float(row["mean_a"]) == pytest.approx(mean, rel=0.02)
    assert (row["a"], row["b"]) == ('sex == "female"', 'sex == "male"')


def test_p_pins_what_is_pointed_at_and_the_button_takes_the_pin_away(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    page.point_at("0", 3, "dense 1")
    page.tab.keyboard.press("p")
    page.tab.wait_for_function("() => window.neuronaut.explorer.pins.length === 1")
    assert page.ask("e.pins[0].unit") == 3
    page.ask("e.pinned = true")
    page.tab.get_by_role("button", name="Unpin").click()
    assert page.ask("e.pins.map((one) => one.unit)") == [3]
