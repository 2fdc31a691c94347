"""The manifest of a served recording: everything but activations, which are asked by query."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neuronaut.core.layer import Layer
from neuronaut.core.slices import EVERYTHING
from neuronaut.explorer.blobs import Block, Packer
from neuronaut.explorer.cards import (
    app_version,
    first_view,
    named_slices,
    sample_kind,
    shown_layers,
    task_card,
)
from neuronaut.explorer.columns import column_card, ids_fit
from neuronaut.explorer.contract import (
    FORMAT,
    VERSION,
    ActivationCard,
    ColumnCard,
    EdgeCard,
    Manifest,
    ModelCard,
    PreviewCard,
    SamplesCard,
    SliceCard,
)
from neuronaut.explorer.kept import kept_cards
from neuronaut.explorer.network import edge_cards, layer_cards, visible_edges
from neuronaut.explorer.numbers import Shown, categories
from neuronaut.explorer.preview import PREVIEW, preview_card
from neuronaut.explorer.rows import Rows
from neuronaut.store.recording import Recording

COLUMN_BYTES = 64 << 20
"""Of all columns together; the others are asked by name."""
PICTURE_BYTES = 8_000_000
WEIGHTS = 4_000_000
"""Weights of a network up to which the strongest are in the manifest; else they are asked, layer by layer."""
NON_NEGATIVE = frozenset({"relu", "relu6", "sigmoid", "hardsigmoid", "softplus", "softmax", "exp"})
"""Activation functions that give nothing below zero."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One state of a recording as it is served: JSON of the manifest, its digest, and the blocks it names."""

    sequence: int
    body: bytes
    etag: str
    blocks: Mapping[str, Block]


def snapshot(rec: Recording, first_block: int = 0) -> Snapshot:
    """Everything the page needs to draw itself; no activation is read.

    Raises ExportError when the recording holds nothing to show.
    """
    layers = shown_layers(rec, "*")
    rows, pack = np.arange(rec.n), Packer(compressed=False, first=first_block)
    named, marks = named_slices(rec, (), None, rows, pack)
    notes = [*rec.notes]
    columns, unlisted = _columns(rec, rows, pack, notes)
    slices = [Shown("all", "", "all", EVERYTHING), *named, *_categories(rec, named)]
    parts: dict[str, Any] = {
        "model": ModelCard(
            name=str(rec.card.model.get("name", "model")),
            framework=str(rec.card.model.get("framework", "")),
            layers=layer_cards(list(layers.values()), {name: _signed(layer) for name, layer in layers.items()}),
            edges=_edges(rec, layers, pack),
        ),
        "samples": SamplesCard(
            n=rec.n,
            total=rec.n,
            grouped=bool(rec.card.options.get("groups")),
            kind=sample_kind(rec),
            ids=pack.add((rec.sample_ids if ids_fit(rec) else rows).astype(np.uint32), "columns"),
            half=pack.add(np.asarray(rec.half).astype(np.uint8), "columns"),
            columns=[*columns, *marks],
            unlisted=unlisted or None,
            preview=_pictures(rec, rows, pack),
        ),
        "task": task_card(rec),
        "slices": [_slice(rec, one) for one in slices],
        "activations": [card for name, layer in layers.items() for card in _activations(name, layer)],
        "results": kept_cards(rec, pack, notes),
        "view": first_view(named, asked=False),
    }
    if not rec.finished:
        notes.append(f"The recording is not finished: {rec.n:,} samples so far.")
    blocks = pack.pack()
    empty: dict[str, Any] = {
        name: [] for name in ("maps", "comparisons", "influence", "findings") if name in Manifest.model_fields
    }
    manifest = Manifest(
        format=FORMAT,
        version=VERSION,
        id=rec.id,
        title=rec.path.name,
        created=rec.card.created,
        app_version=app_version(),
        notes=notes,
        blobs=pack.blobs,
        blocks={name: block.card for name, block in blocks.items()},
        **parts,
        **empty,
    )
    body = manifest.to_json().encode("utf-8", "replace")
    return Snapshot(rec.sequence, body, hashlib.sha256(body).hexdigest(), blocks)


def _signed(layer: Layer) -> bool:
    """Whether values may be below zero, as far as the activation function tells."""
    return layer.activation not in NON_NEGATIVE


def _edges(rec: Recording, layers: Mapping[str, Layer], pack: Packer) -> list[EdgeCard]:
    found = list(visible_edges(rec, layers))
    size = sum(layers[edge.source].unit_count * layers[edge.target].unit_count for edge, direct in found if direct)
    if size <= WEIGHTS:
        return edge_cards(rec, layers, pack)
    return [
        EdgeCard(source=edge.source, target=edge.target, kind=edge.kind, weights=None, full=None) for edge, _ in found
    ]


def _columns(rec: Recording, rows: Rows, pack: Packer, notes: list[str]) -> tuple[list[ColumnCard], list[str]]:
    """As many columns as there is room for, the user's first, and the names of the others."""
    given = [str(name) for name in rec.metadata.columns]
    known = ("sample", "half") if ids_fit(rec) else ("half",)
    names = [name for name in rec.columns if name in given or name not in known]
    room = COLUMN_BYTES // max(1, 8 * rec.n)
    if len(names) > room:
        notes.append(f"{len(names) - room:,} of {len(names):,} columns are not listed; they are asked by name.")
        names = sorted(names, key=lambda name: name not in given)
    cards = [
        column_card(name, rec.columns[name], rows, pack, "metadata" if name in given else "output")
        for name in names[:room]
    ]
    return cards, names[room:]


def _pictures(rec: Recording, rows: Rows, pack: Packer) -> PreviewCard | None:
    """Small pictures whole; of many or large ones only their size, for the query ``pictures``."""
    stored = rec.arrays.get(PREVIEW)
    if stored is None or len(stored.shape) != 4 or not rec.n:
        return None
    count, height, width, channels = stored.shape
    if count * height * width * channels <= PICTURE_BYTES:
        return preview_card(rec, rows, pack)
    return PreviewCard(blobs=[], height=height, width=width, channels=channels, rows_per_chunk=1)


def _categories(rec: Recording, named: Sequence[Shown]) -> list[Shown]:
    said = {one.expression for one in named}
    return [one for values in categories(rec) for one in values if one.expression not in said]


def _slice(rec: Recording, one: Shown) -> SliceCard:
    count = int(rec.mask(one.slice).sum())
    return SliceCard(name=one.name, expression=one.expression, kind=one.kind, n=count, stats={})


def _activations(name: str, layer: Layer) -> list[ActivationCard]:
    reductions: tuple[Literal["value", "mean", "max"], ...] = ("mean", "max") if layer.position_axes else ("value",)
    return [
        ActivationCard(
            layer=name,
            site="post",
            reduction=reduction,
            scheme="f32",
            levels=0,
            scale=None,
            error=0.0,
            chunks=[],
            rows_per_chunk=1,
            nonfinite=None,
        )
        for reduction in reductions
    ]
