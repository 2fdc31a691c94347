"""The demos: samples that come with the package, a network for them, and the question that is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, slots=True)
class Trained:
    """A network, what it was trained for, and how often it is right about the samples it was not trained on."""

    inputs: Any
    metadata: pd.DataFrame
    network: Any
    accuracy: float


@dataclass(frozen=True, slots=True)
class Demo:
    """One voyage: its samples are called ``many``; its question is which neurons tell ``told``, slices 0 and 1."""

    name: str
    title: str
    headline: str
    many: str
    told: str
    label: str
    slices: tuple[str, ...]
    train: Callable[[], Trained]


def _train_titanic() -> Trained:
    from neuronaut.models.torch.titanic import train_titanic
    from neuronaut.samples.titanic import load_titanic

    inputs, metadata = load_titanic()
    return Trained(inputs, metadata, *train_titanic(inputs, metadata))


def _train_digits() -> Trained:
    from neuronaut.models.torch.digits import train_digits
    from neuronaut.samples.digits import load_digits

    inputs, metadata = load_digits()
    return Trained(inputs, metadata, *train_digits(inputs, metadata))


TITANIC: Final = Demo(
    name="titanic",
    title="Titanic",
    headline="Titanic: who survives, and which neurons know",
    many="passengers",
    told="survivors from the others",
    label="survived",
    slices=("survived == 'yes'", "survived == 'no'", "sex == 'female'", "sex == 'male'", "adult == 'no'"),
    train=_train_titanic,
)

DIGITS: Final = Demo(
    name="digits",
    title="Digits",
    headline="Digits: threes, eights, and which neurons tell them apart",
    many="digits",
    told="threes from eights",
    label="label",
    slices=("label == 3", "label == 8", "holes == 0", "holes == 2", "correct == false"),
    train=_train_digits,
)

DEMOS: Final = {demo.name: demo for demo in (TITANIC, DIGITS)}
