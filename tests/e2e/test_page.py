"""The one-file page as a person meets it: opened from the disk, offline."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from opened_page import Opener, different
from passenger_recordings import SLICES
from playwright.sync_api import expect

from neuronaut.analysis.activity import activity
from neuronaut.analysis.compare import compare
from neuronaut.store.recording import Recording

LIVED, LOST = 'survived == "yes"', 'survived == "no"'


def shown(text: str) -> tuple[float, float]:
    """The number in a text and half of its last digit."""
    plain = text.replace("\u2212", "-").replace(",", "").rstrip("%").lstrip("~")
    decimals = len(plain.partition(".")[2])
    return float(plain), 0.5 * 10.0**-decimals + 1e-9


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_it_opens_from_a_file_without_asking_the_network_and_is_not_blank(
    titanic: Path, opened: Opener, theme: str
) -> None:
    page = opened(titanic, theme=theme)
    own = [url for url in page.requests if not url.startswith("blob:")]
    assert own == [titanic.as_uri()]
    assert page.tab.title() == "titanic.naut"
    pixels = page.pixels()
    background = np.median(pixels.reshape(-1, 3), axis=0)
    assert (np.abs(pixels - background).max(-1) > 24).mean() > 0.02
    assert (background < 60).all() if theme == "dark" else (background > 220).all()
    assert page.work["edgesDrawn"] > 100


def test_the_inspector_shows_pythons_exact_numbers(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    expect(page.inspector).to_contain_text("neuron 11")
    groups = activity(passengers, SLICES, layers="0")
    pair = compare(passengers, *SLICES)
    place = list(pair.coords["unit"]).index("0:11")
    rows = (("Mean |a|", "mean_abs", 1), ("Mean", "mean", 1), ("Firing rate", "firing_rate", 100))
    for row, statistic, factor in rows:
        for cell, exact in zip(page.statistic(row), groups[statistic][:, 11] * factor, strict=True):
            value, half = shown(cell)
            assert abs(value - exact) <= half
            assert not cell.startswith("~")
    assert page.statistic("Samples") == [str(n) for n in groups.n.values()]
    g, low, high = re.findall(r"[\u2212\d.]+", page.statistic("Hedges g")[0])
    for text, name in ((g, "hedges_g"), (low, "g_low"), (high, "g_high")):
        value, half = shown(text)
        assert abs(value - pair[name][place]) <= half
    assert page.statistic("Replicated") == ["replicated" if pair["replicated"][place] == 1 else "not replicated"]


def test_every_shipped_statistic_reaches_the_app_unchanged(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic)
    exact = activity(passengers, SLICES)
    held: list[float] = []
    for layer in passengers.layers:
        held += page.ask("Array.from(e.sides.a.layers.get(x).mean)", layer)
    np.testing.assert_array_equal(np.array(held, np.float32), exact["mean"][0].astype(np.float32))


def test_a_filter_typed_recolours_the_network_and_shows_its_n(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic)
    before = page.pixels()
    page.type_filter("A", "age > 40 and sex == 'male'")
    n = int(passengers.mask("age > 40 and sex == 'male'").sum())
    expect(page.chip("A")).to_contain_text(str(n))
    page.leave_filter("A")
    page.wait_until_answered()
    assert different(before, page.pixels()) > 0.001
    assert page.ask("[e.sides.a.n, e.sides.a.exact, e.sides.b.exact]") == [n, False, True]


def test_numbers_of_a_typed_filter_are_marked_and_close_to_the_exact_ones(
    titanic: Path, passengers: Recording, opened: Opener
) -> None:
    page = opened(titanic, "#/network?a=age%20%3E%2040&sel=0%3A11")
    (cell, _) = page.statistic("Mean |a|")
    assert cell.startswith("~")
    exact = activity(passengers, "age > 40", layers="0")
    error = page.ask("e.manifest.activations.find((card) => card.layer === '0').error")
    for name, held in (("mean", "mean"), ("mean_abs", "meanAbs"), ("max", "max")):
        values = page.ask("Array.from(e.sides.a.layers.get('0')[x])", held)
        assert np.abs(np.array(values) - exact[name][0]).max() <= error
    np.testing.assert_allclose(
        page.ask("Array.from(e.sides.a.layers.get('0').firingRate)"), exact["firing_rate"][0], rtol=1e-6
    )


def test_filters_select_the_same_samples_as_in_python(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic)
    for text in (
        "age is null",
        "not age > 30",
        "10 < age <= 20 or fare > 100",
        "sex in ['male'] and pclass != 3",
        "correct and p_yes > 0.9",
        "prediction == 'yes' and loss < 0.1",
        "adult == 'no' and half == 1",
        "sample % 7 == 3",
        "startswith(adult, 'y') and round(age) == 20",
    ):
        assert page.ask("e.engine.mask(x).n", text) == int(passengers.mask(text).sum()), text


def test_a_typo_is_underlined_explained_and_mended_with_one_press(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.type_filter("A", "survivd == 'yes' ")
    alert = page.chip("A").get_by_role("alert")
    expect(alert).to_contain_text("survivd")
    expect(alert.locator("mark")).to_have_text("survivd")
    expect(page.filter("A")).to_have_attribute("aria-invalid", "true")
    assert page.ask("e.view.a") == LIVED
    alert.get_by_role("button").click()
    expect(page.filter("A")).to_have_value("survived == 'yes' ")
    expect(page.chip("A").get_by_role("alert")).to_have_count(0)


def test_a_filter_that_selects_nothing_is_explained(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.type_filter("A", "sex == 'femal'")
    expect(page.chip("A").get_by_title("0 samples selected")).to_be_visible()
    expect(page.chip("A").get_by_role("status")).to_contain_text("female")
    page.leave_filter("A")
    page.wait_until_answered()
    assert page.ask("e.sides.a.n") == 0


def test_hovering_repaints_the_overlay_alone(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    before = page.work
    x, top, bottom = page.column("dense 1")
    for y in np.linspace(top + 80, bottom - 80, 60):
        page.tab.mouse.move(x, float(y))
        page.wait_for_frames(1)
    after = page.work
    assert after["fullRedraws"] == before["fullRedraws"]
    assert after["overlayRedraws"] - before["overlayRedraws"] >= 20


def test_hovering_shows_the_influence_of_the_unit(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    calm = page.pixels()
    page.point_at("0", 11, "dense 1")
    page.wait_for_frames()
    expect(page.tab.locator(".tip")).to_contain_text("11")
    assert different(calm, page.pixels()) > 0.02


def test_a_click_opens_the_inspector_with_the_units_real_number(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    x, y = page.point_at("3", 9, "dense 2")
    page.tab.mouse.click(x, y)
    expect(page.inspector).to_contain_text("dense 2")
    expect(page.inspector).to_contain_text("neuron 9")
    expect(page.inspector).to_contain_text("3:9")
    assert page.hash == "#/network?sel=3%3A9"


def test_the_strongest_inputs_are_the_recorded_weights(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    weights = np.asarray(passengers.parameters["w1"])[11]
    names = passengers.layers["input"].unit_names
    assert names is not None
    order = np.argsort(-np.abs(weights))[:5]
    section = page.inspector.locator("section", has=page.tab.get_by_text("Strongest inputs"))
    text = section.inner_text().replace("\u2212", "-")
    for unit in order:
        assert names[unit] in text
        assert f"{weights[unit]:+.2f}" in text


def test_top_samples_are_those_with_the_largest_values(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic, "#/network?a=&b=&sel=0%3A11")
    values = passengers["0:11"].read()
    error = page.ask("e.manifest.activations.find((card) => card.layer === '0').error")
    section = page.inspector.locator("section", has=page.tab.get_by_text("Top samples"))
    ids = [int(text) for text in re.findall(r"#([\d,]+)", section.inner_text())]
    assert len(ids) >= 3
    assert values[ids].min() >= np.sort(values)[-len(ids)] - 2 * error


def test_a_link_brings_back_the_same_view(titanic: Path, opened: Opener) -> None:
    first = opened(titanic)
    first.type_filter("A", "fare > 50")
    first.leave_filter("A")
    first.tab.get_by_role("radio", name="Signed").or_(first.tab.get_by_role("button", name="Signed")).first.click()
    first.tab.get_by_role("radio", name="All").or_(
        first.tab.get_by_role("button", name="All", exact=True)
    ).first.click()
    x, y = first.point_at("5", 3, "dense 3")
    first.tab.mouse.click(x, y)
    first.wait_until_answered()
    second = opened(titanic, first.hash)
    view = "(({route, a, b, sel, col, edges, blend, theme}) => ({route, a, b, sel, col, edges, blend, theme}))(e.view)"
    assert second.ask(view) == first.ask(view)
    assert second.ask("e.view.a") == "fare > 50"
    assert second.hash == first.hash
    first.tab.mouse.move(5, 5)
    second.tab.mouse.move(5, 5)
    first.wait_for_frames()
    second.wait_for_frames()
    assert different(first.pixels(), second.pixels()) < 0.001


def test_going_back_undoes_a_step(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A11")
    x, y = page.point_at("3", 9, "dense 2")
    page.tab.mouse.click(x, y)
    expect(page.inspector).to_contain_text("neuron 9")
    page.tab.go_back()
    expect(page.inspector).to_contain_text("neuron 11")


def test_a_link_to_what_is_not_there_says_so_and_shows_the_nearest(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?sel=0%3A99&col=rainbow")
    expect(page.tab.get_by_role("status").first).not_to_be_empty()
    assert page.ask("[e.view.sel, e.view.col]") == ["0:31", "ab"]


def test_the_keyboard_alone_reaches_a_unit_and_its_table(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.canvas.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "Enter"):
        page.tab.keyboard.press(key)
    expect(page.inspector).to_contain_text("neuron 2")
    expect(page.tab.locator("[aria-live=polite]")).to_contain_text("2")
    page.tab.keyboard.press("Shift+ArrowRight")
    page.tab.keyboard.press("Enter")
    strongest = page.ask("e.engine.outputsOf('0', 2, 1)[0]")
    expect(page.inspector).to_contain_text(f"{strongest['layer']}:{strongest['unit']}")
    page.tab.keyboard.press("t")
    expect(page.tab.get_by_role("table").first).to_be_visible()
    page.tab.keyboard.press("Escape")
    page.tab.keyboard.press("Escape")
    assert page.ask("e.view.sel") is None
    page.tab.keyboard.press("?")
    expect(page.tab.get_by_role("dialog")).to_be_visible()
    page.tab.keyboard.press("Escape")
    expect(page.tab.get_by_role("dialog")).to_have_count(0)


def test_the_keyboard_moves_between_groups(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.canvas.focus()
    page.tab.keyboard.press("a")
    expect(page.filter("A")).to_be_focused()
    page.tab.keyboard.press("Escape")
    page.canvas.focus()
    page.tab.keyboard.press("x")
    assert page.ask("[e.view.a, e.view.b]") == [LOST, LIVED]


def test_the_theme_follows_the_system_until_one_is_chosen(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, theme="light")
    assert page.ask("e.theme") == "light"
    bright = page.pixels().mean()
    page.canvas.focus()
    page.tab.keyboard.press("d")
    page.wait_for_frames()
    assert page.ask("e.theme") == "dark"
    assert page.pixels().mean() < bright - 60
    assert "theme" not in page.hash
    page.tab.reload()
    page.wait_until_answered()
    assert page.ask("e.theme") == "dark"
    linked = opened(titanic, "#/network?theme=dark", theme="light")
    assert linked.ask("e.theme") == "dark"
    linked.canvas.focus()
    linked.tab.keyboard.press("d")
    assert [linked.ask("e.theme"), "theme" in linked.ask("e.state.link().hash")] == ["light", False]


def test_only_views_that_are_there_are_among_the_keys(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.canvas.focus()
    page.tab.keyboard.press("?")
    keys = page.tab.get_by_role("dialog").locator("dt").all_inner_texts()
    assert "Slices" in keys and "Live" not in keys


def test_the_table_shows_the_numbers_that_are_drawn(titanic: Path, passengers: Recording, opened: Opener) -> None:
    page = opened(titanic)
    page.canvas.focus()
    page.tab.keyboard.press("t")
    rows = page.tab.get_by_role("region", name="The network as a table").get_by_role("row")
    exact = activity(passengers, SLICES, layers="input")
    for unit, name in enumerate(passengers.layers["input"].unit_names or ()):
        cells = rows.filter(has_text=name).first.get_by_role("cell").all_inner_texts()
        value, half = shown(next(cell for cell in cells if re.fullmatch(r"~?[\d.]+", cell)))
        assert abs(value - exact["mean_abs"][0, unit]) <= half


def test_it_works_where_the_browser_starts_no_worker(titanic: Path, passengers: Recording, opened: Opener) -> None:
    broken = "window.Worker = class { constructor() { throw new Error('no workers here') } };"
    page = opened(titanic, "#/network?a=fare%20%3E%2050", before=broken)
    assert page.ask("e.sides.a.n") == int(passengers.mask("fare > 50").sum())
    assert page.ask("Number.isFinite(e.sides.a.layers.get('0').mean[0])")


def test_it_works_where_base_features_are_older(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, before="delete Uint8Array.fromBase64; delete window.Float16Array;")
    assert page.ask("e.all.n") == 891


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1000, 700), (700, 900)])
def test_nothing_hangs_out_of_the_window(titanic: Path, opened: Opener, width: int, height: int) -> None:
    page = opened(titanic, size=(width, height))
    overflow = page.tab.evaluate(
        "[document.documentElement.scrollWidth - innerWidth, document.documentElement.scrollHeight - innerHeight]"
    )
    assert max(overflow) <= 0
    expect(page.canvas).to_be_in_viewport(ratio=0.5)


def test_a_finding_leads_to_its_unit(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.tab.get_by_text("prefers those who lived").click()
    expect(page.inspector).to_contain_text("neuron 11")


def test_the_whole_page_with_the_real_app_is_small(titanic: Path) -> None:
    assert titanic.stat().st_size < 400_000
