"""The syntax tree of a filter: frozen nodes, equal when they mean the same text.

``at`` and ``length`` say where the node stands in its source, in code points; they do not count in comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

Comparison = Literal["==", "!=", "<", "<=", ">", ">="]
Operation = Literal["+", "-", "*", "/", "%"]
Function = Literal["contains", "startswith", "lower", "abs", "len", "round"]

KEYWORDS: Final = ("and", "or", "not", "in", "is", "null", "true", "false")
COMPARISONS: Final[tuple[Comparison, ...]] = ("==", "!=", "<=", ">=", "<", ">")
SIGNATURES: Final[dict[Function, tuple[tuple[str, ...], str]]] = {
    "contains": (("text", "text"), "bool"),
    "startswith": (("text", "text"), "bool"),
    "lower": (("text",), "text"),
    "abs": (("number",), "number"),
    "len": (("text",), "number"),
    "round": (("number",), "number"),
}
"""Kinds of the arguments, and of the answer."""

MAX_LENGTH: Final = 4096
"""Code points in a filter."""
MAX_DEPTH: Final = 64
"""Levels of a syntax tree."""
MAX_NODES: Final = 1000


@dataclass(frozen=True)
class _Placed:
    at: int = field(default=0, compare=False, repr=False, kw_only=True)
    length: int = field(default=0, compare=False, repr=False, kw_only=True)


@dataclass(frozen=True)
class Number(_Placed):
    value: float


@dataclass(frozen=True)
class Text(_Placed):
    value: str


@dataclass(frozen=True)
class Truth(_Placed):
    value: bool


@dataclass(frozen=True)
class Null(_Placed):
    pass


@dataclass(frozen=True)
class Name(_Placed):
    """A column."""

    column: str


@dataclass(frozen=True)
class Act(_Placed):
    """``@act("layer", unit)``: the activation of a unit."""

    layer: str
    unit: int


@dataclass(frozen=True)
class Negate(_Placed):
    operand: Node


@dataclass(frozen=True)
class Arithmetic(_Placed):
    op: Operation
    left: Node
    right: Node


@dataclass(frozen=True)
class Call(_Placed):
    function: Function
    arguments: tuple[Node, ...]


@dataclass(frozen=True)
class Compare(_Placed):
    """One comparison, or a chain: ``10 < age <= 20`` has three operands and two operators."""

    operands: tuple[Node, ...]
    ops: tuple[Comparison, ...]


@dataclass(frozen=True)
class Membership(_Placed):
    operand: Node
    items: tuple[Literals, ...]
    negated: bool = False


@dataclass(frozen=True)
class IsNull(_Placed):
    operand: Node
    negated: bool = False


@dataclass(frozen=True)
class Not(_Placed):
    operand: Node


@dataclass(frozen=True)
class And(_Placed):
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Or(_Placed):
    operands: tuple[Node, ...]


@dataclass(frozen=True)
class Rows(_Placed):
    """Rows by number: a packed mask of ``count`` rows, or ``count`` int64 row numbers. It has no text form."""

    form: Literal["mask", "index"]
    packed: bytes = field(repr=False)
    count: int


Literals = Number | Text | Truth | Null
Node = (
    Number
    | Text
    | Truth
    | Null
    | Name
    | Act
    | Negate
    | Arithmetic
    | Call
    | Compare
    | Membership
    | IsNull
    | Not
    | And
    | Or
    | Rows
)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below, in the order of the text."""
    match node:
        case Negate() | IsNull() | Not():
            return (node.operand,)
        case Arithmetic():
            return (node.left, node.right)
        case Call():
            return node.arguments
        case Compare() | And() | Or():
            return node.operands
        case Membership():
            return (node.operand, *node.items)
        case _:
            return ()


def walk(node: Node) -> Iterator[tuple[Node, int]]:
    """Every node with its depth (1 for the root), parents before children, in the order of the text."""
    stack = [(node, 1)]
    while stack:
        here, depth = stack.pop()
        yield here, depth
        stack += [(child, depth + 1) for child in reversed(children(here))]
