"""Trace: one model, two rows, one real forward pass, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from dataclasses import replace as replace_fields
from typing import Any

import torch
from torch import nn

from neuronaut.core.errors import DataError, UnsupportedModel
from neuronaut.core.model import Batch
from neuronaut.core.selection import patterns_of
from neuronaut.models.torch.batches import (
    Arguments,
    arguments,
    input_names,
    sample_count,
    take_rows,
    takes_whole,
    to_batch,
)
from neuronaut.models.torch.graph import Traced, build
from neuronaut.models.torch.layouts import settle
from neuronaut.models.torch.preserve import preserved
from neuronaut.models.torch.refuse import (
    is_compiled,
    opaque_modules,
    refuse_idle,
    refuse_layers,
    refuse_samples,
    refuse_unfit,
    refuse_unknown,
    refused_layers,
    unwrapped,
)
from neuronaut.models.torch.tape import Tape, tensors
from neuronaut.models.torch.tracer import Frames, Tracer


@dataclass(slots=True)
class Found:
    """A traced module and what is needed to run it again."""

    module: nn.Module
    modules: Mapping[str, nn.Module]
    opaque: Sequence[nn.Module]
    traced: Traced = field(init=False)
    """Set by each reading of the module."""
    example: Batch
    dtype: torch.dtype
    device: torch.device
    compiled: bool
    whole: bool
    """A dict is the one argument of the model, not its keywords."""
    strayed: set[str] | None
    """Modules that ran otherwise than traced and were not asked for; None where all layers are asked for."""
    evaluate: bool = True
    """Run in evaluation mode; else each module in the mode it is in."""

    def arguments(self, batch: Batch) -> Arguments:
        """How the module is called with a batch."""
        return arguments(batch, whole=self.whole)

    @contextmanager
    def uncompiled(self) -> Iterator[None]:
        """Compiled children run as they were written."""
        if not self.compiled:
            yield
            return
        with torch.compiler.set_stance("force_eager"):
            yield


def trace(model: nn.Module, batch: Batch, layers: str | Sequence[str] = "*") -> Found:
    """Trace a model on two rows of ``batch``."""
    if isinstance(model, type):
        raise UnsupportedModel(f"you passed the class {model.__name__}; make one of it: {model.__name__}(...).")
    if not isinstance(model, nn.Module):
        raise UnsupportedModel(f"{type(model).__name__} is no torch.nn.Module. Pass the module itself.")
    module, notes = unwrapped(model)
    refuse_unfit(module)
    dtype, device = _home(module)
    example = to_batch(batch, dtype, device)
    if sample_count(example) == 0:
        raise DataError("an empty batch. Tracing needs at least one sample.")
    rows = (0, 1) if sample_count(example) > 1 else (0, 0)
    modules = module_paths(module)
    opaque = opaque_modules(module)
    found = Found(
        module,
        modules,
        tuple(opaque),
        take_rows(example, rows),
        dtype,
        device,
        any(is_compiled(child) for child in module.modules()),
        takes_whole(module, example),
        None if "*" in patterns_of(layers) else set(),
    )
    two = _read(found)
    settle(found)
    _refuse(found, two, list(opaque.values()), layers, notes)
    return found


def retraced(found: Found) -> Found:
    """The same model with its modules in the modes they are in now: a training pass makes other torch calls.

    The layers are those of ``found``, and where samples are folded with another axis, their order is taken from there.
    """
    now = replace_fields(found, evaluate=False)
    _read(now)
    for site, place in list(now.traced.places.items()):
        known = found.traced.places.get(site)
        if known is None or known.units != place.units or (known.layout == "plain") != (place.layout == "plain"):
            del now.traced.places[site]
        else:
            now.traced.places[site] = replace_fields(place, layout=known.layout)
    return now


def _read(found: Found) -> Tape:
    """Run the module on two rows and on three, and read what can be known off the tapes."""
    names = input_names(found.module, found.example, list(found.modules))
    three = _pass(found, take_rows(found.example, (0, 1, 0)), names)
    two = _pass(found, found.example, names)
    found.traced = build(two, three, list(found.modules), names, own=found.strayed is not None)
    two.forget()
    return two


def module_paths(model: nn.Module) -> dict[str, nn.Module]:
    """Every module by its path, without the wrappers that torch.compile puts in between."""
    return {_plain(path): module for path, module in model.named_modules() if not is_compiled(module)}


def _plain(path: str) -> str:
    return ".".join(part for part in path.split(".") if part != "_orig_mod")


def named_parameters(model: nn.Module) -> dict[str, torch.Tensor]:
    """Parameters by every path that leads to them."""
    return {_plain(path): parameter for path, parameter in model.named_parameters(remove_duplicate=False)}


def _home(model: nn.Module) -> tuple[torch.dtype, torch.device]:
    """The floating dtype and the device of the model's first parameter or buffer."""
    held = [*model.parameters(), *model.buffers()]
    floating = [tensor for tensor in held if tensor.is_floating_point()]
    device = held[0].device if held else torch.device("cpu")
    return (floating[0].dtype if floating else torch.get_default_dtype()), device


def _pass(found: Found, batch: Batch, names: Mapping[str, tuple[Any, ...]]) -> Tape:
    """One recorded forward pass."""
    paths = {module: path for path, module in found.modules.items()}
    opaque = opaque_modules(found.module)
    ids: dict[int, str] = {}
    for path, tensor in named_parameters(found.module).items():
        ids.setdefault(id(tensor), path)
    constants = [*found.module.buffers()]
    for child in found.module.modules():
        constants += [held for held in child.__dict__.values() if isinstance(held, torch.Tensor)]
    tracer = Tracer(ids, constants)
    args, kwargs = found.arguments(batch)
    places = dict(tensors((args, kwargs)))
    for name, key in names.items():
        tracer.input(name, places[key])
    kept = preserved(found.module, evaluate=found.evaluate)
    with kept, torch.no_grad(), found.uncompiled(), Frames(tracer, paths, opaque), tracer:
        output = found.module(*args, **kwargs)
        with torch._C.DisableTorchFunction():
            for tensor in _held(found.module):
                tracer.keeps(tensor)
    for key, tensor in tensors(output):
        tracer.tape.outputs.append((".".join(map(str, key)) or "output", tracer.look(tensor)))
    return tracer.tape


def _held(model: nn.Module) -> Iterator[torch.Tensor]:
    """Tensors that modules keep as attributes, also in a list or dict."""
    for module in model.modules():
        for held in module.__dict__.values():
            branches = held.values() if isinstance(held, dict) else held if isinstance(held, (list, tuple)) else (held,)
            yield from (branch for branch in branches if isinstance(branch, torch.Tensor))


def _refuse(found: Found, tape: Tape, kinds: Sequence[str], layers: str | Sequence[str], notes: list[str]) -> None:
    graph = found.traced.graph
    name = type(found.module).__name__
    recorded = [layer.name for layer in graph.layers if layer.kind != "input" and layer.selected]
    notes = notes + refuse_layers(refused_layers(tape, kinds), layers, recorded)
    notes += refuse_unknown(found.traced.unknown, layers, name)
    refuse_samples(found.traced.refused, graph, layers)
    refuse_idle(found.modules, tape, graph, layers)
    if len(graph.layers) == len(tape.inputs):
        raise UnsupportedModel(f"No parametrised operation ran inside {name}: nothing to record.")
    found.traced.graph = replace_fields(graph, notes=(*notes, *graph.notes))
