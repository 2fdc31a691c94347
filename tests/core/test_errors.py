from __future__ import annotations

import pytest

from neuronaut.core import errors


def test_every_error_is_also_the_builtin_that_fits() -> None:
    own = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.NeuronautError)]
    assert len(own) > 10
    for kind in own:
        assert kind is errors.NeuronautError or len(kind.__mro__) > 4, kind


def test_an_unknown_name_shows_its_message_without_quotes() -> None:
    assert str(errors.unknown("column", "agee", ["age", "sex"])).startswith("no column 'agee'; closest: 'age'.")


def test_a_filter_error_points_at_the_character() -> None:
    error = errors.FilterError("no column 'agee'", source="agee > 3", position=0, length=4)
    assert str(error).splitlines() == ["no column 'agee'", "  agee > 3", "  ^^^^"]


@pytest.mark.parametrize(("name", "options", "near"), [("Age", ["age"], "age"), ("zz", ["age"], None), ("x", [], None)])
def test_closest_is_what_a_typist_meant(name: str, options: list[str], near: str | None) -> None:
    assert errors.closest(name, options) == near
