"""The Titanic's passengers: the table of the demo."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

import numpy as np
import pandas as pd

from neuronaut.samples.split import split_words, training_rows

FEATURES: Final = ("pclass", "sex", "age", "sibsp", "parch", "fare")
"""What the network sees, in its order."""

_COLUMNS: Final = ("pclass", "sex", "age", "sibsp", "parch", "fare", "embark_town", "deck", "alone")


def load_titanic() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Inputs and metadata of the 891 passengers.

    The inputs are the six features as float32, standardised with the mean and deviation of the training rows; sex is 1
    for female; an unknown age is the median age of the training rows. The metadata keeps the passengers as they were:
    an unknown age stays unknown, ``survived`` and ``adult`` (age >= 18) are yes or no, adult is null where the age is;
    ``split`` tells ``train`` (80 %) from ``test`` (drawn with seed 0).

    >>> inputs, metadata = load_titanic()
    >>> inputs.shape, metadata["survived"].value_counts().to_dict()
    ((891, 6), {'no': 549, 'yes': 342})
    """
    with files("neuronaut").joinpath("data", "titanic.csv").open(encoding="utf-8") as file:
        passengers = pd.read_csv(file)
    training = training_rows(len(passengers))
    return _standardise(passengers, training), _describe(passengers, training)


def _standardise(passengers: pd.DataFrame, training: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pd.DataFrame:
    raw = passengers[list(FEATURES)].assign(sex=(passengers["sex"] == "female").astype(float))
    raw["age"] = raw["age"].fillna(raw.loc[training, "age"].median())
    seen = raw.loc[training]
    return ((raw - seen.mean()) / seen.std(ddof=0)).astype(np.float32)


def _describe(passengers: pd.DataFrame, training: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> pd.DataFrame:
    age = passengers["age"]
    adult = pd.Series(np.where(age >= 18, "yes", "no"), dtype=object).where(age.notna(), None)
    said = {
        "survived": np.where(passengers["survived"] == 1, "yes", "no"),
        "adult": adult,
        "split": split_words(training),
    }
    return pd.DataFrame(said).join(passengers[list(_COLUMNS)])[
        ["survived", "sex", "pclass", "age", "adult", "sibsp", "parch", "fare", "embark_town", "deck", "alone", "split"]
    ]
