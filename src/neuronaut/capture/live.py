"""The live model: the user's network behind the Model Protocol, traced on the first samples."""

from __future__ import annotations

import contextlib
import copy
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, cast

from neuronaut.capture.chunk import Chunk
from neuronaut.capture.intake import Intake
from neuronaut.capture.source import Source
from neuronaut.core.errors import DataError, NeuronautError, UnsupportedModel
from neuronaut.core.model import Batch, Model


def live_model(model: Any, intake: Intake, layers: str | Sequence[str], device: Any) -> tuple[Model, Source, Chunk]:
    """The model behind the Protocol, the reading of the data that it can take, and the first samples.

    Raises DataError for empty data, UnsupportedModel for what is no model; what the model itself raises on the first
    samples passes unchanged.
    """
    refused: Exception | None = None
    for source in intake.readings:
        head = _head(intake, source, refused)
        if head is None:
            raise DataError("the data hold no samples.")
        try:
            return wrapped(model, head.inputs, layers, device), source, head
        except Exception as error:
            _say(error, head, source, intake)
            if refused is None:
                refused = error
    raise cast(Exception, refused)


def _head(intake: Intake, source: Source, refused: Exception | None) -> Chunk | None:
    try:
        return intake.head(source)
    except DataError:
        # The items cannot even be stacked this way; what went wrong the first way says more.
        if refused is None:
            raise
        raise refused from None


def _say(error: Exception, head: Chunk, source: Source, intake: Intake) -> None:
    error.add_note(f"while tracing the model on samples {head.ids[0]} to {head.ids[-1]}; nothing was written")
    if not isinstance(error, NeuronautError):
        names = list(map(repr, source.features or ()))
        columns = f": {', '.join(names[:8])}{', …' * (len(names) > 8)}. Name with features= those that the model takes."
        error.add_note(f"they are {_spoken(head.inputs)}, the samples first" + columns * bool(names))
    if len(intake.readings) > 1 and source is intake.readings[0]:
        error.add_note("the items of the iterator were tried as batches and as single samples; the model took neither")


def _spoken(inputs: Batch) -> str:
    """Type and shape of what a model is given, its first axis the samples."""
    if isinstance(inputs, Mapping):
        return ", ".join(f"{name}: {_spoken(one)}" for name, one in inputs.items())
    if isinstance(inputs, (tuple, list)):
        return ", ".join(_spoken(one) for one in inputs)
    shape = " x ".join(str(size) for size in getattr(inputs, "shape", ()))
    return f"{str(getattr(inputs, 'dtype', type(inputs).__name__)).removeprefix('torch.')} of shape {shape}"


def wrapped(model: Any, batch: Batch, layers: str | Sequence[str], device: Any) -> Model:
    """``model`` behind the Protocol. A Model stays; a torch module is traced; anything else is refused by name."""
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        from neuronaut.models.torch import wrap

        return wrap(_on(model, device), batch, layers=layers)
    if isinstance(model, type):
        raise UnsupportedModel(f"you passed the class {model.__name__}; make one of it: {model.__name__}(...).")
    if not isinstance(model, Model):
        raise UnsupportedModel(
            f"a {type(model).__module__}.{type(model).__qualname__} cannot be recorded. "
            "Supported: torch.nn.Module, and anything that has the methods of neuronaut.core.model.Model."
        )
    if device is not None:
        raise DataError(f"device={device!r} moves torch modules; give this model on its device.")
    return model


def _on(module: Any, device: Any) -> Any:
    """The module itself where it is there already, else a copy on ``device``: the caller's module never moves."""
    if device is None:
        return module
    torch = sys.modules["torch"]
    try:
        wanted = torch.device(device)
        torch.zeros(1, device=wanted)
    except (RuntimeError, AssertionError, TypeError) as error:
        why = str(error).strip().partition("\n")[0]
        raise DataError(
            f"there is no device {str(device)!r} here ({why}). Leave it out to use the model's own."
        ) from error
    homes = {tensor.device for tensor in (*module.parameters(), *module.buffers())}
    there = all(home.type == wanted.type and wanted.index in (None, home.index) for home in homes)
    return module if there else copy.deepcopy(module).to(wanted)


def session(model: Model) -> AbstractContextManager[Any]:
    """Hooks stay installed between batches where the adapter can do that."""
    opened = getattr(model, "session", None)
    return contextlib.nullcontext() if opened is None else cast(AbstractContextManager[Any], opened())


def on_processor(model: Model) -> bool:
    """Whether the adapter says that the model computes on this machine's processor, where it keeps all cores busy."""
    return bool(getattr(model, "on_processor", False))
