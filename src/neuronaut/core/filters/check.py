"""Does a filter fit the columns: every name known, like compared with like. Done before any row is looked at."""

from __future__ import annotations

from typing import Final, Literal, NoReturn

from neuronaut.core.columns import Columns, TextColumn
from neuronaut.core.errors import FilterError, NeuronautError
from neuronaut.core.filters.lex import lex, printable, shown
from neuronaut.core.filters.nearest import nearest
from neuronaut.core.filters.nodes import (
    SIGNATURES,
    Act,
    And,
    Arithmetic,
    Call,
    Compare,
    IsNull,
    Membership,
    Name,
    Negate,
    Node,
    Not,
    Null,
    Number,
    Or,
    Rows,
    Text,
    Truth,
)
from neuronaut.core.filters.text import name_text, quoted, text_of

Type = Literal["number", "text", "bool", "null"]

WORDS: Final[dict[Type, str]] = {"number": "a number", "text": "text", "bool": "true/false", "null": "null"}
_CONSTANTS: Final = {
    "none": "null", "nan": "null", "na": "null", "nil": "null", "undefined": "null", "null": "null",
    "true": "true", "false": "false",
}  # fmt: skip
_TRUTHS: Final = {
    "true": "true", "yes": "true", "t": "true", "y": "true", "1": "true",
    "false": "false", "no": "false", "f": "false", "n": "false", "0": "false",
}  # fmt: skip
"""What people write in quotes for a column of true and false."""


def check(node: Node, columns: Columns, source: str = "") -> None:
    """Refuses a filter that names an unknown column or compares unlike kinds.

    Raises FilterError of kind ``column``, ``type`` or ``activation`` with the position in ``source``.
    """
    _Checker(columns, source).condition(node, "the filter")


