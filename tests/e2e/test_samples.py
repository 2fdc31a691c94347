"""Samples and slices: a person sorts, filters, opens, selects and saves; what is seen is what was recorded."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from opened_page import Opener
from passenger_recordings import record_images
from playwright.sync_api import expect

from neuronaut.core.slices import where
from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording


def test_the_table_sorts_filters_and_counts_as_python_does(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    page = opened(titanic)
    page.tab.keyboard.press("4")
    table = page.tab.get_by_role("region", name="Table of samples")
    expect(table).to_be_visible()
    page.tab.get_by_role("button", name="fare", exact=True).click()
    page.tab.get_by_role("button", name="fare", exact=False).click()
    assert page.hash == "#/samples?sort=fare&desc=1"
    dearest = int(np.argmax(passengers.metadata["fare"].to_numpy()))
    first = table.get_by_role("row").nth(1)
    expect(first).to_contain_text(f"#{passengers.sample_ids[dearest]}")
    page.type_filter("A", "age < 16")
    n = int(passengers.mask("age < 16").sum())
    expect(page.tab.get_by_text(f"{n} of 891 samples in A")).to_be_visible()
    wrong = int(passengers.mask("age < 16 and correct == false").sum())
    page.leave_filter("A")
    page.tab.get_by_role("radio", name=f"Misclassified {wrong}").check(force=True)
    expect(page.tab.get_by_text(f"{wrong} of 891 samples in A")).to_be_visible()


def test_a_sample_is_drawn_as_the_network_and_the_next_one_is_a_key_away(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    page = opened(titanic, "#/sample?at=7&a=&sort=age")
    page.tab.wait_for_function("() => window.neuronaut.explorer.one !== null")
    step = page.ask("e.engine.layers.get('0').units")
    shown = np.array(page.ask("[...e.one.layers.get('0').mean]"))
    stored = passengers["0"].read(rows=7).ravel()
    assert len(shown) == step
    np.testing.assert_allclose(shown, stored, atol=0.02)
    expect(page.tab.get_by_role("heading", name="Sample 7")).to_be_visible()
    expect(page.tab.get_by_role("list", name="Probability of each class")).to_contain_text("true")
    expect(page.canvas).to_be_visible()
    page.tab.keyboard.press(".")
    ages = passengers.metadata["age"].to_numpy()
    order = np.lexsort((np.arange(891), np.isnan(ages), np.nan_to_num(ages, nan=np.inf)))
    following = int(order[list(order).index(7) + 1])
    expect(page.tab.get_by_role("heading", name=f"Sample {following}", exact=True)).to_be_visible()
    assert page.hash == f"#/sample?at={following}&a=&sort=age"
    page.tab.keyboard.press("Escape")
    expect(page.tab.get_by_role("region", name="Table of samples")).to_be_visible()
    page.tab.go_back()
    expect(page.tab.get_by_role("heading", name=f"Sample {following}", exact=True)).to_be_visible()


def test_selected_rows_become_a_slice_that_the_link_keeps(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/samples")
    for sample in (2, 5):
        page.tab.get_by_role("checkbox", name=f"Select sample {sample}", exact=True).click()
    page.tab.get_by_role("textbox", name="Name of the slice").fill("two of them")
    page.tab.get_by_role("button", name="Save as slice").click()
    expect(page.tab.get_by_text("kept in this page's link").first).to_be_attached()
    again = opened(titanic, page.hash.replace("#/samples", "#/slices"))
    row = again.tab.get_by_role("row").filter(has_text="sample in [2, 5]").first
    expect(row).to_contain_text("two of them")
    row.get_by_role("button", name="Put two of them into A").click()
    assert again.ask("e.view.a") == "sample in [2, 5]"


def test_slices_put_together_and_their_overlap_are_counted_as_python_counts(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    page = opened(titanic, "#/slices?a=age%20%3E%2030&b=pclass%20%3D%3D%201")
    form = page.tab.get_by_role("form", name="New slice")
    form.get_by_role("combobox", name="First slice").select_option(label="Group A")
    form.get_by_role("combobox", name="Operation").select_option("but not")
    form.get_by_role("combobox", name="Second slice").select_option(label="Group B")
    form.get_by_role("button", name="As a filter").click()
    name = form.get_by_role("textbox", name="Name of the slice")
    assert name.input_value() == (where("age > 30") & ~where("pclass == 1")).name
    n = int(passengers.mask("age > 30 and not (pclass == 1)").sum())
    expect(form.get_by_role("status").first).to_have_text(str(n))
    a, b = passengers.mask("age > 30"), passengers.mask("pclass == 1")
    cell = page.tab.get_by_role("region", name="Overlap of slices").locator("td[title^='Group A and Group B']")
    expect(cell).to_have_text(str(int((a & b).sum())))
    page.tab.get_by_role("radio", name="Jaccard").check(force=True)
    expect(cell).to_have_text(f"{(a & b).sum() / (a | b).sum():.2f}")


def test_the_table_as_csv_never_begins_a_formula(
    opened: Opener, passengers: Recording, titanic: Path, tmp_path: Path
) -> None:
    page = opened(titanic, "#/samples?a=&sort=age")
    with page.tab.expect_download() as waiting:
        page.tab.get_by_role("button", name="CSV").click()
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    lines = list(csv.reader(file.read_text().splitlines()))
    assert len(lines) == 892
    assert lines[0][:2] == ["sample", "survived"]
    assert not any(cell.lstrip().startswith(("=", "+", "@")) for line in lines for cell in line)


def test_a_sample_of_pictures_shows_its_picture(opened: Opener, tmp_path: Path) -> None:
    rec = record_images(tmp_path / "images.naut", rows=6)
    page = opened(export(rec, tmp_path / "page.html"), "#/sample?at=3")
    page.tab.wait_for_function("() => document.querySelector('.picture canvas')?.width > 1")
    inside = page.tab.evaluate(
        """() => { const c = document.querySelector('.picture canvas')
        return [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data].filter((_, at) => at % 4 === 0) }"""
    )
    preview = np.asarray(rec.arrays["samples/preview"].read(rows_of(3)))
    np.testing.assert_array_equal(inside, preview[..., 0].ravel())


def rows_of(row: int) -> np.ndarray:
    return np.array([row])
