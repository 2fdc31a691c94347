"""Id shadows: which unit of a source each element of a tensor is.

A shadow has the shape of the tensor it follows and holds, for one source layer, the unit that each element carries:
ABSENT (-1) not from the source, MIXED (-2) several units. The call that was made on the tensor is made on the shadow.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from neuronaut.core.layer import ABSENT, MIXED
from neuronaut.models.torch import ops
from neuronaut.models.torch.tape import Node, Ref, Tape, replace, tensors

Shadow = torch.Tensor
_TOLERANCE = 1e-3


def fresh(shape: Sequence[int], unit_axis: int | None) -> Shadow:
    """The shadow of a source itself, without memory of its own.

    >>> fresh((2, 3), 1).tolist()
    [[0.0, 1.0, 2.0], [0.0, 1.0, 2.0]]
    """
    if unit_axis is None:
        return torch.zeros((), dtype=torch.float32).expand(tuple(shape))
    axis = unit_axis % len(shape)
    units = torch.arange(shape[axis], dtype=torch.float32)
    return units.reshape([-1 if place == axis else 1 for place in range(len(shape))]).expand(tuple(shape))


def merge(shadows: Sequence[Shadow]) -> Shadow:
    """Element by element: ABSENT yields, equal units stay, anything else is MIXED.

    >>> merge([torch.tensor([-1.0, 0.0, 1.0]), torch.tensor([2.0, 0.0, 2.0])]).tolist()
    [2.0, 0.0, -2.0]
    """
    result = shadows[0]
    for other in shadows[1:]:
        shape = np.broadcast_shapes(result.shape, other.shape)
        one, two = result.expand(shape), other.expand(shape)
        mixed = torch.where(one == two, one, torch.full_like(one, MIXED))
        result = torch.where(one == ABSENT, two, torch.where(two == ABSENT, one, mixed))
    return result


def collapse(shadow: Shadow, axis: int) -> torch.Tensor:
    """The unit at each place of ``axis``, over all other axes."""
    if not shadow.numel():
        return torch.full((shadow.shape[axis],), float(ABSENT))
    others = _others(shadow, axis)
    if not others:
        return shadow
    high = shadow.amax(others)
    low = torch.where(shadow == ABSENT, float("inf"), shadow).amin(others)  # MIXED is below all units
    pure = ((low == high) | (high == ABSENT)) & (low != MIXED)
    return torch.where(pure, high, MIXED)


def empty(shadow: Shadow) -> bool:
    """Whether nothing of the source is left."""
    return bool(torch.eq(shadow, ABSENT).all())


def partial(shadow: Shadow, axis: int) -> bool:
    """Whether the source reaches some places of a unit and not others."""
    absent, others = shadow == ABSENT, _others(shadow, axis)
    if not others or not shadow.numel():
        return False
    return bool((absent.amax(others) & ~absent.amin(others)).any())


def _others(shadow: Shadow, axis: int) -> tuple[int, ...]:
    """All axes but one, which are reduced where they lie: moving them together would copy the whole."""
    return tuple(place for place in range(shadow.ndim) if place != axis % shadow.ndim)


def follow(node: Node, tape: Tape, operands: Mapping[int, Shadow | None]) -> list[Shadow | None]:
    """The shadows of a node's outputs, from the shadows of those operands that the source reaches.

    None stands for unknown. Operands that are not in ``operands`` carry nothing of the source.
    """
    blank: list[Shadow | None] = [None for _ in node.outputs]
    if any(shadow is None for shadow in operands.values()):
        return blank
    known = {value: shadow for value, shadow in operands.items() if shadow is not None}
    try:
        return _follow(node, tape, known) or blank
    except (RuntimeError, TypeError, ValueError, IndexError, NotImplementedError):
        return blank  # an option the shadow cannot follow: unknown is always right


def _follow(node: Node, tape: Tape, known: Mapping[int, Shadow]) -> list[Shadow | None] | None:
    shapes = [tape.values[value].shape for value in node.outputs]
    if node.op == "alias":
        return [_scatter(node, tape, known)]
    if node.op in ("max", "min") and len(_read(node)) == 2 and "dim" not in node.kwargs:
        return [merge(list(known.values())).broadcast_to(shapes[0])]
    if node.op in ops.ELEMENTWISE:
        carried = [shadow for value, shadow in known.items() if not chooses(node, tape, value)]
        return [merge(carried).broadcast_to(shapes[0])] if carried else [torch.full(shapes[0], float(ABSENT))]
    if node.op in ops.MOVEMENTS:
        return _outputs(node, tape, _replay(node, tape, known, _moved_func(node)))
    if node.op in ops.AVERAGES:
        return _average(node, tape, known)
    if node.op in ops.MAXIMA:
        return _maximum(node, tape, known)
    if node.op in ops.PRODUCTS:
        return _product(node, tape, known, shapes[0])
    return None


def refs(tree: Any) -> list[Ref]:
    """The tensors that nested arguments name."""
    found: list[Ref] = []
    replace(tree, Ref, found.append)
    return found


def _read(node: Node) -> list[int]:
    return [part.value for part in (*node.args, *node.kwargs.values()) if isinstance(part, Ref)]


def chooses(node: Node, tape: Tape, value: int) -> bool:
    """An operand that only chooses places."""
    place = ops.INDEXED.get(node.op)
    if place is None or len(node.args) <= place or tape.values[value].floating:
        return False
    return any(ref.value == value for ref in refs(node.args[place]))


def _arguments(node: Node, tape: Tape, give: Callable[[Ref], torch.Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The arguments of the call with shadows for tensors; indices and masks keep their values."""

    def constant(ref: Ref) -> torch.Tensor:
        kept = tape.values[ref.value].constant
        return give(ref) if kept is None else kept

    chosen = ops.INDEXED.get(node.op)
    args = tuple(replace(part, Ref, constant if place == chosen else give) for place, part in enumerate(node.args))
    return args, {name: replace(part, Ref, give) for name, part in node.kwargs.items()}


