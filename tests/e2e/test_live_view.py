"""The live view: what is typed is what the model runs on, and what cannot be typed is said, at its field."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from playwright.sync_api import Browser, Route, expect
from served_page import OpenedServed

from neuronaut.capture.record import record
from neuronaut.explorer.server.run import Server
from neuronaut.live.questions import live_questions
from neuronaut.store.recording import Recording

SHOWN = "() => window.neuronaut.explorer.one !== null"
HIDDEN = "() => window.neuronaut.explorer.one === null"
SEXES = (-0.75, 1.25)


@pytest.fixture(scope="module")
def net() -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return torch.nn.Sequential(torch.nn.Linear(3, 6), torch.nn.ReLU(), torch.nn.Linear(6, 2)).eval()


@pytest.fixture(scope="module")
def passengers(net: Any, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Sixty of them: the model sees a number for each sex, the metadata say which."""
    draw = np.random.default_rng(0)
    female = draw.random(60) < 0.4
    age = draw.integers(1, 80, 60)
    inputs = np.stack([np.where(female, SEXES[1], SEXES[0]), (age - 30) / 15, draw.normal(size=60)], 1)
    metadata = pd.DataFrame({"sex": np.where(female, "female", "male"), "age": age, "lived": age < 30})
    table = pd.DataFrame(inputs.astype(np.float32), columns=["sex", "age", "noise"])
    to = tmp_path_factory.mktemp("live") / "net.naut"
    return record(net, table, metadata=metadata, labels="lived", to=to)


@pytest.fixture
def live(net: Any, passengers: Recording, browser: Browser) -> Iterator[OpenedServed]:
    server = Server([passengers], live=live_questions(passengers, copy.deepcopy(net))).start()
    try:
        page = OpenedServed(browser, server, "#/live?row=4")
        page.tab.wait_for_function(SHOWN)
        yield page
        page.close()
        assert page.wrongs == []
    finally:
        server.stop()


def field(page: OpenedServed, name: str) -> Any:
    return page.tab.get_by_role("spinbutton", name=name, exact=True)


@pytest.mark.parametrize(("name", "text", "says"), [("age", "", "Type a number."), ("Row", "5000", "rows 0 to 59")])
def test_what_is_no_answer_is_said_at_its_field_and_no_old_numbers_stay(
    live: OpenedServed, name: str, text: str, says: str
) -> None:
    chances = live.tab.get_by_role("list", name="Probability of each class")
    expect(chances.get_by_role("listitem")).to_have_count(2)
    one = field(live, name)
    one.fill(text)
    expect(live.tab.get_by_role("alert").filter(has_text=says)).to_be_visible()
    expect(one).to_have_attribute("aria-invalid", "true")
    expect(chances).to_have_count(0)
    expect(live.tab.get_by_role("table")).to_have_count(0)
    live.tab.wait_for_function(HIDDEN)
    one.fill("2")
    expect(live.tab.get_by_role("alert")).to_have_count(0)
    expect(chances.get_by_role("listitem")).to_have_count(2)


def test_escape_and_the_keys_of_views_do_nothing_to_who_types(live: OpenedServed) -> None:
    one = field(live, "noise")
    one.fill("0.5")
    live.tab.wait_for_function("() => window.neuronaut.explorer.one?.layers.get('input').mean[2] === 0.5")
    one.press("End")
    one.press_sequentially("127")
    live.tab.wait_for_function("() => window.neuronaut.explorer.own.inputs.endsWith('0.5127')")
    one.fill("")
    one.press("Escape")
    expect(one).to_have_value("0.5127")
    assert live.ask("e.route") == "live"
    live.tab.wait_for_function("() => location.hash.includes('0.5127')")
    expect(live.tab.get_by_role("alert")).to_have_count(0)


def test_a_feature_says_what_its_numbers_stand_for_and_how_far_they_reach(
    live: OpenedServed, passengers: Recording
) -> None:
    row = live.tab.get_by_role("listitem").filter(has=field(live, "sex"))
    expect(row).to_contain_text(f"recorded {passengers.metadata['sex'][4]}")
    expect(live.tab.get_by_text("True lived:")).to_contain_text(str(bool(passengers.metadata["lived"][4])).lower())
    row.get_by_role("button", name="sex as of female").click()
    live.tab.wait_for_function("() => window.neuronaut.explorer.one?.layers.get('input').mean[0] === 1.25")
    expect(field(live, "sex")).to_have_value("1.25")
    ages = (passengers.metadata["age"] - 30) / 15
    reach = f"{ages.min():.2f} to {ages.max():.2f}".replace("-", "−")
    expect(live.tab.get_by_role("listitem").filter(has=field(live, "age"))).to_contain_text(reach)


