"""Accessors: what higher layers add to a recording under a name, loaded when it is first used."""

from __future__ import annotations

import importlib
from typing import Any

_HOMES: dict[str, tuple[str, str]] = {}


def register_accessor(name: str, module: str, maker: str) -> None:
    """Say which class of which module ``name`` is; it is made of the object that it is asked of.

    >>> register_accessor("parts", "pathlib", "PurePosixPath")
    >>> accessor("parts", "a/b").name
    'b'
    """
    _HOMES[name] = (module, maker)


def accessor(name: str, of: Any) -> Any:
    """The accessor of an object."""
    module, maker = _HOMES[name]
    return getattr(importlib.import_module(module), maker)(of)
