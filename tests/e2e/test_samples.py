"""Samples and slices: a person sorts, filters, opens, selects and saves; what is seen is what was recorded."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
from opened_page import Opener
from passenger_recordings import record_images
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

from neuronaut.core.slices import where
from neuronaut.explorer.export import export
from neuronaut.explorer.server.run import Server
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
    page.leave_filter("A")
    page.filter("B").fill("")
    n = int(passengers.mask("age < 16").sum())
    expect(page.tab.get_by_text(f"{n} of 891 samples in A", exact=True)).to_be_visible()
    wrong = int(passengers.mask("age < 16 and correct == false").sum())
    page.tab.get_by_role("radio", name=f"Misclassified {wrong}").check(force=True)
    expect(page.tab.get_by_text(f"{wrong} of 891 samples in A", exact=True)).to_be_visible()


def test_of_two_groups_both_are_listed_and_each_row_says_which_it_is_in(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    filters = {"A": "age < 30", "B": "survived == 'yes'"}
    page = opened(titanic, "#/samples?a=age%20%3C%2030&b=survived%20%3D%3D%20'yes'&sort=fare")
    a, b = (passengers.mask(text) for text in filters.values())
    fares, wrong = passengers.metadata["fare"].to_numpy(), passengers.mask("correct == false")
    status = page.tab.get_by_role("region", name="Samples", exact=True).get_by_role("status")
    for name, inside in (("A or B", a | b), ("A", a), ("B", b), ("A and B", a & b)):
        page.tab.get_by_role("radio", name=f"{name} {inside.sum()}", exact=True).check(force=True)
        expect(status).to_have_text(f"{inside.sum()} of 891 samples in {name}")
        expect(page.tab.get_by_role("radio", name=f"Misclassified {(inside & wrong).sum()}")).to_be_visible()
        rows = np.flatnonzero(inside)
        rows = rows[np.argsort(fares[rows], kind="stable")][:8]
        lines = page.tab.locator("tbody tr:not(.space)")
        expect(lines.first.locator("th.id")).to_have_text(f"#{passengers.sample_ids[rows[0]]}")
        seen = [(one.locator("th.id").inner_text(), one.locator("td.in").inner_text()) for one in lines.all()[:8]]
        marks = ["AB" if a[row] and b[row] else "A" if a[row] else "B" for row in rows]
        assert seen == [(f"#{passengers.sample_ids[row]}", mark) for row, mark in zip(rows, marks, strict=True)]
    assert page.hash.endswith("&sort=fare&in=both")
    page.tab.get_by_role("radio", name="Misclassified").check(force=True)
    expect(status).to_have_text(f"{(a & b & wrong).sum()} of 891 samples in A and B")


def test_a_sample_is_drawn_as_the_network_and_the_next_one_is_a_key_away(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    page = opened(titanic, "#/sample?at=7&a=&b=&sort=age")
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
    assert page.hash == f"#/sample?at={following}&a=&b=&sort=age"
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


def test_all_that_are_listed_are_saved_as_their_filter_and_one_taken_out_by_its_number(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    page = opened(titanic, "#/samples?a=age%20%3C%2030&b=pclass%20%3D%3D%201&answers=wrong")
    every = page.tab.get_by_role("checkbox", name="Select all listed")
    every.click()
    text = "(age < 30 or pclass == 1) and correct == false"
    n = int(passengers.mask(text).sum())
    expect(page.tab.get_by_text(f"All {n} selected")).to_be_visible()
    assert page.hash.endswith("&answers=wrong&rows=all")
    out = page.tab.locator("tbody tr:not(.space)").nth(2)
    number = int(out.locator("th.id").inner_text().lstrip("#"))
    out.get_by_role("checkbox").click()
    expect(page.tab.get_by_text(f"{n - 1} selected", exact=True)).to_be_visible()
    assert every.evaluate("(one) => one.indeterminate")
    page.tab.get_by_role("button", name="Put into A").click()
    assert page.ask("e.view.a") == f"({text}) and not sample in [{number}]"
    np.testing.assert_array_equal(
        passengers.mask(page.ask("e.view.a")), passengers.mask(text) & (passengers.sample_ids != number)
    )
    again = opened(titanic, "#/samples?a=age%20%3C%2030&b=&answers=wrong&rows=all")
    again.tab.get_by_role("button", name="Save as slice").click()
    expect(again.tab.get_by_text("kept in this page's link").first).to_be_attached()
    assert again.ask("e.named.at(-1).expression") == "age < 30 and correct == false"
    assert "rows=" not in again.hash


def test_numbers_of_samples_that_no_link_holds_are_refused_with_what_to_do(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, f"#/samples?a=&b=&rows={'%20'.join(str(row) for row in range(0, 891, 2))}")
    note = page.tab.get_by_text("446 samples: too many for a link, which leaves them out")
    expect(note).to_contain_text("--writable saves them in the recording. Filter, and select all")
    expect(page.tab.get_by_role("button", name="Save as slice")).to_be_disabled()
    expect(page.tab.get_by_role("button", name="Put into A")).to_be_enabled()
    page.tab.get_by_role("checkbox", name="Select all listed").click()
    expect(page.tab.get_by_text("All 891 selected")).to_be_visible()
    expect(page.tab.get_by_role("button", name="Save as slice")).to_be_enabled()


def test_a_sample_s_numbers_through_all_layers_are_a_table_and_a_file(
    browser: Browser, titanic: Path, opened: Opener, passengers: Recording, tmp_path: Path
) -> None:
    page = opened(titanic, "#/sample?at=7")
    page.tab.wait_for_function("() => window.neuronaut.explorer.one !== null")
    page.tab.keyboard.press("t")
    assert page.hash == "#/sample?at=7&table=1"
    table = page.tab.get_by_role("region", name="The network as a table")
    expect(table.get_by_role("columnheader")).to_have_text(["Layer↑", "Unit", "Value", "Mean of all", "Difference"])
    expect(page.tab.get_by_role("button", name="Show as a table")).to_have_attribute("aria-pressed", "true")
    running = Server([passengers]).start()
    served = OpenedServed(browser, running, "#/sample?at=7&table=1&sorted=-difference")
    served.tab.wait_for_function("() => window.neuronaut.explorer.one !== null")
    with served.tab.expect_download() as waiting:
        served.tab.get_by_role("button", name="CSV").click()
    waiting.value.save_as(tmp_path / "sample.csv")
    head, *lines = list(csv.reader((tmp_path / "sample.csv").read_text().splitlines()))
    assert head == ["address", "layer", "unit", "value", "mean_of_all", "difference", "sample", "exact"]
    assert waiting.value.suggested_filename.endswith("sample-7.csv")
    assert len(lines) == sum(layer.unit_count for layer in passengers.layers.values())
    assert {(line[6], line[7]) for line in lines} == {("7", "yes")}
    for name in passengers.layers:
        values = {int(line[0].rpartition(":")[2]): line for line in lines if line[0].rpartition(":")[0] == name}
        stored = np.asarray(passengers[name].read(), dtype=float)
        for unit, line in values.items():
            assert float(line[3]) == stored[7, unit]
            np.testing.assert_allclose(float(line[4]), stored[:, unit].mean(), rtol=1e-5, atol=1e-6)
            assert float(line[5]) == float(line[3]) - float(line[4])
    differences = [float(line[5]) for line in lines]
    assert differences == sorted(differences, reverse=True)
    served.close()
    running.stop()
    assert served.wrongs == []


def test_of_a_slice_it_is_said_who_is_in_it_who_is_not_and_of_whom_it_is_unknown(
    titanic: Path, opened: Opener, passengers: Recording
) -> None:
    texts = {"Group A": "age < 16", "Group B": "age > 40 or pclass == 1"}
    page = opened(titanic, "#/slices?a=age%20%3C%2016&b=age%20%3E%2040%20or%20pclass%20%3D%3D%201")
    page.tab.get_by_role("radio", name="Unknown").check(force=True)
    sizes = page.tab.get_by_role("table", name="Slices and their sizes")
    for name, text in texts.items():
        n, out = (int(passengers.mask(one).sum()) for one in (text, f"not ({text})"))
        row = sizes.get_by_role("row").filter(has=page.tab.get_by_role("rowheader", name=name, exact=True))
        assert 891 - n - out > 0
        assert row.locator("td.number").all_inner_texts()[:3] == [str(n), str(out), str(891 - n - out)]
    both = " and ".join(f"({text})" for text in texts.values())
    n, out = (int(passengers.mask(one).sum()) for one in (both, f"not ({both})"))
    cell = page.tab.get_by_role("region", name="Overlap of slices").locator("td[title^='Group A and Group B']")
    expect(cell).to_have_text(str(891 - n - out))
    expect(cell).to_have_attribute("title", re.compile(f": {n} in both, {out} not, {891 - n - out} unknown;"))


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
    page = opened(titanic, "#/samples?a=&b=&sort=age")
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
