"""Weights: which operand of a contracting call is a parameter, and how the call reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from neuronaut.models.torch import ops
from neuronaut.models.torch.tape import Node, Ref, Tape


@dataclass(frozen=True, slots=True)
class Contraction:
    """A call that sums over units with a weight made of parameters alone.

    ``unit_axis`` counts in the output, ``input_axis`` in each of ``data``; None means that no such axis is clear.
    ``weight_axes`` names the axes of the weight: ``out``, ``in``, and ``window`` for the places of a kernel.
    """

    operator: str
    data: tuple[int, ...]
    weight: int
    bias: int | None
    unit_axis: int | None
    input_axis: int | None
    weight_axes: tuple[str, ...] | None
    attributes: Mapping[str, Any] = field(default_factory=dict)


def contraction(node: Node, tape: Tape) -> Contraction | None:
    """Read a recorded call as a contraction with parameters, or None when it is none."""
    if node.op not in ops.CONTRACTIONS:
        return None
    found: Contraction | None
    if node.op in ops.CONVS:
        found = _conv(node, tape)
    elif node.op in ops.EMBEDDINGS:
        found = _embedding(node)
    elif node.op == "linear":
        found = _named(node, ("input", "weight", "bias"), -1, -1, ("out", "in"))
    elif node.op == "bilinear":
        found = _bilinear(node)
    elif node.op == "einsum":
        found = _einsum(node, tape)
    else:
        found = _product(node, tape)
    return _untransposed(found, tape) if found is not None and _fits(found, tape) else None


def _untransposed(found: Contraction, tape: Tape) -> Contraction:
    """A weight that is only a parameter seen the other way round (``F.linear(h, w.t())``) is that parameter."""
    value = tape.values[found.weight]
    if value.node is None or found.weight_axes is None or len(value.shape) != 2:
        return found
    node = tape.nodes[value.node]
    parameter = node.operands[0] if len(node.operands) == 1 else None
    if parameter is None or tape.values[parameter].path is None or node.op not in _TURNS:
        return found
    own = tape.values[parameter].geometry
    if own.size != value.shape[::-1] or own.stride != value.geometry.stride[::-1]:
        return found
    return replace(found, weight=parameter, weight_axes=found.weight_axes[::-1])


_TURNS = ("t", "T", "mT", "transpose", "permute", "swapaxes", "swapdims", "movedim", "adjoint", "H", "mH")


def _fits(found: Contraction, tape: Tape) -> bool:
    weight = tape.values[found.weight]
    if found.operator in ops.EMBEDDINGS:
        return weight.state == "parameter"
    # With nothing active beside it the result is a weight itself, as the sigma of spectral norm.
    return weight.state == "parameter" and all(tape.values[data].active for data in found.data)


def argument(node: Node, position: int, name: str, default: Any = None) -> Any:
    """One argument of a recorded call, given by position or by name."""
    if len(node.args) > position:
        return node.args[position]
    return node.kwargs.get(name, default)


def _ref(argument: Any) -> int | None:
    return argument.value if isinstance(argument, Ref) else None


def _named(
    node: Node,
    names: tuple[str, str, str],
    unit_axis: int,
    input_axis: int | None,
    weight_axes: tuple[str, ...] | None,
    attributes: Mapping[str, Any] | None = None,
) -> Contraction | None:
    data, weight, bias = (_ref(argument(node, place, name)) for place, name in enumerate(names))
    if data is None or weight is None:
        return None
    return Contraction(node.op, (data,), weight, bias, unit_axis, input_axis, weight_axes, attributes or {})


def _conv(node: Node, tape: Tape) -> Contraction | None:
    transposed = "transpose" in node.op
    grid = int(node.op.removesuffix("d")[-1])
    names = ("stride", "padding", "output_padding", "groups", "dilation") if transposed else (
        "stride", "padding", "dilation", "groups"
    )  # fmt: skip
    usual = {"stride": 1, "padding": 0, "output_padding": 0, "groups": 1, "dilation": 1}
    given = {name: argument(node, place + 3, name, usual[name]) for place, name in enumerate(names)}
    weight = _ref(argument(node, 1, "weight"))
    if weight is None:
        return None
    attributes: dict[str, Any] = {
        "transposed": transposed,
        "groups": int(given["groups"]),
        "stride": _each(given["stride"], grid),
        "padding": given["padding"] if isinstance(given["padding"], str) else _each(given["padding"], grid),
        "dilation": _each(given["dilation"], grid),
        "kernel": list(tape.values[weight].shape[2:]),
    }
    axes = (("in", "out") if transposed else ("out", "in")) + ("window",) * grid
    return _named(node, ("input", "weight", "bias"), -1 - grid, -1 - grid, axes, attributes)


def _each(given: Any, grid: int) -> list[int]:
    """One number per position axis."""
    if isinstance(given, (tuple, list)):
        return [int(part) for part in given] if len(given) == grid else [int(given[0])] * grid
    return [int(given)] * grid


def _embedding(node: Node) -> Contraction | None:
    # torch.embedding takes the weight first, torch.nn.functional.embedding the indices.
    first = getattr(node.func, "__module__", None) != "torch.nn.functional"
    weight, data = (_ref(argument(node, place, name)) for place, name in enumerate(("weight", "input")))
    if not first:
        weight, data = data, weight
    if "weight" in node.kwargs:
        weight = _ref(node.kwargs["weight"])
    if data is None or weight is None:
        return None
    return Contraction("embedding", (data,), weight, None, -1, None, ("in", "out"))


def _bilinear(node: Node) -> Contraction | None:
    one, other, weight, bias = (
        _ref(argument(node, place, name)) for place, name in enumerate(("input1", "input2", "weight", "bias"))
    )
    if one is None or other is None or weight is None:
        return None
    return Contraction("bilinear", (one, other), weight, bias, -1, None, None)


def _product(node: Node, tape: Tape) -> Contraction | None:
    """``x @ W`` or ``W @ x``, with or without an addend."""
    operands = [part for part in (*node.args, *node.kwargs.values()) if isinstance(part, Ref)]
    addend = operands.pop(0).value if node.op.startswith(("add", "badd")) and len(operands) == 3 else None
    if len(operands) != 2 or node.op in ("tensordot", "inner", "dot", "vdot"):
        return None
    left, right = operands[0].value, operands[1].value
    if tape.values[right].state == "parameter":
        shape = tape.values[right].shape
        axes = ("in", "out") if len(shape) == 2 else ("in",) if len(shape) == 1 else None
        unit = -1 if len(shape) > 1 else None
        return Contraction("matmul", (left,), right, addend, unit, -1, axes)
    if tape.values[left].state == "parameter":
        shape, vector = tape.values[left].shape, len(tape.values[right].shape) == 1
        axes = ("out", "in") if len(shape) == 2 else ("in",) if len(shape) == 1 else None
        unit = None if len(shape) == 1 else -1 if vector else -2
        return Contraction("matmul", (right,), left, addend, unit, -1 if vector else -2, axes)
    return None


def _einsum(node: Node, tape: Tape) -> Contraction | None:
    """The unit axis is the one label that only the weight and the output have; else nothing is clear."""
    if not node.args or not isinstance(node.args[0], str):
        return None
    operands = node.args[1:]
    if len(operands) == 1 and isinstance(operands[0], (tuple, list)):
        operands = tuple(operands[0])
    equation = node.args[0].replace(" ", "").replace("...", ".")
    terms, arrow, output = equation.partition("->")
    labels = terms.split(",")
    weights = [i for i, part in enumerate(operands) if tape.values[part.value].state == "parameter"]
    if len(operands) != 2 or len(weights) != 1 or not arrow:
        return None
    w, x = labels[weights[0]], labels[1 - weights[0]]
    out = [label for label in output if label in w and label not in x and label != "."]
    summed = [label for label in w if label in x and label not in output]
    shared = [label for label in w if label in x and label in output]
    if len(out) != 1 or not summed:
        return None
    clear = len(summed) == 1 and not shared and len(w) == 2
    axes = tuple("out" if label == out[0] else "in" for label in w) if clear else None
    return Contraction(
        "einsum",
        (operands[1 - weights[0]].value,),
        operands[weights[0]].value,
        None,
        _place(output, out[0]),
        _place(x, summed[0]) if len(summed) == 1 else None,
        axes,
    )


def _place(term: str, label: str) -> int:
    """Axis of a label, counted from the end so that an ellipsis before it does not matter."""
    place = term.index(label)
    return place if "." in term[place:] else place - len(term)
