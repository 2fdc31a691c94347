"""The graph of a traced model: layers, edges and the place of each site."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neuronaut.core.axes import GRID_AXES, TOKEN, SiteName
from neuronaut.core.layer import Edge, Graph, Layer, LayerKind
from neuronaut.core.model import Site
from neuronaut.models.torch import ops
from neuronaut.models.torch.chains import Chain, find_chains, kind_of, worst
from neuronaut.models.torch.edges import Reach, Source, Sweep, sweep
from neuronaut.models.torch.names import name_chains, parameters_of
from neuronaut.models.torch.places import (
    Place,
    Reading,
    axis_of_samples,
    own_reading,
    reading_of,
    seat_of,
    stays_unwritten,
)
from neuronaut.models.torch.tape import Node, Tape, Value


def _kind(chain: Chain, operator: str) -> LayerKind:
    if chain.contraction is None:
        return "junction" if chain.place == "junction" else "norm"
    return "conv" if operator in ops.CONVS else "embedding" if operator in ops.EMBEDDINGS else "dense"


@dataclass(slots=True)
class Traced:
    """A graph, and what is needed to run it again."""

    graph: Graph
    places: dict[Site, Place]
    refused: dict[str, str]
    """Layers that are listed but cannot be read, and why."""
    derived: dict[str, Reading]
    """Weights computed from parameters, by the path they are given, and where they are met."""
    tape: Tape
    unknown: tuple[str, ...] = ()
    """Layers whose input came from outside torch."""


def build(
    two: Tape, three: Tape, modules: Collection[str], input_keys: Mapping[str, tuple[Any, ...]], *, own: bool = False
) -> Traced:
    """Read layers and edges off the tape of a batch of 2; a batch of 3 shows which axis is the sample.

    ``own``: values are looked at in the module that computes them, where that can be.
    """
    chains, member = find_chains(two)
    candidates = [source for number in range(len(two.inputs)) for source in _candidates(two, number)]
    swept = sweep(two, chains, member, candidates)
    inputs = [_input_axis(two, number, swept, chains) for number in range(len(two.inputs))]
    names, blocks = name_chains(chains, two, modules)
    builder = _Builder(two, three, chains, names, blocks, swept, inputs, input_keys, own)
    return builder.build()


def _candidates(tape: Tape, number: int) -> list[Source]:
    """The unit axes an input may have."""
    value = tape.values[tape.inputs[number][1]]
    rank = len(value.shape)
    axes: list[int | None] = [None] if rank < 2 else [1, rank - 1, None]
    return [("input", number, axis) for axis in dict.fromkeys(axes)]


def _input_axis(tape: Tape, number: int, swept: Sweep, chains: Sequence[Chain]) -> Source:
    """The unit axis under which the next layers read the input's units unmixed."""
    value = tape.values[tape.inputs[number][1]]
    rank = len(value.shape)
    order: dict[int | None, int] = {1: 0, rank - 1: 1, None: 2}
    if rank == 3:
        square = value.shape[1] == value.shape[2] >= 8
        order = {2: 0, 1: 1, None: -1 if square else 2}
    elif rank == 2:
        order = {1: 0, None: -1 if _reads_tokens(tape, value, chains) else 1}
    elif rank > 3 and value.shape[-1] <= 4 < value.shape[1]:
        order = {rank - 1: 0, 1: 1, None: 2}

    def unclear(source: Source) -> tuple[int, int]:
        reaches = [reach for reach in swept.reaches if reach.source == source and reach.target is not None]
        return sum(not reach.clear for reach in reaches), order.get(source[2], 3)

    return min(_candidates(tape, number), key=unclear)


def _reads_tokens(tape: Tape, value: Value, chains: Sequence[Chain]) -> bool:
    """Whether whole rows of integers are looked up in one embedding: then the columns are places, not features."""
    if value.floating:
        return False
    looked_up = [
        chain.contraction for chain in chains if chain.contraction and chain.contraction.operator == "embedding"
    ]
    return any(tape.values[found.data[0]].shape == value.shape for found in looked_up)