class _Checker:
    def __init__(self, columns: Columns, source: str) -> None:
        self.columns = columns
        self.source = source

    def fail(self, kind: str, message: str, node: Node, suggestion: str | None = None) -> NoReturn:
        position = node.at if self.source else None
        raise FilterError(
            message,
            kind=kind, source=self.source, position=position, length=node.length, suggestion=suggestion,
        )  # fmt: skip

    def condition(self, node: Node, who: str) -> None:
        kind = self.type_of(node)
        if kind not in ("bool", "null"):
            self.fail("type", f"{who} needs true or false for each row; {told(node, kind)}", node)

    def type_of(self, node: Node) -> Type:
        match node:
            case Number():
                return "number"
            case Text():
                return "text"
            case Truth() | Rows():
                return "bool"
            case Null():
                return "null"
            case Name():
                return self.column(node)
            case Act():
                return self.activation(node)
            case Negate():
                self.numbers("-", node.operand)
                return "number"
            case Arithmetic():
                self.numbers(node.op, node.left, node.right)
                return "number"
            case Call():
                return self.call(node)
            case Compare():
                return self.compare(node)
            case Membership():
                return self.membership(node)
            case IsNull():
                self.type_of(node.operand)
                return "bool"
            case Not():
                self.condition(node.operand, "not")
                return "bool"
            case And() | Or():
                for operand in node.operands:
                    self.condition(operand, "and" if isinstance(node, And) else "or")
                return "bool"

    def column(self, node: Name) -> Type:
        name = node.column
        if name in self.columns:
            return self.columns[name].kind
        holder = next((other for other in self.columns if self.holds(other, name)), None)
        if holder is not None:
            self.fail(
                "column",
                f"no column {shown(name)}, but {shown(holder)} holds this text; write it in quotes: {quoted(name)}",
                node, quoted(name),
            )  # fmt: skip
        constant = _CONSTANTS.get(name.lower())
        if constant is not None:
            self.fail("column", f"no column {shown(name)}; write {constant}", node, constant)
        near = nearest(name, self.columns)
        meant = f"; closest: {shown(near)}" if near is not None else ""
        names = list(self.columns)
        listed = ", ".join(shown(one) for one in names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        there = f" There are: {listed}." if names else " There are no columns."
        self.fail("column", f"no column {shown(name)}{meant}.{there}", node, None if near is None else name_text(near))

    def holds(self, column: str, text: str) -> bool:
        held = self.columns[column]
        return isinstance(held, TextColumn) and text in held.values

    def activation(self, node: Act) -> Type:
        if self.columns.activation is None:
            self.fail("activation", "activations cannot be asked for here, only columns", node)
        try:
            self.columns.activation(node.layer, node.unit)
        except NeuronautError as trouble:
            raise FilterError(
                str(trouble), kind="activation", source=self.source,
                position=node.at if self.source else None, length=node.length,
            ) from trouble  # fmt: skip
        return "number"

    def numbers(self, op: str, *operands: Node) -> None:
        for operand in operands:
            kind = self.type_of(operand)
            if kind not in ("number", "null"):
                self.fail("type", f"{op} needs numbers; {told(operand, kind)}", operand)

    def call(self, node: Call) -> Type:
        wanted, answer = SIGNATURES[node.function]
        for argument, want in zip(node.arguments, wanted, strict=True):
            kind = self.type_of(argument)
            if kind not in (want, "null"):
                word = "numbers" if want == "number" else "text"
                self.fail("type", f"{node.function} needs {word}; {told(argument, kind)}", argument)
        return "bool" if answer == "bool" else "text" if answer == "text" else "number"

    def compare(self, node: Compare) -> Type:
        kinds = [self.type_of(operand) for operand in node.operands]
        for place, op in enumerate(node.ops):
            left, right = node.operands[place], node.operands[place + 1]
            self.alike(left, kinds[place], right, kinds[place + 1])
            if op not in ("==", "!=") and "bool" in kinds[place : place + 2]:
                self.fail("type", f"true/false has no order; use == or != instead of {op}", right)
        return "bool"

    def membership(self, node: Membership) -> Type:
        kind = self.type_of(node.operand)
        for item in node.items:
            self.alike(node.operand, kind, item, self.type_of(item))
        return "bool"

    def alike(self, left: Node, kind: Type, right: Node, other: Type) -> None:
        if kind == other or "null" in (kind, other):
            return
        suggestion = None
        if isinstance(right, Text) and kind == "number":
            suggestion = _unquoted_number(right.value)
        elif isinstance(right, Text) and kind == "bool":
            suggestion = _TRUTHS.get(right.value.lower())
        elif isinstance(right, Number) and kind == "text":
            suggestion = quoted(text_of(right))
        elif isinstance(right, Number) and kind == "bool" and right.value in (0, 1):
            suggestion = "true" if right.value else "false"
        bare = ", without quotes" if isinstance(right, Text) else ""
        meant = f". Did you mean {suggestion}{bare}?" if suggestion else ""
        self.fail(
            "type",
            f"{WORDS[kind]} cannot be compared with {WORDS[other]}: {told(left, kind)}, {told(right, other)}{meant}",
            right, suggestion,
        )  # fmt: skip


def told(node: Node, kind: Type) -> str:
    """What a node is, for a message: ``'age' is a number``."""
    if isinstance(node, (Text, Number, Truth, Null)):
        return f"{short(node)} is {WORDS[kind]}"
    holds = {"number": "holds numbers", "text": "holds text", "bool": "holds true/false", "null": "is null"}[kind]
    return f"{short(node)} {holds if isinstance(node, Name) else 'is ' + WORDS[kind]}"


def short(node: Node) -> str:
    """The text of a node, cut to 40 code points."""
    return printable("the given rows" if isinstance(node, Rows) else text_of(node))


def _unquoted_number(text: str) -> str | None:
    try:
        tokens = lex(text)
    except FilterError:
        return None
    return tokens[0].text if len(tokens) == 2 and tokens[0].kind == "number" else None
