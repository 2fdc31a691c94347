"""The demo: the whole voyage in one command."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from command_runs import Ran, run_command
from scipy import stats

import neuronaut as naut
from neuronaut.core.address import parse_address
from neuronaut.samples import load_digits

SAMPLES = {"titanic": 891, "digits": 1797}
UNITS = {"titanic": [6, 32, 16, 8, 1], "digits": [1, 128, 64, 10]}
BETTER_THAN = {"titanic": 0.75, "digits": 0.95}


@dataclass(frozen=True)
class Sailed:
    name: str
    ran: Ran
    folder: Path

    def recording(self) -> naut.Recording:
        return naut.open(self.folder / f"{self.name}.naut")


@pytest.fixture(scope="module", params=["titanic", "digits"])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Sailed:
    folder = tmp_path_factory.mktemp("demo") / "new"
    return Sailed(request.param, run_command("demo", request.param, "--no-open", "--output", str(folder)), folder)


def test_it_ends_well_and_leaves_a_recording_and_a_page(demo: Sailed) -> None:
    assert (demo.ran.code, demo.ran.err) == (0, "")
    assert sorted(file.name for file in demo.folder.iterdir()) == [f"{demo.name}.html", f"{demo.name}.naut"]
    assert demo.recording().n == SAMPLES[demo.name]


def test_it_can_be_read_in_80_columns_links_aside(demo: Sailed) -> None:
    lines = demo.ran.out.splitlines()
    assert all(len(line) <= 80 for line in lines if str(demo.folder) not in line)
    assert len(lines) <= 40


def test_it_says_the_test_accuracy_that_the_recording_shows(demo: Sailed) -> None:
    rec = demo.recording()
    others = rec.mask("split == 'test'")
    accuracy = rec.outputs["correct"].read()[others].mean()
    assert f"test accuracy {accuracy:.1%} on {others.sum()} others" in demo.ran.out
    assert accuracy > BETTER_THAN[demo.name]


def test_three_findings_quote_numbers_that_scipy_confirms(demo: Sailed) -> None:
    rec = demo.recording()
    claims = " ".join(demo.ran.out.split())
    group = r"(.*?) \(mean (\S+), n = (\d+)\)"
    found = re.findall(rf"· neuron (\d+) \((\S+):\d+\) is (more|less) active for {group} than for {group}", claims)
    assert len(found) == 3
    assert len({layer for _, layer, *_ in found}) == min(3, len(rec.layers) - 2)
    for unit, layer, direction, a, mean, n, b, *_ in found:
        values = rec[f"{layer}:{unit}"].read().astype(float)
        inside, outside = rec.mask(a), rec.mask(b)
        assert int(n) == inside.sum()
        assert float(mean) == pytest.approx(values[inside].mean(), abs=0.005)
        assert (values[inside].mean() > values[outside].mean()) == (direction == "more")
        for half in (0, 1):
            chosen = np.asarray(rec.half) == half
            assert stats.ttest_ind(values[inside & chosen], values[outside & chosen], equal_var=False).pvalue < 0.001
    assert claims.count("[") == 3
    assert claims.count("and replicated on the other") == 3


def test_every_finding_has_a_link_into_the_page_that_names_its_unit(demo: Sailed) -> None:
    links = re.findall(re.escape(f"{demo.folder}/{demo.name}.html") + r"(#/network\?\S+)", demo.ran.out)
    rec = demo.recording()
    assert len(links) == 3
    for link in links:
        address = re.search(r"sel=([^&]+)", link)
        assert address
        assert parse_address(address[1].replace("%3A", ":"), rec.layers).unit is not None


def test_paths_are_those_that_can_be_opened_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = run_command("demo", "titanic", "--no-open", "--output", "demo").out
    assert out.count("   demo/titanic.html#/network?") == 3
    assert "\n  demo/titanic.html\n" in out
    assert "\n  neuronaut show demo/titanic.naut\n" in out
    assert out.rstrip().endswith("\n  neuronaut compare demo/titanic.naut \"sex == 'female'\"")
    assert "kB in demo/titanic.naut" in " ".join(out.split())


def test_as_json_it_tells_the_same(demo: Sailed, tmp_path: Path) -> None:
    told = run_command("demo", demo.name, "--no-open", "--json", "--output", str(tmp_path)).json
    claims = " ".join(demo.ran.out.split())
    assert told["units"] == UNITS[demo.name]
    assert told["samples"] == told["trained"] + told["tested"] == SAMPLES[demo.name]
    assert f"test accuracy {told['accuracy']:.1%}" in claims
    assert len(told["findings"]) == 3
    assert all(finding["claim"] in claims for finding in told["findings"])


def test_it_can_be_run_again_in_the_same_place_with_the_same_words(demo: Sailed) -> None:
    again = run_command("demo", demo.name, "--no-open", "--output", str(demo.folder))
    assert (again.code, again.out) == (0, demo.ran.out)


@pytest.mark.parametrize("demo", ["digits"], indirect=True)
def test_the_digits_are_shown_as_they_were_drawn(demo: Sailed) -> None:
    rec = demo.recording()
    images, _ = load_digits()
    assert rec.samples["kind"] == "images"
    shown = rec.arrays["samples/preview"].read(slice(0, 50))
    assert np.array_equal(shown, np.rint(images[:50] * 255).transpose(0, 2, 3, 1))


def test_a_demo_that_is_not_there_is_answered_with_those_that_are() -> None:
    ran = run_command("demo", "digit")
    assert ran.code == 2
    assert "digits" in ran.err
    assert "titanic" in ran.err
