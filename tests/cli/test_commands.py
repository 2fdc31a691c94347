"""Commands on a recording: what they print, in which form, with which exit code."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from command_runs import Run

import neuronaut as naut
from neuronaut.cli import app, console
from neuronaut.cli.activity import NUMBERS
from neuronaut.cli.compare import sortable
from neuronaut.cli.selectivity import SORTABLE, unit_table

COMMANDS = sorted(info.callback.__name__ for info in app.registered_commands if info.callback)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_commands_are_those_that_the_documentation_promises() -> None:
    assert COMMANDS == [
        "ablate",
        "activity",
        "attribute",
        "compare",
        "demo",
        "drivers",
        "export",
        "health",
        "influence",
        "info",
        "layers",
        "match",
        "order",
        "record",
        "selectivity",
        "show",
        "similarity",
        "top",
        "verify",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_examples_and_exit_codes(neuronaut: Run, command: str) -> None:
    text = neuronaut(command, "--help").out
    assert f"neuronaut {command}" in text.partition("Examples:")[2]
    assert "Exit codes: 0 done" in text
    assert all(len(line) <= 80 for line in text.splitlines())


def test_a_mistyped_command_is_refused_with_the_closest(neuronaut: Run) -> None:
    assert "Did you mean 'compare'" in neuronaut("comapre", code=2).err


def test_activity_prints_numbers_of_numpy(neuronaut: Run, recording: Path) -> None:
    found = neuronaut("activity", recording, "-s", "kind == 'a'", "--json").json
    values = naut.open(recording)["fc"].read()[::2].astype(float)
    place = found["coords"]["unit"].index("fc:0")
    assert found["coords"]["slice"] == ['kind == "a"']
    assert found["n"] == {'kind == "a"': 40}
    np.testing.assert_allclose(found["values"]["mean"][0][place : place + 3], values.mean(0))


def test_activity_as_csv_has_a_row_for_each_slice_and_unit(neuronaut: Run, recording: Path) -> None:
    rows = rows_of(
        neuronaut(
            "activity", recording, "-s", "kind == 'a'", "-s", "row < 10", "-q", "0.5", "--csv", "--layer", "fc"
        ).out
    )
    assert [(row["slice"], row["unit"]) for row in rows[2:4]] == [('kind == "a"', "fc:2"), ("row < 10", "fc:0")]
    assert float(rows[3]["q0.5"]) == pytest.approx(np.median(naut.open(recording)["fc:0"].read()[:10]))


def test_activity_sorts_and_says_what_it_leaves_out(neuronaut: Run, recording: Path) -> None:
    lines = neuronaut("activity", recording, "--sort", "mean", "--limit", "1").out.splitlines()
    assert lines[0] == "all: 80 samples"
    assert lines[2].startswith("fc:0 ")
    assert lines[3] == "… 5 more units; --limit 0 prints all."


def test_units_with_names_are_printed_with_them(neuronaut: Run, recording: Path) -> None:
    assert "input:0 age" in neuronaut("activity", recording).out


def test_compare_finds_the_planted_unit(neuronaut: Run, recording: Path) -> None:
    lines = neuronaut("compare", recording, "kind == 'a'", "kind == 'b'").out.splitlines()
    assert lines[:2] == ['A: kind == "a", 40 samples', 'B: kind == "b", 40 samples']
    assert lines[3].startswith("fc:0 ")
    assert lines[3].rstrip().endswith("yes")
    assert lines[-1].endswith(" units differ at q < .05; 1 replicated on the held-out half.")
    assert all(len(line) <= 80 for line in lines)


def test_compare_as_json_and_csv_agree(neuronaut: Run, recording: Path) -> None:
    found = neuronaut("compare", recording, "kind == 'a'", "--json").json
    rows = rows_of(neuronaut("compare", recording, "kind == 'a'", "--csv").out)
    assert [float(row["hedges_g"]) for row in rows if row["layer"] == "fc"] == found["values"]["hedges_g"][2:5]
    assert rows[0]["name"] == "age"


def test_top_prints_the_samples_with_their_metadata(neuronaut: Run, recording: Path) -> None:
    column = naut.open(recording)["fc:1"].read()
    rows = rows_of(neuronaut("top", recording, "fc:1", "-k", "3", "--lowest", "--where", "kind == 'b'", "--csv").out)
    best = np.argsort(np.where(np.arange(80) % 2 == 1, column, np.inf))[:3]
    assert [int(row["sample"]) for row in rows] == best.tolist()
    assert [row["kind"] for row in rows] == ["b"] * 3
    assert (
        neuronaut("top", recording, "fc:1", "-k", "3", "--json").json["metadata"]["row"]
        == np.argsort(-column)[:3].tolist()
    )


def test_info_tells_model_layers_and_columns(neuronaut: Run, recording: Path) -> None:
    card = neuronaut("info", recording, "--json").json
    assert (card["samples"], card["finished"]) == (80, True)
    assert [layer["name"] for layer in card["layers"]][:2] == ["input", "fc"]
    assert card["layers"][1]["sites"] == ["post"]
    columns = {column["name"]: column for column in card["columns"]}
    assert (columns["row"]["lowest"], columns["row"]["highest"]) == (0, 79)
    assert columns["kind"]["values"] == ["a", "b"]


@pytest.mark.parametrize("words", [("info",), ("activity",), ("compare", "kind == 'a'"), ("top", "fc:0"), ("verify",)])
@pytest.mark.parametrize("form", [[], ["--json"], ["--csv"]], ids=["text", "json", "csv"])
def test_nothing_hostile_reaches_the_terminal(
    neuronaut: Run, recording: Path, words: tuple[str, ...], form: list[str]
) -> None:
    if form == ["--csv"] and words[0] in ("info", "verify"):
        return
    ran = neuronaut(words[0], recording, *words[1:], *form)
    shown = ran.out + ran.err
    if form != ["--csv"]:
        assert not any(sign in shown for sign in "\x1b\u202e\x9b")
    assert not any(
        cell.startswith("=") for row in csv.reader(io.StringIO(ran.out)) for cell in row if form == ["--csv"]
    )


def test_an_empty_slice_is_exit_code_1_with_the_reason_on_stderr(neuronaut: Run, recording: Path) -> None:
    ran = neuronaut("activity", recording, "-s", "kind == 'A'", code=1)
    assert ran.out == 'kind == "A": 0 samples\n'
    assert "no row of kind holds" in ran.err
    assert neuronaut("compare", recording, "row > 99", code=1).out.startswith("A: row > 99, 0 samples")
    assert neuronaut("top", recording, "fc:0", "-w", "row > 99", code=1)


def test_a_filter_with_a_typo_points_at_the_character(neuronaut: Run, recording: Path) -> None:
    ran = neuronaut("compare", recording, "knd == 'a'", code=2)
    assert ran.out == ""
    assert ran.err.startswith("error: no column 'knd'; closest: 'kind'.")
    assert ran.err.endswith("  knd == 'a'\n  ^^^\n")


def test_info_tells_groups_samples_without_one_and_whole_numbers(neuronaut: Run, tmp_path: Path) -> None:
    net = torch.nn.Sequential(torch.nn.Linear(1, 2))
    rows = np.arange(1797, dtype=np.float32)[:, None]
    patients = [None, None, *(str(row // 100) for row in range(1795))]
    path = tmp_path / "patients.naut"
    naut.record(net, rows, to=path, metadata={"patient": patients}, groups="patient", influence=False)
    out = neuronaut("info", path).out
    assert "the samples come in 20 groups (patient)" in out
    assert "0 to 1,796" in out
    assert "2 of 1,797 samples have no group (patient is missing there)" in " ".join(out.split())
    assert neuronaut("info", path, "--json").json["groups"] == {"name": "patient", "count": 20}


def test_info_of_samples_without_groups_says_none(neuronaut: Run, recording: Path) -> None:
    assert "groups" not in neuronaut("info", recording).out
    assert neuronaut("info", recording, "--json").json["groups"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("info", "nowhere.naut"), "no recording"),
        (("activity", "{rec}", "--layer", "fc1"), "no layer 'fc1'; closest: 'fc'"),
        (("activity", "{rec}", "--sort", "men"), "no column to sort by 'men'; closest: 'mean'"),
        (("compare", "{rec}", "kind == 'a'", "--sort", "foo"), "'q_half0', 'q_half1', 'replicated'."),
        (("compare", "{rec}", "no == such", "--sort", "foo"), "no column to sort by 'foo'"),
        (("selectivity", "{rec}", "nosuch", "--sort", "foo"), "no column to sort by 'foo'"),
        (("activity", "{rec}", "--quantile", "50"), "quantiles are shares between 0 and 1"),
        (("activity", "{rec}", "--site", "pre"), "--site pre --site post"),
        (("top", "{rec}", "fc"), "as in 'fc:0'"),
        (("top", "{rec}", "fc:9"), "its units are 0 to 2"),
        (("demo", "titanik"), "no demo 'titanik'; closest: 'titanic'"),
        (("activity", "{rec}", "--limit", "-1"), "--limit"),
        (("compare", "{rec}"), "Missing argument"),
    ],
)
def test_bad_input_is_one_block_of_words_and_exit_code_2(
    neuronaut: Run, recording: Path, words: tuple[str, ...], said: str
) -> None:
    ran = neuronaut(*(str(recording) if word == "{rec}" else word for word in words), code=2)
    assert said in " ".join(ran.err.split())
    assert "Traceback" not in ran.err


def test_what_can_be_sorted_by_is_what_the_tables_hold(neuronaut: Run, recording: Path) -> None:
    texts = {"slice", "layer", "unit", "name"}
    for words, columns in (
        (("compare", "kind == 'a'", "--interval", "bca", "--max-t", "19"), sortable("bca", 19, False)),
        (("activity", "-q", "0.5"), [*NUMBERS, "q0.5"]),
    ):
        command, *rest = words
        held = next(csv.reader(io.StringIO(neuronaut(command, recording, *rest, "--csv").out)))
        assert set(held) - texts == set(columns)


def test_selectivity_can_be_sorted_by_every_number_of_its_units(recording: Path) -> None:
    table = unit_table(naut.selectivity(naut.open(recording), "kind", permutations=0))
    assert {name for name in table if table[name].dtype.kind in "iuf"} == set(SORTABLE)


def test_the_answer_comes_before_the_notes_and_these_are_few_and_short(
    recording: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [sys.executable, "-m", "neuronaut", "health", str(recording)]
    lines = subprocess.run(words, check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    assert lines.startswith("all: 80 samples")
    assert lines.index("units are not ok") < lines.index("note: ")
    monkeypatch.setattr(console, "FEW_NOTES", 2)
    console.notes(["one. " + "much more of it " * 20, "two", "three"], brief=True)
    assert capsys.readouterr().err.splitlines() == [
        "note: one.",
        "note: two",
        "notes: 1 more; --json prints all of them whole.",
    ]
    console.notes(["a. b", "c"], brief=True)
    assert capsys.readouterr().err.splitlines() == ["note: a. b", "note: c"]


def test_verify_of_a_sound_recording_says_so(neuronaut: Run, recording: Path) -> None:
    assert "sound. 80 samples" in neuronaut("verify", recording).out
    assert neuronaut("verify", recording, "--json").json["damage"] == []


def test_verify_names_the_damage_and_exits_with_1(neuronaut: Run, recording: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.naut"
    shutil.copytree(recording, copy)
    shard = next((copy / "activations" / "fc" / "post").glob("c.*"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"\x00")
    ran = neuronaut("verify", copy, code=1)
    assert "activations/fc/post" in ran.out
    (copy / "recording.json").write_bytes(b"{}")
    assert neuronaut("verify", copy, "--json", code=1).json["damage"]
