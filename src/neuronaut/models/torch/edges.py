"""Edges: which layer reaches which, through which units, and how straight the way is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from neuronaut.core.layer import MIXED, EdgeKind, Take
from neuronaut.models.torch import ops, shadows
from neuronaut.models.torch.chains import Chain, kind_of, worst
from neuronaut.models.torch.shadows import Shadow
from neuronaut.models.torch.tape import Node, Tape

Source = tuple[str, int, int | None]
"""``("layer", chain index, None)``, or ``("input", input index, unit axis)``: inputs are tried with each unit axis."""


@dataclass(frozen=True, slots=True)
class Path:
    """How one source reaches one tensor."""

    shadow: Shadow | None
    kind: EdgeKind = "linear"
    via: tuple[str, ...] = ()
    cut: str | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """One source reaching one layer, or (``target`` None) an output of the model."""

    source: Source
    target: int | None
    kind: EdgeKind
    take: Take | None
    via: tuple[str, ...]
    cut: str | None
    output: str | None = None

    @property
    def clear(self) -> bool:
        return self.take is not None and all(start != MIXED for start, _, _ in self.take.runs)


@dataclass(slots=True)
class Sweep:
    """What one pass over the tape found: edges, and the unit axis of each layer's ``pre``."""

    reaches: list[Reach]
    unit_axes: dict[int, int | None]


def sweep(tape: Tape, chains: Sequence[Chain], member: Mapping[int, Chain], candidates: Sequence[Source]) -> Sweep:
    """Follow every source along the tape until it meets the next layer."""
    paths: dict[int, dict[Source, Path]] = {}
    for source in candidates:
        value = tape.inputs[source[1]][1]
        shape = tape.values[value].shape
        paths.setdefault(value, {})[source] = Path(shadows.fresh(shape, source[2]))
    begins = {chain.node.index: chain for chain in chains}
    found = Sweep([], {})
    for node in tape.nodes:
        arriving = _arriving(node, tape, paths)
        chain = begins.get(node.index)
        if chain is not None:
            _arrive(chain, node, tape, arriving, found)
        for slot, value in enumerate(node.outputs):
            home = member.get(value)
            if home is not None and value == home.post:
                axis = found.unit_axes[home.index]
                paths[value] = {("layer", home.index, None): Path(shadows.fresh(tape.values[value].shape, axis))}
            elif chain is None and (home is None or value not in home.inside):
                left = {source: _advance(node, tape, value, slot, by_value) for source, by_value in arriving.items()}
                paths[value] = {source: path for source, path in left.items() if path is not None}
    for name, value in tape.outputs:
        for source, path in paths.get(value, {}).items():
            found.reaches.append(Reach(source, None, path.kind, None, path.via, path.cut, name))
    return found


def _arriving(node: Node, tape: Tape, paths: Mapping[int, dict[Source, Path]]) -> dict[Source, dict[int, Path]]:
    """For each source, the operands it reaches."""
    arriving: dict[Source, dict[int, Path]] = {}
    for value in dict.fromkeys(node.operands):
        for source, path in paths.get(value, {}).items():
            if tape.values[value].floating or source[0] == "input":
                arriving.setdefault(source, {})[value] = path
    return arriving


def _advance(node: Node, tape: Tape, value: int, slot: int, by_value: Mapping[int, Path]) -> Path | None:
    """One source through one call that begins no layer."""
    if node.op in ops.SHAPE_ONLY or (node.op in ops.FILLS and node.inplace):
        return None
    integers_in = all(not tape.values[operand].floating for operand in by_value)
    if not tape.values[value].floating and not integers_in:
        return None
    if by_value and all(shadows.chooses(node, tape, operand) for operand in by_value):
        return None
    shadow = shadows.follow(node, tape, {operand: path.shadow for operand, path in by_value.items()})[slot]
    if shadow is not None and shadows.empty(shadow):
        return None
    own = kind_of(node, tape)
    if own == "linear" and len(by_value) > 1 and node.op in ops.SUMS:
        own = "scaled"  # the same unit arrives twice
    kind = worst(own, *(path.kind for path in by_value.values()))
    cut = next((path.cut for path in by_value.values() if path.cut), node.op if node.op in ops.CUTS else None)
    via = tuple(dict.fromkeys(op for path in by_value.values() for op in path.via))
    return Path(shadow, kind, via if node.op in via else (*via, node.op), cut)


def _arrive(chain: Chain, node: Node, tape: Tape, arriving: Mapping[Source, dict[int, Path]], found: Sweep) -> None:
    """Sources that reach a layer: note the edges and find the layer's unit axis."""
    output = node.outputs[0]
    results: dict[Source, Shadow | None] = {}
    if chain.contraction is None:
        for source, by_value in arriving.items():
            results[source] = shadows.follow(node, tape, {value: path.shadow for value, path in by_value.items()})[0]
        axis = _unit_axis(node, tape, list(results.values()))
    else:
        axis = chain.contraction.unit_axis
    found.unit_axes[chain.index] = None if axis is None else axis % len(tape.values[output].shape)
    for source, by_value in arriving.items():
        read = _consumed(chain, node, tape, source, by_value, results.get(source), axis)
        if read is None:
            continue
        take, part = read
        kinds = [path.kind for path in by_value.values()]
        via = tuple(dict.fromkeys(op for path in by_value.values() for op in path.via))
        cut = next((path.cut for path in by_value.values() if path.cut), None)
        own: EdgeKind = "linear" if chain.contraction is not None else kind_of(node, tape)
        if own == "linear" and ((part and "pad" not in via) or (chain.contraction is None and len(by_value) > 1)):
            own = "scaled"
        if chain.contraction is not None and chain.contraction.operator in ("embedding", "bilinear"):
            own = "nonlinear"
        found.reaches.append(Reach(source, chain.index, worst(own, *kinds), take, via, cut))


def _consumed(
    chain: Chain,
    node: Node,
    tape: Tape,
    source: Source,
    by_value: Mapping[int, Path],
    result: Shadow | None,
    axis: int | None,
) -> tuple[Take | None, bool] | None:
    """The take of one edge and whether the source reaches only a part of the positions; None when it does not reach."""
    shadow, place = result, axis
    if chain.contraction is not None:
        reads = [value for value in by_value if value in chain.contraction.data]
        if not reads:
            return None
        shadow = by_value[reads[0]].shadow if len(reads) == 1 else None
        place = chain.contraction.input_axis
    elif node.op in ops.GATES:
        (path,) = by_value.values()
        shadow = path.shadow
    if shadow is None or place is None or shadow.ndim == 0:
        return None, False
    units = shadows.collapse(shadow, place)
    if shadows.empty(units):
        return None
    return Take.encode(units.to(torch.int64).numpy()), shadows.partial(shadow, place)


def _unit_axis(node: Node, tape: Tape, results: Sequence[Shadow | None]) -> int | None:
    """The axis of a junction along which the units of its sources lie."""
    shape = tape.values[node.outputs[0]].shape
    if not shape:
        return None
    votes: dict[int, int] = {}
    for shadow in results:
        for axis in _varying(shadow) if shadow is not None else ():
            votes[axis] = votes.get(axis, 0) + 1
    if votes:
        return max(votes, key=lambda axis: (votes[axis], -axis))
    return 1 if len(shape) > 3 else len(shape) - 1


def _varying(shadow: Shadow) -> list[int]:
    """Axes along which the unit changes."""
    axes = []
    for axis in range(shadow.ndim):
        first = shadow.narrow(axis, 0, 1)
        if bool(((shadow != first) & (shadow >= 0) & (first >= 0)).any()):
            axes.append(axis)
    return axes
