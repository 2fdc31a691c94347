"""Estimate: how large a page will be, from a part of its samples, before the work of making it begins."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np

from neuronaut.core.address import Address
from neuronaut.core.errors import NeedsModel
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.bundle import Choice
from neuronaut.explorer.cards import named_slices, shown_layers
from neuronaut.explorer.columns import column_cards
from neuronaut.explorer.html import Assets, packed_size
from neuronaut.explorer.influence import influence_cards
from neuronaut.explorer.maps import map_cards
from neuronaut.explorer.network import edge_cards
from neuronaut.explorer.numbers import COMPARISON, STATISTICS, plan
from neuronaut.explorer.preview import preview_card
from neuronaut.explorer.rows import Rows, choose_rows
from neuronaut.explorer.understanding import DETAILED, DRIVEN
from neuronaut.explorer.values import activation_cards, fitting

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording

FEWEST, MOST, VALUES = 512, 4096, 1_000_000
"""Samples that are packed for the estimate: at least, at most, and as many as have so many values."""
CARRIED = 16 / 13
"""Characters that carry a byte (``explorer.text``)."""
STATISTIC = 0.7
"""What is left of a number of a statistic, in its four bytes, after compression."""
UNDERSTOOD, UNDERSTOOD_CLASS, BRIEF = 170, 14, 34
"""Bytes that health, likeness and drivers take for a unit, selectivity for a unit and class; all of it in brief."""
CARDS, CARD, DRIVER = 2_200, 500, 25
"""Bytes of the packed manifest: of any page, for each layer, for each unit whose drivers are named."""


def estimate(rec: Recording, choice: Choice, assets: Assets) -> int:
    """Bytes of the page that ``choice`` makes: what grows with the samples is measured on some of them.

    Raises what making the page would raise for layers and slices that are not there.
    """
    layers = shown_layers(rec, choice.layers)
    units = sum(layer.unit_count for layer in layers.values())
    rows = choose_rows(rec, units, choice.max_rows)
    fixed = Packer()
    edge_cards(rec, layers, fixed)
    map_cards(rec, layers, fixed)
    with contextlib.suppress(NeedsModel):
        influence_cards(rec, layers, fixed)
    named, _ = named_slices(rec, choice.slices, choice.columns, rows, fixed)
    shown, pairs = plan(rec, named, units, choice.columns)
    numbers = units * (len(STATISTICS) * len(shown) + len(COMPARISON) * len(pairs))
    classes = len(rec.task.get("classes") or ())
    known = units * (UNDERSTOOD + UNDERSTOOD_CLASS * classes if units <= DETAILED else BRIEF)
    data = _size(fixed) + _of_samples(rec, choice, rows, units) + 4 * STATISTIC * numbers + known
    manifest = CARDS + len(layers) * CARD + (DRIVER * units if units <= DRIVEN else 0)
    return int(packed_size(assets) + CARRIED * (manifest + data))


def _of_samples(rec: Recording, choice: Choice, rows: Rows, units: int) -> float:
    """Bytes of all these samples: measured on some, and grown by what the later half of these added."""

    def packed(n: int) -> float:
        some = rows[np.linspace(0, len(rows) - 1, n).astype(np.int64)]
        return _sampled(rec, choice, some, len(rows) * units)

    sample = min(max(VALUES // units, FEWEST), MOST)
    if len(rows) <= sample:
        return packed(len(rows))
    half, whole = packed(sample // 2), packed(sample)
    return whole + (whole - half) / (sample - sample // 2) * (len(rows) - sample)


def _sampled(rec: Recording, choice: Choice, some: Rows, values: int) -> float:
    """Bytes of these samples as they will be carried."""
    layers = shown_layers(rec, choice.layers)
    pack = Packer()
    signed = {name: bool((np.asarray(rec.at(Address(name)).read(some)) < 0).any()) for name in layers}
    precision = fitting(values) if choice.precision == "auto" else choice.precision
    activation_cards(rec, layers, signed, some, pack, precision)
    column_cards(rec, some, pack, choice.columns)
    if choice.images:
        preview_card(rec, some, pack)
    return _size(pack)


def _size(pack: Packer) -> float:
    return float(sum(len(block.data) for block in pack.pack().values()))
