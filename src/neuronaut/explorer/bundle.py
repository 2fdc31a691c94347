"""A recording as the data of one page: the manifest and its blocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from neuronaut.core.errors import NeedsModel
from neuronaut.core.finding import Finding
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.cards import (
    app_version,
    finding_card,
    first_view,
    named_slices,
    sample_kind,
    shown_layers,
    task_card,
)
from neuronaut.explorer.columns import column_cards, ids_fit
from neuronaut.explorer.contract import (
    FORMAT,
    VERSION,
    ColumnCard,
    InfluenceCard,
    Manifest,
    ModelCard,
    SamplesCard,
)
from neuronaut.explorer.emptiness import empty_notes
from neuronaut.explorer.html import Page
from neuronaut.explorer.influence import influence_cards
from neuronaut.explorer.kept import kept_cards
from neuronaut.explorer.maps import map_cards
from neuronaut.explorer.network import edge_cards, layer_cards
from neuronaut.explorer.numbers import Numbers, comparison_cards, numbers, slice_cards
from neuronaut.explorer.preview import preview_card
from neuronaut.explorer.rows import Rows, choose_rows
from neuronaut.explorer.understanding import understanding_cards
from neuronaut.explorer.values import Precision, activation_cards

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording


@dataclass(frozen=True, slots=True)
class Bundle:
    """A page, and its exact numbers as they were before they were packed."""

    page: Page
    numbers: Numbers


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a recording goes into a page."""

    slices: Sequence[Any] = ()
    layers: str | Sequence[str] = "*"
    max_rows: int | None = None
    precision: Precision = "auto"
    columns: Collection[str] | None = None
    images: bool = True
    title: str | None = None
    findings: Sequence[Finding] = ()


def bundle(rec: Recording, choice: Choice) -> Bundle:
    """Collect, quantise and pack what a page shows.

    Raises ExportError when there is nothing to show, and whatever a slice or a layer that is not there raises.
    """
    layers = shown_layers(rec, choice.layers)
    units = sum(layer.unit_count for layer in layers.values())
    rows = choose_rows(rec, units, choice.max_rows)
    pack, notes = Packer(), _notes(rec, rows, layers)
    named, marks = named_slices(rec, choice.slices, choice.columns, rows, pack)
    exact = numbers(rec, list(layers), named, units, choice.columns)
    samples = _samples(rec, rows, choice, marks, pack)
    parts: dict[str, Any] = {
        "model": ModelCard(
            name=str(rec.card.model.get("name", "model")),
            framework=str(rec.card.model.get("framework", "")),
            layers=layer_cards(list(layers.values()), exact.signed()),
            edges=edge_cards(rec, layers, pack),
        ),
        "samples": samples,
        "task": task_card(rec),
        "slices": slice_cards(exact, pack),
        "comparisons": comparison_cards(exact, pack),
        "activations": activation_cards(rec, layers, exact.signed(), rows, pack, choice.precision),
        "maps": map_cards(rec, layers, pack),
        "influence": _influence(rec, layers, pack, notes),
        "results": [
            *understanding_cards(rec, layers, pack, notes, [finding.at for finding in choice.findings]),
            *kept_cards(rec, pack, notes),
        ],
        "findings": [finding_card(finding) for finding in choice.findings],
        "view": first_view(named, asked=bool(choice.slices)),
    }
    notes += empty_notes(rec, [one.slice.named(one.name) for one in named])
    notes += exact.activity.notes
    blocks = pack.pack()
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        id=rec.id,
        title=choice.title or rec.path.name,
        created=rec.card.created,
        app_version=app_version(),
        notes=notes,
        blobs=pack.blobs,
        blocks={name: block.card for name, block in blocks.items()},
        **parts,
    )
    return Bundle(Page(manifest, blocks), exact)


def _samples(rec: Recording, rows: Rows, choice: Choice, marks: list[ColumnCard], pack: Packer) -> SamplesCard:
    return SamplesCard(
        n=len(rows),
        total=rec.n,
        grouped=bool(rec.card.options.get("groups")),
        kind=sample_kind(rec),
        ids=pack.add((rec.sample_ids[rows] if ids_fit(rec) else rows).astype(np.uint32), "columns"),
        half=pack.add(np.asarray(rec.half)[rows].astype(np.uint8), "columns"),
        columns=[*column_cards(rec, rows, pack, choice.columns), *marks],
        preview=preview_card(rec, rows, pack) if choice.images else None,
    )


def _influence(rec: Recording, layers: Collection[str], pack: Packer, notes: list[str]) -> list[InfluenceCard]:
    try:
        return influence_cards(rec, layers, pack)
    except NeedsModel as missing:
        notes.append(str(missing))
        return []


def _notes(rec: Recording, rows: Rows, layers: Collection[str]) -> list[str]:
    notes = list(rec.graph.notes)
    hidden = [name for name in rec.layers if name not in layers]
    if hidden:
        notes.append(f"{len(hidden)} recorded layers are not on this page: {', '.join(hidden[:8])}.")
    if len(rows) < rec.n:
        notes.append(
            f"This page holds {len(rows):,} of {rec.n:,} samples, drawn in proportion to label and half. "
            "Statistics of the named slices are of all samples."
        )
    if not rec.finished:
        notes.append(f"The recording was not finished when this page was made: {rec.n:,} samples.")
    return notes
