"""What Live measures is what is asked on the screen, in these samples, and nothing else stays on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from live_model import answers, hidden_six, record_sixty, sixty
from playwright.sync_api import Route, expect
from served_page import OpenedServed, Serving

from neuronaut.capture.record import record
from neuronaut.live.ablate import ablate
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording

Opening = Callable[..., OpenedServed]
YOUNG = "age < 40"


@pytest.fixture(scope="module")
def net() -> Any:
    return hidden_six(3)


@pytest.fixture(scope="module")
def people(net: Any, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    draw = np.random.default_rng(0)
    inputs = draw.normal(size=(80, 3)).astype(np.float32)
    metadata = pd.DataFrame({"age": draw.integers(1, 80, 80), "lived": inputs[:, 0] > 0})
    return record(net, inputs, metadata=metadata, labels="lived", to=tmp_path_factory.mktemp("live") / "people.naut")


@pytest.fixture
def opening(net: Any, people: Recording, serving: Serving) -> Opening:
    """Opens the page of recordings, by default of the people with their model."""

    def opened(hash: str, *recordings: Recording, live: bool = True) -> OpenedServed:
        return serving(recordings or [people], hash, answers(people, net) if live else None)

    return opened


def asked(page: OpenedServed) -> list[Any]:
    """The parameters of every ablation that the page asks for from here on."""
    found: list[Any] = []

    def note(request: Any) -> None:
        if '"ablate"' in (request.post_data or ""):
            found.append(json.loads(request.post_data)["params"])

    page.tab.on("request", note)
    return found


def held(route: Route) -> None:
    """Lets every question through but ablations, which nobody answers."""
    if '"ablate"' not in (route.request.post_data or ""):
        route.continue_()


def changed_loss(net: Any, rec: Recording, mask: np.ndarray, factors: dict[int, float]) -> float:
    """What the mean cross-entropy of these samples loses or gains when hidden units are multiplied, in float64."""
    inputs = np.asarray(rec["input"].read(), float)[mask]
    truth = rec.metadata["lived"].to_numpy()[mask].astype(int)
    weights = [[one.detach().numpy().astype(float) for one in (net[at].weight, net[at].bias)] for at in (0, 2)]
    hidden = np.maximum(inputs @ weights[0][0].T + weights[0][1], 0)
    scale = np.ones(6)
    scale[list(factors)] = list(factors.values())

    def loss(values: np.ndarray) -> float:
        scores = values @ weights[1][0].T + weights[1][1]
        return float((np.log(np.exp(scores).sum(1)) - scores[np.arange(len(scores)), truth]).mean())

    return loss(hidden * scale) - loss(hidden)


def shown_loss(page: OpenedServed) -> float:
    row = page.tab.locator("tr").filter(has=page.tab.locator("th", has_text="loss"))
    text = row.locator("td [data-term=ablation]").inner_text()
    return float(text.replace("−", "-").replace("+", ""))


def test_the_factor_is_measured_in_the_samples_of_a(opening: Opening, net: Any, people: Recording) -> None:
    page = opening(f"#/live?edits=0%3A1*2&how=zero&a={YOUNG.replace(' ', '%20')}")
    found = asked(page)
    page.tab.get_by_role("button", name="Measure").click()
    young = people.mask(YOUNG)
    expect(page.tab.get_by_text(f"{young.sum()} samples: ")).to_be_visible()
    assert found == [{"units": ["0:1"], "how": "scale", "scale": 2, "where": YOUNG}]
    expected = changed_loss(net, people, young, {1: 2})
    assert shown_loss(page) == pytest.approx(expected, rel=0.02, abs=5e-4)
    assert abs(expected - changed_loss(net, people, young, {1: 0})) > 0.01
    assert abs(expected - changed_loss(net, people, np.ones(80, bool), {1: 2})) > 1e-3


def test_an_answer_leaves_when_its_question_does(opening: Opening, net: Any, people: Recording) -> None:
    page = opening(f"#/live?edits=0%3A1*2&how=zero&a={YOUNG.replace(' ', '%20')}")
    found = asked(page)
    answer = page.tab.locator("table").filter(has_text="Verdict")
    page.tab.get_by_role("button", name="Measure").click()
    expect(answer).to_be_visible()
    page.tab.get_by_role("spinbutton", name="Factor of 0:1").fill("0")
    expect(answer).to_have_count(0)
    page.tab.get_by_role("button", name="Measure").click()
    expect(answer).to_be_visible()
    assert found[-1] == {"units": ["0:1"], "how": "zero", "where": YOUNG}
    expected = changed_loss(net, people, people.mask(YOUNG), {1: 0})
    assert shown_loss(page) == pytest.approx(expected, rel=0.02, abs=5e-4)
    page.tab.get_by_role("combobox", name="Replace by").select_option("mean")
    expect(answer).to_have_count(0)
    page.tab.get_by_role("combobox", name="Replace by").select_option("zero")
    expect(answer).to_be_visible()
    page.ask("e.setGroup('a', null)")
    expect(page.tab.get_by_role("heading", name="Over all samples")).to_be_visible()
    expect(answer).to_have_count(0)


def test_a_unit_taken_out_is_measured_as_the_row_shows_it_and_another_way_is_said(opening: Opening) -> None:
    page = opening("#/live?edits=0%3A1*0")
    found = asked(page)
    live = page.tab.get_by_role("region", name="Live")
    row = live.get_by_text("In the row above they are scaled by 0.")
    expect(live.get_by_role("heading", name="Measured over all samples")).to_be_visible()
    expect(row).to_have_count(0)
    page.tab.get_by_role("button", name="Measure").click()
    expect(live.get_by_text("80 samples")).to_be_visible()
    assert found == [{"units": ["0:1"], "how": "zero"}]
    page.tab.get_by_role("combobox", name="Replace by").select_option("mean")
    expect(row).to_be_visible()
    for way in ("zero", "mean", "resample"):
        linked = opening(f"#/live?edits=0%3A1*0&how={way}").tab.get_by_role("combobox", name="Replace by")
        expect(linked).to_have_value(way)
    page.tab.get_by_role("spinbutton", name="Factor of 0:1").fill("2")
    expect(live.get_by_text("Scaled by 2")).to_be_visible()
    expect(row).to_have_count(0)


def test_the_first_escape_in_the_list_of_ways_leaves_the_list_only(opening: Opening) -> None:
    page = opening("#/live?edits=0%3A1*0")
    way = page.tab.get_by_role("combobox", name="Replace by")
    way.focus()
    page.tab.keyboard.press("Escape")
    expect(way).not_to_be_focused()
    assert page.ask("e.route") == "live" and "edits=" in page.hash
    page.tab.keyboard.press("Escape")
    assert page.ask("e.route") == "network"


def test_what_is_being_measured_ends_with_its_question(opening: Opening) -> None:
    page = opening("#/live?edits=0%3A1*2")
    page.tab.route("**/api/query", held)
    page.tab.get_by_role("button", name="Measure").click()
    expect(page.tab.get_by_text("Measuring…")).to_be_visible()
    page.tab.get_by_role("spinbutton", name="Factor of 0:1").fill("3")
    expect(page.tab.get_by_role("button", name="Measure")).to_be_enabled()


def test_several_units_are_measured_with_one_factor_and_two_are_refused_by_name(
    opening: Opening, net: Any, people: Recording
) -> None:
    page = opening("#/live?edits=0%3A1*2%0A0%3A4*0.5")
    found = asked(page)
    expect(page.tab.get_by_role("button", name="Measure")).to_be_disabled()
    expect(page.tab.get_by_text("0:1 × 2 and 0:4 × 0.5 are two")).to_be_visible()
    page.tab.get_by_role("spinbutton", name="Factor of 0:4").fill("2")
    page.tab.get_by_role("button", name="Measure").click()
    expect(page.tab.get_by_role("region", name="Live").get_by_text("80 samples")).to_be_visible()
    assert found == [{"units": ["0:1", "0:4"], "how": "scale", "scale": 2}]
    expected = changed_loss(net, people, np.ones(80, bool), {1: 2, 4: 2})
    assert shown_loss(page) == pytest.approx(expected, rel=0.02, abs=5e-4)


def test_a_copied_link_lands_on_what_was_measured(opening: Opening) -> None:
    page = opening("#/live?edits=0%3A1*2")
    found = asked(page)
    answer = page.tab.locator("table").filter(has_text="Verdict")
    page.tab.get_by_role("button", name="Measure").click()
    expect(answer).to_be_visible()
    other = opening(page.ask("e.state.link().hash"))
    there = other.tab.locator("table").filter(has_text="Verdict")
    expect(there.get_by_text("Verdict", exact=True)).to_be_in_viewport()
    assert there.inner_text() == answer.inner_text()
    page.tab.get_by_role("spinbutton", name="Factor of 0:1").fill("3")
    expect(answer).to_have_count(0)
    page.tab.get_by_role("spinbutton", name="Factor of 0:1").fill("2")
    expect(answer).to_be_visible()
    assert len(found) == 1, "what is there is not measured again"
    unmeasured = opening("#/live?edits=0%3A1*2")
    expect(unmeasured.tab.get_by_role("button", name="Measure")).to_be_enabled()
    assert asked(unmeasured) == []


def test_what_was_ended_is_not_in_the_link(opening: Opening) -> None:
    page = opening("#/live?edits=0%3A1*2")
    page.tab.route(
        "**/api/query", lambda route: None if '"ablate"' in str(route.request.post_data) else route.continue_()
    )
    page.tab.get_by_role("button", name="Measure").click()
    expect(page.tab.get_by_text("Measuring…")).to_be_visible()
    assert "measured=" in page.hash
    page.tab.get_by_role("button", name="Cancel").click()
    page.tab.wait_for_function("() => !location.hash.includes('measured=')")


def test_an_answer_that_the_recording_keeps_is_not_measured_again(serving: Serving, tmp_path: Path) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        wide = torch.nn.Sequential(torch.nn.Linear(3, 24), torch.nn.ReLU(), torch.nn.Linear(24, 2)).eval()
    rec = record_sixty(wide, tmp_path / "wide.naut")
    ablate(wide, open_recording(rec.path, writable=True), "0:1", how="zero")
    page = serving([open_recording(rec.path)], "#/live?edits=0%3A1*0&how=zero", answers(rec, wide))
    found = asked(page)
    page.tab.get_by_role("button", name="Measure").click()
    answer = page.tab.locator("table").filter(has_text="Verdict")
    expect(answer).to_be_visible()
    page.tab.get_by_role("combobox", name="Replace by").select_option("mean")
    page.tab.get_by_role("button", name="Measure").click()
    expect(answer).to_be_visible()
    assert found == [{"units": ["0:1"], "how": "mean"}]


def test_of_a_small_layer_it_says_that_its_units_are_too_few(opening: Opening) -> None:
    page = opening("#/live?edits=0%3A1*0")
    page.tab.get_by_role("button", name="Measure").click()
    live = page.tab.get_by_role("region", name="Live")
    expect(live.get_by_text("5 other units are too few to tell 5%, it takes 19; the layer has no more")).to_be_visible()
    expect(live.get_by_text("no verdict", exact=True)).to_have_count(4)


@pytest.mark.parametrize("size", [(1440, 900), (1000, 700)], ids=str)
def test_the_answer_is_never_wider_than_its_place(serving: Serving, tmp_path: Path, size: tuple[int, int]) -> None:
    names = ["Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz", "x"]
    inputs = sixty()
    metadata = pd.DataFrame({"law": np.where(inputs[:, 0] > 0, *names)})
    net = hidden_six(3)
    rec = record(net, inputs, metadata=metadata, labels="law", to=tmp_path / "law.naut")
    page = serving([rec], "#/live?edits=0%3A1*1.0001", answers(rec, net), size=size)
    page.tab.get_by_role("button", name="Measure").click()
    table = page.tab.locator("table").filter(has_text="Verdict")
    expect(table).to_be_visible()
    place = page.tab.locator(".live > .nn-about")
    assert place.evaluate("one => one.scrollWidth - one.clientWidth") == 0
    right = "one => Math.max(...[...one.querySelectorAll('*')].map((part) => part.getBoundingClientRect().right))"
    assert table.evaluate(right) <= place.evaluate("one => one.getBoundingClientRect().right")


def test_a_live_link_without_a_model_says_what_to_run(opening: Opening) -> None:
    page = opening("#/live?row=4&edits=0%3A1*2", live=False)
    about = page.tab.get_by_role("region", name="Live")
    expect(about).to_contain_text("The model does not run here.")
    expect(about).to_contain_text("naut.show(rec, model=model)")
    expect(about).to_contain_text("neuronaut show people.naut --model MODULE:FACTORY")
    expect(page.tab.get_by_role("link", name="Live")).to_have_attribute("aria-current", "page")
    expect(page.tab.get_by_text("Value in this sample")).to_have_count(0)


def test_of_a_recording_beside_the_one_whose_model_runs_live_says_so(
    opening: Opening, net: Any, people: Recording, tmp_path: Path
) -> None:
    inputs = np.random.default_rng(1).normal(size=(40, 3)).astype(np.float32)
    second = record(net, inputs, influence=False, to=tmp_path / "second.naut")
    page = opening(f"?rec={second.id}#/live?edits=0%3A1*2", people, second)
    about = page.tab.get_by_role("region", name="Live")
    expect(about).to_contain_text("The model that runs here is that of people.naut, the first recording")
    expect(about.get_by_role("button")).to_have_count(0)
    expect(about.get_by_role("spinbutton")).to_have_count(0)


def test_two_recordings_asked_of_one_say_how_to_open_a_second(opening: Opening) -> None:
    page = opening("#/compare?mode=two", live=False)
    expect(page.tab.get_by_text("neuronaut show first.naut second.naut")).to_be_visible()
