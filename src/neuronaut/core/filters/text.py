"""The canonical text of a filter: parse(text_of(node)) is node again."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from neuronaut.core.errors import FilterError
from neuronaut.core.filters.lex import bare_name, visible
from neuronaut.core.filters.nodes import (
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

OR, AND, NOT, COMPARE, SUM, TERM, UNARY, ATOM = range(1, 9)
_ESCAPES: Final = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def text_of(node: Node) -> str:
    """The one way to write this filter.

    >>> from neuronaut.core.filters.parse import parse
    >>> text_of(parse("(age>30)and not sex=='male'"))
    'age > 30 and not sex == "male"'

    Raises FilterError for rows given as a mask or by index, which have no text.
    """
    return _write(node)[0]


def _write(node: Node) -> tuple[str, int]:
    """The text, and how tightly it binds."""
    match node:
        case Or() | And():
            level, word = (OR, " or ") if isinstance(node, Or) else (AND, " and ")
            return word.join(_inside(operand, level + 1) for operand in node.operands), level
        case Not():
            return f"not {_inside(node.operand, NOT)}", NOT
        case Compare():
            words = [_inside(operand, SUM) for operand in node.operands]
            return words[0] + "".join(f" {op} {word}" for op, word in zip(node.ops, words[1:], strict=True)), COMPARE
        case Membership():
            items = ", ".join(_write(item)[0] for item in node.items)
            return f"{_inside(node.operand, SUM)} {'not in' if node.negated else 'in'} [{items}]", COMPARE
        case IsNull():
            return f"{_inside(node.operand, SUM)} {'is not null' if node.negated else 'is null'}", COMPARE
        case Arithmetic():
            level = SUM if node.op in "+-" else TERM
            return f"{_inside(node.left, level)} {node.op} {_inside(node.right, level + 1)}", level
        case Negate():
            word, level = _write(node.operand)
            # "-5" is the number; the negation of the number 5 is "-(5)".
            plain = level >= UNARY and not isinstance(node.operand, Number)
            return f"-{word}" if plain else f"-({word})", UNARY
        case Call():
            return f"{node.function}({', '.join(_write(one)[0] for one in node.arguments)})", ATOM
        case _:
            return _atom(node), ATOM


def _atom(node: Node) -> str:
    match node:
        case Number():
            return number_text(node.value)
        case Text():
            return quoted(node.value)
        case Truth():
            return "true" if node.value else "false"
        case Null():
            return "null"
        case Name():
            return name_text(node.column)
        case Act():
            return f"@act({quoted(node.layer)}, {node.unit})"
        case Rows():
            raise FilterError(
                "rows given by a mask or by index have no text. Add a metadata column and filter on it instead.",
                kind="rows",
            )
        case _:
            raise AssertionError(node)


def _inside(node: Node, level: int) -> str:
    word, binding = _write(node)
    return word if binding >= level else f"({word})"


def quoted(text: str) -> str:
    """A text as the language writes it, in double quotes; what cannot be seen is escaped.

    >>> print(quoted('say "hi"'))
    "say \\"hi\\""
    """
    return (
        '"' + "".join(_ESCAPES.get(sign) or (sign if visible(sign) else f"\\u{ord(sign):04x}") for sign in text) + '"'
    )


def name_text(column: str) -> str:
    """A column as the language writes it: bare where that can be read back, else in backticks.

    >>> name_text("age"), name_text("in"), name_text("two `words`")
    ('age', '`in`', '`two ``words```')
    """
    return column if bare_name(column) else "`" + column.replace("`", "``") + "`"


def number_text(value: float) -> str:
    """The shortest text that reads back as the same float64; the same on the TypeScript side.

    >>> number_text(3.0), number_text(-0.25), number_text(1e300), number_text(2.0**60)
    ('3', '-0.25', '1e300', '1.152921504606847e18')
    """
    if math.isnan(value) or math.isinf(value):
        return str(value)
    sign = "-" if math.copysign(1, value) < 0 else ""
    if value == int(value) and abs(value) <= 2**53:
        return sign + str(int(abs(value)))
    mantissa, _, power = np.format_float_scientific(abs(value), trim="-").partition("e")
    digits, exponent = mantissa.replace(".", ""), int(power)
    if -7 <= exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if 0 <= exponent < len(digits) - 1:
        return f"{sign}{digits[: exponent + 1]}.{digits[exponent + 1 :]}"
    return f"{sign}{digits[0]}{'.' + digits[1:] if len(digits) > 1 else ''}e{exponent}"


def is_whole(text: str) -> bool:
    """Whether a text is a whole number as it is usually written, which float64 holds exactly.

    >>> [is_whole(text) for text in ("3", "-3", "03", "3.0", "three", "²", "9007199254740993")]
    [True, True, False, False, False, False, False]
    """
    try:
        return text == str(int(text)) and abs(int(text)) <= 1 << 53
    except ValueError:
        return False
