"""A recording as the data of one page: the manifest and its blocks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from neuronaut.core.axes import SAMPLE
from neuronaut.core.errors import ExportError, NeedsModel
from neuronaut.core.filters.nodes import Name, walk
from neuronaut.core.filters.text import text_of
from neuronaut.core.finding import Finding
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.selection import select_layers
from neuronaut.core.slices import Slice, where
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.columns import column_cards, ids_fit
from neuronaut.explorer.contract import (
    FORMAT,
    VERSION,
    ColumnCard,
    FindingCard,
    InfluenceCard,
    Manifest,
    ModelCard,
    SamplesCard,
    TaskCard,
    ViewCard,
)
from neuronaut.explorer.emptiness import empty_notes
from neuronaut.explorer.html import Page
from neuronaut.explorer.influence import influence_cards
from neuronaut.explorer.network import edge_cards, layer_cards
from neuronaut.explorer.numbers import Numbers, Shown, comparison_cards, numbers, slice_cards
from neuronaut.explorer.preview import preview_card
from neuronaut.explorer.rows import Rows, choose_rows
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
    layers = _layers(rec, choice.layers)
    units = sum(layer.unit_count for layer in layers.values())
    rows = choose_rows(rec, units, choice.max_rows)
    pack, notes = Packer(), _notes(rec, rows, layers)
    named, marks = _named(rec, choice, rows, pack)
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
        "task": _task(rec),
        "slices": slice_cards(exact, pack),
        "comparisons": comparison_cards(exact, pack),
        "activations": activation_cards(rec, layers, exact.signed(), rows, pack, choice.precision),
        "influence": _influence(rec, layers, pack, notes),
        "results": [],
        "findings": [_finding(finding) for finding in choice.findings],
        "view": _view(named),
    }
    notes += empty_notes(rec, [one.slice.named(one.name) for one in named])
    notes += exact.activity.notes
    blocks = pack.pack()
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        id=rec.id,
        title=choice.title or parts["model"].name,
        created=rec.card.created,
        app_version=_version(),
        notes=notes,
        blobs=pack.blobs,
        blocks={name: block.card for name, block in blocks.items()},
        **parts,
    )
    return Bundle(Page(manifest, blocks), exact)


def _layers(rec: Recording, wanted: str | Sequence[str]) -> dict[str, Layer]:
    """The recorded layers to show, in the order they ran."""
    if rec.card.append_axis != SAMPLE:
        raise ExportError(
            "the recording grows by steps of a training; a page shows samples of one state of a model. "
            "Record the trained model on its samples."
        )
    if rec.n == 0:
        raise ExportError("the recording holds no samples yet, so there is nothing to show. Record some first.")
    recorded = {name: layer for name, layer in rec.layers.items() if f"activations/{name}/post" in rec.arrays}
    if not recorded:
        raise ExportError(
            "the recording holds no layer's values after its activation (site 'post'). Record with sites=('post',)."
        )
    if wanted == "*":
        return recorded
    chosen = {site.layer for site in select_layers(Graph(tuple(recorded.values())), wanted, ("post",))}
    return {name: layer for name, layer in recorded.items() if name in chosen}


def _named(rec: Recording, choice: Choice, rows: Rows, pack: Packer) -> tuple[list[Shown], list[ColumnCard]]:
    """The named slices; one that no filter on this page can say gets a column of its own."""
    named: list[Shown] = []
    marks: list[ColumnCard] = []
    for one in map(where, choice.slices):
        mask = rec.mask(one)
        expression = one.expression
        if expression is None or not _sayable(rec, one, choice.columns):
            column = _unused(one.name, [*rec.columns, *(mark.name for mark in marks)])
            marks.append(_mark(column, mask[rows], pack))
            expression = text_of(Name(column))
        named.append(Shown(one.name, expression, "named", one))
    return named, marks


def _sayable(rec: Recording, one: Slice, columns: Collection[str] | None) -> bool:
    """Whether all columns that a slice asks for are on the page."""
    given = [str(name) for name in rec.metadata.columns]
    asked = {node.column for node, _ in walk(one.node) if isinstance(node, Name)}
    return columns is None or all(name in columns or name not in given for name in asked)


def _unused(name: str, taken: Collection[str]) -> str:
    tries = (name if number == 1 else f"{name} ({number})" for number in range(1, len(taken) + 2))
    return next(candidate for candidate in tries if candidate not in taken)


def _mark(name: str, inside: npt.NDArray[np.bool_], pack: Packer) -> ColumnCard:
    data = pack.add(inside.astype(np.uint8), "columns")
    return ColumnCard(name=name, type="bool", source="output", data=data, nulls=None, values=None, texts=None)


def _samples(rec: Recording, rows: Rows, choice: Choice, marks: list[ColumnCard], pack: Packer) -> SamplesCard:
    kind = rec.samples.get("kind", "table")
    return SamplesCard(
        n=len(rows),
        total=rec.n,
        kind=cast("Literal['table']", kind if kind in ("images", "texts") else "table"),
        ids=pack.add((rec.sample_ids[rows] if ids_fit(rec) else rows).astype(np.uint32), "columns"),
        half=pack.add(np.asarray(rec.half)[rows].astype(np.uint8), "columns"),
        columns=[*column_cards(rec, rows, pack, choice.columns), *marks],
        preview=preview_card(rec, rows, pack) if choice.images else None,
    )


def _task(rec: Recording) -> TaskCard:
    task = rec.task
    classes, label = task.get("classes"), task.get("label")
    kind = task.get("kind")
    return TaskCard(
        kind=cast("Literal['none']", kind if kind in ("binary", "classes", "regression") else "none"),
        classes=None if classes is None else [str(one) for one in classes],
        label=None if label is None else str(label),
    )


def _influence(rec: Recording, layers: Collection[str], pack: Packer, notes: list[str]) -> list[InfluenceCard]:
    try:
        return influence_cards(rec, layers, pack)
    except NeedsModel as missing:
        notes.append(str(missing))
        return []


def _finding(finding: Finding) -> FindingCard:
    return FindingCard(
        claim=finding.claim, at=str(finding.at), hash=finding.views[0].fragment() if finding.views else "#/network"
    )


def _view(named: Sequence[Shown]) -> ViewCard:
    a, b = ([one.expression for one in named[:2]] + [None, None])[:2]
    return ViewCard(a=a, b=b, colour="ab" if b is not None else None)


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


def _version() -> str:
    from neuronaut import __version__

    return __version__
