"""The demo: the whole voyage in one command."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from command_runs import Ran, run_command
from scipy import stats

import neuronaut as naut
from neuronaut.core.address import parse_address


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Path]:
    folder = tmp_path_factory.mktemp("demo") / "new"
    return run_command("demo", "titanic", "--no-open", "--output", str(folder)), folder


def test_it_ends_well_and_leaves_a_recording_and_a_page(demo: tuple[Ran, Path]) -> None:
    ran, folder = demo
    assert (ran.code, ran.err) == (0, "")
    assert sorted(file.name for file in folder.iterdir()) == ["titanic.html", "titanic.naut"]
    assert naut.open(folder / "titanic.naut").n == 891


def test_it_can_be_read_in_80_columns_links_aside(demo: tuple[Ran, Path]) -> None:
    lines = demo[0].out.splitlines()
    assert all(len(line) <= 80 for line in lines if str(demo[1]) not in line)
    assert len(lines) <= 40


def test_it_says_the_held_out_accuracy_that_the_recording_shows(demo: tuple[Ran, Path]) -> None:
    ran, folder = demo
    rec = naut.open(folder / "titanic.naut")
    others = rec.mask("split == 'held-out'")
    accuracy = rec.outputs["correct"].read()[others].mean()
    assert f"held-out accuracy {accuracy:.1%} on {others.sum()} others" in ran.out
    assert accuracy > 0.75


def test_three_findings_quote_numbers_that_scipy_confirms(demo: tuple[Ran, Path]) -> None:
    ran, folder = demo
    rec = naut.open(folder / "titanic.naut")
    claims = " ".join(ran.out.split())
    found = re.findall(r"Neuron (\d+) of layer (\S+) is (more|less) active for (.*?) \(mean (\S+), n = (\d+)\)", claims)
    assert len(found) == 3
    assert len({layer for _, layer, *_ in found}) == 3
    for unit, layer, direction, group, mean, n in found:
        values = rec[f"{layer}:{unit}"].read().astype(float)
        inside = rec.mask(group)
        assert int(n) == inside.sum()
        assert float(mean) == pytest.approx(values[inside].mean(), abs=0.005)
        assert (values[inside].mean() > values[~inside].mean()) == (direction == "more")
        for half in (0, 1):
            chosen = np.asarray(rec.half) == half
            assert stats.ttest_ind(values[inside & chosen], values[~inside & chosen], equal_var=False).pvalue < 0.001
    assert claims.count("[") == 3
    assert claims.count("and held on the other") == 3


def test_every_finding_has_a_link_into_the_page_that_names_its_unit(demo: tuple[Ran, Path]) -> None:
    ran, folder = demo
    links = re.findall(re.escape(f"{folder}/titanic.html") + r"(#/network\?\S+)", ran.out)
    rec = naut.open(folder / "titanic.naut")
    assert len(links) == 3
    for link in links:
        address = re.search(r"sel=([^&]+)", link)
        assert address
        assert parse_address(address[1].replace("%3A", ":"), rec.layers).unit is not None


def test_paths_are_those_that_can_be_opened_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    out = run_command("demo", "titanic", "--no-open", "--output", "demo").out
    assert out.count("   demo/titanic.html#/network?") == 3
    assert out.rstrip().endswith("\n  demo/titanic.html")
    assert "kB in demo/titanic.naut" in " ".join(out.split())


def test_as_json_it_tells_the_same(demo: tuple[Ran, Path], tmp_path: Path) -> None:
    told = run_command("demo", "titanic", "--no-open", "--json", "--output", str(tmp_path)).json
    claims = " ".join(demo[0].out.split())
    assert told["units"] == [6, 32, 16, 8, 1]
    assert f"held-out accuracy {told['accuracy']:.1%}" in claims
    assert len(told["findings"]) == 3
    assert all(finding["claim"] in claims for finding in told["findings"])


def test_it_can_be_run_again_in_the_same_place_with_the_same_words(demo: tuple[Ran, Path]) -> None:
    ran, folder = demo
    again = run_command("demo", "titanic", "--no-open", "--output", str(folder))
    assert (again.code, again.out) == (0, ran.out)
