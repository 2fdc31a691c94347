"""From the text of a filter to its tokens; positions are 0-based code points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from neuronaut.core.errors import FilterError
from neuronaut.core.filters.nodes import KEYWORDS, MAX_LENGTH

TokenKind = Literal["number", "text", "name", "column", "keyword", "op", "end"]

_BLANK: Final = " \t\n\r\u00a0"
_DIGITS: Final = "0123456789"
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
_TWO: Final = ("==", "!=", "<=", ">=")
_ONE: Final = "<>+-*/%()[],@"
_MEANT: Final = (
    ("===", "=="), ("!==", "!="), ("<=>", "=="),
    ("=>", ">="), ("=<", "<="), ("<>", "!="), ("&&", "and"), ("||", "or"),
    ("=", "=="), ("&", "and"), ("|", "or"), ("!", "not"), ("~", "not"),
    ("≤", "<="), ("≥", ">="), ("≠", "!="), ("−", "-"), ("–", "-"), ("×", "*"), ("÷", "/"), ("·", "*"),
    ("“", '"'), ("”", '"'), ("„", '"'), ("‘", "'"), ("’", "'"), ("´", "'"), ("«", '"'), ("»", '"'),
)  # fmt: skip
"""Signs of other languages and keyboards, and what to write instead; longer ones first."""
_ESCAPED: Final = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "'": "'", "`": "`"}
_NOT_IN_NAMES: Final = (
    (0x80, 0xA0), (0xAB, 0xAB), (0xB4, 0xB4), (0xB7, 0xB7), (0xBB, 0xBB), (0xD7, 0xD7), (0xF7, 0xF7),
    (0x2000, 0x206F), (0x2190, 0x22FF), (0x3000, 0x3003), (0xD800, 0xDFFF), (0xFEFF, 0xFEFF), (0xFFF0, 0xFFFF),
)  # fmt: skip
"""Beyond ASCII every code point may stand in a bare name, but blanks, controls, quotes, arrows and operators."""


@dataclass(frozen=True, slots=True)
class Token:
    """``text`` is the sign, the keyword, the name, or the content of a quoted text or column."""

    kind: TokenKind
    text: str
    at: int
    length: int
    number: float = 0.0


def lex(source: str) -> list[Token]:
    """The tokens of a filter, the last one of kind ``end``.

    Raises FilterError of kind ``length``, ``character``, ``number``, ``escape`` or ``unclosed``.
    """
    if len(source) > MAX_LENGTH:
        raise FilterError(
            f"the filter has {len(source)} characters; the most is {MAX_LENGTH}. "
            "Add a metadata column and filter on it instead.",
            kind="length", source=source[: MAX_LENGTH + 1], position=MAX_LENGTH,
        )  # fmt: skip
    tokens: list[Token] = []
    at = 0
    while at < len(source):
        if source[at] in _BLANK:
            at += 1
            continue
        token = _next(source, at)
        tokens.append(token)
        at += token.length
    return [*tokens, Token("end", "", len(source), 1)]


def _next(source: str, at: int) -> Token:
    sign = source[at]
    if sign in _DIGITS or (sign == "." and source[at + 1 : at + 2] in tuple(_DIGITS)):
        return _number(source, at)
    if _starts_name(sign):
        end = _name_end(source, at)
        word = source[at:end]
        return Token("keyword" if word in KEYWORDS else "name", word, at, end - at)
    if sign in "\"'":
        return _text(source, at)
    if sign == "`":
        return _column(source, at)
    for wrong, right in _MEANT[:3]:
        if source.startswith(wrong, at):
            raise _meant(source, at, wrong, right)
    if source[at : at + 2] in _TWO:
        return Token("op", source[at : at + 2], at, 2)
    for wrong, right in _MEANT[3:]:
        if source.startswith(wrong, at):
            raise _meant(source, at, wrong, right)
    if sign in _ONE:
        return Token("op", sign, at, 1)
    raise FilterError(
        f"{shown(sign)} has no meaning in a filter. Put a column name with unusual characters in backticks, "
        "a text in quotes.",
        kind="character", source=source, position=at,
    )  # fmt: skip


def _meant(source: str, at: int, wrong: str, right: str) -> FilterError:
    return FilterError(
        f"{shown(wrong)} has no meaning in a filter; write {right}",
        kind="character", source=source, position=at, length=len(wrong), suggestion=right,
    )  # fmt: skip


def _number(source: str, at: int) -> Token:
    end = _digits_end(source, at)
    if source[end : end + 1] == "." and source[end + 1 : end + 2] in tuple(_DIGITS):
        end = _digits_end(source, end + 1)
    whole = source[at:end].find(".") < 0
    if source[end : end + 1] in ("e", "E"):
        power = end + 2 if source[end + 1 : end + 2] in ("+", "-") else end + 1
        if source[power : power + 1] in tuple(_DIGITS):
            end, whole = _digits_end(source, power), False
    if end < len(source) and (source[end] == "." or _continues_name(source[end])):
        while end < len(source) and (source[end] == "." or _continues_name(source[end])):
            end += 1
        word = source[at:end]
        raise FilterError(
            f"{shown(word)} is no number. If it is a column, write `{word}` in backticks; if a text, put it in quotes.",
            kind="number", source=source, position=at, length=end - at,
        )  # fmt: skip
    word = source[at:end]
    value = float(word)
    if value == float("inf"):
        raise FilterError(
            f"{shown(word)} is too large; numbers go up to 1.8e308.",
            kind="number", source=source, position=at, length=end - at,
        )  # fmt: skip
    if whole and value >= 2**53 and int(word) != int(value):
        raise FilterError(
            f"{shown(word)} cannot be held exactly: beyond 2^53 numbers have gaps. "
            "Compare such a column as text, in quotes.",
            kind="number", source=source, position=at, length=end - at, suggestion=f'"{word}"',
        )  # fmt: skip
    return Token("number", word, at, end - at, value)


def _text(source: str, at: int) -> Token:
    quote, here = source[at], at + 1
    signs: list[str] = []
    while here < len(source) and source[here] != quote:
        if source[here] == "\\":
            sign, here = _escape(source, here)
            signs.append(sign)
        else:
            _refuse_surrogate(source, here)
            signs.append(source[here])
            here += 1
    if here >= len(source):
        raise FilterError(
            f"the text that opens here is never closed; end it with {quote}",
            kind="unclosed", source=source, position=at, suggestion=quote,
        )  # fmt: skip
    return Token("text", "".join(signs), at, here + 1 - at)


def _escape(source: str, at: int) -> tuple[str, int]:
    """The character meant by the escape at ``at``, and where the text goes on."""
    letter = source[at + 1 : at + 2]
    if letter and letter in _ESCAPED:
        return _ESCAPED[letter], at + 2
    if letter == "u" and source[at + 2 : at + 3] == "{":
        close = source.find("}", at + 3, at + 10)
        digits, end = (source[at + 3 : close], close + 1) if close >= 0 else ("", at + 3)
    elif letter == "u":
        digits, end = source[at + 2 : at + 6], at + 6
        digits = digits if len(digits) == 4 else ""
    else:
        digits, end = "", at + 2
    if digits and all(digit in "0123456789abcdefABCDEF" for digit in digits):
        point = int(digits, 16)
        if point <= 0x10FFFF and not 0xD800 <= point <= 0xDFFF:
            return chr(point), end
    raise FilterError(
        r"this escape is not known; there are \\ \" \' \n \r \t \uXXXX \u{XXXXX}, and a backslash itself is \\",
        kind="escape", source=source, position=at, length=min(2, len(source) - at),
    )  # fmt: skip


def _column(source: str, at: int) -> Token:
    here, signs = at + 1, list[str]()
    while here < len(source):
        if source[here] == "`":
            if source[here + 1 : here + 2] != "`":
                return Token("column", "".join(signs), at, here + 1 - at)
            here += 1
        _refuse_surrogate(source, here)
        signs.append(source[here])
        here += 1
    raise FilterError(
        "the column name that opens here is never closed; end it with `",
        kind="unclosed", source=source, position=at, suggestion="`",
    )  # fmt: skip


def _refuse_surrogate(source: str, at: int) -> None:
    if "\ud800" <= source[at] <= "\udfff":
        raise FilterError(
            f"{shown(source[at])} is half a character and cannot be compared.",
            kind="character", source=source, position=at,
        )  # fmt: skip


def _digits_end(source: str, at: int) -> int:
    while at < len(source) and source[at] in _DIGITS:
        at += 1
    return at


def _starts_name(sign: str) -> bool:
    if sign in _LETTERS:
        return True
    return sign >= "\x80" and not any(low <= ord(sign) <= high for low, high in _NOT_IN_NAMES)


def _continues_name(sign: str) -> bool:
    return sign in _DIGITS or _starts_name(sign)


def _name_end(source: str, at: int) -> int:
    """Where the name that starts at ``at`` ends; a dot belongs to it when a name goes on behind it."""
    here = at + 1
    while here < len(source):
        dotted = source[here] == "." and here + 1 < len(source) and _continues_name(source[here + 1])
        if not dotted and not _continues_name(source[here]):
            break
        here += 2 if dotted else 1
    return here


def bare_name(text: str) -> bool:
    """Whether a column of this name can be written without backticks."""
    return bool(text) and _starts_name(text[0]) and _name_end(text, 0) == len(text) and text not in KEYWORDS


def shown(text: str) -> str:
    """A piece of source for a message: at most 40 code points, invisible ones as U+XXXX.

    >>> shown("\\u200b"), shown("=")
    ('U+200B', "'='")
    """
    if len(text) == 1 and not visible(text):
        return f"U+{ord(text):04X}"
    return f"'{printable(text)}'"


def printable(text: str) -> str:
    """At most 40 code points of a text, invisible ones as U+FFFD, so that a message cannot be tampered with."""
    short = text if len(text) <= 40 else text[:39] + "…"
    return "".join(sign if visible(sign) else "\ufffd" for sign in short)


def visible(sign: str) -> bool:
    """Whether the code point leaves ink, and does not change the direction of what follows."""
    return not any(low <= ord(sign) <= high for low, high in _INVISIBLE)


_INVISIBLE: Final = (
    (0x00, 0x1F), (0x7F, 0xA0), (0x2000, 0x200F), (0x2028, 0x202F), (0x205F, 0x206F), (0xD800, 0xDFFF),
    (0xFEFF, 0xFEFF), (0xFFF0, 0xFFFF),
)  # fmt: skip
