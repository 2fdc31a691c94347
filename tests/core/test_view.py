from __future__ import annotations

from urllib.parse import parse_qs, unquote

from hypothesis import given
from hypothesis import strategies as st

from neuronaut.core.address import Address
from neuronaut.core.view import View


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1),
)
def test_a_link_carries_any_layer_name_and_filter_unharmed(layer: str, a: str) -> None:
    fragment = View(at=Address(layer, unit=3), a=a).fragment()
    assert fragment.startswith("#/network?")
    pairs = dict(pair.split("=") for pair in fragment.removeprefix("#/network?").split("&"))
    assert unquote(pairs["sel"]) == f"{layer}:3"
    assert unquote(pairs["a"]) == a


def test_defaults_are_left_out() -> None:
    assert View().link("page.html") == "page.html#/network"
    assert parse_qs(View(colour="ab").fragment().partition("?")[2]) == {"col": ["ab"]}
