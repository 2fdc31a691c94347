"""The page of a server is the same explorer: its numbers are Python's, and it follows what the recording becomes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from live_model import answers, hidden_six, record_sixty, sixty
from passenger_recordings import record_passengers
from playwright.sync_api import expect
from served_page import OpenedServed, Serving

from neuronaut.analysis.activity import activity
from neuronaut.analysis.compare import compare
from neuronaut.analysis.influence import influence
from neuronaut.analysis.recorded import by_layer
from neuronaut.analysis.similarity import similarity
from neuronaut.core.numerals import measured
from neuronaut.live.ablate import ablate
from neuronaut.store.recording import Recording
from neuronaut.store.recording import open as open_recording
from neuronaut.store.saved import save_slice

FETCH = "const f = window.fetch; window.fetch = async (u, o) => { "
FILTER = "age > 30 and pclass in [1, 2]"


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return record_passengers(tmp_path_factory.mktemp("served") / "titanic.naut")


@pytest.fixture
def served(serving: Serving, recording: Recording) -> Serving:
    """Opens the page of a recording, of this one where none is given."""

    def open_page(hash: str = "", rec: Recording | None = None, **options: Any) -> OpenedServed:
        return serving([rec or recording], hash, **options)

    return open_page


def parts(page: OpenedServed, where: str, name: str) -> dict[str, Any]:
    values = "[...v." + name + "].map((x) => (Number.isNaN(x) ? null : x))"
    found = page.ask(f"Object.fromEntries([...e.{where}.layers].map(([k, v]) => [k, {values}]))")
    return {
        layer: np.array([np.nan if one is None else one for one in column], float) for layer, column in found.items()
    }


def test_the_link_opens_the_whole_page_once(served: Serving) -> None:
    page = served()
    expect(page.canvas).to_be_visible()
    assert page.ask("e.engine.served")
    assert "t=" not in page.tab.url
    assert page.ask("e.edges.length") == 4
    expect(page.tab.get_by_role("navigation", name="Views").get_by_role("link")).not_to_have_count(0)


def test_typed_groups_show_the_numbers_of_python(served: Serving, recording: Recording) -> None:
    page = served()
    page.type_filter("A", FILTER)
    page.leave_filter("A")
    page.tab.wait_for_function("() => window.neuronaut.explorer.pair?.a.expression.includes('pclass')")
    page.wait_until_answered()
    found = compare(recording, FILTER)
    there = activity(recording, FILTER)
    for name, mine in {"g": "hedges_g", "gLow": "g_low", "auroc": "auroc", "p": "p", "q": "q"}.items():
        for layer, values in parts(page, "pair", name).items():
            kind = np.float64 if name in ("p", "q") else np.float32
            np.testing.assert_array_equal(values, found[mine][by_layer(found)[layer]].astype(kind), name)
    for name, mine in {"mean": "mean", "sd": "sd", "firingRate": "firing_rate"}.items():
        for layer, values in parts(page, "a", name).items():
            np.testing.assert_array_equal(values, there[mine][0][by_layer(there)[layer]].astype(np.float32), name)
    assert page.ask("[e.a.n, e.b.n]") == list(found.n.values())
    assert page.tab.get_by_text("~").count() == 0


def test_a_unit_and_a_sample_are_what_was_recorded(served: Serving, recording: Recording) -> None:
    page = served("#/network?sel=0%3A11")
    values = page.ask("e.engine.unitValues('0', 11).then((v) => [...v])")
    np.testing.assert_array_equal(values, recording["0"].read(units=11).astype(np.float32))
    row = page.ask("e.engine.sampleValues(7).then((v) => [...v.get('3')])")
    np.testing.assert_array_equal(row, recording["3"].read(rows=7).ravel().astype(np.float32))
    expect(page.inspector).to_contain_text("Fired on")
    expect(page.inspector).to_contain_text("AUROC, each against the rest")


def test_the_units_most_like_one_are_asked_for_it_alone(served: Serving, recording: Recording) -> None:
    page = served("#/neuron?at=0%3A11")
    expected = similarity(recording, "0:11", k=6)
    likest = [str(one).rpartition(":")[2] for one in expected["similar"][:5]]
    expect(page.tab.get_by_label("Most similar units").first).to_contain_text(likest[0])
    found = page.ask("e.understanding.similar(e.cards.get('0'), 11)")
    assert [str(one["unit"]) for one in found["list"][:5]] == likest
    for name, mine in {"r": "value", "heldout": "heldout", "low": "heldout_low", "high": "heldout_high"}.items():
        np.testing.assert_array_equal([one[name] for one in found["list"]], expected[mine])
    assert found["n"] == recording.n
    low, high = (f"{expected[name][0]:.2f}" for name in ("heldout_low", "heldout_high"))
    expect(page.tab.get_by_label("Most similar units").first).to_contain_text(
        f"held out +{expected['heldout'][0]:.2f} [{low}, {high}]"
    )


def test_pointing_at_a_unit_asks_for_its_influence_and_shows_it(served: Serving, recording: Recording) -> None:
    page = served()
    asked: list[str] = []
    page.tab.on("request", lambda request: asked.append(request.post_data or ""))
    page.point_at("0", 11, "dense 1")
    tip = page.tab.locator(".tip")
    expect(tip).to_contain_text("Most influence on dense 2")
    found = influence(recording, "0:11", direction="forward")
    effect = float(found["effect"][list(found.coords["unit"]).index("7:0")])
    assert page.ask("e.engine.influenceNow('0', 11).forward.get('7')[0]") == np.float32(effect)
    page.tab.mouse.move(5, 5)
    page.point_at("0", 11, "dense 1")
    expect(tip).to_contain_text("Most influence on dense 2")
    assert len([text for text in asked if '"effects"' in text and '"0:11"' in text]) == 1


def test_units_that_the_pointer_only_passes_are_not_asked_about(served: Serving) -> None:
    page = served(before=f"window.sent = []; {FETCH}window.sent.push(o?.body ?? ''); return f(u, o) }}")
    page.tab.evaluate(
        """() => new Promise((done) => {
          const e = window.neuronaut.explorer, layer = e.cards.get("0")
          let unit = 0
          const step = () => (unit < 12 ? ((e.hover = { layer, unit: unit++ }), setTimeout(step, 5)) : done())
          step()
        })"""
    )
    page.tab.wait_for_function("() => window.neuronaut.explorer.engine.influenceNow('0', 11) !== null")
    sent = page.tab.evaluate("window.sent.filter((one) => one.includes('effects'))")
    assert 1 <= len(sent) < 6 and '"0:11"' in sent[-1]


def test_a_recording_without_influence_says_so(served: Serving, recording: Recording, tmp_path: Path) -> None:
    shutil.copytree(recording.path, tmp_path / "plain.naut")
    shutil.rmtree(tmp_path / "plain.naut" / "results" / "influence-stored")
    page = served(rec=open_recording(tmp_path / "plain.naut"))
    page.point_at("0", 11, "dense 1")
    expect(page.tab.locator(".tip")).to_contain_text("This recording holds no influence")


def test_samples_have_their_names_however_late_these_come(served: Serving) -> None:
    late = "if (String(u).includes('/blob/')) await new Promise((done) => setTimeout(done, 600));"
    page = served("#/neuron?at=3%3A4", before=f"{FETCH}{late} return f(u, o) }}")
    names = page.tab.get_by_role("region", name="Samples", exact=True).locator("summary .id")
    expect(names.first).to_have_text(re.compile(r"#\d+"))


def test_slices_have_their_histograms_however_late_the_columns_come(served: Serving) -> None:
    late = "if (String(u).includes('/blob/')) await new Promise((done) => setTimeout(done, 1500));"
    slices = "slice=young%09age%20%3C%2016&slice=old%09age%20%3E%2050"
    page = served(f"#/neuron?at=0%3A11&by=slices&{slices}", before=f"{FETCH}{late} return f(u, o) }}")
    page.tab.wait_for_function("() => window.neuronaut.explorer.columns")
    expect(page.tab.get_by_role("group", name="Histograms of 0:11").get_by_role("button")).to_have_count(2)


def test_a_filter_may_ask_for_activations(served: Serving, recording: Recording) -> None:
    page = served()
    page.type_filter("A", '@act("0", 11) > 0.5')
    # "> 0" is a filter on the way to "> 0.5", and may be answered before it.
    held = int((recording["0"].read(units=11) > 0.5).sum())
    page.tab.wait_for_function(
        f"() => window.neuronaut.explorer.pair !== null && window.neuronaut.explorer.a.n === {held}"
    )


def test_a_served_page_leaves_all_calculating_to_python(served: Serving) -> None:
    page = served()
    page.type_filter("A", "age > 30")
    page.tab.wait_for_function("() => window.neuronaut.explorer.a?.exact && window.neuronaut.explorer.pair?.exact")
    page.ask("e.go('layers', '0')")
    expect(page.tab.locator("main footer")).to_contain_text("Point at a value")
    assert page.tab.workers == []


def test_what_is_saved_in_the_recording_appears_without_reload(served: Serving, tmp_path: Path) -> None:
    record_passengers(tmp_path / "own.naut")
    rec = open_recording(tmp_path / "own.naut", writable=True)
    page = served(rec=rec)
    before = page.ask("e.manifest.slices.length")
    save_slice(rec, "the young", "age < 16")
    page.tab.wait_for_function(f"() => window.neuronaut.explorer.manifest.slices.length > {before}")
    assert "the young" in page.ask("e.manifest.slices.map((one) => one.name)")
    page.wait_until_answered()
    expect(page.canvas).to_be_visible()


def test_a_slice_saved_on_the_page_is_in_the_recording(served: Serving, tmp_path: Path) -> None:
    record_passengers(tmp_path / "own.naut")
    rec = open_recording(tmp_path / "own.naut", writable=True)
    page = served("#/slices", rec=rec)
    page.tab.get_by_role("textbox", name="Filter of the slice").fill("age < 16")
    page.tab.get_by_role("textbox", name="Name of the slice").fill("the young")
    page.tab.get_by_role("button", name="Save", exact=True).click()
    row = page.tab.get_by_role("row").filter(has_text="in the recording")
    expect(row).to_contain_text("the young")
    assert (
        open_recording(rec.path).mask(open_recording(rec.path).slices["the young"]).sum() == rec.mask("age < 16").sum()
    )
    row.get_by_role("button", name="Forget the young").click()
    expect(row).to_have_count(0)
    assert "slice=" not in page.hash


def test_the_model_runs_what_is_typed_and_says_what_a_unit_is_worth(served: Serving, tmp_path: Path) -> None:
    net = hidden_six(0)
    rec = record_sixty(net, tmp_path / "net.naut")
    found = ablate(net, rec, "0:2", how="zero")
    page = served("#/live?row=4", rec=rec, live=answers(rec, net))
    page.tab.wait_for_function("() => window.neuronaut.explorer.one !== null")
    page.tab.get_by_role("spinbutton").nth(2).fill("2.5")
    typed = sixty()[4]
    typed[1] = 2.5
    page.tab.wait_for_function("() => window.neuronaut.explorer.one.layers.get('input').mean[1] === 2.5")
    with torch.no_grad():
        hidden = net[1](net[0](torch.from_numpy(typed[None]))).numpy()[0]
    np.testing.assert_allclose(page.ask("[...e.one.layers.get('0').mean]"), hidden, atol=1e-5)
    page.ask("e.select(e.refOf('0:2'))")
    page.tab.get_by_role("button", name="Take out 0:2").click()
    page.tab.wait_for_function("() => window.neuronaut.explorer.one.layers.get('0').mean[2] === 0")
    page.tab.get_by_role("button", name="Measure").click()
    row = page.tab.get_by_role("row").filter(has=page.tab.get_by_text("loss", exact=False)).first
    expect(row).to_contain_text(measured(float(found["effect"][0])))
    expect(page.tab.get_by_text("accuracy of")).to_have_count(2)
    assert "edits=0%3A2*0" in page.hash
