"""The user's model behind the Model Protocol, and whether it is the one that was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neuronaut.capture.live import wrapped
from neuronaut.core.errors import DataError
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

    Raises DataError when its structure or weights are others, UnsupportedModel as ``as_model`` does.
    """
    live = as_model(model, batch, layers=list(rec.layers))
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
    raise DataError(
        f"this {live.name} is not the {rec.card.model.get('name', 'model')} that {rec.path.name} was recorded with: "
        f"{why}. Load the weights it had then, or record this model."
    )
