"""The table of a recording with more samples and columns than a page takes: sorted and filtered by Python."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

from neuronaut.core.layer import Graph, Layer
from neuronaut.explorer.server import manifest
from neuronaut.explorer.server.run import Server
from neuronaut.store.card import RecordingCard
from neuronaut.store.create import create
from neuronaut.store.layout import ArraySpec
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

ROWS = 100_500


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    random = np.random.default_rng(3)
    path: Path = tmp_path_factory.mktemp("long") / "long.naut"
    spec = ArraySpec("activations/fc/post", "float32", (2,), ("sample", "unit"))
    names = np.array(["ash", "birch", "cedar", None], object)
    table = pa.table(
        {
            "weight": random.permutation(ROWS).astype(float),
            "tree": pa.array(names[random.integers(0, 4, ROWS)]),
            "height": random.integers(0, 1000, ROWS),
        }
    )
    with create(path, RecordingCard(Graph((Layer("fc", "dense", 2, "linear", 0),))), [spec]) as writer:
        writer.append({spec.path: random.normal(size=(ROWS, 2)).astype(np.float32)}, table)
    return open_recording(path)


@pytest.fixture
def page(browser: Browser, long: Recording, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenedServed]:
    """The page of a manifest that has room for one column."""
    monkeypatch.setattr(manifest, "COLUMN_BYTES", 8 * ROWS)
    with Server([long]) as server:
        opened = OpenedServed(browser, server, "#/samples")
        yield opened
        opened.close()
    assert opened.wrongs == []


def listed(page: OpenedServed, count: int = 6) -> list[list[str]]:
    rows = page.tab.get_by_role("region", name="Table of samples").locator("tbody tr:not(.space)")
    return [rows.nth(place).locator("th, td:not(.pick, .rest)").all_inner_texts() for place in range(count)]


def cells(long: Recording, rows: list[int]) -> list[list[str]]:
    table = long.metadata
    trees = table["tree"].where(table["tree"].notna(), "null")
    return [[f"#{row}", f"{table['weight'][row]:.0f}", trees[row], str(table["height"][row])] for row in rows]


def test_the_table_is_sorted_by_python_over_columns_that_the_manifest_does_not_list(
    page: OpenedServed, long: Recording
) -> None:
    assert page.ask("e.manifest.samples.columns.map((one) => one.name)") == ["weight"]
    assert page.ask("e.manifest.samples.unlisted") == ["tree", "height"]
    table, tab = long.metadata, page.tab
    expect(tab.get_by_text(f"{ROWS:,} of {ROWS:,} samples", exact=True)).to_be_visible()
    assert listed(page) == cells(long, list(range(6)))
    for heading, fall in (("height", False), ("height", True), ("tree", False)):
        tab.get_by_role("button", name=heading).click()
        keys = -table[heading] if fall else table[heading]
        order = keys.sort_values(kind="stable", na_position="last").index.tolist()
        expect(tab.locator("tbody th.id").first).to_have_text(f"#{order[0]}")
        assert listed(page) == cells(long, order[:6])
    region = tab.get_by_role("region", name="Table of samples")
    region.evaluate("(one) => (one.scrollTop = one.scrollHeight)")
    expect(tab.locator("tbody th.id").last).to_have_text(f"#{order[-1]}")
    assert table["tree"][order[-1]] is None or table.isna()["tree"][order[-1]]


def test_all_of_a_long_table_are_selected_without_naming_them(page: OpenedServed, long: Recording) -> None:
    tab = page.tab
    expect(tab.get_by_text(f"{ROWS:,} of {ROWS:,} samples", exact=True)).to_be_visible()
    tab.get_by_role("checkbox", name="Select all listed").click()
    expect(tab.get_by_text(f"All {ROWS:,} selected")).to_be_visible()
    page.type_filter("A", "tree == 'birch' and height < 500")
    page.leave_filter("A")
    n = int(long.mask("tree == 'birch' and height < 500").sum())
    expect(tab.get_by_text(f"All {n:,} selected")).to_be_visible()
    tab.get_by_role("button", name="Save as slice").click()
    expect(tab.get_by_text("selected", exact=False)).to_have_count(0)
    assert page.ask("e.named.map((one) => one.expression)") == ['tree == "birch" and height < 500']
    tab.goto(f"{page.origin}/#/samples?rows={'%20'.join(str(row) for row in range(0, 3000, 2))}")
    expect(tab.get_by_text("1,500 samples: too many for a filter")).to_be_visible()
    expect(tab.get_by_role("button", name="Save as slice")).to_be_disabled()


def test_a_range_of_a_long_table_reaches_beyond_the_rows_at_hand(page: OpenedServed, long: Recording) -> None:
    tab = page.tab
    order = long.metadata["height"].sort_values(kind="stable").index.to_numpy()
    tab.get_by_role("button", name="height").click()
    first = tab.get_by_role("checkbox", name=f"Select sample {order[3]}", exact=True)
    first.click()
    region = tab.get_by_role("region", name="Table of samples")
    region.evaluate("(one) => (one.scrollTop = 12000 * 30)")
    rows = region.locator("tbody tr:not(.space)")
    expect(rows.nth(20)).to_have_attribute("aria-rowindex", re.compile("^120"))
    last = int(rows.nth(5).get_attribute("aria-rowindex") or 0) - 2
    rows.nth(5).get_by_role("checkbox").click(modifiers=["Shift"])
    expect(tab.get_by_text(f"{last - 2:,} selected", exact=True)).to_be_visible()
    runs = [run.partition("-") for run in page.ask("e.own.rows").split()]
    selected = [row for low, _, high in runs for row in range(int(low), int(high or low) + 1)]
    np.testing.assert_array_equal(selected, np.sort(order[3 : last + 1]))
    region.evaluate("(one) => (one.scrollTop = 0)")
    tab.get_by_role("checkbox", name=f"Select sample {order[0]}", exact=True).click()
    region.evaluate("(one) => (one.scrollTop = one.scrollHeight)")
    tab.get_by_role("checkbox", name=f"Select sample {order[-1]}", exact=True).click(modifiers=["Shift"])
    expect(tab.get_by_text("A range has at most 100,000 rows").first).to_be_attached()


FAR = """() => {
  const engine = Object.getPrototypeOf(window.neuronaut.explorer.engine)
  const { listed } = engine
  engine.listed = async function (what, signal) {
    const { samples, rows } = await listed.call(this, { ...what, offset: what.offset % 100000 }, signal)
    const count = Math.min(rows.length, 5000000 - what.offset)
    const ids = Uint32Array.from({ length: count }, (_, place) => what.offset + place)
    const cell = samples.cell.bind(samples)
    return { total: 5000000, first: what.offset, rows: ids, samples: { ids, cell, columns: samples.columns } }
  }
}"""
"""A source that lists five million rows, each numbered by its place."""


def test_five_million_rows_can_be_scrolled_to_the_last_and_none_is_passed_by(page: OpenedServed) -> None:
    tab = page.tab
    tab.evaluate(FAR)
    tab.keyboard.press("1")
    tab.keyboard.press("4")
    expect(tab.get_by_text(f"5,000,000 of {ROWS:,} samples", exact=True)).to_be_visible()
    region = tab.get_by_role("region", name="Table of samples")
    ids = tab.locator("tbody th.id")
    region.focus()
    tab.keyboard.press("End")
    expect(ids.last).to_have_text("#4999999")
    last, box = ids.last.bounding_box(), region.bounding_box()
    assert last is not None and box is not None
    assert abs(last["y"] + last["height"] - (box["y"] + box["height"])) < 1.5
    assert region.get_by_role("row").last.get_attribute("aria-rowindex") == "5000001"
    tab.keyboard.press("Home")
    expect(ids.first).to_have_text("#0")
    region.evaluate("(one) => (one.scrollTop = (one.scrollHeight - one.clientHeight) / 2)")
    expect(tab.get_by_role("button", name="Open sample 2500000", exact=True)).to_be_visible()
    region.hover()
    tab.wait_for_timeout(400)  # until the scroll bar rests: a turn of the wheel begins then
    button = tab.get_by_role("button", name="Open sample 2500010", exact=True)
    before = button.bounding_box()
    tab.mouse.wheel(0, 60)
    tab.wait_for_function(
        """(y) => [...document.querySelectorAll("tbody th.id button")].some(
          (one) => one.innerText === "#2500010" && Math.abs(one.getBoundingClientRect().y - y) < 2)""",
        arg=before["y"] - 60 if before else None,
    )


def test_a_filter_may_ask_for_a_column_that_the_manifest_does_not_list(page: OpenedServed, long: Recording) -> None:
    page.filter("A").press_sequentially("hei")
    page.tab.get_by_role("option", name="height column").click()
    expect(page.filter("A")).to_have_value("height ")
    page.filter("A").fill("")
    text = "tree == 'birch' and height < 100"
    page.filter("A").press_sequentially(text)
    expected = np.flatnonzero(long.mask(text))
    page.tab.wait_for_function("n => window.neuronaut.explorer.a?.n === n", arg=len(expected))
    page.leave_filter("A")
    expect(page.tab.get_by_text(f"{len(expected):,} of {ROWS:,} samples in A")).to_be_visible()
    expect(page.tab.locator("tbody th.id").first).to_have_text(f"#{expected[0]}")
    assert listed(page, 3) == cells(long, expected[:3].tolist())
    mean = page.ask("e.a.layers.get('fc').mean[1]")
    np.testing.assert_allclose(mean, long["fc"].read()[expected, 1].mean(dtype=float), rtol=1e-6)


def test_a_link_with_such_a_filter_lists_its_samples(page: OpenedServed, long: Recording) -> None:
    page.tab.goto(f"{page.origin}/#/samples?a=height%20%3C%2050")
    page.tab.reload()
    expected = np.flatnonzero(long.mask("height < 50"))
    expect(page.tab.get_by_text(f"{len(expected):,} of {ROWS:,} samples in A")).to_be_visible()
    assert listed(page, 3) == cells(long, expected[:3].tolist())


def test_a_name_that_no_column_has_is_still_refused(page: OpenedServed) -> None:
    page.filter("A").press_sequentially("heigth > 3")
    expect(page.chip("A")).to_contain_text("no column 'heigth'; closest: 'height'")
