"""TorchModel: a PyTorch module as a Neuronaut model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import cached_property
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from neuronaut.core.errors import UnsupportedModel, unknown
from neuronaut.core.layer import Graph
from neuronaut.core.model import Batch, Edit, PositionMode, Relevance, Run, Site, Slope
from neuronaut.models.allocator import kept
from neuronaut.models.torch import derive
from neuronaut.models.torch.batches import sample_count, to_batch
from neuronaut.models.torch.fingerprint import fingerprint
from neuronaut.models.torch.graph import Traced
from neuronaut.models.torch.look import computed_weights
from neuronaut.models.torch.places import Place, check_units
from neuronaut.models.torch.preserve import preserved
from neuronaut.models.torch.seeds import Seeds
from neuronaut.models.torch.session import Session, to_numpy
from neuronaut.models.torch.slope import Cuts, Number, slope
from neuronaut.models.torch.trace import named_parameters, trace


def wrap(model: nn.Module, batch: Batch, *, layers: str | Sequence[str] = "*", name: str | None = None) -> TorchModel:
    """Make a PyTorch model readable: its layers, edges and values, found by running it on two rows of ``batch``.

    Raises UnsupportedModel, naming the module, when the model cannot be followed. ``layers`` only tells which layers
    will be asked for: recurrent and attention layers are refused unless it leaves them out.

    >>> model = wrap(nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2)), torch.zeros(2, 3))
    >>> [(layer.name, layer.unit_count, layer.activation) for layer in model.graph.layers]
    [('input', 3, None), ('0', 4, 'relu'), ('2', 2, None)]
    """
    return TorchModel(model, batch, layers=layers, name=name)


class TorchModel:
    """A traced module: run it, watch any of its sites, change them. The module itself is never changed.

    Implements ``Model``, ``Differentiable`` and ``Attributable`` of ``neuronaut.core.model``.
    """

    def __init__(
        self, model: nn.Module, batch: Batch, *, layers: str | Sequence[str] = "*", name: str | None = None
    ) -> None:
        self._found = trace(model, batch, layers)
        self.module = self._found.module
        self._name = name or type(self.module).__name__
        self._session: Session | None = None
        self._checked: set[tuple[Any, ...]] = set()

    @property
    def name(self) -> str:
        return self._name

    @property
    def framework(self) -> str:
        return f"torch {torch.__version__}"

    @property
    def on_processor(self) -> bool:
        """Whether it computes on this machine's processor and not on a device of its own."""
        return self._found.device.type == "cpu"

    @property
    def graph(self) -> Graph:
        return self._traced.graph

    @property
    def _traced(self) -> Traced:
        return self._found.traced

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.module, self.graph)

    @cached_property
    def _sites(self) -> tuple[Site, ...]:
        order = {layer: number for number, layer in enumerate(self.graph.names)}
        return tuple(sorted(self._traced.places, key=lambda site: (order[site.layer], site.name == "post")))

    def sites(self) -> Sequence[Site]:
        return self._sites

    @property
    def _inputs(self) -> list[Site]:
        return [Site(layer.name) for layer in self.graph.layers if layer.kind == "input"]

    def parameters(self) -> Mapping[str, npt.NDArray[Any]]:
        """Parameters by their path, native shape; weights computed from several (weight norm) by ``layer.weight``."""
        held = {**named_parameters(self.module), **computed_weights(self._found)}
        return {path: to_numpy(tensor.detach()).copy() for path, tensor in held.items()}

    @contextmanager
    def session(self) -> Iterator[TorchModel]:
        """Keep hooks installed over many ``run`` calls; everything is put back when the block ends."""
        if self._session is not None:
            yield self
            return
        opened = Session(self.name, self._found, self.place_of, self._checked)
        memory = kept() if self.on_processor else nullcontext()
        with preserved(self.module, self._leave), memory, opened as session:
            self._session = session
            yield self

    def _leave(self) -> None:
        self._session = None

    def run(
        self,
        batch: Batch,
        observe: Sequence[Site] = (),
        edit: Sequence[Edit] = (),
        *,
        position: PositionMode = "reduce",
    ) -> Run:
        """One batch through the model: its outputs and the values of the sites in ``observe``.

        Raises LayerNeverFired when a site is not reached, UnknownName for a site that is not there.
        """
        if self._session is None:
            with self.session():
                return self.run(batch, observe, edit, position=position)
        return self._session.run(self.to_batch(batch), tuple(observe), tuple(edit), position)

    def jvp(
        self, batch: Batch, source: Site, units: Sequence[int], targets: Sequence[Site]
    ) -> Mapping[Site, npt.NDArray[Any]]:
        """Effect of each of ``units`` on every unit of the targets: ``[seed, sample, unit]`` by target.

        The seed is the unit's own activation at every position; targets are averaged over positions.
        """
        return self._derivative(batch, source, units, targets, forward=True)

    def vjp(
        self, batch: Batch, target: Site, units: Sequence[int], sources: Sequence[Site]
    ) -> Mapping[Site, npt.NDArray[Any]]:
        """Effect of every unit of the sources on each of ``units``: ``[seed, sample, unit]`` by source."""
        return self._derivative(batch, target, units, sources, forward=False)

    def _derivative(
        self, batch: Batch, seed: Site, units: Sequence[int], others: Sequence[Site], *, forward: bool
    ) -> Mapping[Site, npt.NDArray[Any]]:
        if self._session is None:
            with self.session():
                return self._derivative(batch, seed, units, others, forward=forward)
        place, rows = self.place_of(seed), self.to_batch(batch)
        check_units(seed, place, units)
        seeds = Seeds(self._session.call, rows, sample_count(rows), seed, place, units)
        effects = derive.effects(seeds, {site: self.place_of(site) for site in others}, forward=forward)
        return {site: to_numpy(effect) for site, effect in effects.items()}

    def slope(
        self,
        batch: Batch,
        target: Site,
        unit: int,
        sites: Sequence[Site] = (),
        *,
        put: Mapping[Site, npt.NDArray[Any]] | None = None,
        rule: Relevance | None = None,
    ) -> Slope:
        """A unit of the target, averaged over positions, and its derivative by every value of ``sites``.

        ``put``: values for whole sites, ``[sample, *position, unit]``. ``rule``: relevance instead of the derivative.
        Raises UnsupportedModel where there is neither, DataError for sites of whole numbers and values of other shapes.
        """
        if self._session is None:
            with self.session():
                return self.slope(batch, target, unit, sites, put=put, rule=rule)
        number, rows, values = Number(target, self.place_of(target), unit), self.to_batch(batch), put or {}
        check_units(target, number.place, [unit])
        for parameter in self.module.parameters():
            parameter.requires_grad_(False)  # until the session ends
        inputs = {site: self._traced.places.get(site) for site in self._inputs if site not in sites}
        cuts = Cuts(
            {site: self.place_of(site) for site in sites},
            {site: place for site, place in inputs.items() if place is not None and place.floating},
            {site: self.place_of(site) for site in values},
            values,
        )
        return slope(self._session.call, rows, sample_count(rows), number, cuts, rule)

    def place_of(self, site: Site) -> Place:
        """Where a site lies in the traced pass; refuses by name what cannot be read."""
        place = self._traced.places.get(site)
        if place is not None:
            return place
        why = self._traced.refused.get(site.layer)
        if why is not None:
            raise UnsupportedModel(f"{site.layer} cannot be recorded: {why}. Leave it out with layers=[...].")
        known = [other.layer if other.name == "post" else f"{other.layer}.pre" for other in self._sites]
        raise unknown("layer", site.layer if site.name == "post" else f"{site.layer}.pre", known)

    def to_batch(self, rows: Batch) -> Batch:
        """Arrays as tensors of the model's dtype on its device."""
        return to_batch(rows, self._found.dtype, self._found.device)