def _moved_func(node: Node) -> Callable[..., Any]:
    if node.op in ("view", "view_as"):
        # A shadow expanded along an axis has other strides than its tensor.
        return torch.Tensor.reshape if node.op == "view" else torch.Tensor.reshape_as
    return node.func


def _replay(
    node: Node, tape: Tape, known: Mapping[int, Shadow], func: Callable[..., Any], lacking: float = ABSENT
) -> Any:
    """Make the call again with shadows instead of tensors."""

    def shadow(ref: Ref) -> torch.Tensor:
        found = known.get(ref.value)
        return torch.full(tape.values[ref.value].shape, float(lacking)) if found is None else found

    args, kwargs = _arguments(node, tape, shadow)
    if node.inplace and args:
        first = args[0].clone()
        func(first, *args[1:], **kwargs)
        return first
    if node.op == "pad":
        args, kwargs = _padded(args, kwargs)
    return func(*args, **kwargs)


def _padded(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    mode = args[2] if len(args) > 2 else kwargs.get("mode", "constant")
    if mode != "constant":
        return args, kwargs
    pad = args[1] if len(args) > 1 else kwargs["pad"]
    return (args[0] if args else kwargs["input"], pad), {"value": float(ABSENT)}


def _outputs(node: Node, tape: Tape, result: Any) -> list[Shadow | None]:
    made = [tensor for _, tensor in tensors(result)]
    slots = [tape.values[value].slot for value in node.outputs]
    return [made[slot] if slot < len(made) else None for slot in slots]


def _average(node: Node, tape: Tape, known: Mapping[int, Shadow]) -> list[Shadow | None]:
    """Pure where the variance of the ids is 0; MIXED goes through as a second indicator."""
    (shadow,) = known.values()
    ids = shadow.double()
    here = (ids >= 0).double()

    def run(values: torch.Tensor) -> torch.Tensor:
        result = _replay(node, tape, dict.fromkeys(known, values), node.func, 0.0)
        return result if isinstance(result, torch.Tensor) else next(tensors(result))[1]

    weight, total = run(here), run(here * ids)
    square, mixed = run(here * ids * ids), run((ids == MIXED).double())
    some = weight.abs() > _TOLERANCE / 100
    mean = total / torch.where(some, weight, torch.ones_like(weight))
    spread = square / torch.where(some, weight, torch.ones_like(weight)) - mean * mean
    pure = torch.where(spread.abs() <= _TOLERANCE * (1 + mean.abs()), mean.round(), torch.full_like(mean, MIXED))
    result = torch.where(some, pure, torch.full_like(mean, ABSENT))
    return [torch.where(mixed > 0, torch.full_like(mean, MIXED), result).float()]


def _maximum(node: Node, tape: Tape, known: Mapping[int, Shadow]) -> list[Shadow | None]:
    """Pure where the largest and the smallest id of the window agree."""
    (shadow,) = known.values()
    nothing = torch.full_like(shadow, -1e9)
    sign = -1.0 if node.op in ("min", "amin") else 1.0

    def run(values: torch.Tensor) -> torch.Tensor:
        result = _replay(node, tape, dict.fromkeys(known, sign * values), node.func)
        return sign * (result if isinstance(result, torch.Tensor) else next(tensors(result))[1])

    high = run(torch.where(shadow >= 0, shadow, nothing))
    low = -run(torch.where(shadow >= 0, -shadow, nothing))
    mixed = run((shadow == MIXED).float()) > 0
    pure = torch.where(high == low, high, torch.full_like(high, MIXED))
    result = torch.where(high < 0, torch.full_like(high, ABSENT), pure)
    first: Shadow = torch.where(mixed, torch.full_like(high, MIXED), result)
    return [first, *[torch.full(tape.values[value].shape, float(ABSENT)) for value in node.outputs[1:]]]


def _product(node: Node, tape: Tape, known: Mapping[int, Shadow], shape: tuple[int, ...]) -> list[Shadow | None] | None:
    """A product of activations: the right operand keeps its units on its last axis, the left one is mixed."""
    read = _read(node)
    if node.op not in ("matmul", "bmm", "mm") or len(read) != 2 or read[0] in known or len(shape) < 2:
        return [torch.full(shape, float(MIXED))]
    shadow = known[read[1]]
    row = shadow.amax(-2, keepdim=True)
    if shadow.ndim < 2 or not torch.equal(row.expand_as(shadow), shadow):
        return [torch.full(shape, float(MIXED))]
    return [row.expand(shape)]


def _scatter(node: Node, tape: Tape, known: Mapping[int, Shadow]) -> Shadow:
    """A tensor that was written through other views of its storage, put together element by element."""
    target = tape.values[node.outputs[0]].geometry
    flat = torch.full((target.length,), float(ABSENT))
    for value in node.operands:
        place = tape.values[value].geometry
        shadow = known.get(value, torch.full(place.size, float(ABSENT)))
        flat.as_strided(place.size, place.stride, place.offset).copy_(shadow)
    return flat.as_strided(target.size, target.stride, target.offset).clone()
