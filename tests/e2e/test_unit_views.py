"""The neuron's page, the layers and the comparison: reached, read, walked by keys, linked and saved."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest
from opened_page import Opened, Opener
from playwright.sync_api import expect
from served_page import Serving
from test_accessibility import violations

from neuronaut.analysis.compare import compare
from neuronaut.store.recording import Recording

NEURON = "#/neuron?at=0%3A11"
COMPARED = "a=sex%20%3D%3D%20'female'"


def main(page: Opened) -> str:
    return str(page.tab.locator("main").inner_text())


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize(
    "hash", [f"{NEURON}&{COMPARED}", f"{NEURON}&table=1", "#/layers?at=0", f"#/compare?{COMPARED}"]
)
def test_nothing_is_out_of_reach_in_any_view_and_theme(titanic: Path, opened: Opener, theme: str, hash: str) -> None:
    page = opened(titanic, hash, theme=theme)
    page.wait_for_frames()
    assert violations(page) == []


def test_enter_on_the_selected_neuron_opens_its_page_and_escape_leads_back(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    page.canvas.focus()
    page.tab.keyboard.press("Enter")
    expect(page.tab.get_by_role("heading", name="Neuron 11")).to_be_visible()
    assert page.hash.startswith("#/neuron?at=0%3A11")
    page.tab.locator("main h1").click()
    page.tab.keyboard.press("Escape")
    expect(page.tab.get_by_role("region", name="Network")).to_be_visible()


def test_arrows_walk_through_the_units_of_the_layer(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, NEURON)
    page.tab.keyboard.press("ArrowRight")
    expect(page.tab.get_by_role("heading", name="Neuron 12")).to_be_visible()
    page.tab.keyboard.press("ArrowLeft")
    page.tab.keyboard.press("ArrowLeft")
    expect(page.tab.get_by_role("heading", name="Neuron 10")).to_be_visible()
    assert page.hash.startswith("#/neuron?at=0%3A10")


def test_the_lowest_samples_are_those_with_the_smallest_values(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/neuron?at=5%3A0&samples=least")
    shown = page.tab.locator("section[aria-label=Samples] .id").all_inner_texts()
    values = page.tab.evaluate("() => window.neuronaut.explorer.engine.unitValues('5', 0).then((all) => [...all])")
    ids = page.ask("[...e.engine.samples.ids]")
    lowest = sorted(range(len(values)), key=lambda row: (values[row], row))[: len(shown)]
    assert shown == [f"#{ids[row]}" for row in lowest]


def test_an_unknown_neuron_is_said_and_the_layers_are_offered(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/neuron?at=0%3A999")
    expect(page.tab.locator("main")).to_contain_text('no neuron "0:999"')


def test_the_heat_map_says_the_value_under_the_keyboard(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/layers?at=0&sort=index")
    page.tab.wait_for_timeout(50)
    page.canvas.focus()
    expect(page.tab.locator("main canvas")).to_be_visible()
    page.tab.wait_for_function("() => document.querySelector('main canvas').height > 300")
    page.tab.keyboard.press("ArrowRight")
    expect(page.tab.locator("main footer")).to_contain_text("neuron 1")
    page.tab.keyboard.press("Enter")
    assert page.ask("e.sel") == "0:1"


def test_a_box_on_the_plot_lists_what_is_in_it_and_stays_in_the_link(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, f"#/compare?{COMPARED}")
    plot = page.tab.locator("main svg[role=application]")
    box = plot.bounding_box()
    assert box is not None
    page.tab.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 2)
    page.tab.mouse.down()
    page.tab.mouse.move(box["x"] + box["width"] - 4, box["y"] + box["height"] * 0.5, steps=4)
    page.tab.mouse.up()
    shown = page.tab.get_by_role("region", name="Units ranked by A against B")
    effects = shown.locator("tbody [data-term=g]").all_inner_texts()
    assert effects and all("+" in effect for effect in effects)
    assert "box=" in page.hash
    again = opened(titanic, page.hash)
    assert again.tab.locator("main tbody [data-term=g]").all_inner_texts() == effects


@pytest.mark.parametrize("hash", [NEURON, "#/layers?at=0", f"#/compare?{COMPARED}", "#/network"])
def test_every_view_is_saved_as_a_picture_that_stands_alone(titanic: Path, opened: Opener, hash: str) -> None:
    page = opened(titanic, hash)
    page.tab.locator("main summary[aria-label='Save picture']").first.click()
    with page.tab.expect_download() as saving:
        page.tab.get_by_role("button", name="Save as SVG").first.click()
    text = Path(saving.value.path()).read_text(encoding="utf-8")
    found = page.tab.evaluate(
        """(text) => {
          const drawn = new DOMParser().parseFromString(text, "image/svg+xml")
          const foreign = [...drawn.querySelectorAll("*")].flatMap((one) => [...one.attributes])
          return [drawn.documentElement.localName, drawn.querySelectorAll("rect, path, text").length,
            foreign.filter(({name, value}) => name !== "xmlns" && /^https?:/.test(value)).length]
        }""",
        text,
    )
    assert found[0] == "svg"
    assert found[1] > 8
    assert found[2] == 0


def test_the_headline_of_a_comparison_counts_the_same_units_as_python(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    a, b = "survived == 'yes'", "survived == 'no'"
    q = compare(passengers, a, b)["q"]
    inputs = passengers.layers["input"].unit_count
    page = opened(titanic, f"#/compare?a={quote(a)}&b={quote(b)}")
    said = page.tab.locator("main header p")
    expect(said).to_contain_text(f"{int((q < 0.05).sum())} of {len(q)} units ({inputs} of them inputs) differ")
    expect(said).to_contain_text(re.compile(r"On one half of the samples alone \d+ do, and \d+ of them again"))


def test_no_chance_is_shown_as_zero(titanic: Path, passengers: Recording, opened: Opener) -> None:
    q = compare(passengers, "sex == 'female'")["q"]
    assert (q[q > 0] < 1e-45).any()  # smaller than single precision can say
    page = opened(titanic, f"#/compare?{COMPARED}")
    shown = page.tab.locator("main tbody [data-term=q]").all_inner_texts()
    assert shown and all(text.strip("~") not in ("0", "0.00", "< 0.001") for text in shown)


def test_histograms_of_slices_count_what_numpy_counts(serving: Serving, passengers: Recording) -> None:
    filters = {"young": "age < 16", "women": "sex == 'female'", "also women": "sex == 'female'", "old": "age > 200"}
    slices = "".join(f"&slice={quote(name)}%09{quote(text)}" for name, text in filters.items())
    page = serving([passengers], f"{NEURON}&by=slices{slices}")
    panel = page.tab.get_by_role("group", name="Histograms of 0:11")
    rows = panel.get_by_role("button")
    expect(rows).to_have_count(len(filters))
    values = np.asarray(passengers["0"].read(units=11), np.float64).ravel()
    groups = [values[passengers.mask(text)] for text in filters.values()]
    assert min((group == 0).mean() for group in groups[:3]) > 0.05, "a unit that is often off: zeros are not drawn"
    high, low = (
        end(group) for end, group in ((np.max, np.concatenate(groups)), (np.min, np.concatenate([*groups, [0]])))
    )
    shares = [np.histogram(group[group != 0], 48, (low, high))[0] / max(1, len(group)) for group in groups]
    peak = max(share.max() for share in shares)
    for row, name, group, share in zip(rows.all(), filters, groups, shares, strict=True):
        said = row.get_attribute("aria-label") or ""
        mean = re.fullmatch(rf"{name}: mean (\S+), {len(group)} samples\. Put into A", said)
        assert mean, said
        if len(group) == 0:
            assert mean[1] == "–"
        else:
            assert float(mean[1]) == pytest.approx(group.mean(), rel=0.005)
        tops = re.findall(r"[ML]\S+ (\S+?)H", row.locator("path.line").get_attribute("d") or "")
        np.testing.assert_allclose((24 - np.array(tops, float)) / 24 * peak, share, atol=0.003)
    rows.nth(0).click()
    assert page.ask("e.view.a") == "age < 16"


def test_a_neuron_with_slices_of_its_recording_is_shown_by_them_or_by_classes(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, NEURON)
    by = page.tab.get_by_role("combobox", name="Histograms by")
    rows = page.tab.get_by_role("group", name="Histograms of 0:11").get_by_role("button")
    expect(rows.first).to_have_accessible_name(re.compile("^no: mean"))
    by.select_option("slices")
    assert page.hash.endswith("by=slices")
    expect(rows.first).to_have_accessible_name(re.compile('^survived == "yes": mean'))
    by.select_option("classes")
    expect(rows.first).to_have_accessible_name(re.compile("^no: mean"))
