from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neuronaut.core.address import Address, parse_address
from neuronaut.core.errors import AddressError, UnknownName


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("fc1", Address("fc1")),
        ("fc1:11", Address("fc1", unit=11)),
        ("layer1.0.relu~2.pre:3@7,9", Address("layer1.0.relu~2", "pre", 3, (7, 9))),
        ("h.5.mlp.act:131@4", Address("h.5.mlp.act", "post", 131, (4,))),
        ("0:3", Address("0", unit=3)),
    ],
)
def test_an_address_reads_back_as_written(text: str, address: Address) -> None:
    assert parse_address(text) == address
    assert str(address) == text


@given(st.text(min_size=1), st.none() | st.integers(0, 10**6))
def test_every_layer_name_is_addressable_when_it_is_known(layer: str, unit: int | None) -> None:
    address = Address(layer, unit=unit)
    assert parse_address(str(address), [layer]) == address


def test_an_exact_layer_name_wins_over_splitting() -> None:
    assert parse_address("block:1", ["block", "block:1"]) == Address("block:1")
    assert parse_address("block:1", ["block"]) == Address("block", unit=1)
    assert parse_address("a.pre", ["a", "a.pre"]) == Address("a.pre")


def test_an_unknown_layer_names_the_closest() -> None:
    with pytest.raises(UnknownName, match="closest: 'mixed4a'"):
        parse_address("mixed_4a:55", ["mixed3a", "mixed4a"])


@pytest.mark.parametrize("text", ["", "fc1:x", "fc1:", ":3", "fc1:-1", "fc1:1@", "fc1:1@a"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(AddressError):
        parse_address(text)
