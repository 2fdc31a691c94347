"""From the text of a filter to its syntax tree.

``or``, ``and``, ``not``, comparisons (chained), ``in`` and ``is null``, sums, products, minus, atoms: in this order,
loosest first. Positions in errors are 0-based code points.
"""

from __future__ import annotations

from typing import Final, Literal, NoReturn, cast

from neuronaut.core.errors import FilterError
from neuronaut.core.filters.lex import Token, lex, printable, shown
from neuronaut.core.filters.nearest import nearest
from neuronaut.core.filters.nodes import (
    COMPARISONS,
    MAX_DEPTH,
    MAX_NODES,
    SIGNATURES,
    Act,
    And,
    Arithmetic,
    Call,
    Compare,
    Comparison,
    IsNull,
    Literals,
    Membership,
    Name,
    Negate,
    Node,
    Not,
    Null,
    Number,
    Operation,
    Or,
    Text,
    Truth,
    walk,
)

_OR, _AND, _NOT, _COMPARE, _SUM, _TERM, _UNARY = range(1, 8)
_LEVEL: Final[dict[str, int]] = {
    "or": _OR, "and": _AND,
    "==": _COMPARE, "!=": _COMPARE, "<": _COMPARE, "<=": _COMPARE, ">": _COMPARE, ">=": _COMPARE,
    "not": _COMPARE, "in": _COMPARE, "is": _COMPARE,
    "+": _SUM, "-": _SUM, "*": _TERM, "/": _TERM, "%": _TERM,
}  # fmt: skip


def parse(source: str) -> Node:
    """The syntax tree of a filter.

    >>> parse("age > 30").operands
    (Name(column='age'), Number(value=30.0))

    Raises FilterError with the position of the first thing that cannot be read.
    """
    parser = _Parser(source)
    node = parser.whole()
    limit(node, source)
    return node


def limit(node: Node, source: str = "") -> None:
    """Refuses a tree that is too deep or too large; both sides of Neuronaut read the same trees."""
    count = 0
    for _, depth in walk(node):
        count += 1
        if depth > MAX_DEPTH:
            raise FilterError(
                f"the filter nests more than {MAX_DEPTH} deep. Split it into columns.",
                kind="depth", source=source, position=0, length=max(1, len(source)),
            )  # fmt: skip
    if count > MAX_NODES:
        raise FilterError(
            f"the filter has {count} parts; the most is {MAX_NODES}. Add a metadata column and filter on it instead.",
            kind="size", source=source, position=0, length=max(1, len(source)),
        )  # fmt: skip