class _Builder:
    """Turns chains and reaches into layers and edges."""

    def __init__(
        self,
        two: Tape,
        three: Tape,
        chains: Sequence[Chain],
        names: Sequence[str],
        blocks: Collection[int],
        swept: Sweep,
        inputs: Sequence[Source],
        input_keys: Mapping[str, tuple[Any, ...]],
        own: bool,
    ) -> None:
        self.own = own
        self.two, self.three = two, three
        self.chains, self.names, self.blocks = chains, names, blocks
        self.swept, self.inputs, self.input_keys = swept, inputs, input_keys
        self.aligned = [node.op for node in two.nodes] == [node.op for node in three.nodes] and [
            node.frame for node in two.nodes
        ] == [node.frame for node in three.nodes]
        self.users = two.users()
        self.unnamed = {
            names[chain.index] for chain in chains if chain.place == "junction" and chain.index not in blocks
        }
        self.places: dict[Site, Place] = {}
        self.refused: dict[str, str] = {}
        self.derived: dict[str, Reading] = {}
        self.notes: list[str] = []

    def build(self) -> Traced:
        chosen = {*self.inputs, *(("layer", chain.index, None) for chain in self.chains)}
        reaches = [reach for reach in self.swept.reaches if reach.source in chosen]
        edges = [self._edge(reach, self.names[reach.target]) for reach in reaches if reach.target is not None]
        outputs: dict[str, list[str]] = {}
        for reach in reaches:
            if reach.target is None and reach.output is not None:
                outputs.setdefault(self._source(reach.source), []).append(reach.output)
        ranks = self._ranks(edges)
        layers = [self._input(number, ranks, outputs) for number in range(len(self.inputs))]
        layers += [self._layer(chain, ranks, outputs) for chain in self.chains]
        unknown = tuple(
            self.names[chain.index]
            for chain in self.chains
            if self.two.values[chain.pre].state == "unknown" and self.names[chain.index] not in self.refused
        )
        if not self.aligned:
            self.notes.append(
                "the path of this model depends on its data: a batch of 2 and a batch of 3 made different torch calls"
            )
        return Traced(
            Graph(tuple(layers), tuple(edges), tuple(dict.fromkeys(self.notes))),
            self.places,
            self.refused,
            self.derived,
            self.two,
            unknown,
        )

    def _source(self, source: Source) -> str:
        return self.names[source[1]] if source[0] == "layer" else self.two.inputs[source[1]][0]

    def _edge(self, reach: Reach, target: str) -> Edge:
        return Edge(self._source(reach.source), target, reach.kind, reach.take, reach.via, reach.cut)

    def _ranks(self, edges: Sequence[Edge]) -> dict[str, int]:
        """The longest path from an input; execution order is a topological order."""
        ranks = {name: 0 for name, _ in self.two.inputs}
        for name in self.names:
            ranks[name] = 1 + max((ranks[edge.source] for edge in edges if edge.target == name), default=0)
        return ranks

    def _input(self, number: int, ranks: Mapping[str, int], outputs: Mapping[str, list[str]]) -> Layer:
        name, value = self.two.inputs[number]
        axis = self.inputs[number][2]
        place = self._place(name, "post", value, axis)
        units, axes, shape = self._extent("input", place, value, axis)
        return Layer(
            name, "input", units, "input", ranks[name], axes, shape, selected=place is not None, output=name in outputs
        )

    def _layer(self, chain: Chain, ranks: Mapping[str, int], outputs: Mapping[str, list[str]]) -> Layer:
        name, axis = self.names[chain.index], self.swept.unit_axes[chain.index]
        post, folded = self._place(name, "post", chain.post, axis), chain.folded(self.two)
        apart = folded and self._place(name, "pre", chain.pre, axis) is not None
        operator = chain.contraction.operator if chain.contraction is not None else chain.node.op
        kind = _kind(chain, operator)
        units, axes, shape = self._extent(kind, post, chain.post, axis)
        taken = chain.place != "junction" or chain.index in self.blocks
        return Layer(
            name,
            kind,
            units,
            operator,
            ranks[name],
            axes,
            shape,
            sites=("pre", "post") if apart else ("post",),
            activation=next((node.op for node in folded if node.op in ops.ACTIVATIONS), None),
            module=chain.node.frame or None,
            parameters=self._parameters(chain, name),
            attributes=self._attributes(chain, folded) | ({"outputs": outputs[name]} if name in outputs else {}),
            selected=post is not None and taken,
            output=name in outputs,
        )

    def _attributes(self, chain: Chain, folded: Sequence[Node]) -> dict[str, Any]:
        """How the weight is read, what is folded in, and how straight that is."""
        norm = next((node.op for node in (chain.node, *folded) if node.op in ops.NORMS), None)
        found: dict[str, Any] = {"fold": worst(*(kind_of(node, self.two) for node in folded))}
        if norm is not None:
            found["norm"] = norm
        if chain.contraction is not None:
            axes = chain.contraction.weight_axes
            found |= chain.contraction.attributes
            found["weight_axes"] = None if axes is None else list(axes)
        return found

    def _extent(
        self, kind: LayerKind, place: Place | None, value: int, unit_axis: int | None
    ) -> tuple[int, tuple[str, ...], tuple[int, ...]]:
        """Units, and the names and sizes of the position axes."""
        sizes = list(self.two.values[value].shape)
        positions = [size for axis, size in enumerate(sizes) if axis != unit_axis]
        if place is not None:
            sample = place.sample_axis - (unit_axis is not None and unit_axis < place.sample_axis)
            positions[sample : sample + 1] = [] if place.layout == "plain" else [positions[sample] // 2]
        axes = GRID_AXES.get(len(positions), tuple(f"p{number}" for number in range(len(positions))))
        if len(positions) == 1 and self._follows_tokens(kind, value):
            axes = (TOKEN,)
        return 1 if unit_axis is None else sizes[unit_axis], axes, tuple(positions)

    def _follows_tokens(self, kind: LayerKind, value: int) -> bool:
        if kind == "embedding":
            return True
        if kind == "input":
            return not self.two.values[value].floating
        return kind in ("dense", "norm", "junction") and any(chain.node.op in ops.EMBEDDINGS for chain in self.chains)

    def _place(self, name: str, site: SiteName, value: int, axis: int | None) -> Place | None:
        found = self.two.values[value]
        other = self.three.values[value].shape if self.aligned else (3, *found.shape[1:])
        sample = axis_of_samples(found.shape, other)
        if isinstance(sample, str) or sample == axis:
            why = sample if isinstance(sample, str) else "its units lie on the axis of the samples"
            self.refused[name] = why
            if name not in self.unnamed:
                self.notes.append(f"{name} cannot be recorded: {why}")
            return None
        node = self.two.nodes[found.node] if found.node is not None else None
        if site == "post" and name in self.input_keys:
            reading = seat = Reading("given", key=self.input_keys[name])
        else:
            home = own_reading(value, self.two) if self.own else None
            reading, seat = home or reading_of(value, self.two), seat_of(value, self.two, self.users)
        place = Place(
            value,
            found.shape,
            sample,
            axis,
            "plain" if found.shape[sample] == 2 else "major",
            reading,
            seat,
            stays_unwritten(value, self.two),
            node is not None and node.inplace,
            found.floating,
            node is not None and node.sealed and "call" in (reading.how, seat.how),
        )
        self.places[Site(name, site)] = place
        return place

    def _parameters(self, chain: Chain, name: str) -> dict[str, str]:
        """Roles and paths; a weight computed from parameters gets a path of its own."""
        if chain.contraction is not None:
            roles = {"weight": chain.contraction.weight, "bias": chain.contraction.bias}
        elif chain.place == "norm":
            operands = [value for value in chain.node.operands if self.two.values[value].state == "parameter"]
            return {path.rpartition(".")[2]: path for value in operands for path in parameters_of(value, self.two)}
        else:
            return {}
        found: dict[str, str] = {}
        for role, value in roles.items():
            if value is None or self.two.values[value].state != "parameter":
                continue
            path = self.two.values[value].path
            if path is None:
                path = f"{name}.{role}"
                slot = chain.node.operands.index(value)
                self.derived[path] = Reading("operand", func=chain.node.func, number=chain.node.number, slot=slot)
            found[role] = path
        return found
