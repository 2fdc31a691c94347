"""Where an input is missing for some samples: what the page says of a unit counts the samples it has a value for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from opened_page import Opened, Opener
from passenger_recordings import Net, forward, metadata, passengers, record_chain
from playwright.sync_api import expect
from served_page import Serving

from neuronaut.capture.record import record
from neuronaut.explorer.export import export
from neuronaut.store.recording import Recording

COMPARED = "a=sex%20%3D%3D%20%22female%22"


@pytest.fixture(scope="module")
def ages_missing(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Whose age is unknown has NaN there, and in every unit behind it."""
    net, data = Net(), passengers(891)
    values, weights = forward(net, data["inputs"], data["survived"])
    chance = 1 / (1 + np.exp(-values[-1][:, 0]))
    unknown = np.isnan(data["age"])
    values = [values[0].copy(), *values[1:]]
    values[0][unknown, 2] = np.nan
    for layer in values[1:]:
        layer[unknown] = np.nan
    path = tmp_path_factory.mktemp("missing") / "ages.naut"
    truth = data["survived"].astype(int)
    return record_chain(path, net, values, weights, np.stack([1 - chance, chance], 1), truth, metadata(net, data))


@pytest.fixture(params=["file", "served"])
def neuron(
    request: pytest.FixtureRequest, ages_missing: Recording, tmp_path: Path, opened: Opener, serving: Serving
) -> Opened:
    """The page of a neuron behind the missing age, women against men."""
    hash = f"#/neuron?at=0%3A0&{COMPARED}"
    if request.param == "served":
        return serving([ages_missing], hash)
    return opened(export(ages_missing, tmp_path / "ages.html"), hash)


def test_samples_of_a_unit_are_those_it_has_a_value_for(ages_missing: Recording, neuron: Opened) -> None:
    finite = np.isfinite(ages_missing["0"].read(units=0))
    female = np.asarray(ages_missing.mask("sex == 'female'"))
    counts = [int((finite & female).sum()), int((finite & ~female).sum())]
    assert sum(counts) == finite.sum() < 891
    cells = neuron.tab.locator("main table.stats td[data-term=n]")
    expect(cells).to_have_text([str(n) for n in counts])
    expect(neuron.tab.locator("main header dd[data-term=n]")).to_have_text(str(finite.sum()))
    expect(neuron.tab.locator("section[aria-label='Most similar']")).to_contain_text(f"n ≤ {finite.sum()};")
    expect(neuron.tab.locator("main")).to_contain_text(f"{(~finite).sum()} of 891 values are NaN or infinite")


def test_the_table_of_all_numbers_counts_them_too(ages_missing: Recording, neuron: Opened) -> None:
    finite = np.isfinite(ages_missing["0"].read(units=0))
    female = np.asarray(ages_missing.mask("sex == 'female'"))
    neuron.tab.goto(neuron.tab.url + "&table=1")
    rows = neuron.tab.locator("main table tbody tr")
    for part, name, n in (
        ("Group A", "Mean", finite & female),
        ("Group B", "Mean", finite & ~female),
        ("A − B", "Hedges g", finite),
    ):
        row = rows.filter(has_text=part).filter(has=neuron.tab.get_by_role("rowheader", name=name, exact=True))
        expect(row.locator("td").nth(3)).to_have_text(str(n.sum()))
    expect(rows.filter(has_text="Most similar").first.locator("td").nth(3)).to_have_text(str(finite.sum()))


def test_a_dead_unit_has_no_bound_and_no_stray_sign(ages_missing: Recording, tmp_path: Path, opened: Opener) -> None:
    dead = ages_missing["0"].read(units=5)
    assert (dead[np.isfinite(dead)] == 0).all()
    page = opened(export(ages_missing, tmp_path / "ages.html"), f"#/network?sel=0%3A5&{COMPARED}")
    line = page.inspector.locator("p", has=page.tab.locator("[data-term=mi]"))
    expect(line).to_have_text("CSI 0 · MI 0")
    expect(page.inspector).to_contain_text("No effect size: the unit does not vary.")


def test_a_sample_without_an_answer_says_so(tmp_path: Path, opened: Opener) -> None:
    rows = np.random.default_rng(0).normal(size=(40, 3)).astype(np.float32)
    rows[3, 1] = np.nan
    rec = record(torch.nn.Linear(3, 2), rows, labels=np.arange(40) % 2, to=tmp_path / "gap.naut")
    path = export(rec, tmp_path / "gap.html")
    sample = opened(path, "#/sample?at=3").tab.get_by_role("region", name="Sample")
    expect(sample).to_contain_text("What the model says of it is not a finite number.")
    other = opened(path, "#/sample?at=4").tab.get_by_role("region", name="Sample")
    expect(other.get_by_role("list", name="Probability of each class")).to_be_visible()
    expect(other).not_to_contain_text("not a finite number")