def test_the_probabilities_are_those_of_the_model_and_what_they_were(
    live: OpenedServed, net: Any, passengers: Recording
) -> None:
    field(live, "noise").fill("3")
    typed = np.asarray(passengers["input"].read([4])[0], np.float32).copy()
    before = torch.softmax(net(torch.from_numpy(typed[None])), 1)[0, 1].item()
    typed[2] = 3
    now = torch.softmax(net(torch.from_numpy(typed[None])), 1)[0, 1].item()
    row = live.tab.get_by_role("list", name="Probability of each class").locator("li:has(bdi[title='True'])")
    expect(row).to_contain_text("was")
    shown = [float(text.strip("was %")) for text in row.locator("[data-term=probability]").all_inner_texts()]
    assert shown == [pytest.approx(100 * one, abs=0.51) for one in (now, before)]


def test_the_legend_says_whether_a_value_or_a_change_is_drawn(live: OpenedServed) -> None:
    legend = live.tab.get_by_role("complementary", name="Legend")
    expect(legend).to_contain_text("Value in this sample")
    field(live, "age").fill("1")
    live.tab.get_by_role("radio", name="Change").click()
    expect(legend).to_contain_text("Change of the value")
    live.tab.get_by_role("button", name="As recorded", exact=True).click()
    expect(legend).to_contain_text("Value in this sample")


def test_measuring_says_since_when_and_can_be_ended(live: OpenedServed) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        if '"ablate"' in str(route.request.post_data) or "ablate" in route.request.url:
            held.append(route)
        else:
            route.continue_()

    live.tab.route("**/*", hold)
    live.ask("e.select(e.refOf('0:2'))")
    live.tab.get_by_role("button", name="Take out 0:2").click()
    live.tab.get_by_role("button", name="Measure").click()
    expect(live.tab.get_by_text("Measuring… 1 s")).to_be_visible()
    live.tab.get_by_role("button", name="Cancel").click()
    expect(live.tab.get_by_role("button", name="Measure")).to_be_enabled()
    expect(live.tab.get_by_role("alert")).to_have_count(0)
    assert len(held) == 1


def test_a_unit_pointed_at_is_asked_of_the_model_where_no_influence_was_recorded(
    net: Any, browser: Browser, tmp_path: Path
) -> None:
    inputs = np.random.default_rng(2).normal(size=(60, 3)).astype(np.float32)
    rec = record(net, inputs, influence=False, to=tmp_path / "plain.naut")
    server = Server([rec], live=live_questions(rec, copy.deepcopy(net))).start()
    try:
        page = OpenedServed(browser, server)
        asked: list[str] = []
        page.tab.on("request", lambda request: asked.append(request.post_data or ""))
        page.point_at("0", 2, "dense 1")
        tip = page.tab.locator(".tip")
        expect(tip).to_contain_text("Computed now by the live model, on 60 of 60 samples.", timeout=60_000)
        expect(tip).to_contain_text("average it")
        assert json.loads(asked[-1])["params"] == {"at": "0:2"}
        page.close()
        assert page.wrongs == []
    finally:
        server.stop()


def test_of_pictures_it_offers_what_works_and_shows_the_picture(browser: Browser, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    pictures = np.random.default_rng(1).random((30, 1, 4, 4)).astype(np.float32)
    rec = record(net.eval(), pictures, labels=np.arange(30) % 3, to=tmp_path / "pictures.naut")
    server = Server([rec], live=live_questions(rec, copy.deepcopy(net), pictures)).start()
    try:
        page = OpenedServed(browser, server, "#/live?row=4")
        page.tab.wait_for_function(SHOWN)
        about = page.tab.get_by_role("region", name="Live")
        expect(about).to_contain_text("Choose a sample, scale units or take them out")
        expect(about).to_contain_text("Pictures cannot be edited here")
        assert "Edit a row" not in about.inner_text()
        page.tab.wait_for_function("() => document.querySelector('.live .picture canvas').width === 4")
        expect(about.get_by_role("list", name="Probability of each class").get_by_role("listitem")).to_have_count(3)
        page.tab.get_by_role("button", name="Next row").click()
        page.tab.wait_for_function("() => location.hash.includes('row=5')")
        page.close()
        assert page.wrongs == []
    finally:
        server.stop()
