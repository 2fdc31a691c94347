"""The live view: what is typed is what the model runs on, and what cannot be typed is said, at its field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from live_model import SHOWN, answers, hidden_six
from playwright.sync_api import Route, expect
from served_page import OpenedServed, Serving

from neuronaut.capture.record import record
from neuronaut.store.recording import Recording

HIDDEN = "() => window.neuronaut.explorer.one === null"
SEXES = (-0.75, 1.25)


@pytest.fixture(scope="module")
def net() -> Any:
    return hidden_six(0)


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
def live(net: Any, passengers: Recording, serving: Serving) -> OpenedServed:
    page = serving([passengers], "#/live?row=4", answers(passengers, net))
    page.tab.wait_for_function(SHOWN)
    return page


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
    female = row.get_by_role("button", name="sex as of female")
    female.click()
    expect(female).to_have_attribute("aria-pressed", "true")
    expect(female).to_have_text("female")
    male = row.get_by_role("button", name="sex as of male", exact=True)
    expect(male).to_have_attribute("aria-pressed", "false")
    assert male.bounding_box()["y"] == female.bounding_box()["y"]
    live.tab.wait_for_function("() => window.neuronaut.explorer.one?.layers.get('input').mean[0] === 1.25")
    expect(field(live, "sex")).to_have_value("1.25")
    noises = passengers["input:2"].read()
    reach = f"{noises.min():.2f} to {noises.max():.2f}".replace("-", "−")
    expect(live.tab.get_by_role("listitem").filter(has=field(live, "noise"))).to_contain_text(reach)


def test_an_age_is_typed_in_years_and_the_number_of_the_model_stands_beside_it(
    live: OpenedServed, passengers: Recording
) -> None:
    ages = passengers.metadata["age"]
    row = live.tab.get_by_role("listitem").filter(has=field(live, "age"))
    expect(field(live, "age")).to_have_value(str(ages[4]))
    expect(row).to_contain_text(f"{ages.min()} to {ages.max()}")
    field(live, "age").fill("45")
    live.tab.wait_for_function("() => Math.abs(window.neuronaut.explorer.one?.layers.get('input').mean[1] - 1) < 1e-6")
    expect(row).to_contain_text("model 1.00")
    live.tab.wait_for_function("() => location.hash.includes('inputs=')")
    live.tab.reload()
    expect(field(live, "age")).to_have_value("45")
    expect(live.tab.get_by_role("listitem").filter(has=field(live, "noise"))).not_to_contain_text("model")


def test_the_table_says_of_every_unit_what_it_was_and_what_it_is(
    live: OpenedServed, net: Any, passengers: Recording
) -> None:
    inputs = np.asarray(passengers["input"].read([4]), np.float32)
    hidden = net[1](net[0](torch.from_numpy(inputs)))[0].tolist()
    unit = int(np.argmax(hidden))
    live.ask("e.select(e.refOf(x))", f"0:{unit}")
    live.tab.get_by_role("button", name=f"Take out 0:{unit}").click()
    live.tab.keyboard.press("t")
    table = live.tab.get_by_role("region", name="The run as a table")
    expect(table.get_by_role("row")).to_have_count(1 + 3 + 6 + 2)
    taken = table.get_by_role("row").filter(has=live.tab.get_by_role("button", name=f"Select dense 1 {unit}"))
    said = [float(text.replace("−", "-")) for text in taken.get_by_role("cell").all_inner_texts()[1:]]
    assert said == [pytest.approx(hidden[unit], rel=0.01), 0, pytest.approx(-hidden[unit], rel=0.01)]
    table.get_by_role("button", name="Change").click()
    assert "table=1" in live.hash and "sorted=-change" in live.hash
    table.focus()
    live.tab.keyboard.press("ArrowDown")
    live.tab.keyboard.press("Enter")
    assert live.ask("e.sel") is not None
    expect(table.locator("[aria-selected=true]")).to_have_count(1)
    field(live, "noise").fill("")
    expect(taken).to_contain_text("–")
    field(live, "noise").fill("1")
    live.tab.get_by_role("button", name="Show as a table").click()
    expect(live.canvas).to_be_visible()


def test_the_probabilities_are_those_of_the_model_and_what_they_were(
    live: OpenedServed, net: Any, passengers: Recording
) -> None:
    field(live, "noise").fill("3")
    typed = np.asarray(passengers["input"].read([4])[0], np.float32).copy()
    before = torch.softmax(net(torch.from_numpy(typed[None])), 1)[0, 1].item()
    typed[2] = 3
    now = torch.softmax(net(torch.from_numpy(typed[None])), 1)[0, 1].item()
    live.tab.wait_for_function("() => window.neuronaut.explorer.one?.layers.get('input').mean[2] === 3")
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
    net: Any, serving: Serving, tmp_path: Path
) -> None:
    inputs = np.random.default_rng(2).normal(size=(60, 3)).astype(np.float32)
    rec = record(net, inputs, influence=False, to=tmp_path / "plain.naut")
    page = serving([rec], live=answers(rec, net))
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.post_data or ""))
    page.point_at("0", 2, "dense 1")
    tip = page.tab.locator(".tip")
    expect(tip).to_contain_text("Computed now by the live model, on 60 of 60 samples.", timeout=60_000)
    expect(tip).to_contain_text("average it")
    assert json.loads(asked[-1])["params"] == {"at": "0:2"}


def test_of_pictures_it_offers_what_works_and_shows_the_picture(serving: Serving, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(16, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))
    pictures = np.random.default_rng(1).random((30, 1, 4, 4)).astype(np.float32)
    rec = record(net.eval(), pictures, labels=np.arange(30) % 3, to=tmp_path / "pictures.naut")
    page = serving([rec], "#/live?row=4", answers(rec, net, pictures))
    page.tab.wait_for_function(SHOWN)
    about = page.tab.get_by_role("region", name="Live")
    expect(about).to_contain_text("Choose a sample, scale units or take them out")
    expect(about).to_contain_text("Pictures cannot be edited here")
    assert "Edit a row" not in about.inner_text()
    page.tab.wait_for_function("() => document.querySelector('.live .picture canvas').width === 4")
    expect(about.get_by_role("list", name="Probability of each class").get_by_role("listitem")).to_have_count(3)
    page.tab.get_by_role("button", name="Next row").click()
    page.tab.wait_for_function("() => location.hash.includes('row=5')")