class _Parser:
    def __init__(self, source: str) -> None:
        self.source = source
        self.tokens = lex(source)
        self.place = 0
        self.nesting = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.place]

    @property
    def ended(self) -> bool:
        return self.token.kind == "end"

    def sees(self, *texts: str) -> bool:
        return self.token.kind in ("op", "keyword") and self.token.text in texts

    def take(self) -> Token:
        self.place += 1
        return self.tokens[self.place - 1]

    def fail(self, kind: str, message: str, token: Token | None = None, suggestion: str | None = None) -> NoReturn:
        token = token or self.token
        raise FilterError(
            message,
            kind=kind, source=self.source, position=token.at, length=token.length, suggestion=suggestion,
        )  # fmt: skip

    def spelled(self, token: Token) -> str:
        return shown(self.source[token.at : token.at + token.length])

    def span(self, start: int) -> dict[Literal["at", "length"], int]:
        last = self.tokens[self.place - 1]
        return {"at": start, "length": last.at + last.length - start}

    def enter(self, token: Token) -> None:
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            self.fail("depth", f"the filter nests more than {MAX_DEPTH} deep. Split it into columns.", token)

    def whole(self) -> Node:
        if self.token.kind == "end":
            self.fail("end", 'the filter is empty. Write for example: age > 30 and sex == "female"')
        node = self.expression(_OR)
        if not self.ended:
            self.unexpected()
        return node

    def unexpected(self, wanted: str = "an operator (and, or, ==, <, in, ...)") -> NoReturn:
        """Something stands where an operator or the end should."""
        token = self.token
        if self.sees(*COMPARISONS, "in", "is", "not"):
            self.fail("syntax", f"{self.spelled(token)} cannot follow a comparison; put the comparison in parentheses")
        if self.sees(")", "]"):
            self.fail("syntax", f"{self.spelled(token)} closes nothing")
        near = nearest(token.text, ("and", "or", "in", "not", "is")) if token.kind == "name" else None
        meant = f"; did you mean {near}?" if near else ""
        words = self.side_by_side()
        if len(words) < (3 if near else 2):
            self.fail("syntax", f"expected {wanted} before {self.spelled(token)}{meant}", suggestion=near)
        # Most likely one column whose name has blanks.
        at, end = words[0].at, words[-1].at + words[-1].length
        whole = self.source[at:end]
        raise FilterError(
            f"expected {wanted} before {self.spelled(token)}{meant or '.'} If {shown(whole)} is one column, write it "
            f"in backquotes: `{printable(whole)}`; if it is a text, put it in quotes.",
            kind="syntax", source=self.source, suggestion=near or f"`{whole}`",
            position=token.at if near else at, length=token.length if near else end - at,
        )  # fmt: skip

    def side_by_side(self) -> list[Token]:
        """The bare words around this place with nothing between them; numbers may follow the first."""
        after = self.place
        if self.token.kind != "name" or self.tokens[self.place - 1].kind != "name":
            return []
        while self.tokens[after].kind in ("name", "number"):
            after += 1
        return self.tokens[self.place - 1 : after]

    def expression(self, binding: int) -> Node:
        start = self.token.at
        left = self.prefix(binding)
        compared = False
        while self.token.kind in ("op", "keyword"):
            word = self.token.text
            level = _LEVEL.get(word, 0)
            if level < binding or level == 0 or (level == _COMPARE and compared):
                break
            if level <= _AND:
                left = self.chain(left, word, level, start)
            elif level == _COMPARE:
                left, compared = self.comparison(left, start), True
            else:
                op = cast(Operation, self.take().text)
                left = Arithmetic(op, left, self.expression(level + 1), **self.span(start))
        return left

    def chain(self, left: Node, word: str, level: int, start: int) -> Node:
        operands = [left]
        while self.sees(word):
            self.take()
            operands.append(self.expression(level + 1))
        made = And if word == "and" else Or
        return made(tuple(operands), **self.span(start))

    def comparison(self, left: Node, start: int) -> Node:
        if self.sees(*COMPARISONS):
            operands, ops = [left], list[Comparison]()
            while self.sees(*COMPARISONS):
                ops.append(cast(Comparison, self.take().text))
                operands.append(self.expression(_SUM))
            return Compare(tuple(operands), tuple(ops), **self.span(start))
        if self.sees("is"):
            self.take()
            negated = self.sees("not") and bool(self.take())
            if not self.sees("null"):
                self.fail("syntax", "after 'is' comes null or not null; compare with == otherwise")
            self.take()
            return IsNull(left, negated, **self.span(start))
        negated = self.sees("not") and bool(self.take())
        if not self.sees("in"):
            self.fail("syntax", "expected 'in' after 'not'")
        self.take()
        items = self.items()
        return Membership(left, items, negated, **self.span(start))

    def items(self) -> tuple[Literals, ...]:
        opening = self.token
        if not self.sees("[", "("):
            self.fail("list", 'after \'in\' comes a list, as in ["yes", "no"]')
        closer = "]" if self.take().text == "[" else ")"
        items: list[Literals] = []
        while not self.sees(closer):
            items.append(self.literal(closer, opening))
            if not self.sees(","):
                break
            self.take()
        if not self.sees(closer):
            self.unclosed(closer, opening, "a comma")
        self.take()
        return tuple(items)

    def literal(self, closer: str, opening: Token) -> Literals:
        token = self.token
        if token.kind == "end":
            self.unclosed(closer, opening, "a comma")
        if self.sees("-"):
            self.take()
            if self.token.kind == "number":
                return Number(-self.take().number, **self.span(token.at))
        elif token.kind in ("number", "text") or self.sees("true", "false", "null"):
            return self.value(self.take())
        quoted = f'"{token.text}"' if token.kind == "name" else None
        meant = f"; did you mean {quoted}?" if quoted else ""
        self.fail(
            "list", f"a list holds numbers, texts, true, false or null, not {self.spelled(token)}{meant}", token, quoted
        )

    def value(self, token: Token) -> Literals:
        if token.kind == "number":
            return Number(token.number, at=token.at, length=token.length)
        if token.kind == "text":
            return Text(token.text, at=token.at, length=token.length)
        if token.text == "null":
            return Null(at=token.at, length=token.length)
        return Truth(token.text == "true", at=token.at, length=token.length)

    def unclosed(self, closer: str, opening: Token, between: str) -> NoReturn:
        if self.ended:
            self.fail("unclosed", f"{self.spelled(opening)} is never closed; add {closer}", opening, closer)
        self.unexpected(f"{closer} or {between}")

    def prefix(self, binding: int) -> Node:
        token = self.token
        if self.sees("not"):
            if binding > _NOT:
                self.fail("syntax", "put 'not ...' in parentheses here")
            self.enter(self.take())
            node: Node = Not(self.expression(_NOT), **self.span(token.at))
        elif self.sees("-"):
            self.take()
            if self.token.kind == "number":
                return Number(-self.take().number, **self.span(token.at))
            self.enter(token)
            node = Negate(self.expression(_UNARY), **self.span(token.at))
        elif self.sees("("):
            self.enter(self.take())
            node = self.expression(_OR)
            if not self.sees(")"):
                self.unclosed(")", token, "an operator")
            self.take()
        else:
            return self.atom()
        self.nesting -= 1
        return node

    def atom(self) -> Node:
        token = self.token
        if token.kind in ("number", "text") or self.sees("true", "false", "null"):
            return self.value(self.take())
        if token.kind == "column":
            self.take()
            return Name(token.text, at=token.at, length=token.length)
        if self.sees("@"):
            return self.act()
        if token.kind == "name":
            self.take()
            return self.call(token) if self.sees("(") else Name(token.text, at=token.at, length=token.length)
        if token.kind == "end":
            self.fail("end", "the filter ends here; expected a column or a value")
        if self.sees("["):
            self.fail("syntax", "a list stands only after 'in' or 'not in'")
        self.fail("syntax", f"expected a column or a value before {self.spelled(token)}")

    def call(self, name: Token) -> Node:
        if name.text not in SIGNATURES:
            near = nearest(name.text, SIGNATURES)
            known = ", ".join(SIGNATURES)
            meant = f"; closest: {near}" if near else ""
            self.fail("function", f"no function {shown(name.text)}{meant}. There are: {known}.", name, near)
        function = name.text
        self.enter(name)
        arguments = self.arguments()
        self.nesting -= 1
        wanted = len(SIGNATURES[function][0])
        if len(arguments) != wanted:
            count = "1 argument" if wanted == 1 else f"{wanted} arguments"
            self.fail("arguments", f"{function} takes {count}, not {len(arguments)}", name)
        return Call(function, tuple(arguments), **self.span(name.at))

    def arguments(self) -> list[Node]:
        opening = self.take()
        arguments: list[Node] = []
        while not self.sees(")"):
            if self.token.kind == "end":
                self.unclosed(")", opening, "a comma")
            arguments.append(self.expression(_OR))
            if not self.sees(","):
                break
            self.take()
        if not self.sees(")"):
            self.unclosed(")", opening, "a comma")
        self.take()
        return arguments

    def act(self) -> Node:
        at = self.take()
        name = self.token
        if name.kind != "name" or name.text != "act":
            self.fail("function", 'after @ comes act, as in @act("fc1", 11) > 0.5', name, "act")
        self.take()
        pieces = [self.take() for _ in range(5) if self.token.kind != "end"]
        shape = [piece.text if piece.kind == "op" else piece.kind for piece in pieces]
        unit = pieces[3].number if shape == ["(", "text", ",", "number", ")"] else -1.0
        if unit < 0 or unit != int(unit) or unit > 2**31:
            self.fail("arguments", 'an activation is written @act("layer", unit), as in @act("fc1", 11)', at)
        return Act(pieces[1].text, int(unit), **self.span(at.at))
