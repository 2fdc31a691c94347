"""Options: what the caller of record asked for, checked at the door."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from neuronaut.capture.task import KINDS
from neuronaut.core.axes import SiteName
from neuronaut.core.errors import DataError, unknown


@dataclass(frozen=True, slots=True)
class Options:
    """The keyword arguments of ``record`` that say how; see there."""

    labels: Any = None
    classes: Sequence[Any] | None = None
    groups: Any = None
    task: str = "auto"
    layers: str | Sequence[str] = "*"
    sites: Sequence[SiteName] = ("post",)
    position: Literal["reduce", "keep"] = "reduce"
    dtype: str | Any = None
    batch_size: int | Literal["auto"] = "auto"
    device: Any = None
    limit: int | None = None
    seed: int = 0
    on_error: Literal["raise", "skip"] = "raise"
    resume: bool = False
    overwrite: bool = False
    inputs: int | Sequence[str] | None = None
    features: Sequence[str] | None = None
    influence: bool | Literal["auto"] = "auto"

    def __post_init__(self) -> None:
        """Raise DataError or UnknownName for values that mean nothing."""
        _one_of("task", self.task, ("auto", *KINDS))
        _one_of("position", self.position, ("reduce", "keep"))
        _one_of("on_error", self.on_error, ("raise", "skip"))
        for site in self.sites:
            _one_of("site", site, ("pre", "post"))
        if self.dtype is not None:
            # NumPy's and torch's own names for the same.
            name = str(getattr(self.dtype, "__name__", self.dtype)).removeprefix("torch.")
            _one_of("dtype", name, ("float16", "float32", "float64"))
            object.__setattr__(self, "dtype", name)
        if self.batch_size != "auto" and (not isinstance(self.batch_size, int) or self.batch_size < 1):
            raise DataError(f"batch_size={self.batch_size!r}; give a number of samples, or 'auto'.")
        if self.limit is not None and self.limit < 1:
            raise DataError(f"limit={self.limit!r}; give the largest number of samples to record, at least 1.")
        if self.resume and self.overwrite:
            raise DataError("resume=True goes on with a recording, overwrite=True replaces it. Choose one.")
        if self.influence not in ("auto", True, False):
            raise DataError(f"influence={self.influence!r}; give 'auto', True or False.")

    @property
    def stored_type(self) -> np.dtype[Any] | None:
        """The type activations are narrowed to; None keeps the model's own."""
        return None if self.dtype is None else np.dtype(self.dtype)

    @property
    def input_parts(self) -> int | tuple[str, ...] | None:
        """How many leading parts of an item, or which names, are inputs of the model."""
        return self.inputs if self.inputs is None or isinstance(self.inputs, int) else tuple(self.inputs)


def _one_of(what: str, value: Any, options: Sequence[str]) -> None:
    if value not in options:
        raise unknown(what, str(value), options)
