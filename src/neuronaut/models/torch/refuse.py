"""Refuse: models that cannot be followed, by name, before work starts; wrappers are taken off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import torch
from torch import nn

from neuronaut.core.errors import LayerNeverFired, UnsupportedModel
from neuronaut.core.layer import Graph
from neuronaut.core.selection import patterns_of
from neuronaut.models.torch import ops
from neuronaut.models.torch.entry import Entry
from neuronaut.models.torch.places import NO_SAMPLES
from neuronaut.models.torch.tape import Tape

OPAQUE: tuple[type[nn.Module], ...] = (
    nn.RNNBase,
    nn.RNNCellBase,
    nn.MultiheadAttention,
    nn.TransformerEncoderLayer,
    nn.TransformerDecoderLayer,
    nn.TransformerEncoder,
    nn.TransformerDecoder,
    nn.Transformer,
)
"""Recurrent and attention modules: they run whole and unwatched."""


def is_compiled(module: nn.Module) -> bool:
    """Whether the module is what torch.compile returns; asked by name, since importing the compiler takes seconds."""
    return type(module).__name__ == "OptimizedModule" and type(module).__module__.startswith("torch._dynamo")


def unwrapped(model: nn.Module) -> tuple[nn.Module, list[str]]:
    """The user's own module under torch.compile, DataParallel and DistributedDataParallel, with a note on each."""
    notes: list[str] = []
    while True:
        kind = type(model).__name__
        if is_compiled(model):
            model = model.get_submodule("_orig_mod")
        elif isinstance(model, (nn.DataParallel, nn.parallel.DistributedDataParallel)):
            model = model.module
        else:
            return model, notes
        notes.append(f"{kind} was taken off: the module inside it was observed, uncompiled and on one device")


def refuse_unfit(model: nn.Module) -> None:
    """Raise UnsupportedModel for TorchScript, compiled-in-place and uninitialised modules."""
    for path, module in model.named_modules():
        name = path or type(model).__name__
        if isinstance(module, (torch.jit.ScriptModule, torch.jit.ScriptFunction)):
            raise UnsupportedModel(
                f"{name} is a TorchScript module: its inner calls cannot be observed. "
                "Pass the nn.Module it was scripted from."
            )
        entry = getattr(module, "_compiled_call_impl", None)
        if entry is not None and not isinstance(entry, Entry):
            raise UnsupportedModel(
                f"{name} was compiled in place (Module.compile). Rebuild it, or pass a copy that was not compiled."
            )
        if any(nn.parameter.is_lazy(held) for held in module._parameters.values()):
            raise UnsupportedModel(
                f"{name} has parameters without a shape yet (lazy module). Run the model once first."
            )


def opaque_modules(model: nn.Module) -> dict[nn.Module, str]:
    """Modules that run unwatched, with what they are."""
    return {module: type(module).__name__ for module in model.modules() if isinstance(module, OPAQUE)}


def refused_layers(tape: Tape, opaque: Sequence[str]) -> dict[str, str]:
    """Recurrent cells and attention that ran: their names and what they are."""
    kinds = set(opaque)
    found: dict[str, str] = {}
    for node in tape.nodes:
        if node.op in kinds:
            found[node.frame] = node.op
        elif node.op in ops.RECURRENT | ops.ATTENTION:
            found[f"{node.frame}.{node.op}" if node.frame else node.op] = node.op
    return found


def refuse_unknown(unknown: Sequence[str], layers: str | Sequence[str], model: str) -> list[str]:
    """Raise UnsupportedModel for layers fed from outside torch, unless layers are named; then a note on each."""
    said = "reads a tensor made outside torch: numpy, a thread, or vmap"
    if unknown and layers == "*":
        raise UnsupportedModel(
            f"The values reaching {unknown[0]} could not be followed (it {said}, in {model}). "
            f"Pass layers=[...] to record without its edges, for example layers=[{unknown[0]!r}]."
        )
    return [f"{name} {said}; it has no edge from there" for name in unknown]


def refuse_samples(refused: Mapping[str, str], graph: Graph, layers: str | Sequence[str]) -> None:
    """Raise UnsupportedModel for a weight layer whose samples lie on several axes, unless layers are named."""
    for name, why in refused.items():
        if layers == "*" and graph[name].kind != "junction" and why != NO_SAMPLES:
            rest = ", ".join(repr(layer.name) for layer in graph.layers if layer.name not in refused)
            raise UnsupportedModel(f"{name} cannot be recorded: {why}. Pass layers=[...] without it, from {rest}.")


def refuse_idle(modules: Mapping[str, nn.Module], tape: Tape, graph: Graph, layers: str | Sequence[str]) -> None:
    """Raise LayerNeverFired for a module that was asked for by name and did not run."""
    ran = {call.path for call in tape.modules}
    for name in [layers] if isinstance(layers, str) else layers:
        idle = name in modules and name not in ran and name not in graph.names
        if idle and any(True for _ in modules[name].parameters()):
            raise LayerNeverFired(
                f"{name} did not run when the model was traced: it is part of the model, but nothing calls it for "
                "these samples. Leave it out of layers=[...], or trace with samples that reach it."
            )


def refuse_layers(refused: dict[str, str], layers: str | Sequence[str], others: Sequence[str]) -> list[str]:
    """Raise UnsupportedModel when a recurrent or attention layer is asked for; else a note on each."""
    patterns = patterns_of(layers)
    asked = [
        name
        for name in refused
        if any(pattern == name or (pattern != "*" and fnmatchcase(name, pattern)) for pattern in patterns)
    ]
    if refused and (asked or "*" in patterns):
        name = (asked or list(refused))[0]
        rest = ", ".join(repr(other) for other in others[:3])
        remedy = f"Pass layers=[...] without it, for example layers=[{rest}]." if rest else "No other layer ran."
        raise UnsupportedModel(
            f"{name or 'the model itself'} ({refused[name]}) cannot be recorded yet: "
            "recurrent and attention layers have no unit axis here. "
            f"{remedy}"
        )
    return [
        f"{name or 'the model itself'} ({kind}) is not followed: paths through it are unknown"
        for name, kind in refused.items()
    ]
