"""health, selectivity and similarity: what they print of planted units, in which form, with which exit code."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from command_runs import Run

import neuronaut as naut


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_health_counts_the_units_of_each_layer_and_names_the_ill(neuronaut: Run, recording: Path) -> None:
    ran = neuronaut("health", recording)
    lines = ran.out.splitlines()
    assert lines[0] == "all: 80 samples"
    assert lines[3].split() == ["fc", "3", "3", "0", "0", "0", "–", "–"]
    assert "1 of 6 units are not ok" in ran.out
    assert "dead" in ran.out.split("not ok")[1]
    assert "up to 3.75% of samples" in " ".join(ran.out.split())
    assert "only whether they are constant" in " ".join(ran.err.split())
    assert all(len(line) <= 80 for line in lines)


def test_health_as_json_and_csv_agree(neuronaut: Run, recording: Path) -> None:
    found = neuronaut("health", recording, "--json").json
    rows = rows_of(neuronaut("health", recording, "--csv").out)
    assert [row["status"] for row in rows] == found["values"]["status"] == ["ok"] * 5 + ["dead"]
    assert [row["layer"] for row in rows][:3] == ["input", "input", "fc"]


def test_selectivity_finds_the_planted_unit_and_that_it_held(neuronaut: Run, recording: Path) -> None:
    ran = neuronaut("selectivity", recording, "kind", "--layer", "fc", "--seed", "1")
    lines = ran.out.splitlines()
    assert lines[0] == "kind: a 40, b 40"
    assert lines[2].split()[:2] == ["fc:0", "a"]
    assert lines[2].split()[-1] == "yes"
    assert "1 did so on one half" in " ".join(ran.out.split())
    assert all(len(line) <= 80 for line in lines)


def test_selectivity_of_one_unit_shows_every_class(neuronaut: Run, recording: Path) -> None:
    values = naut.open(recording)["fc:0"].read()
    lines = neuronaut("selectivity", recording, "row", "--bins", "20,60", "--at", "fc:0").out.splitlines()
    assert lines[0] == "fc:0 by row"
    assert [line.split("  ")[0] for line in lines[2:5]] == ["row < 20", "row >= 20 and row < 60", "row >= 60"]
    assert float(lines[2].split()[-1]) == pytest.approx(values[:20].mean(), abs=0.01)


def test_selectivity_of_one_unit_looks_at_its_layer_alone(neuronaut: Run, recording: Path) -> None:
    found = neuronaut("selectivity", recording, "kind", "--at", "fc:1", "--json").json
    assert found["coords"]["unit"] == ["fc:0", "fc:1", "fc:2"]
    whole = neuronaut("selectivity", recording, "kind", "--json").json
    place = whole["coords"]["unit"].index("fc:1")
    assert found["values"]["best_auroc"][1] == whole["values"]["best_auroc"][place]
    assert "input:" not in neuronaut("selectivity", recording, "kind", "--at", "fc:1").err


def test_one_class_is_nothing_to_compare(neuronaut: Run, recording: Path) -> None:
    for more in ((), ("--at", "fc:0")):
        ran = neuronaut("selectivity", recording, "kind", "--where", "kind == 'a'", *more, code=1)
        assert ran.out.strip() == ""
        assert "a class needs others to be told from" in " ".join(ran.err.split())


def test_selectivity_as_json_and_csv_agree(neuronaut: Run, recording: Path) -> None:
    found = neuronaut("selectivity", recording, "kind", "--json").json
    rows = rows_of(neuronaut("selectivity", recording, "kind", "--csv").out)
    assert len(rows) == 2 * 6
    np.testing.assert_allclose([float(row["auroc"]) for row in rows], np.concatenate(found["values"]["auroc"]))
    alone = rows_of(neuronaut("selectivity", recording, "kind", "--at", "fc:0", "--csv").out)
    assert [row["class"] for row in alone] == ["a", "b"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("selectivity", "{rec}", "knd"), "no column 'knd'; closest: 'kind'"),
        (("selectivity", "{rec}", "row"), "80 different numbers, too many to be a class each. Pass --bins 4"),
        (("selectivity", "{rec}", "row"), "--bins 10,20, or --bins each"),
        (("selectivity", "{rec}", "row", "--bins", "each"), "hardly two samples share one"),
        (("selectivity", "{rec}", "kind", "--bins", "3"), "holds no numbers"),
        (("selectivity", "{rec}", "kind", "--at", "fc:9"), "no unit 9 in layer 'fc': its units are 0 to 2"),
        (("selectivity", "{rec}", "kind", "--at", "fcc:1"), "closest: 'fc'"),
        (("selectivity", "{rec}", "kind", "--at", "fc"), "name one of them, as in 'fc:0'"),
        (("selectivity", "{rec}", "kind", "--sort", "aurok"), "no column to sort by"),
        (("similarity", "{rec}", "fc:9"), "its units are 0 to 2"),
        (("similarity", "{rec}", "fc", "--by", "wait"), "no way to compare units 'wait'"),
        (("similarity", "{rec}", "fc", "--by", "weight in"), "Compare by activation"),
        (("health", "{rec}", "--saturated", "2"), "above 0 and up to 1; got 2."),
        (("health", "{rec}", "--layer", "fcc"), "closest: 'fc'"),
    ],
)
def test_bad_input_is_one_block_of_words_and_exit_code_2(
    neuronaut: Run, recording: Path, words: tuple[str, ...], said: str
) -> None:
    ran = neuronaut(*(str(recording) if word == "{rec}" else word for word in words), code=2)
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_nothing_to_see_is_exit_code_1_with_the_reason(neuronaut: Run, recording: Path) -> None:
    for words in (("health",), ("selectivity", "kind"), ("similarity", "fc"), ("similarity", "--layers")):
        ran = neuronaut(words[0], recording, *words[1:], "--where", "row > 99", code=1)
        assert "no sample is in row > 99" in ran.err, words


def test_similarity_prints_correlations_of_numpy(neuronaut: Run, recording: Path) -> None:
    rec = naut.open(recording)
    values = rec["fc"].read()
    whole, first, second = (np.corrcoef(part.T)[0] for part in (values, values[rec.half == 0], values[rec.half == 1]))
    lines = neuronaut("similarity", recording, "fc:0", "-k", "1").out.splitlines()
    best = 1 + int(np.argmax(first[1:]))
    assert lines[-1].split()[:5] == ["1", f"fc:{best}", *(f"{of[best]:.3f}" for of in (whole, first, second))]
    assert lines[-2].split() == ["rank", "similar", "value", "found", "heldout", "low", "high"]
    assert all(len(line) <= 80 for line in lines)
    rows = rows_of(neuronaut("similarity", recording, "fc", "-k", "2", "--csv").out)
    assert [(row["unit"], row["rank"]) for row in rows][:3] == [("fc:0", "1"), ("fc:0", "2"), ("fc:1", "1")]
    low = neuronaut("similarity", recording, "fc:0", "-k", "2", "--opposite", "--json").json
    assert low["values"]["found"] == sorted(low["values"]["found"])


def test_similarity_of_layers_prints_ranks_and_cka(neuronaut: Run, recording: Path) -> None:
    ran = neuronaut("similarity", recording, "--layers")
    assert "effective" in ran.out
    assert "CKA (debiased)" in ran.out
    assert "nothing varies" in ran.err
    found = neuronaut("similarity", recording, "--layers", "--json").json
    assert found["rank"]["values"]["units"] == [2, 3, 1]
    assert found["cka"]["values"]["cka"][0][0] == pytest.approx(1)
    assert len(rows_of(neuronaut("similarity", recording, "--layers", "--csv").out)) == 9


@pytest.mark.parametrize(
    "words", [("health",), ("selectivity", "kind"), ("similarity",), ("similarity", "--layers")], ids=str
)
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["text", "json"])
def test_nothing_hostile_reaches_the_terminal(
    neuronaut: Run, recording: Path, words: tuple[str, ...], form: list[str]
) -> None:
    ran = neuronaut(words[0], recording, *words[1:], *form)
    assert not any(sign in ran.out + ran.err for sign in "\x1b\u202e\x9b")


def test_a_hostile_column_is_only_a_name(neuronaut: Run, recording: Path) -> None:
    hostile = "\x1b[2J[red]</script>\u202e=cmd"
    ran = neuronaut("selectivity", recording, hostile, code=1)
    assert not any(sign in ran.out + ran.err for sign in "\x1b\u202e\x9b")
    assert "a class needs others" in " ".join(ran.err.split())


def test_the_units_of_a_layer_are_counted_once_each(neuronaut: Run, recording: Path) -> None:
    lines = [line.split() for line in neuronaut("health", recording).out.splitlines()]
    heading = next(at for at, words in enumerate(lines) if words[:2] == ["layer", "units"])
    rows = list(itertools.takewhile(bool, lines[heading + 1 :]))
    assert rows
    for _, units, *counts in rows:
        assert int(units) == sum(int(count) for count in counts if count != "–")


def test_fewer_similar_units_of_one_are_printed_as_asked(neuronaut: Run, recording: Path) -> None:
    with naut.open(recording) as rec:
        name, layer = max(rec.layers.items(), key=lambda item: item[1].unit_count)
    out = neuronaut("similarity", recording, f"{name}:0", "--limit", "1").out
    assert f"… {layer.unit_count - 2:,} more unit" in out
    assert [line.split()[0] for line in out.splitlines() if line.split() and line.split()[0].isdigit()] == ["1"]
