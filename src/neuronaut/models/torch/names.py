"""Names of layers: the module that owns the weight, the parameter used outside it, the block a junction ends."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from neuronaut.models.torch.chains import Chain
from neuronaut.models.torch.tape import Tape

_PARAMETRIZED = re.compile(r"(?P<owner>.*?)\.?parametrizations\.(?P<attribute>[^.]+)\.original\d*\Z")
_REWORKED = re.compile(r"(?P<owner>.*?)\.?(?P<attribute>[^.]+?)_(g|v|orig|u)\Z")


def parameters_of(value: int, tape: Tape) -> tuple[str, ...]:
    """Paths of the parameters that a value is made of."""
    found = tape.values[value]
    if found.path is not None:
        return (found.path,)
    if found.node is None:
        return ()
    paths = [path for operand in tape.nodes[found.node].operands for path in parameters_of(operand, tape)]
    return tuple(dict.fromkeys(paths))


def weight_name(path: str, frame: str, operator: str, *, derived: bool = False) -> str:
    """What a layer is called after the parameter it contracts with.

    >>> weight_name("attn.proj.weight", "attn.proj", "linear"), weight_name("attn.wq", "attn", "matmul")
    ('attn.proj', 'attn.wq')
    >>> weight_name("embed.weight", "head", "linear")
    'embed.weight'
    >>> weight_name("fc.parametrizations.weight.original0", "fc", "linear")
    'fc'
    """
    owner, attribute = _owner(path, derived)
    if not owner and attribute == "weight":
        return operator
    if attribute == "weight" and (frame == owner or frame.startswith(f"{owner}.")):
        return owner
    return f"{owner}.{attribute}" if owner else attribute


def _owner(path: str, derived: bool) -> tuple[str, str]:
    match = _PARAMETRIZED.match(path) or (_REWORKED.match(path) if derived else None)
    if match:
        return match["owner"], match["attribute"]
    owner, _, attribute = path.rpartition(".")
    return owner, attribute


def lent_name(chain: Chain, tape: Tape) -> str | None:
    """The innermost module that computes the junction and returns it."""
    values = set(chain.values)
    lenders = [
        call
        for call in tape.modules
        if call.path
        and call.begin <= chain.node.index < call.end
        and any(crossing.key == () and crossing.value in values for crossing in call.leaving)
    ]
    if not lenders:
        return None
    lender = min(lenders, key=lambda call: call.end - call.begin)
    return lender.path if lender.call == 1 else f"{lender.path}~{lender.call}"


def name_chains(chains: Sequence[Chain], tape: Tape, modules: Collection[str]) -> tuple[list[str], set[int]]:
    """A unique name for each layer, and which junctions and norms got the name of a module."""
    names: list[str] = ["" for _ in chains]
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for chain in chains:
        base = _base(chain, tape)
        if base is not None:
            counts[base] = counts.get(base, 0) + 1
            names[chain.index] = base if counts[base] == 1 else f"{base}~{counts[base]}"
            taken.add(names[chain.index])
    blocks: set[int] = set()
    for chain in chains:
        lent = None if names[chain.index] else lent_name(chain, tape)
        if lent is not None and lent not in taken:
            names[chain.index] = lent
            taken.add(lent)
            blocks.add(chain.index)
    for chain in chains:
        if not names[chain.index]:
            names[chain.index] = _place_name(chain, taken | set(modules), counts)
            taken.add(names[chain.index])
            if lent_name(chain, tape) is not None:
                blocks.add(chain.index)
    return names, blocks


def _base(chain: Chain, tape: Tape) -> str | None:
    if chain.contraction is not None:
        weight = chain.contraction.weight
        paths = parameters_of(weight, tape)
        derived = tape.values[weight].path is None
        return weight_name(paths[0], chain.node.frame, chain.contraction.operator, derived=derived)
    if chain.place == "norm":
        held = [value for value in chain.node.operands if tape.values[value].state == "parameter"]
        paths = tuple(path for value in held for path in parameters_of(value, tape))
        named = [path for path in paths if path.rpartition(".")[2] == "weight"]
        return weight_name(named[0], chain.node.frame, chain.node.op) if named else None
    return None


def _place_name(chain: Chain, taken: Collection[str], counts: dict[str, int]) -> str:
    stem = f"{chain.node.frame}.{chain.node.op}" if chain.node.frame else chain.node.op
    while True:
        counts[stem] = counts.get(stem, 0) + 1
        name = f"{stem}_{counts[stem]}"
        if name not in taken:
            return name
