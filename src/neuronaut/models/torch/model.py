"""TorchModel: a PyTorch module as a Neuronaut model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import Any

import numpy.typing as npt
import torch
from torch import nn

from neuronaut.core.errors import UnsupportedModel, unknown
from neuronaut.core.layer import Graph
from neuronaut.core.model import Batch, Captured, Edit, PositionMode, Run, Site
from neuronaut.models.torch.batches import arguments, sample_count, to_batch
from neuronaut.models.torch.edits import edited
from neuronaut.models.torch.fingerprint import fingerprint
from neuronaut.models.torch.graph import Traced
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.preserve import preserved
from neuronaut.models.torch.reduce import canonical, reduced
from neuronaut.models.torch.tape import tensors
from neuronaut.models.torch.trace import derived_weight, trace
from neuronaut.models.torch.watch import Watch


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

    Implements ``neuronaut.core.model.Model`` and ``Differentiable``.
    """

    def __init__(
        self, model: nn.Module, batch: Batch, *, layers: str | Sequence[str] = "*", name: str | None = None
    ) -> None:
        self._found = trace(model, batch, layers)
        self.module = self._found.module
        self._name = name or type(self.module).__name__
        self._session: _Session | None = None
        self._checked: set[tuple[Any, ...]] = set()

    @property
    def name(self) -> str:
        return self._name

    @property
    def framework(self) -> str:
        return f"torch {torch.__version__}"

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

    def parameters(self) -> Mapping[str, npt.NDArray[Any]]:
        """Parameters by their path, native shape; weights computed from several (weight norm) by ``layer.weight``."""
        held = {path: _numpy(parameter.detach()).copy() for path, parameter in self._found.parameters.items()}
        with torch.no_grad():
            for path, value in self._traced.derived.items():
                held[path] = _numpy(derived_weight(self._traced.tape, value, self._found.parameters))
        return held

    @contextmanager
    def session(self) -> Iterator[TorchModel]:
        """Keep hooks installed over many ``run`` calls; everything is put back when the block ends."""
        if self._session is not None:
            yield self
            return
        with preserved(self.module), ExitStack() as stack:
            self._session = _Session(self, stack)
            try:
                yield self
            finally:
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
        return self._session.run(batch, tuple(observe), tuple(edit), position)

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


class _Session:
    """Hooks that stay while batches run."""

    def __init__(self, model: TorchModel, stack: ExitStack) -> None:
        self._model = model
        self._stack = stack
        self._key: tuple[Any, ...] | None = None
        self._watch: Watch | None = None

    def run(self, batch: Batch, observe: tuple[Site, ...], edit: tuple[Edit, ...], position: PositionMode) -> Run:
        batch = self._model.to_batch(batch)
        watch = self._installed(observe, tuple(dict.fromkeys(change.site for change in edit)))
        samples = sample_count(batch)
        captured: dict[Site, Captured] = {}
        held: dict[Site, dict[str, torch.Tensor]] = {}
        places = self._model._traced.places

        def see(site: Site, tensor: torch.Tensor) -> None:
            place = places[site]
            found = canonical(tensor.detach(), place.sample_axis, place.unit_axis, samples)
            if found.ndim == 2:
                held[site] = {"value": found if place.borrowed else found.clone()}
            else:
                held[site] = reduced(found)
                if position == "keep":
                    held[site]["full"] = found if place.borrowed else found.clone()

        def change(site: Site, tensor: torch.Tensor) -> torch.Tensor:
            result = tensor
            for wanted in edit:
                if wanted.site == site:
                    result = edited(result, places[site], wanted, samples)
            if not places[site].inplace:
                return result
            return tensor.copy_(result)

        watch.see, watch.change = see, change
        try:
            args, kwargs = arguments(batch)
            with torch.no_grad(), self._model._found.uncompiled():
                output = watch.call(self._model.module, args, kwargs)
        finally:
            del watch.see, watch.change
        for site in observe:
            captured[site] = {name: _numpy(tensor) for name, tensor in held[site].items()}
        return Run(named_outputs(output), captured)

    def _installed(self, observe: tuple[Site, ...], change: tuple[Site, ...]) -> Watch:
        key = (observe, change)
        if self._watch is not None and key == self._key:
            return self._watch
        self._stack.close()
        places = {site: self._model.place_of(site) for site in (*observe, *change)}
        found = self._model._found
        watch = Watch(found.modules, self._model._traced.tape, places, observe, change, found.opaque)
        if not change and key not in self._model._checked:
            self._check(watch)
            self._model._checked.add(key)
        self._stack.callback(watch.remove)
        watch.install()
        self._watch, self._key = watch, key
        return watch

    def _check(self, watch: Watch) -> None:
        """On two rows: every site is reached and the outputs are bit-identical with and without looking."""
        found = self._model._found
        args, kwargs = arguments(found.example)
        random = torch.get_rng_state()
        with torch.no_grad(), found.uncompiled():
            plain = found.module(*args, **kwargs)
            torch.set_rng_state(random)
            try:
                watch.install()
                seen = watch.call(found.module, args, kwargs)
            finally:
                watch.remove()
                torch.set_rng_state(random)
        same = all(
            torch.equal(one, other) or bool(((one == other) | (one.isnan() & other.isnan())).all())
            for (_, one), (_, other) in zip(tensors(plain), tensors(seen), strict=True)
        )
        if not same:
            raise UnsupportedModel(
                f"{self._model.name} gives other outputs when it is observed: it takes another kernel or draws random "
                "numbers while evaluating. Leave out functional sites with layers=[...], or fix its random draws."
            )


def named_outputs(output: Any) -> dict[str, npt.NDArray[Any]]:
    """The model's outputs by name: ``output``, or the keys of what it returns joined by dots."""
    return {".".join(map(str, key)) or "output": _numpy(tensor.detach()) for key, tensor in tensors(output)}


def _numpy(tensor: torch.Tensor) -> npt.NDArray[Any]:
    if tensor.dtype == torch.bfloat16:
        tensor = tensor.float()
    array: npt.NDArray[Any] = tensor.cpu().numpy()
    return array
