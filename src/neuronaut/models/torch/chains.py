"""Layers as they lie on the tape: the calls that begin one, and the element-wise calls folded into it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from neuronaut.core.layer import EdgeKind
from neuronaut.models.torch import ops
from neuronaut.models.torch.tape import Node, Tape
from neuronaut.models.torch.weights import Contraction, argument, contraction

Place = Literal["weight", "junction", "norm"]


@dataclass(slots=True)
class Chain:
    """One layer: the node that begins it, its value before (``pre``) and after (``post``) what is folded into it."""

    index: int
    place: Place
    node: Node
    contraction: Contraction | None
    pre: int
    post: int = -1
    values: list[int] = field(default_factory=list)
    """In order of the tape; ``pre`` is the first."""
    looked_through: bool = False
    inside: frozenset[int] = frozenset()
    """Values between ``pre`` and ``post``: nothing leaves the layer from them."""

    def folded(self, tape: Tape) -> list[Node]:
        """The calls between ``pre`` and ``post``, in order."""
        makers = {tape.values[value].node for value in (*self.inside, self.post) if value != self.pre}
        return [node for node in tape.nodes if node.index in makers]


RANK: dict[EdgeKind, int] = {"linear": 0, "scaled": 1, "nonlinear": 2}
KINDS: tuple[EdgeKind, ...] = ("linear", "scaled", "nonlinear")


def worst(*kinds: EdgeKind) -> EdgeKind:
    """The worst of several kinds.

    >>> worst("linear", "scaled")
    'scaled'
    """
    return KINDS[max((RANK[kind] for kind in kinds), default=0)]


def kind_of(node: Node, tape: Tape) -> EdgeKind:
    """What one call does to the straightness of a path."""
    if node.op in ops.NORMS:
        return "scaled" if node.op == "batch_norm" and _uses_statistics(node) else "nonlinear"
    if node.op in ops.IDENTITIES or node.op in ops.SUMS or node.op in ops.MOVEMENTS or node.op == "alias":
        return "scaled" if "alpha" in node.kwargs else "linear"
    if node.op in ops.AVERAGES:
        return "scaled" if "sum" in node.op else "linear"
    if node.op in ops.SCALINGS:
        several = len([operand for operand in node.operands if tape.values[operand].active]) > 1
        return "nonlinear" if several and node.op not in ("sub", "rsub", "masked_fill") else "scaled"
    return "nonlinear"


def _uses_statistics(node: Node) -> bool:
    return argument(node, 1, "running_mean") is not None and not argument(node, 5, "training", False)


def find_chains(tape: Tape) -> tuple[list[Chain], dict[int, Chain]]:
    """All layers in execution order, and the chain each value belongs to."""
    users = tape.users()
    chains: list[Chain] = []
    member: dict[int, Chain] = {}
    for node in tape.nodes:
        if not node.outputs or len(node.outputs) > 1 or node.op in ops.RECURRENT | ops.ATTENTION:
            continue
        place, found, joined = _classify(node, tape, member, users)
        if place is not None:
            chain = Chain(len(chains), place, node, found, node.outputs[0], values=[node.outputs[0]])
            chains.append(chain)
            member[node.outputs[0]] = chain
        elif joined is not None:
            joined.values.append(node.outputs[0])
            member[node.outputs[0]] = joined
    live = tape.live()
    for chain in chains:
        _set_post(chain, tape, users, live)
    return chains, member


def _classify(
    node: Node, tape: Tape, member: dict[int, Chain], users: list[list[int]]
) -> tuple[Place | None, Contraction | None, Chain | None]:
    """Whether the node begins a layer, or extends one, or neither."""
    found = contraction(node, tape)
    if found is not None:
        return "weight", found, None
    operands = [value for value in dict.fromkeys(node.operands) if tape.values[value].active]
    if not operands:
        return None, None, None
    shape = tape.values[node.outputs[0]].shape
    if node.op in ops.ELEMENTWISE:
        homes = {member[value].index if value in member else -1 for value in operands}
        same = all(tape.values[value].shape == shape for value in operands)
        if len(homes) == 1 and -1 not in homes and same:
            return None, None, member[operands[0]]
        return _unfolded(node, tape, operands), None, None
    if node.op in ops.GATES or (node.op in ops.PRODUCTS | ops.CATS and len(operands) > 1):
        return "junction", None, None
    home = member.get(operands[0]) if len(operands) == 1 else None
    if home is not None and _look_through(node, tape, home, users):
        home.looked_through = True
        return None, None, home
    return None, None, None


def _unfolded(node: Node, tape: Tape, operands: list[int]) -> Place | None:
    """What an element-wise call that extends no layer is."""
    if node.op in ops.NORMS and tape.values[operands[0]].floating:
        return "norm"
    carrying = [value for value in operands if tape.values[value].floating]
    binary = node.op in ops.SUMS | ops.SCALINGS | ops.CHOICES
    return "junction" if binary and len(carrying) > 1 else None


def _look_through(node: Node, tape: Tape, home: Chain, users: list[list[int]]) -> bool:
    """One unit-preserving call may stand before the first activation: ``relu(max_pool(conv))``."""
    if home.looked_through or node.op not in ops.POOLS | ops.RESHAPES or node.inplace:
        return False
    source, result = tape.values[node.operands[0]].shape, tape.values[node.outputs[0]].shape
    rank = len(tape.values[home.pre].shape)
    axis = home.contraction.unit_axis if home.contraction else 1 if rank > 2 else -1
    if axis is None or not rank:
        return False
    unit = axis % rank
    if len(result) <= unit or result[: unit + 1] != source[: unit + 1]:
        return False
    makers = [tape.values[value].node for value in home.values]
    if any(tape.nodes[maker].op in ops.ACTIVATIONS for maker in makers if maker is not None):
        return False
    return _activation_follows(node.outputs[0], tape, users)


def _activation_follows(value: int, tape: Tape, users: list[list[int]]) -> bool:
    while len(users[value]) == 1:
        node = tape.nodes[users[value][0]]
        others = [operand for operand in node.operands if operand != value and tape.values[operand].active]
        if node.op not in ops.ELEMENTWISE or others or len(node.outputs) != 1:
            return False
        if node.op in ops.ACTIVATIONS:
            return True
        value = node.outputs[0]
    return False


def _set_post(chain: Chain, tape: Tape, users: list[list[int]], live: set[int]) -> None:
    """``post`` is the last value through which everything that leaves the chain has passed."""
    members = set(chain.values)
    returned = {value for _, value in tape.outputs}
    through: dict[int, set[int]] = {chain.pre: {chain.pre}}
    before: dict[int, set[int]] = {chain.pre: set()}
    for value in chain.values[1:]:
        parents = [operand for operand in tape.maker(value).operands if operand in members and operand in through]
        through[value] = set.intersection(*(through[parent] for parent in parents)) | {value}
        before[value] = set().union(*(before[parent] | {parent} for parent in parents))
    exits = [value for value in chain.values if value in returned or _leaves(value, members, tape, users, live)]
    if not exits:
        exits = [value for value in chain.values if not users[value]] or [chain.pre]
    common = set.intersection(*(through[value] for value in exits))
    chain.post = max(common, key=chain.values.index)
    chain.inside = frozenset(before[chain.post])


def _leaves(value: int, members: set[int], tape: Tape, users: list[list[int]], live: set[int]) -> bool:
    for user in users[value]:
        outputs = tape.nodes[user].outputs
        if any(output in live and output not in members for output in outputs):
            return True
    return False
