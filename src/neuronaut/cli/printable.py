"""Printable: text from a recording or a data set, made safe for a terminal."""

from __future__ import annotations

import unicodedata

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})


def printable(text: object, *, lines: bool = False) -> str:
    """The text with every character that a terminal would act on, or not show, written as its code.

    Escape sequences, bidirectional overrides, zero-width characters and line ends lose their power; ``lines`` keeps
    the line ends.

    >>> printable("fc1\\x1b[2J\\u202egp")
    'fc1\\\\x1b[2J\\\\u202egp'
    """
    return "".join(_shown(sign) if not (lines and sign == "\n") else sign for sign in str(text))


def _shown(sign: str) -> str:
    if unicodedata.category(sign) not in _HIDDEN:
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
