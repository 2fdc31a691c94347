"""Keys and links: the view is two keys away, rows are reached by arrows, and what a link asks for in vain is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from opened_page import Opener
from passenger_recordings import record_passengers
from playwright.sync_api import Browser, expect
from served_page import OpenedServed

from neuronaut.explorer.server.run import Server
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording


@pytest.fixture
def writable(browser: Browser, tmp_path: Path) -> Iterator[tuple[OpenedServed, Recording]]:
    """The slices of a recording that the page may write to."""
    record_passengers(tmp_path / "own.naut")
    rec = open_recording(tmp_path / "own.naut", writable=True)
    with Server([rec]) as server:
        opened = OpenedServed(browser, server, "#/slices")
        yield opened, rec
        opened.close()
    assert opened.wrongs == []


def test_the_view_is_the_first_tab_stop_and_suggestions_are_one(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?a=&b=")
    keys = page.tab.keyboard
    keys.press("Tab")
    expect(page.tab.get_by_role("button", name="Skip to the view")).to_be_focused()
    keys.press("Enter")
    expect(page.canvas).to_be_focused()
    page.tab.get_by_role("combobox", name="Filter of group A").focus()
    slices = page.tab.get_by_role("toolbar", name="Named slices").get_by_role("button")
    expect(slices.nth(2)).to_be_visible()
    keys.press("Tab")
    expect(slices.nth(0)).to_be_focused()
    keys.press("ArrowRight")
    expect(slices.nth(1)).to_be_focused()
    keys.press("Tab")
    expect(page.tab.get_by_role("combobox", name="Filter of group B")).to_be_focused()


def test_rows_of_samples_are_reached_by_arrows_and_opened_by_enter(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/samples?a=&b=")
    table = page.tab.get_by_role("region", name="Table of samples")
    expect(table.get_by_role("button", name="Open sample").first).to_be_visible()
    at = page.ask("[e.engine.samples.ids[59], e.engine.samples.ids[60]]")
    table.focus()
    for _ in range(61):
        page.tab.keyboard.press("ArrowDown")
    expect(table.get_by_role("button", name=f"Open sample {at[1]}", exact=True)).to_be_focused()
    page.tab.keyboard.press("ArrowLeft")
    expect(table.get_by_role("checkbox", name=f"Select sample {at[1]}", exact=True)).to_be_focused()
    page.tab.keyboard.press("Space")
    assert page.ask("e.own.rows") == "60"
    page.tab.keyboard.press("ArrowUp")
    page.tab.keyboard.press("Shift+Space")
    assert page.ask("e.own.rows") == "59-60"
    page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("Enter")
    expect(page.tab.get_by_role("heading", name=f"Sample {at[0]}", exact=True)).to_be_visible()


def test_a_table_of_samples_is_one_stop_of_the_tabulator_and_the_help_says_how_to_go_on(
    titanic: Path, opened: Opener
) -> None:
    page = opened(titanic, "#/samples")
    table = page.tab.get_by_role("region", name="Table of samples")
    expect(table.get_by_role("button", name="Open sample").first).to_be_visible()
    assert table.evaluate("(one) => [...one.querySelectorAll('tbody *')].filter((at) => at.tabIndex >= 0).length") == 0
    page.tab.keyboard.press("?")
    said = page.tab.get_by_role("dialog").get_by_text("Row by row, once in a table")
    expect(said.locator("xpath=..")).to_contain_text("↓")


def test_a_sample_is_found_by_its_number(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.tab.keyboard.press("Control+k")
    page.tab.keyboard.type("sample 184")
    page.tab.keyboard.press("Enter")
    expect(page.tab.get_by_role("heading", name="Sample 184", exact=True)).to_be_visible()


@pytest.mark.parametrize(
    ("hash", "said"),
    [
        ("#/sample?at=99999", 'no sample in row "99999"'),
        ("#/layers?layer=foo", 'no layer "foo"'),
        ("#/layers?at=nope", 'no layer "nope"'),
        ("#/neuron?at=99:99", 'no neuron "99:99"'),
    ],
)
def test_a_link_to_what_is_not_there_says_so(titanic: Path, opened: Opener, hash: str, said: str) -> None:
    page = opened(titanic, hash)
    expect(page.tab.get_by_role("alert").filter(has_text=said)).to_be_visible()


def test_chosen_slices_stay_chosen_and_a_name_is_replaced_only_when_asked(
    writable: tuple[OpenedServed, Recording],
) -> None:
    page, rec = writable
    tab = page.tab
    first = tab.get_by_role("combobox", name="First slice")
    first.select_option(label='sex == "female"')
    tab.get_by_role("combobox", name="Operation").select_option("but not")
    tab.get_by_role("textbox", name="Filter of the slice").fill("age < 16")
    tab.get_by_role("textbox", name="Name of the slice").fill("young")
    unknown = 891 - int(rec.mask("age < 16").sum()) - int(rec.mask("not (age < 16)").sum())
    expect(tab.get_by_text(f"not, {unknown} unknown: where the filter is null")).to_be_visible()
    save = tab.get_by_role("button", name="Save", exact=True)
    save.click()
    row = tab.get_by_role("row").filter(has_text="in the recording").filter(has_text="young")
    expect(row).to_be_visible()
    assert first.locator("option:checked").inner_text() == 'sex == "female"'

    tab.get_by_role("textbox", name="Filter of the slice").fill("age < 18")
    tab.get_by_role("textbox", name="Name of the slice").fill("young ")
    expect(save).to_be_disabled()
    expect(tab.get_by_role("alert").filter(has_text="is there already")).to_be_visible()
    tab.get_by_role("textbox", name="Filter of the slice").press("Enter")
    assert open_recording(rec.path).slices["young"].expression == "age < 16"
    tab.get_by_role("button", name="Replace").click()
    expect(row).to_contain_text("age < 18")
    assert open_recording(rec.path).slices["young"].expression == "age < 18"


def test_rows_that_no_link_holds_are_said_where_the_recording_can_keep_them(
    writable: tuple[OpenedServed, Recording],
) -> None:
    page, rec = writable
    page.tab.goto(f"{page.origin}/#/samples?a=&b=")
    every_second = " ".join(str(row) for row in range(0, 891, 2))
    page.ask("e.keep({ rows: '0-3' })")
    note = page.tab.get_by_role("region", name="Samples", exact=True).get_by_text("which leaves them out")
    expect(page.tab.get_by_text("4 selected", exact=True)).to_be_visible()
    expect(note).to_have_count(0)
    page.ask(f"e.keep({{ rows: '{every_second}' }})")
    expect(note).to_have_text(
        "446 samples: too many for a link, which leaves them out. Save them as a slice, which the recording keeps."
    )
    assert "rows=0-3" in page.hash
    page.tab.get_by_role("textbox", name="Name of the slice").fill("every second")
    page.tab.get_by_role("button", name="Save as slice").click()
    expect(page.tab.get_by_text("is saved in the recording").first).to_be_attached()
    expect(note).to_have_count(0)
    kept = open_recording(rec.path)
    assert kept.mask(kept.slices["every second"]).nonzero()[0].tolist() == list(range(0, 891, 2))
