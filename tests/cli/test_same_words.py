"""What is asked in Python and in the shell is asked with the same words, and without being told means the same."""

from __future__ import annotations

import inspect
from typing import Any

import pytest
import typer

import neuronaut as naut
from neuronaut.cli.commands import app

COMMANDS = typer.main.get_command(app).commands
BOTH = sorted(set(COMMANDS) & set(naut.__all__))
WORD = {"rec": "recording", "rec_or_data": "recording", "largest": "lowest", "weights": "activity"}
"""What is said the other way round, or is a file there; of lists an option names one at a time."""
PRINTED = {"json", "csv", "limit", "sort"}
"""How an answer is printed."""
PYTHON_ONLY = {
    "inputs": "which parts of a batch are the model's inputs: a file has columns, --features",
    "ablate.classes": "names of the classes of data that are in no recording",
    "attribute.per_sample": "an array of samples x units",
    "export.findings": "objects",
    "export.overwrite": "a page is written anew, unless asked otherwise",
    "export.report": "a function; the shell prints what it would be told",
    "influence.k": "the largest effects by layer; --limit prints the first",
    "record.metadata": "in the same file",
    "record.progress": "a function; the shell has a bar",
    "show.block": "the shell waits until the server is stopped",
    "show.say": "a function; the shell prints what it would be told",
}
SHELL_ONLY = {
    "features": "columns of the file that is given as --data",
    "ablate.keep": "in Python the recording is opened writable",
    "selectivity.at": "which part of the answer is printed",
    "similarity.layers": "naut.similarity is of units; the layers are analysis.cka and analysis.rank",
    "similarity.other": "the same: analysis.cka",
}


def python(verb: str) -> dict[str, Any]:
    return {name: one.default for name, one in inspect.signature(getattr(naut, verb)).parameters.items()}


def shell(verb: str) -> dict[str, Any]:
    return {one.name: one.default for one in COMMANDS[verb].params if one.name != "help"}


def said(name: str, words: dict[str, Any]) -> str | None:
    """The word of the shell for a parameter of Python."""
    return next((word for word in (WORD.get(name, name), name.removesuffix("s")) if word in words), None)


@pytest.mark.parametrize("verb", BOTH)
def test_every_parameter_of_python_is_an_option_or_there_is_a_reason(verb: str) -> None:
    missing = {name for name in python(verb) if said(name, shell(verb)) is None}
    assert missing == {name for name in missing if name in PYTHON_ONLY or f"{verb}.{name}" in PYTHON_ONLY}


@pytest.mark.parametrize("verb", BOTH)
def test_every_option_is_a_parameter_of_python_or_there_is_a_reason(verb: str) -> None:
    spoken = {said(name, shell(verb)) for name in python(verb)}
    more = set(shell(verb)) - spoken - PRINTED
    assert more == {name for name in more if name in SHELL_ONLY or f"{verb}.{name}" in SHELL_ONLY}


@pytest.mark.parametrize("verb", BOTH)
def test_what_is_not_told_means_the_same(verb: str) -> None:
    """An option without a default of its own leaves it to Python."""
    ours, theirs = python(verb), shell(verb)
    both = {name: theirs[word] for name in ours if name not in WORD and (word := said(name, theirs)) is not None}
    told = {name: value for name, value in both.items() if value not in (None, "")}
    assert told == {name: ours[name] for name in told if ours[name] is not inspect.Parameter.empty}


@pytest.mark.parametrize("name", [*PYTHON_ONLY, *SHELL_ONLY])
def test_a_reason_is_given_for_nothing_that_both_have(name: str) -> None:
    verb, _, word = name.rpartition(".")
    alone = [
        one
        for one in ([verb] if verb else BOTH)
        if (word in python(one) and said(word, shell(one)) is None)
        or (word in shell(one) and word not in {said(own, shell(one)) for own in python(one)})
    ]
    assert alone
