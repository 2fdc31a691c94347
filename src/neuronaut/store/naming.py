"""Folder names for layers and arrays: the true name where it is safe on every system, else an id."""

from __future__ import annotations

import re
from collections.abc import Iterable

from neuronaut.core.errors import DataError

GROUPS = ("activations", "outputs", "parameters", "samples", "stats", "scalars")
"""The first part of every array's name."""
GROUP = "samples/group"
"""The array that holds the number of each sample's group, where samples come in groups."""
PREFIX = {
    "activations": "layer",
    "outputs": "output",
    "parameters": "parameter",
    "samples": "samples",
    "stats": "stats",
    "scalars": "scalar",
}

_SAFE = re.compile(r"[A-Za-z0-9_.-]{1,100}")
_LEAF = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?")
_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def split_name(name: str) -> tuple[str, str, str]:
    """Group, layer or array name, and the part below it ("" outside activations).

    >>> split_name("activations/block/1/post.argmax")
    ('activations', 'block/1', 'post.argmax')
    >>> split_name("outputs/probability")
    ('outputs', 'probability', '')

    Raises DataError for a name outside the known groups.
    """
    group, slash, rest = name.partition("/")
    inner, leaf = rest, ""
    if group == "activations":
        inner, slash, leaf = rest.rpartition("/")
    if group not in GROUPS or not slash or (leaf and not is_leaf(leaf)):
        raise DataError(f"an array named {name!r} has no place. Use activations/<layer>/<site>, or outputs/<name>.")
    return group, inner, leaf


def is_leaf(text: str) -> bool:
    return _LEAF.fullmatch(text) is not None


def is_safe(name: str) -> bool:
    """Whether a name may be a folder's name on every system.

    >>> [is_safe(name) for name in ("layer1.0.conv1", "..", "c.0", "zarr.json", "a/b", "NUL")]
    [True, False, False, False, False, False]
    """
    return (
        _SAFE.fullmatch(name) is not None
        and name[0] != "."
        and name[-1] != "."
        and name.lower() != "zarr.json"
        and not name.lower().startswith("c.")
        and _DEVICES.fullmatch(name) is None
    )


def folders(names: Iterable[str], prefix: str) -> dict[str, str]:
    """A folder name for each name: itself when safe and unlike the others ignoring case, else ``layer-0007``.

    >>> folders(["fc1", "FC1", ".."], "layer")
    {'fc1': 'fc1', 'FC1': 'layer-0001', '..': 'layer-0002'}
    """
    ordered = list(dict.fromkeys(names))
    table: dict[str, str] = {}
    taken: set[str] = set()
    for name in ordered:
        if is_safe(name) and name.lower() not in taken:
            table[name] = name
            taken.add(name.lower())
    for number, name in enumerate(ordered):
        folder, other = f"{prefix}-{number:04d}", 0
        while name not in table:
            if folder not in taken:
                table[name] = folder
                taken.add(folder)
            other += 1
            folder = f"{prefix}-{number:04d}-{other}"
    return {name: table[name] for name in ordered}
