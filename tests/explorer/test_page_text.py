from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_reader import SIGNS, to_bytes

from neuronaut.explorer.text import ALPHABET, encode


@given(st.binary(max_size=200))
def test_bytes_come_back(data: bytes) -> None:
    assert to_bytes(encode(data).decode())[: len(data)] == data


def test_thirteen_bytes_become_sixteen_signs() -> None:
    assert [len(encode(bytes(size))) for size in (0, 1, 13, 14, 26)] == [0, 16, 16, 32, 32]


@pytest.mark.parametrize("sign", ["<", ">", "&", " ", "\n", "\r", "\0"])
def test_no_sign_means_anything_to_a_parser(sign: str) -> None:
    assert sign.encode() not in ALPHABET


def test_the_alphabet_is_91_printable_signs_in_order() -> None:
    assert ALPHABET.decode() == SIGNS
    assert len(SIGNS) == 91


def test_a_long_text_is_the_same_as_its_pieces() -> None:
    data = bytes(range(256)) * 13 * 300
    assert to_bytes(encode(data).decode()) == data
