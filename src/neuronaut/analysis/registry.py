"""The registry of analyses: one declaration gives the name, the command, the query and the key of a kept Result."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import hashlib
import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ParamSpec

import numpy as np

from neuronaut.core.errors import CorruptRecording, DataError, RecordingWriteError
from neuronaut.core.result import Result
from neuronaut.core.slices import Slice
from neuronaut.store.recording import Recording
from neuronaut.store.results import read_result, write_result

P = ParamSpec("P")

MODULES = (
    "activity",
    "cka",
    "compare",
    "drivers",
    "health",
    "influence",
    "match",
    "order",
    "rank",
    "selectivity",
    "separators",
    "similarity",
    "top",
)
"""Modules that declare an analysis, each named like its function."""


@dataclasses.dataclass(frozen=True, slots=True)
class Analysis:
    """A declared analysis. ``version`` grows when the same question gets another answer; ``kept`` ones are cached."""

    name: str
    version: int
    run: Callable[..., Result]
    kept: bool = True

    @property
    def summary(self) -> str:
        """The first sentence of its documentation."""
        return (inspect.getdoc(self.run) or "").split("\n", 1)[0]

    @property
    def parameters(self) -> Mapping[str, inspect.Parameter]:
        """What it can be asked with, beside the recording."""
        return dict(list(inspect.signature(self.run).parameters.items())[1:])


_ANALYSES: dict[str, Analysis] = {}


def analysis(*, version: int, kept: bool = True) -> Callable[[Callable[P, Result]], Callable[P, Result]]:
    """Declare a function of a recording as an analysis; a kept Result is computed once for a state of the recording.

    The key of a Result is made of the recording's id and commit sequence, the analysis' name and version, and its
    parameters with the defaults filled in.
    """

    def declare(function: Callable[P, Result]) -> Callable[P, Result]:
        name = function.__name__
        signature = inspect.signature(function)

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> Result:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            rec, *_ = bound.arguments.values()
            opened(rec, name)
            params = {key: canonical(value) for key, value in list(bound.arguments.items())[1:]}

            def compute() -> Result:
                return dataclasses.replace(function(*args, **kwargs), version=version, params=params)

            if not kept or not isinstance(rec, Recording):
                return compute()
            key = result_key(rec.id, rec.sequence, name, version, params)
            # What is kept can be computed again: damage to it, or a full disk, is no reason to give no answer.
            with contextlib.suppress(CorruptRecording):
                stored = read_result(rec, key, name=name)
                if stored is not None:
                    return stored
            result = compute()
            try:
                write_result(rec, result, key)
            except RecordingWriteError as error:
                return dataclasses.replace(result, notes=(*result.notes, f"computed, but not kept: {error}"))
            return result

        _ANALYSES[name] = Analysis(name, version, run, kept)
        return run

    return declare


def opened(rec: Any, verb: str) -> None:
    """Refuse what is no recording where a verb wants one; a path is told how to be opened.

    Raises DataError.
    """
    if isinstance(rec, (str, os.PathLike)):
        raise DataError(
            f"{verb} was given the path {os.fspath(rec)!r}. Open it first: "
            f"rec = naut.open({os.fspath(rec)!r}), then naut.{verb}(rec, ...)."
        )
    if not hasattr(rec, "layers") or not hasattr(rec, "columns"):
        raise DataError(f"{verb} asks a recording, and was given a {type(rec).__name__}. Pass what naut.open gives.")


def analyses() -> Mapping[str, Analysis]:
    """Every declared analysis by name.

    >>> list(analyses())[:3]
    ['activity', 'cka', 'compare']
    """
    for module in MODULES:
        importlib.import_module(f"neuronaut.analysis.{module}")
    return dict(sorted(_ANALYSES.items()))


def result_key(recording: str, sequence: int, name: str, version: int, params: Mapping[str, Any]) -> str:
    """32 hex digits that name a Result: the same question of the same state of the same recording.

    >>> result_key("ab12", 3, "top", 1, {"at": "fc1:11", "k": 10})
    '...'
    """
    text = json.dumps([recording, sequence, name, version, params], sort_keys=True, ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def canonical(value: Any) -> Any:
    """A parameter as plain JSON that is equal exactly when the parameter means the same; arrays by their digest.

    >>> canonical((np.int64(3), {"b": None, "a": 0.5}))
    [3, {'a': 0.5, 'b': None}]
    """
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, (float, np.generic)):
        plain = value.item() if isinstance(value, np.generic) else value
        return plain if not isinstance(plain, float) or np.isfinite(plain) else repr(plain)
    if isinstance(value, np.ndarray):
        return [value.dtype.str, list(value.shape), _digest(np.ascontiguousarray(value).tobytes())]
    if isinstance(value, bytes):
        return _digest(value)
    if isinstance(value, os.PathLike):
        return str(value)
    if isinstance(value, Slice):
        return {"slice": value.name, "key": value.key}
    if isinstance(value, Recording):
        return {"recording": value.id, "sequence": value.sequence}
    if isinstance(value, Mapping):
        return {str(key): canonical(value[key]) for key in sorted(value, key=str)}
    if isinstance(value, Sequence):
        return [canonical(item) for item in value]
    raise TypeError(f"a parameter of type {type(value).__name__} cannot be part of a key")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
