"""The user's model behind the Model Protocol, and whether it is the one that was recorded."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from neuronaut.capture.live import wrapped
from neuronaut.core.errors import DataError, NeuronautError
from neuronaut.core.model import Batch, Model
from neuronaut.store.recording import Recording


def as_model(model: Any, batch: Batch, *, layers: str | Sequence[str] = "*", device: Any = None) -> Model:
    """``model`` behind the Protocol: a core Model stays as it is, a torch module is traced on two rows of ``batch``.

    ``layers`` only tells which layers will be asked for. The user's module is never changed.

    >>> import numpy as np, torch
    >>> as_model(torch.nn.Linear(2, 3), np.zeros((2, 2), np.float32)).graph.names
    ('input', 'linear')

    Raises UnsupportedModel for anything else, and for a model that cannot be followed.
    """
    return wrapped(model, batch, layers, device)


def recorded_model(model: Any, rec: Recording, batch: Batch) -> Model:
    """``model`` behind the Protocol, once it is known to be the one that ``rec`` was made with.

    Raises DataError when its structure or weights are others, UnsupportedModel as ``as_model`` does; what the recorded
    model itself raises passes unchanged.
    """
    try:
        live = as_model(model, batch, layers=list(rec.layers))
    except NeuronautError:
        raise
    except Exception as error:
        why = _different(model, rec)
        if not why:
            raise
        raise _another(type(model).__name__, rec, why) from error
    check_recorded(live, rec)
    return live


def check_recorded(live: Model, rec: Recording) -> None:
    """Raise DataError unless ``live`` computes the same function as the model that was recorded."""
    known = str(rec.card.model.get("fingerprint") or "")
    if not known or live.fingerprint == known:
        return
    absent = [name for name in rec.layers if name not in live.graph.names]
    why = (
        f"it has no layer {absent[0]!r}"
        if absent
        else f"its structure or weights are others (fingerprint {live.fingerprint[:12]}, recorded {known[:12]})"
    )
    raise _another(live.name, rec, why)


def _another(name: str, rec: Recording, why: str) -> DataError:
    return DataError(
        f"this {name} is not the {rec.card.model.get('name', 'model')} that {rec.path.name} was recorded with: "
        f"{why}. Load the weights it had then, or record this model."
    )


def _different(model: Any, rec: Recording) -> str:
    """What a torch module that cannot run these samples has other than the recorded one; empty where nothing is."""
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        return ""
    modules, state = dict(model.named_modules()), model.state_dict()
    for layer in rec.layers.values():
        if layer.module is not None and layer.module not in modules:
            return f"it has no layer {layer.name!r}"
    for name, stored in rec.parameters.items():
        shape = tuple(state[name].shape) if name in state else None
        if shape != tuple(stored.shape):
            return f"its parameter {name!r} is {_shape(shape)}, recorded {_shape(tuple(stored.shape))}"
    return ""


def _shape(shape: tuple[int, ...] | None) -> str:
    return "not there" if shape is None else " x ".join(map(str, shape)) or "one number"
