"""Passes: what a module computes whenever its user runs it, seen from the side."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import nn

from neuronaut.core.axes import SiteName
from neuronaut.core.errors import LayerNeverFired, NeuronautError, UnsupportedModel
from neuronaut.core.layer import Graph
from neuronaut.core.model import Captured, PositionMode, Site
from neuronaut.core.selection import select_layers
from neuronaut.models.torch.batches import Call, sample_count
from neuronaut.models.torch.entry import Entry
from neuronaut.models.torch.look import check_unseen
from neuronaut.models.torch.places import Place
from neuronaut.models.torch.preserve import undo
from neuronaut.models.torch.reduce import taken
from neuronaut.models.torch.refuse import is_compiled, unwrapped
from neuronaut.models.torch.session import to_numpy
from neuronaut.models.torch.tape import tensors
from neuronaut.models.torch.trace import Found, retraced, trace
from neuronaut.models.torch.watch import Watch, ignore

WAYS = 8
"""So many kinds of calls (modes of the modules, shapes of the arguments) are known at a time."""


class Onlooker(Protocol):
    """Is told what the passes were."""

    def traced(self, graph: Graph, sites: Sequence[Site]) -> None:
        """Before the first pass: the layers of the model, and the sites that are looked at."""

    def saw(self, samples: int, captured: Mapping[Site, Captured]) -> None:
        """After each pass that ended well."""

    def missed(self, why: str) -> None:
        """After a pass whose values cannot be told."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How passes of one kind are looked at; ``why`` they cannot be."""

    places: Mapping[Site, Place]
    watch: Watch | None
    why: str = ""


