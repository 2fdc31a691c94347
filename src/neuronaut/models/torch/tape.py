"""The tape: every torch call of one forward pass, in order, as plain data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import torch

State = Literal["input", "active", "parameter", "constant", "unknown"]
"""Where a tensor comes from: the model's inputs, other activations, parameters alone, neither, or outside torch."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Stands for a tensor in the arguments of a recorded call."""

    value: int


@dataclass(frozen=True, slots=True)
class Geometry:
    """Where the elements of a tensor lie."""

    storage: int
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]
    length: int
    """Elements in the whole storage."""


@dataclass(slots=True)
class Value:
    """One tensor at one version: an in-place call makes a new value of the same tensor."""

    index: int
    geometry: Geometry
    floating: bool
    state: State
    node: int | None = None
    slot: int = 0
    path: str | None = None
    constant: torch.Tensor | None = None
    """Integers and booleans that index others; kept, so that the call can be repeated on shadows."""

    @property
    def shape(self) -> tuple[int, ...]:
        return self.geometry.size

    @property
    def active(self) -> bool:
        return self.state in ("input", "active", "unknown")


@dataclass(slots=True)
class Node:
    """One torch call. ``number`` counts the calls of its function in this pass, from 1; 0 is no call."""

    index: int
    op: str
    func: Callable[..., Any]
    frame: str
    number: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    operands: tuple[int, ...]
    outputs: tuple[int, ...]
    inplace: bool = False
    leaks: bool = False
    """Hands out its memory (``numpy()``, ``data_ptr()``): later writes cannot be seen."""
    sealed: bool = False
    """Made inside the forward of an autograd.Function: values pass, derivatives do not."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A tensor that enters or leaves a module: ``key`` is its place in the arguments or in the returned structure."""

    key: tuple[Any, ...]
    value: int


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """One call of one module; ``begin`` and ``end`` are node counts when it was entered and left."""

    path: str
    call: int
    begin: int
    end: int
    entering: tuple[Crossing, ...]
    leaving: tuple[Crossing, ...]


@dataclass(slots=True)
class Tape:
    """What one forward pass did."""

    values: list[Value] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    modules: list[ModuleCall] = field(default_factory=list)
    inputs: list[tuple[str, int]] = field(default_factory=list)
    outputs: list[tuple[str, int]] = field(default_factory=list)
    calls: Counter[Callable[..., Any]] = field(default_factory=Counter)
    """How often each function was called."""
    held: set[int] = field(default_factory=set)
    """Storages of tensors that the model keeps after the pass."""

    def forget(self) -> None:
        """Let go of the tensors that were kept to read the tape."""
        for value in self.values:
            value.constant = None

    def maker(self, value: int) -> Node:
        """The call that made a value."""
        node = self.values[value].node
        if node is None:
            raise ValueError(f"value {value} was not made by a call")
        return self.nodes[node]

    def users(self) -> list[list[int]]:
        """For each value, the nodes that read it."""
        users: list[list[int]] = [[] for _ in self.values]
        for node in self.nodes:
            for operand in dict.fromkeys(node.operands):
                users[operand].append(node.index)
        return users

    def live(self) -> set[int]:
        """Values that the outputs depend on."""
        seen: set[int] = set()
        stack = [value for _, value in self.outputs]
        while stack:
            value = stack.pop()
            if value in seen:
                continue
            seen.add(value)
            node = self.values[value].node
            if node is not None:
                stack.extend(self.nodes[node].operands)
        return seen


def tensors(tree: Any, key: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], torch.Tensor]]:
    """Every tensor in nested tuples, lists, dicts and dataclass-like outputs, with its place."""
    if isinstance(tree, torch.Tensor):
        yield key, tree
    elif isinstance(tree, dict) or (hasattr(tree, "items") and hasattr(tree, "keys")):
        for name, branch in tree.items():
            yield from tensors(branch, (*key, name))
    elif isinstance(tree, (tuple, list)):
        for number, branch in enumerate(tree):
            yield from tensors(branch, (*key, number))
    elif hasattr(tree, "__dataclass_fields__") and not isinstance(tree, type):
        for name in tree.__dataclass_fields__:
            yield from tensors(getattr(tree, name), (*key, name))


def replace(tree: Any, leaf: type, give: Callable[[Any], Any]) -> Any:
    """The same nested tuples, lists and dicts with each ``leaf`` replaced."""
    if isinstance(tree, leaf):
        return give(tree)
    if isinstance(tree, dict):
        return {name: replace(branch, leaf, give) for name, branch in tree.items()}
    if isinstance(tree, (tuple, list)):
        branches = [replace(branch, leaf, give) for branch in tree]
        if isinstance(tree, list):
            return branches
        return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
    if isinstance(tree, slice):
        return slice(*(replace(part, leaf, give) for part in (tree.start, tree.stop, tree.step)))
    return tree
