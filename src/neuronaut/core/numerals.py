"""Numerals: numbers as people read them, in notes, figures and the terminal as on the page (web/src/ui/format.ts)."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
LEAST_CHANCE = 1e-300


def number(value: float) -> str:
    """Three digits, no exponent between 0.0005 and a million.

    >>> number(-0.58321), number(12345), number(0.0001), number(float("nan"))
    ('−0.583', '12,345', '1.0e−4', '–')
    """
    if math.isnan(value):
        return "\N{EN DASH}"
    size = "∞" if math.isinf(value) else _plain(abs(value))
    return (MINUS if value < 0 else "") + size


def signed(value: float) -> str:
    """Two decimals with the sign: weights, effects.

    >>> signed(0.931), signed(-0.7), signed(0)
    ('+0.93', '−0.70', '0')
    """
    if not math.isfinite(value):
        return number(value)
    size = abs(value)
    text = _plain(size) if size < 0.005 or size >= 100 else _fixed(size, 2)
    return (MINUS if value < 0 else "+" if value > 0 else "") + text


def effect(value: float) -> str:
    """The same without the plus: effect sizes and the ends of intervals.

    >>> effect(0.931), effect(-0.7)
    ('0.93', '−0.70')
    """
    return signed(value).removeprefix("+")


def measured(value: float) -> str:
    """Three digits with the sign, however small: what is read beside its interval and what chance does.

    >>> measured(0.0184), measured(-0.269), measured(-4.68e-05), measured(1234), measured(0)
    ('+0.0184', '−0.269', '−4.68e−5', '+1,234', '0')
    """
    if not math.isfinite(value) or value == 0:
        return number(value)
    size = abs(value)
    power = math.floor(math.log10(float(f"{size:.2e}")))
    text = _exponent(size, 2) if not -5 < power < 6 else _fixed(size, max(0, 2 - power))
    return (MINUS if value < 0 else "+") + text


def score(value: float) -> str:
    """Two decimals of what has an end at 0 and 1, as AUROC and correlations; 0 and 1 only for what is exactly that.

    >>> score(0.876), score(0.004), score(0.9997), score(1.0)
    ('0.88', '0.004', '> 0.999', '1')
    """
    size = abs(value)
    if not math.isfinite(value) or size in (0, 1):
        return number(value) if size != 1 else (MINUS if value < 0 else "") + "1"
    bound = "0.001" if size < 0.0005 else "0.999" if 0.9995 <= size < 1 else ""
    if bound:
        return ("< " if (size < 0.5) == (value > 0) else "> ") + (MINUS if value < 0 else "") + bound
    return (MINUS if value < 0 else "") + _fixed(size, 3 if size < 0.005 or 0.995 <= size < 1 else 2)


def percent(share: float) -> str:
    """Whole from 10% on; 0% and 100% only for none and all.

    >>> percent(0.88), percent(0.023), percent(0.0004), percent(0.9996)
    ('88%', '2.3%', '< 0.1%', '> 99.9%')
    """
    if not math.isfinite(share):
        return "\N{EN DASH}"
    value = abs(share) * 100
    if 0 < value < 0.1 or 99.9 < value < 100:
        return "< 0.1%" if value < 1 else "> 99.9%"
    whole = value in (0, 100) or 9.95 <= value < 99.5 or value > 100
    return (MINUS if share < 0 else "") + _fixed(value, 0 if whole else 1) + "%"


def chance(value: float) -> str:
    """A p or q value; never 0.

    >>> chance(0.0312), chance(3.4e-62), chance(0.0)
    ('0.031', '3e−62', '< 1e−300')
    """
    if not math.isfinite(value):
        return "\N{EN DASH}"
    if value < LEAST_CHANCE:
        return f"< 1e{MINUS}300"
    return _exponent(value, 0) if value < 0.001 else _fixed(value, 3 if value < 0.1 else 2)


def equals(name: str, value: float) -> str:
    """A p or q value behind its name.

    >>> equals("q", 0.0312), equals("q", 0.0)
    ('q = 0.031', 'q < 1e−300')
    """
    text = chance(value)
    return f"{name} {text}" if text.startswith("<") else f"{name} = {text}"


def _plain(size: float) -> str:
    if size == 0:
        return "0"
    if size >= 1e6 or size < 5e-4:
        return _exponent(size, 1)
    digits = 0 if size >= 99.95 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3
    return _fixed(size, digits)


def _fixed(size: float, digits: int) -> str:
    """Halves go up, as in a browser."""
    return f"{Decimal(float(size)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def _exponent(size: float, digits: int) -> str:
    mantissa, _, power = f"{size:.{digits}e}".partition("e")
    return f"{mantissa}e{int(power)}".replace("-", MINUS)
