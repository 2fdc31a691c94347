"""Findings: what may be said aloud, and what may not."""

from __future__ import annotations

import numpy as np
from made_recordings import Array, Made

from neuronaut.analysis.findings import discover
from neuronaut.core.layer import Layer
from neuronaut.core.numerals import chance, effect, number

ROWS = {"kind": np.random.default_rng(0).permutation(np.repeat(["a", "b"], 200))}
IS_A = ROWS["kind"] == "a"


def noise(units: int, seed: int, **planted: float) -> Array:
    values = np.random.default_rng(seed).normal(size=(400, units)).astype(np.float32)
    for name, shift in planted.items():
        values[IS_A, int(name.removeprefix("u"))] += shift
    return values


def test_three_findings_name_the_strongest_unit_of_each_layer(made: Made) -> None:
    rec = made({"fc1": noise(6, 1, u2=2.0, u3=1.9), "fc2": noise(4, 2, u0=-1.0), "fc3": noise(3, 3, u1=0.7)}, ROWS)
    found = discover(rec, "kind == 'a'", "kind == 'b'")
    assert [str(one.at) for one in found] == ["fc1:2", "fc2:0", "fc3:1"]


def test_the_sentence_holds_unit_n_effect_interval_q_and_replication(made: Made) -> None:
    rec = made({"fc1": noise(6, 1, u2=-2.0)}, ROWS)
    (found,) = discover(rec, "kind == 'a'", k=1)
    said = found.evidence
    assert found.claim == (
        f'fc1 · neuron 2 (fc1:2) is less active for kind == "a" (mean {number(said["mean_a"])}, n = 200) '
        f'than for not kind == "a" (mean {number(said["mean_b"])}, n = 200): '
        f"g = {effect(said['hedges_g'])} [{effect(said['g_low'])}, {effect(said['g_high'])}], q = {chance(said['q'])}; "
        f"found on one half of the samples (g = {effect(said['g_half0'])}) "
        f"and replicated on the other (g = {effect(said['g_half1'])}, q = {chance(said['q_half1'])})."
    )
    assert said["g_low"] < said["hedges_g"] < said["g_high"] < 0
    assert said["replicated"] == 1


def test_the_link_opens_the_unit_with_both_groups(made: Made) -> None:
    rec = made({"fc1": noise(6, 1, u2=2.0)}, ROWS)
    (found,) = discover(rec, "kind == 'a'", "kind == 'b'", k=1)
    link = "#/network?a=kind%20%3D%3D%20%22a%22&b=kind%20%3D%3D%20%22b%22&col=ab&sel=fc1%3A2"
    assert found.to_json()["views"] == [link]


def test_what_does_not_replicate_is_never_claimed(made: Made) -> None:
    half = np.random.default_rng(4).integers(0, 2, 400)
    values = noise(6, 5)
    values[IS_A & (half == 0), 1] += 2
    assert discover(made({"fc1": values}, ROWS, half=half), "kind == 'a'") == []


def test_noise_gives_no_finding(made: Made) -> None:
    assert discover(made({"fc1": noise(300, 6)}, ROWS), "kind == 'a'") == []


def test_too_few_samples_give_no_finding(made: Made) -> None:
    rec = made({"fc1": noise(6, 1, u2=5.0)}, {"few": np.arange(400) < 15})
    assert discover(rec, "few") == []


def test_inputs_and_outputs_are_no_findings_about_the_network(made: Made) -> None:
    values = {"input": noise(2, 7, u0=3.0), "fc1": noise(3, 8, u1=1.0), "out": noise(1, 9, u0=3.0)}
    layers = [
        Layer("input", "input", 2, "input", 0),
        Layer("fc1", "dense", 3, "linear", 1),
        Layer("out", "dense", 1, "linear", 2, output=True),
    ]
    found = discover(made(values, ROWS, layers=layers), "kind == 'a'")
    assert [str(one.at) for one in found] == ["fc1:1"]


def test_an_output_is_a_finding_when_there_is_nothing_else(made: Made) -> None:
    layers = [Layer("out", "dense", 1, "linear", 1, output=True)]
    found = discover(made({"out": noise(1, 9, u0=3.0)}, ROWS, layers=layers), "kind == 'a'")
    assert [str(one.at) for one in found] == ["out:0"]


def test_the_same_recording_gives_the_same_words_every_time(made: Made) -> None:
    values = {"fc1": noise(40, 1, u2=2.0, u3=2.0), "fc2": noise(20, 2, u0=1.0)}
    first, second = (discover(made(values, ROWS), "kind == 'a'") for _ in range(2))
    assert [one.to_json() for one in first] == [one.to_json() for one in second]


def test_a_layer_that_is_only_a_number_is_called_as_in_the_page(made: Made) -> None:
    layers = [Layer("0", "dense", 3, "linear", 1), Layer("2", "dense", 4, "linear", 2)]
    (found,) = discover(made({"0": noise(3, 1), "2": noise(4, 2, u3=1.5)}, ROWS, layers=layers), "kind == 'a'", k=1)
    assert found.claim.startswith("dense 2 · neuron 3 (2:3) is more active for ")
