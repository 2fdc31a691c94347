"""Parameters of a query, checked against the signature of what they are for."""

from __future__ import annotations

import functools
import inspect
import typing
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from neuronaut.core.errors import closest
from neuronaut.explorer.server.refusal import Refused
from neuronaut.store.recording import Recording

LARGEST = 100_000
"""Of whole numbers, but for seeds and rows: how often something is repeated is what an answer costs."""
FREE = ("seed", "row", "rows", "offset", "unit", "units")
EXACT = 1 << 53
_MANY = 10_000
_LONG = 4096
_DEEP = 16


def checked(
    name: str, run: Callable[..., Any], given: Mapping[str, Any], ids: Mapping[str, Recording]
) -> dict[str, Any]:
    """The parameters as keywords for ``run``; ``{"recording": ID}`` stands for another recording that is served.

    Raises Refused naming the parameter that is unknown, missing or of another type.
    """
    model = parameters_of(run)
    for key in given:
        if key not in model.model_fields:
            near = closest(key, model.model_fields)
            raise Refused(400, "parameter", f"{name} takes no {key!r:.100}. {_takes(model)}", suggestion=near)
    values = {key: _value(name, key, value, ids) for key, value in given.items()}
    try:
        found = model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"][:1])
        raise Refused(400, "parameter", f"{name}: {where!r}: {first['msg']}. {_takes(model)}") from error
    return {key: getattr(found, key) for key in values}


def _takes(model: type[BaseModel]) -> str:
    return f"It takes: {', '.join(model.model_fields) or 'nothing'}."


@functools.cache
def parameters_of(run: Callable[..., Any]) -> type[BaseModel]:
    """What a query takes beside the recording, as a model of its parameters."""
    function = inspect.unwrap(run)
    hints = typing.get_type_hints(function)
    fields: dict[str, Any] = {}
    for key, parameter in list(inspect.signature(function).parameters.items())[1:]:
        default = ... if parameter.default is inspect.Parameter.empty else parameter.default
        fields[key] = (hints.get(key, Any), default)
    config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True, protected_namespaces=())
    return create_model("Parameters", __config__=config, **fields)


def _value(name: str, key: str, value: Any, ids: Mapping[str, Recording]) -> Any:
    if isinstance(value, dict) and set(value) == {"recording"}:
        other = ids.get(str(value["recording"]))
        if other is None:
            raise Refused(404, "recording", f"{name}: no such recording is served here.")
        return other
    _bounded(name, key, value, _DEEP)
    return value


def _bounded(name: str, key: str, value: Any, depth: int) -> None:
    if depth == 0:
        raise Refused(400, "parameter", f"{name}: {key!r} is nested too deep.")
    if isinstance(value, (list, dict)):
        if len(value) > _MANY:
            raise Refused(400, "parameter", f"{name}: {key!r} holds more than {_MANY:,} values.")
        for one in value.values() if isinstance(value, dict) else value:
            _bounded(name, key, one, depth - 1)
    elif isinstance(value, str) and len(value) > _LONG:
        raise Refused(400, "parameter", f"{name}: {key!r} is longer than {_LONG:,} characters.")
    elif isinstance(value, int) and depth == _DEEP:
        most = EXACT if key in FREE else LARGEST
        if abs(value) > most:
            raise Refused(400, "parameter", f"{name}: {key!r} is at most {most:,}.")
        if key == "seed" and value < 0:
            raise Refused(400, "parameter", f"{name}: 'seed' is 0 or more.")
    elif isinstance(value, int) and abs(value) > EXACT:
        raise Refused(400, "parameter", f"{name}: {key!r} holds a number beyond {EXACT:,}.")
