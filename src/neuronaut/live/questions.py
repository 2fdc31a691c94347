"""Questions: what the served page asks of the live model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from neuronaut.analysis.influence import STORED_KEY
from neuronaut.capture.batch import copied
from neuronaut.capture.judge import log_probability
from neuronaut.capture.task import flat
from neuronaut.core.address import parse_address
from neuronaut.core.errors import DataError, UnsupportedModel, unknown
from neuronaut.core.model import Edit, Model, Site
from neuronaut.core.result import Result
from neuronaut.core.slices import Where
from neuronaut.explorer.maps import maps_asked, sample_maps
from neuronaut.explorer.server.reading import effects as stored_effects
from neuronaut.explorer.server.reading import effects_table
from neuronaut.live.ablate import ablate as run_ablate
from neuronaut.live.features import features as read_features
from neuronaut.live.influence import influence as run_influence
from neuronaut.live.inputs import Feed, feed_of
from neuronaut.live.measure import How
from neuronaut.live.truth import task_of
from neuronaut.live.wrapped import recorded_model
from neuronaut.store.recording import Recording
from neuronaut.store.results import list_results

Question = Callable[..., Result]
HOWS = ("zero", "scale")
MOST_ROWS = 256


@dataclass(frozen=True, eq=False)
class _Live:
    """One model and the recording of it, asked one thing at a time."""

    rec: Recording
    model: Any
    data: Any
    feed: Feed
    like: Any
    wrapped: Model
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def forward(
        self,
        asked: Recording,
        inputs: list[list[float]] | None = None,
        row: int | None = None,
        edits: list[dict[str, Any]] | None = None,
        maps: list[str] | None = None,
    ) -> Result:
        """What all layers and outputs do on typed inputs, or on a recorded row, with some units changed or none.

        Of the layers of images in ``maps`` also ``map\\tLAYER`` [unit, y, x] of the first row, at most 14 by 14.
        """
        rec = self.rec
        _same(asked, rec)
        if (inputs is None) == (row is None):
            raise DataError("give either inputs, a list of rows, or the number of a recorded row.")
        batch = _typed(inputs, self.like) if inputs is not None else _recorded(self.feed, int(row or 0), rec)
        changed = [_edit(rec, one) for one in edits or ()]
        with self.one_at_a_time:
            return _forward(self.wrapped, rec, batch, changed, maps_asked(rec, maps or ()))

    def ablate(
        self,
        asked: Recording,
        units: str | list[str],
        how: How = "mean",
        metric: str = "all",
        where: Where = None,
        seed: int = 0,
        resamples: int = 2000,
        null: int = 20,
        scale: float | None = None,
    ) -> Result:
        """What the answers lose when units are taken out or scaled, with interval and verdict; as naut.ablate."""
        _same(asked, self.rec)
        with self.one_at_a_time:
            return run_ablate(
                self.model, asked, units, how, metric, where,
                data=self.data, seed=seed, resamples=resamples, null=null, scale=scale,
            )  # fmt: skip

    def influence(
        self, asked: Recording, at: str, where: Where = None, direction: str = "both", k: int | None = None
    ) -> Result:
        """The effect of one unit on all others (or theirs on it) over any slice; as naut.influence."""
        _same(asked, self.rec)
        with self.one_at_a_time:
            return run_influence(asked, at, where, model=self.model, data=self.data, direction=direction, k=k)

    def features(self, asked: Recording) -> Result:
        """What the features of a table are in the metadata, so that a row can be typed as people know it."""
        _same(asked, self.rec)
        return read_features(asked)

    def effects(self, asked: Recording, at: str) -> Result:
        """The effect of one unit on every other, and theirs on it, measured now; as it is stored elsewhere."""
        stored = stored_effects(asked, at)
        if stored.n or asked.id != self.rec.id:
            return stored
        try:
            found = self.influence(asked, at)
        except (DataError, UnsupportedModel) as error:
            return replace(stored, notes=(str(error),))
        units = [int(name.rpartition(":")[2]) for name in found.coords["unit"]]
        rows = zip(found.coords["layer"], units, found["effect"], found["forwards"], strict=True)
        (n,) = found.n.values()
        told = f"Computed now by the live model, on {n:,} of {self.rec.n:,} samples."
        return effects_table(self.rec, rows, params={"live": True}, n=found.n, notes=(told, *found.notes))


def live_questions(rec: Recording, model: Any, data: Any = None) -> Mapping[str, Question]:
    """``forward``, ``ablate``, ``influence`` and ``features`` of one model, one at a time, as functions of a recording.

    Of a recording that holds no influence also ``effects``, which is then measured when it is asked for.

    Raises DataError when the model is not the one that was recorded, or the inputs are not at hand.
    """
    feed = feed_of(rec, data)
    like = next(iter(feed.batches(np.arange(min(2, rec.n)), 2))).inputs
    live = _Live(rec, model, data, feed, like, recorded_model(model, rec, like))
    always = (live.forward, live.ablate, live.influence, live.features)
    questions: dict[str, Question] = {one.__name__: one for one in always}
    return questions if ("influence", STORED_KEY) in list_results(rec) else questions | {"effects": live.effects}


def _same(asked: Recording, rec: Recording) -> None:
    if asked.id != rec.id and asked.path == rec.path:
        raise DataError(f"{rec.path.name} was recorded anew: begin again with its model, naut.show(rec, model=model).")
    if asked.id != rec.id:
        raise DataError(f"the model that runs here is that of {rec.path.name}.")


def _typed(inputs: Sequence[Sequence[float]], like: Any) -> Any:
    if not hasattr(like, "shape") or len(like.shape) != 2:
        raise DataError("rows can be typed for models of tables only. Ask for a recorded row.")
    if not 1 <= len(inputs) <= MOST_ROWS or any(len(one) != like.shape[1] for one in inputs):
        raise DataError(f"1 to {MOST_ROWS} rows of {like.shape[1]} numbers are taken.")
    return np.asarray(inputs, like.dtype if isinstance(like, np.ndarray) else np.float32)


def _recorded(feed: Any, row: int, rec: Recording) -> Any:
    if not 0 <= row < rec.n:
        raise DataError(f"row {row} was asked for; {rec.path.name} holds 0 to {rec.n - 1}.")
    return next(iter(feed.batches(np.array([row]), 1))).inputs


def _edit(rec: Recording, given: Mapping[str, Any]) -> Edit:
    """An edit as the page spells it: ``{"at": "fc1:3", "how": "zero" | "scale", "factor": 0.5}``."""
    at, how, factor = given.get("at"), given.get("how", "zero"), given.get("factor", 0.0)
    if not isinstance(at, str) or not isinstance(how, str) or not isinstance(factor, (int, float)):
        raise DataError('an edit is {"at": "fc1:3", "how": "zero"} or {"at": ..., "how": "scale", "factor": 0.5}.')
    if how not in HOWS:
        raise unknown("edit", how, HOWS)
    address = parse_address(at, list(rec.layers))
    layer = rec.layers[address.layer]
    units = tuple(range(layer.unit_count)) if address.unit is None else (address.unit,)
    if units[-1] >= layer.unit_count:
        raise DataError(f"{at!r}: the units of {layer.name!r} are 0 to {layer.unit_count - 1}.")
    site = Site(address.layer, address.site)
    if how == "zero":
        return Edit(site, units, "zero")
    return Edit(site, units, "scale", np.full(len(units), float(factor), np.float32))


def _forward(live: Model, rec: Recording, batch: Any, edits: Sequence[Edit], maps: Sequence[str] = ()) -> Result:
    held = [layer for name, layer in rec.layers.items() if name in live.graph.names]
    sites = [Site(layer.name) for layer in held]
    ran = live.run(copied(batch), sites, edits, position="keep" if maps else "reduce")
    parts = [np.asarray(ran.captured[site].get("value", ran.captured[site].get("mean"))) for site in sites]
    value = np.concatenate(parts, axis=1)
    table: dict[str, Any] = {"value": value}
    dims: dict[str, tuple[str, ...]] = {"value": ("sample", "unit")}
    for name, output in ran.outputs.items():
        key = f"output\t{name}"
        table[key] = np.asarray(output)
        dims[key] = ("sample", *(f"{name}.{axis}" for axis in range(1, np.ndim(output))))
    drawn, axes = sample_maps({site.layer: ran.captured[site]["full"][0] for site in sites if site.layer in maps})
    table, dims = table | drawn, dims | axes
    layers = [layer.name for layer in held for _ in range(layer.unit_count)]
    coords: dict[str, Any] = {"unit": range(len(layers)), "layer": layers}
    task = task_of(rec)
    if task.classes is not None and task.output in ran.outputs:
        with np.errstate(all="ignore"):  # NaN and infinity are data here
            table["probability"] = np.exp(log_probability(task, flat(np.asarray(ran.outputs[task.output], np.float64))))
        dims["probability"], coords["class"] = ("sample", "class"), list(map(str, task.classes.names))
    return Result("forward", table, dims, coords, n={"all": len(value)})
