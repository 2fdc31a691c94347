"""One sample in the network: its own numbers, maps and picture, never those of all samples in their place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from opened_page import Opener
from playwright.sync_api import Browser, Route, expect
from served_page import OpenedServed

from neuronaut.analysis.top import top
from neuronaut.capture.record import record
from neuronaut.explorer.export import export
from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.samples import load_digits
from neuronaut.store.recording import Recording

ROW = 3
DRAWN = "() => window.neuronaut.explorer.one !== null && window.neuronaut.explorer.all !== null"
MAP = "[...(e.drawnMaps.get(x)?.values ?? [])]"


@pytest.fixture(scope="module")
def net() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        conv = (torch.nn.Conv2d(1, 6, 3, padding=1), torch.nn.ReLU())
        deeper = (torch.nn.Conv2d(6, 4, 3, padding=1), torch.nn.GELU(), torch.nn.Flatten())
        return torch.nn.Sequential(*conv, *deeper, torch.nn.Linear(256, 10)).eval()


@pytest.fixture(scope="module")
def digits(net: Any, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    images, metadata = load_digits()
    path = tmp_path_factory.mktemp("one") / "digits.naut"
    return record(net, images[:60], metadata=metadata[:60], labels="label", to=path, position="keep")


@pytest.fixture(scope="module")
def page(digits: Recording, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return export(digits, tmp_path_factory.mktemp("page") / "digits.html")


@pytest.fixture(scope="module")
def server(net: Any, digits: Recording) -> Iterator[Server]:
    images, _ = load_digits()
    running = Server([digits], live=live_questions(digits, net, images[:60])).start()
    yield running
    running.stop()


def own(net: Any, row: int = ROW) -> np.ndarray:
    """The first layer's channels of one image, [channel, y, x]."""
    images, _ = load_digits()
    with torch.no_grad():
        return net[1](net[0](torch.as_tensor(images[row : row + 1], dtype=torch.float32)))[0].numpy()


def test_the_inputs_of_a_row_are_as_recorded_and_what_comes_of_them_says_that_it_is_near(
    titanic: Path, passengers: Recording, opened: Opener, browser: Browser
) -> None:
    facts = ".nn-about h3:has-text('Input as the model sees it') + dl dd"
    page = opened(titanic, f"#/sample?at={ROW}")
    expect(page.tab.locator(facts).first).to_be_visible()
    near = page.tab.locator(facts).all_inner_texts()
    given = passengers["input"].read([ROW])[0]
    assert [float(text.replace("\u2212", "-")) for text in near] == pytest.approx(list(given), rel=0.005, abs=5e-4)
    page.point_at("0", 2, "dense 1")
    expect(page.tab.locator(".tip dl")).to_contain_text("~")
    running = Server([passengers]).start()
    served = OpenedServed(browser, running, f"#/sample?at={ROW}")
    expect(served.tab.locator(facts).first).to_be_visible()
    exact = served.tab.locator(facts).all_inner_texts()
    served.close()
    running.stop()
    assert exact == near


def test_a_page_that_holds_no_map_of_the_sample_fills_its_tiles_evenly(page: Path, opened: Opener) -> None:
    one = opened(page, f"#/sample?at={ROW}")
    one.tab.wait_for_function(DRAWN)
    one.tab.wait_for_function("() => window.neuronaut.explorer.maps?.size > 0")
    x, y = one.point_at("0", 2, "conv 1")
    tip = one.tab.locator(".tip")
    value = one.ask("e.one.layers.get('0').mean[2]")
    expect(tip.locator("dl")).to_have_text(f"Value ~{value:.3f}" if abs(value) < 0.9995 else f"Value ~{value:.2f}")
    expect(tip).to_contain_text("Mean of all samples")
    one.tab.mouse.move(600, 250)
    one.settle()
    box = one.canvas.bounding_box()
    assert box is not None
    middle = one.pixels()[
        int(y - box["y"]) + 14 : int(y - box["y"]) + 22, int(x - box["x"]) - 14 : int(x - box["x"]) - 6
    ]
    assert np.ptp(middle.reshape(-1, 3), axis=0).max() < 12
    assert one.ask("e.drawnMaps.size") == 0
    seen = one.ask("[...e.oneMaps.picture.pixels]")
    assert len(seen) == 64 and max(seen) > min(seen)
    expect(one.tab.get_by_role("complementary", name="Legend")).to_contain_text("this sample")


@pytest.mark.parametrize("link", [f"#/sample?at={ROW}", f"#/live?row={ROW}"])
def test_served_or_live_the_tiles_are_the_maps_of_this_sample(
    net: Any, server: Server, browser: Browser, link: str
) -> None:
    tab = OpenedServed(browser, server, link)
    tab.tab.wait_for_function("() => window.neuronaut.explorer.drawnMaps?.has('0')")
    np.testing.assert_allclose(tab.ask(MAP, "0"), own(net).ravel(), atol=2e-3)
    images, _ = load_digits()
    tab.tab.wait_for_function("() => window.neuronaut.explorer.oneMaps?.picture")
    seen = np.array(tab.ask("[...e.oneMaps.picture.pixels]"), float)
    assert np.corrcoef(seen, np.asarray(images[ROW], float).ravel())[0, 1] > 0.99
    tab.close()
    assert tab.wrongs == []


