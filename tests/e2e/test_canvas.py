"""What the canvas shows of the analyses: orders, health and classes as colours, pins, groups of like units."""

from __future__ import annotations

from pathlib import Path

from opened_page import Opened, Opener
from playwright.sync_api import expect


def places(page: Opened, layer: str, label: str) -> list[int]:
    """Units down a layer's column, as the pointer finds them."""
    x, top, bottom = page.column(label)
    found: list[int] = []
    for y in range(int(top) + 56, int(bottom) - 100, 3):
        page.tab.mouse.move(x, y)
        unit = page.ask("e.hover && e.hover.layer.name === x ? e.hover.unit : null", layer)
        if unit is not None and (not found or found[-1] != unit):
            found.append(unit)
    return found


def test_units_stand_where_the_order_puts_them_and_are_hit_there(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    assert places(page, "5", "dense 3") == list(range(8))
    page.tab.get_by_label("Order", exact=True).select_option("mean")
    page.wait_for_frames()
    means = page.ask("[...e.a.layers.get('5').mean]")
    wanted = sorted(range(8), key=lambda unit: (-means[unit], unit))
    assert wanted != list(range(8))
    assert places(page, "5", "dense 3") == wanted
    assert "ord=mean" in page.hash
    again = opened(titanic, page.hash)
    assert places(again, "5", "dense 3") == wanted


def test_the_keyboard_follows_the_order(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?ord=mean&sel=5%3A1")
    means = page.ask("[...e.a.layers.get('5').mean]")
    wanted = sorted(range(8), key=lambda unit: (-means[unit], unit))
    page.canvas.focus()
    for _ in range(8):
        page.tab.keyboard.press("ArrowUp")
    walked = []
    for _ in range(8):
        page.tab.keyboard.press("Enter")
        walked.append(int(page.ask("e.sel").split(":")[1]))
        page.tab.keyboard.press("ArrowDown")
    assert walked == wanted


def test_fewest_crossings_says_how_many_it_saves(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?ord=crossings")
    page.tab.wait_for_function("window.neuronaut.explorer.order !== null")
    page.wait_for_frames()
    before, after = (page.ask(f"e.order.number('crossings_{when}')") for when in ("before", "after"))
    assert after <= before
    expect(page.tab.locator(".crossings")).to_contain_text("of random")
    order = page.ask("[...e.order.now('permutation\\t5').data]")
    assert places(page, "5", "dense 3") == order


def test_health_counts_every_unit_once_and_classes_have_their_names(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?col=health")
    page.tab.wait_for_function("window.neuronaut.explorer.health !== null")
    legend = page.tab.get_by_role("complementary", name="Legend")
    expect(legend).to_contain_text("Health")
    texts = legend.locator(".kinds li").all_inner_texts()
    assert sum(int(text.split()[-1]) for text in texts) == 32 + 16 + 8 + 1
    page.tab.get_by_role("radio", name="Selectivity").check(force=True)
    assert "col=selectivity" in page.hash
    names = {text.split()[0] for text in legend.locator(".kinds li").all_inner_texts()}
    assert names <= {"yes", "no", "0", "1"}
    assert names != set()


def test_pins_are_kept_in_the_link_and_taken_away_by_escape(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    x, y = page.point_at("3", 3, "dense 2")
    page.tab.keyboard.down("Shift")
    page.tab.mouse.click(x, y)
    page.tab.keyboard.up("Shift")
    x, y = page.point_at("5", 4, "dense 3")
    page.tab.mouse.click(x, y)
    page.tab.keyboard.press("p")
    assert page.ask("e.view.pins") == ["3:3", "5:4"]
    assert "pin=3%3A3&pin=5%3A4" in page.hash
    again = opened(titanic, page.hash.replace("sel=5%3A4&", ""))
    expect(again.inspector).to_contain_text("Pinned")
    again.tab.keyboard.press("Escape")
    assert again.ask("e.view.pins") == []


def test_a_wide_layer_is_groups_that_open_in_place(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?units=16")
    groups = page.ask("e.arranged.get('0').slots.count")
    assert groups == 16
    x, top, bottom = page.column("dense 1")
    for y in range(int(top) + 56, int(bottom) - 100, 3):
        page.tab.mouse.move(x, y)
        if page.ask("Boolean(e.hover?.group)"):
            break
    size = page.ask("e.hover.group.length")
    assert size > 1
    expect(page.tab.locator(".tip")).to_contain_text("act alike")
    page.tab.mouse.down()
    page.tab.mouse.up()
    assert page.ask("e.arranged.get('0').slots.count") == groups + size - 1
    assert page.ask("e.sel") is None
    page.tab.keyboard.press("Escape")
    assert page.ask("e.arranged.get('0').slots.count") == groups


def test_table_and_the_maximised_network_are_in_the_link(titanic: Path, opened: Opener) -> None:
    page = opened(titanic)
    page.tab.keyboard.press("t")
    assert "table=1" in page.hash
    expect(opened(titanic, page.hash).tab.get_by_role("region", name="The network as a table")).to_be_visible()
    page.tab.keyboard.press("t")
    page.tab.keyboard.press("m")
    assert page.hash.endswith("max=1")
    x, y = page.point_at("3", 3, "dense 2")
    page.tab.mouse.click(x, y)
    page.tab.mouse.move(2, 400)
    expect(page.tab.locator(".tip")).to_be_visible()
