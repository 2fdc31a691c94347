"""Texts that are meant to hang, crash or run something: each is answered or refused, and nothing else happens."""

from __future__ import annotations

import sys

import pandas as pd
import pytest

from neuronaut.core.columns import Columns
from neuronaut.core.errors import FilterError
from neuronaut.core.filters import evaluate, parse
from neuronaut.core.slices import where

COLUMNS = Columns.from_frame(
    pd.DataFrame({"age": [22.0, None], "sex": ["a" * 100_000, "(a+)+$"], "__proto__": [1, 2], "ok": [True, False]})
)
PIECES = [
    *(
        "(",
        ")",
        "[",
        "not ",
        "-",
        "- ",
        "a.",
        "'",
        '"',
        "`",
        "``",
        "1e",
        "9",
        ".",
        "\\",
        "\\u{",
        "\\uD800",
        "@act(",
        "@",
    ),
    *(
        "(a+)+$",
        "aaaaaaaa!",
        "age and ",
        "age < ",
        "age in [",
        "x + ",
        "len(",
        "contains(sex,",
        "is not null ",
        "😀",
        "\ud800",
    ),
    *(
        "__import__('os').system('true')",
        "().__class__.__bases__[0].__subclasses__()",
        "eval(",
        "lambda:",
        "{{7*7}}",
        "${x}",
    ),
    *(
        "'; DROP TABLE samples; --",
        "<script>alert(1)</script>",
        "\0",
        "\x1b[2J",
        "\u202e",
        "\u2028",
        "%s%n",
        "../../etc/passwd",
    ),
]


def hostile(number: int) -> str:
    """A text of up to some 100,000 characters made of two of the pieces; the same every time."""
    first, second = PIECES[number % len(PIECES)], PIECES[number * 7 % len(PIECES)]
    return (first + second) * (1 + number * 97 % 3000)


def test_a_thousand_hostile_texts_are_refused_at_a_character() -> None:
    for number in range(1000):
        text = hostile(number)
        with pytest.raises(FilterError) as caught:
            evaluate(parse(text), COLUMNS, text)
        assert caught.value.position is not None and 0 <= caught.value.position <= min(len(text), 4096)
        assert len(str(caught.value)) < 1000


@pytest.mark.parametrize("piece", ["(", "not ", "-(", "len(", "age in [", "1+"])
def test_ten_thousand_levels_are_refused_before_they_are_read(piece: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse(piece * 10_000)
    assert caught.value.kind == "length"


@pytest.mark.parametrize("piece", ["(", "not ", "- ", "len("])
def test_more_than_64_levels_are_refused_wherever_the_caller_stands(piece: str) -> None:
    def deep(frames: int) -> str:
        if frames:
            return deep(frames - 1)
        with pytest.raises(FilterError) as caught:
            parse(piece * 1000)
        return caught.value.kind

    assert deep(sys.getrecursionlimit() // 3) == "depth"


def test_a_megabyte_is_refused_with_its_length() -> None:
    with pytest.raises(FilterError, match="the filter has 1000000 characters; the most is 4096"):
        parse("a" * 1_000_000)


def test_a_pattern_is_plain_text_and_long_texts_are_searched_in_one_go() -> None:
    assert where("contains(sex, '(a+)+$')").mask(COLUMNS).tolist() == [False, True]
    assert where("contains(sex, '" + "a" * 4000 + "')").mask(COLUMNS).tolist() == [True, False]


def test_a_message_shows_no_control_characters_of_a_column_name() -> None:
    columns = Columns.from_frame(pd.DataFrame({"\x1b[2J\u202ename": [1]}))
    for text in ("nme == 1", "`\x1b[2J\u202ename` == 'x'", "\x1b"):
        with pytest.raises(FilterError) as caught:
            where(text).mask(columns)
        assert "\x1b" not in str(caught.value) and "\u202e" not in str(caught.value)
