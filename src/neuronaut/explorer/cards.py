"""Cards that a page in a file and a served one share: what is shown, whatever carries the numbers."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Literal, cast

import numpy as np
import numpy.typing as npt

from neuronaut.core.axes import SAMPLE
from neuronaut.core.errors import CorruptRecording, ExportError, NeuronautError
from neuronaut.core.filters.nodes import Name, walk
from neuronaut.core.filters.text import text_of
from neuronaut.core.finding import Finding
from neuronaut.core.layer import Graph, Layer
from neuronaut.core.selection import select_layers
from neuronaut.core.slices import Slice, where
from neuronaut.explorer.blobs import Packer
from neuronaut.explorer.contract import ColumnCard, FindingCard, TaskCard, ViewCard
from neuronaut.explorer.numbers import Shown
from neuronaut.explorer.rows import Rows

if TYPE_CHECKING:
    from neuronaut.store.recording import Recording


def shown_layers(rec: Recording, wanted: str | Sequence[str]) -> dict[str, Layer]:
    """The recorded layers to show, in the order they ran. Raises ExportError when there is nothing to show."""
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


def named_slices(
    rec: Recording, slices: Sequence[Any], columns: Collection[str] | None, rows: Rows, pack: Packer
) -> tuple[list[Shown], list[ColumnCard]]:
    """The named slices; one that no filter on this page can say gets a column of its own.

    Without ``slices`` they are those that were saved in the recording and still fit it.
    """
    named: list[Shown] = []
    marks: list[ColumnCard] = []
    for one in map(where, slices or fitting_slices(rec)):
        mask = rec.mask(one)
        expression = one.expression
        if expression is None or not _sayable(rec, one, columns):
            column = _unused(one.name, [*rec.columns, *(mark.name for mark in marks)])
            marks.append(_mark(column, mask[rows], pack))
            expression = text_of(Name(column))
        named.append(Shown(one.name, expression, "named", one))
    return named, marks


def fitting_slices(rec: Recording) -> list[Slice]:
    """The slices that were saved in the recording, but those that ask for what it does not hold; none if damaged."""
    fitting: list[Slice] = []
    try:
        saved = rec.slices
    except CorruptRecording:
        return fitting  # verify names the damage
    for one in saved.values():
        try:
            rec.mask(one)
        except NeuronautError:
            continue
        fitting.append(one)
    return fitting


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


def task_card(rec: Recording) -> TaskCard:
    task = rec.task
    classes, label = task.get("classes"), task.get("label")
    kind = task.get("kind")
    return TaskCard(
        kind=cast("Literal['none']", kind if kind in ("binary", "classes", "regression") else "none"),
        classes=None if classes is None else [str(one) for one in classes],
        label=None if label is None else str(label),
    )


def sample_kind(rec: Recording) -> Literal["table", "images", "texts"]:
    kind = rec.samples.get("kind", "table")
    return cast("Literal['table']", kind if kind in ("images", "texts") else "table")


def finding_card(finding: Finding) -> FindingCard:
    return FindingCard(
        claim=finding.claim, at=str(finding.at), hash=finding.views[0].fragment() if finding.views else "#/network"
    )


def first_view(named: Sequence[Shown], *, asked: bool) -> ViewCard:
    """The first two named slices are A and B; a single one is A only where it was asked for."""
    first = [one.expression for one in named[:2]] if asked or len(named) > 1 else []
    a, b, *_ = [*first, None, None]
    return ViewCard(a=a, b=b, colour="ab" if b is not None else None)


def app_version() -> str:
    from neuronaut import __version__

    return __version__