def test_a_channel_taken_out_is_black_in_its_map_and_its_change_is_what_it_was(
    net: Any, server: Server, browser: Browser
) -> None:
    tab = OpenedServed(browser, server, f"#/live?row={ROW}&edits=0%3A2*0&show=change")
    tab.tab.wait_for_function("() => window.neuronaut.explorer.drawnMaps?.has('0')")
    change = np.reshape(tab.ask(MAP, "0"), (6, 8, 8))
    np.testing.assert_allclose(change[2], -own(net)[2], atol=1e-5)
    assert np.abs(change[[0, 1, 3, 4, 5]]).max() == 0
    tab.close()
    assert tab.wrongs == []


def test_whoever_jumps_to_a_unit_has_left_the_one_the_keyboard_was_at(page: Path, opened: Opener) -> None:
    one = opened(page)
    one.canvas.focus()
    for key in ("ArrowRight", "ArrowDown", "Enter"):
        one.tab.keyboard.press(key)
    before = one.ask("e.sel")
    one.tab.keyboard.press("Control+k")
    one.tab.keyboard.type("output 7")
    expect(one.tab.get_by_role("dialog").get_by_role("option").first).to_contain_text("7")
    one.tab.keyboard.press("Enter")
    one.tab.wait_for_function("(was) => window.neuronaut.explorer.sel !== was", arg=before)
    expect(one.inspector).to_contain_text("7")
    assert one.ask("e.spoken").startswith("output neuron 7,")
    expect(one.tab.locator(".tip")).to_have_count(0)


def test_a_selected_unit_keeps_its_lines(page: Path, opened: Opener) -> None:
    rest = opened(page).settle()
    chosen = opened(page, "#/network?sel=0%3A2").settle()
    left = (80, 180, 1000, 780)
    one, other = (np.asarray(picture.crop(left)).astype(int) for picture in (rest, chosen))
    assert (np.abs(one - other).max(-1) > 12).mean() > 0.01


@pytest.mark.parametrize("rank", ["max", "mean"])
def test_samples_of_a_channel_are_ranked_as_python_ranks_them_and_it_is_said_by_what(
    digits: Recording, server: Server, browser: Browser, rank: str
) -> None:
    tab = OpenedServed(browser, server, "#/neuron?at=0%3A2" + ("" if rank == "max" else "&rank=mean"))
    panel = tab.tab.get_by_role("region", name="Samples", exact=True)
    expect(panel.locator("header > .nn-soft")).to_have_text(f"by {rank} over places")
    expect(panel.locator(".id")).to_have_count(12)
    ids = [int(text.lstrip("#")) for text in panel.locator(".id").all_inner_texts()]
    assert ids == top(digits, "0:2", 12, by=rank)["sample"].tolist()
    tab.close()
    assert tab.wrongs == []


def test_nothing_is_judged_or_counted_before_its_numbers_are_there(server: Server, browser: Browser) -> None:
    tab = OpenedServed(browser, server)
    held: list[Route] = []
    slow = {"health", "activity"}

    def hold(route: Route) -> None:
        name = json.loads(route.request.post_data or "{}").get("name")
        held.append(route) if name in slow else route.continue_()

    tab.tab.goto("about:blank")
    tab.tab.route("**/api/query", hold)
    tab.tab.goto(f"{server.url}/#/neuron?at=0%3A2&a=label+%3D%3D+1")
    panel = tab.tab.get_by_role("region", name="Activation", exact=True)
    expect(panel).to_contain_text("is being read")
    expect(panel.locator("header > .nn-soft")).to_have_text("A and B")
    assert set(tab.tab.locator(".page header dd").all_inner_texts()) == {"…"}
    assert panel.get_by_role("row").filter(has_text="Samples").get_by_role("cell").all_inner_texts() == ["…", "…"]
    slow.clear()
    for route in held:
        route.continue_()
    expect(panel).not_to_contain_text("is being read")
    expect(tab.tab.locator(".page header dd").first).to_have_text("60")
    expect(panel.get_by_role("row").filter(has_text="Samples").get_by_role("cell").first).to_have_text("6")
    tab.close()


def test_the_interval_of_a_difference_is_as_near_as_the_difference(titanic: Path, opened: Opener) -> None:
    page = opened(titanic, "#/network?a=age+%3E+40&sel=0%3A3")
    effect = page.inspector.locator("[data-term=g]:not(button)")
    expect(effect).to_have_text(re.compile("^~"))
    expect(page.inspector.locator("[data-term=interval]:not(button)").first).to_have_text(re.compile(r"^~\["))