class Passes:
    """Looks at every pass of a module between ``open`` and ``close``; the module computes what it would compute.

    Hooks are on the module only while it runs. The first pass traces it, as a recording would; each further kind of
    call is traced when it comes. Runs of Neuronaut's own, inside the block, are none of the user's.
    """

    def __init__(
        self,
        model: nn.Module,
        layers: str | Sequence[str],
        sites: Sequence[SiteName],
        position: PositionMode,
        onlooker: Onlooker,
    ) -> None:
        _refuse_compiled(model)
        self._module, _ = unwrapped(model)
        self._layers, self._sites, self._keep = layers, sites, position == "keep"
        self._onlooker = onlooker
        self._entry = Entry(self._module, self._run)
        self._wanted: tuple[Site, ...] | None = None
        self._ways: dict[Any, _Way] = {}
        self._turn = threading.Lock()
        self._thread = 0
        self._disturbed = False

    def open(self) -> None:
        self._entry.place()

    def close(self) -> None:
        """Take everything off; safely taken twice."""
        undo([self._entry.remove, *(way.watch.remove for way in self._ways.values() if way.watch is not None)])
        self._ways.clear()

    def _run(self, call: Call) -> Any:
        if torch.compiler.is_compiling() or torch._C._get_tracing_state() is not None:
            return self._entry.onward(*call.args, **call.kwargs)
        if not self._turn.acquire(blocking=False):
            # The model calls itself, which is part of the pass; or another thread runs it, and the hooks see both.
            self._disturbed = self._disturbed or self._thread != threading.get_ident()
            return self._entry.onward(*call.args, **call.kwargs)
        try:
            self._thread, self._disturbed = threading.get_ident(), False
            return self._pass(call)
        finally:
            self._turn.release()

    def _pass(self, call: Call) -> Any:
        way = self._way(call)
        if way.watch is None:
            output = self._entry.onward(*call.args, **call.kwargs)
            self._onlooker.missed(way.why)
            return output
        held: dict[Site, dict[str, torch.Tensor]] = {}
        trouble: list[str] = []
        watch, samples = way.watch, sample_count(call)

        def see(site: Site, tensor: torch.Tensor) -> None:
            with _noted(site.layer, trouble):
                held[site] = taken(tensor.detach(), way.places[site], samples, keep=self._keep, copy=True)

        watch.see = see if samples else ignore
        try:
            watch.install()
            output = watch.run(self._entry.onward, call.args, call.kwargs)
        finally:
            watch.remove()
            watch.see = ignore
        captured: dict[Site, Captured] = {}
        for site in watch.sites:
            with _noted(site.layer, trouble):
                if site in held:
                    captured[site] = {name: to_numpy(tensor) for name, tensor in held[site].items()}
        why = trouble[0] if trouble else self._why_not(watch)
        if why:
            self._onlooker.missed(why)
        elif samples:
            self._onlooker.saw(samples, captured)
        return output

    def _why_not(self, watch: Watch) -> str:
        """Why the last pass cannot be told; where each site is read in the module that computes it, any path can be."""
        if self._disturbed:
            return "another thread ran the model at the same time"
        try:
            watch.check()
        except LayerNeverFired as error:
            return "" if watch.own else str(error)
        return ""

    # What kind of call it is

    def _way(self, call: Call) -> _Way:
        modes = tuple((id(module), module.training) for module in self._module.modules())
        key = (modes, tuple(place for place, _ in tensors(call)))
        way = self._ways.get(key)
        if way is None:
            if len(self._ways) >= WAYS:
                del self._ways[next(iter(self._ways))]
            way = self._ways[key] = self._first(call) if self._wanted is None else self._later(call, self._wanted)
        return way

    def _first(self, call: Call) -> _Way:
        """Errors from here are the user's to see: a layer that is not there, a model that cannot be followed."""
        try:
            with _uncached_casts():
                found = trace(self._module, call, self._layers)
                sites = select_layers(found.traced.graph, self._layers, self._sites)
                way = self._made(found, sites)
        except NeuronautError:
            raise
        except Exception as error:
            self._entry.onward(*call.args, **call.kwargs)  # what the model itself says of this batch comes first
            raise UnsupportedModel(
                f"{type(self._module).__name__} ran, but not on two rows of the same batch, by which its layers are "
                f"found: {type(error).__name__}: {error}"
            ) from error
        self._wanted = sites
        self._onlooker.traced(found.traced.graph, sites)
        return way

    def _later(self, call: Call, wanted: Sequence[Site]) -> _Way:
        try:
            with _uncached_casts():
                return self._made(trace(self._module, call, self._layers), wanted)
        except Exception as error:
            return _Way({}, None, f"it could not be traced: {error}")

    def _made(self, found: Found, sites: Sequence[Site]) -> _Way:
        if any(module.training for module in self._module.modules()):
            found = retraced(found)
        places = {site: found.traced.places[site] for site in sites if site in found.traced.places}
        reads = {site: place.reading for site, place in places.items()}
        watch = Watch(found.modules, found.traced.tape, found.opaque, reads, strayed=None)
        try:
            check_unseen(type(self._module).__name__, found, watch)
        except LayerNeverFired as error:
            if not watch.own:
                return _Way({}, None, str(error))
        return _Way(places, watch)


@contextmanager
def _noted(layer: str, trouble: list[str]) -> Iterator[None]:
    """Looking must not stop the user's run: what goes wrong is told afterwards."""
    try:
        yield
    except Exception as error:
        trouble.append(f"{layer} could not be read: {error}")


def _refuse_compiled(model: nn.Module) -> None:
    if any(map(is_compiled, model.modules())):
        raise UnsupportedModel(
            f"{type(model).__name__} holds what torch.compile made: its values are never where Python could look. "
            "Watch and run the module that it was made from (compiled._orig_mod)."
        )
    if isinstance(model, nn.DataParallel) and len(model.device_ids) > 1:
        raise UnsupportedModel("DataParallel runs copies of the model in threads. Watch and run model.module.")


@contextmanager
def _uncached_casts() -> Iterator[None]:
    """Inside autocast: casts of the weights made without gradients must not be found again by the user's pass."""
    cached = torch.is_autocast_cache_enabled()
    torch.set_autocast_cache_enabled(False)
    try:
        yield
    finally:
        torch.set_autocast_cache_enabled(cached)
