"""What a page knows beyond statistics: order, health, selectivity, likeness and drivers, as far as they are cheap."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuronaut.analysis.cka import cka
from neuronaut.analysis.drivers import drivers
from neuronaut.analysis.health import health
from neuronaut.analysis.order import order
from neuronaut.analysis.rank import rank
from neuronaut.analysis.recorded import chosen, unit_coords
from neuronaut.analysis.selectivity import selectivity
from neuronaut.analysis.similarity import similarity
from neuronaut.core.address import Address
from neuronaut.core.errors import NeuronautError
from neuronaut.core.layer import Layer
from neuronaut.core.result import Result
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ResultCard
from neuronaut.explorer.results import result_card

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

ALIKE, ALIKE_IN_LARGE = 6, 3
"""Most similar units of each unit that a page names; and on the page of a large network."""
DETAILED = 1024
"""Units up to which a page carries every number of an analysis; beyond, one for each unit and no more."""
DRIVEN = 96
"""Units up to which a page says what drives each."""
LARGEST = 200_000_000
"""Recorded numbers up to which a page is given what takes more than one pass over them."""

RANKS = 4
"""Slices that are named for each."""
DRIVERS = ("score", "heldout", "shuffled", "n")
_NONE = np.empty(0)

HEALTH = ("status", "score", "firing_bound")
SIMILARITY = ("index", "value", "heldout", "heldout_low", "heldout_high")
BRIEF = ("similarity",)
"""Of these a page reads no more than a large network's page is given."""
SELECTIVITY = ("best", "best_auroc", "heldout_auroc", "replicated", "q", "mi")


def understanding_cards(
    rec: Recording, layers: Mapping[str, Layer], pack: Packer, notes: list[str], told: Sequence[Address] = ()
) -> list[ResultCard]:
    """The Results that go into a page; what cannot be computed becomes a note.

    ``told``: where its findings are. What drives these units is on the page even of a large network.
    """
    units = sum(layer.unit_count for layer in layers.values())
    detailed = units <= DETAILED
    if rec.n * units > LARGEST:
        notes.append(
            "The recording is too large for its health, selectivity and likeness to be computed while a page is made. "
            "neuronaut health, selectivity and similarity give them."
        )
        return []
    cards = []
    for ask, brief in _questions(rec, layers, ALIKE if detailed else ALIKE_IN_LARGE, told):
        try:
            result = ask()
        except NeuronautError as error:
            notes.append(str(error))
            continue
        whole = detailed and result.name not in BRIEF
        cards.append(result_card(result, pack, only=None if whole else brief(result)))
    return cards


Question = tuple[Callable[[], Result], Callable[[Result], Sequence[str]]]


def _questions(rec: Recording, layers: Mapping[str, Layer], alike: int, told: Sequence[Address]) -> Iterator[Question]:
    """What is asked, and which values are enough on the page of a large network."""
    names = list(layers)
    inner = [name for name, layer in layers.items() if layer.kind != "input"]
    yield partial(order, rec, layers=names), _all
    yield partial(order, rec, "together", layers=names), _all
    label = rec.task.get("label")
    if label is not None and label in rec.columns:
        yield partial(selectivity, rec, str(label), layers=names), lambda _: SELECTIVITY
    if not inner:
        return
    yield partial(health, rec, layers=inner), lambda result: [*HEALTH, *(n for n in result.values if "share" in n)]
    yield partial(rank, rec, layers=inner), _all
    yield partial(cka, rec, layers=inner), _all
    yield partial(similarity, rec, k=alike), lambda _: SIMILARITY
    if sum(layers[name].unit_count for name in inner) <= DRIVEN:
        yield partial(_drivers, rec, inner), _all
        return
    for at in dict.fromkeys(told):
        if at.layer in inner and at.unit is not None:
            yield partial(drivers, rec, str(at)), lambda _: DRIVERS


def _drivers(rec: Recording, layers: Sequence[str]) -> Result:
    """What drives each unit of these layers: the best slices by ``unit`` and ``rank``, and why where there is none."""
    coords = unit_coords(rec, chosen(rec, layers, "post", "mean"))
    found = [drivers(rec, at) for at in coords["unit"]]
    best = [{name: one.values.get(name, _NONE)[:RANKS] for name in DRIVERS} for one in found]
    values = {name: np.stack([_filled(one[name]) for one in best]) for name in DRIVERS}
    texts = [[*one.coords["slice"][:RANKS], *[""] * RANKS][:RANKS] for one in found]
    why = ["" if one.coords["slice"] else (one.notes or ("",))[0] for one in found]
    dims = {**dict.fromkeys((*DRIVERS, "slice"), ("unit", "rank")), "why": ("unit",)}
    params = {name: value for name, value in found[0].params.items() if name != "at"}
    arrays = {**values, "slice": np.array(texts, dtype=str), "why": np.array(why, dtype=str)}
    return Result("drivers", arrays, dims, coords, params=params, n=found[0].n)


def _filled(column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.concatenate([column, np.full(RANKS - len(column), np.nan)])


def _all(result: Result) -> Sequence[str]:
    return list(result.values)
