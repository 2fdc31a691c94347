"""Places: where in a forward pass the values of a site are read, and which axis of them is which."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from neuronaut.core.errors import UnknownName
from neuronaut.core.model import Site
from neuronaut.models.torch.tape import Tape

Layout = Literal["plain", "major", "minor"]
"""``major`` and ``minor``: the sample axis is folded with another (``x.view(B * T, D)``), samples slow or fast."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to get hold of a tensor while the model runs.

    ``output`` and ``input``: of the ``call``-th call of module ``path``, at ``key``; ``call``: the result ``slot`` of
    the ``number``-th call of torch function ``func``; ``returned`` and ``given``: at ``key`` of the model's outputs or
    inputs; ``operand``: the tensor ``slot`` among the arguments of that torch call; ``none``: nowhere.
    """

    how: Literal["output", "input", "call", "returned", "given", "operand", "none"]
    path: str = ""
    call: int = 1
    key: tuple[Any, ...] = ()
    func: Callable[..., Any] | None = None
    number: int = 0
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A site of the traced model.

    ``reading`` is the cheapest way to look at the value, ``seat`` the way to change it so that every later use sees
    the change. ``borrowed``: nothing writes to its memory later in the pass, so it need not be copied to be kept.
    ``inplace``: the call that made it wrote into its argument. ``sealed``: it is met only inside the forward of an
    autograd.Function, where derivatives do not pass.
    """

    value: int
    shape: tuple[int, ...]
    sample_axis: int
    unit_axis: int | None
    layout: Layout
    reading: Reading
    seat: Reading
    borrowed: bool
    inplace: bool
    floating: bool
    sealed: bool

    @property
    def units(self) -> int:
        return 1 if self.unit_axis is None else self.shape[self.unit_axis]


def check_units(site: Site, place: Place, units: Sequence[int]) -> None:
    """Raise UnknownName for a unit that the site does not have."""
    for unit in units:
        if not 0 <= unit < place.units:
            raise UnknownName(f"no unit {unit} in {site.layer}: it has {place.units}, 0 to {place.units - 1}.")


NO_SAMPLES = "none of its axes grows with the batch"


def axis_of_samples(two: tuple[int, ...], three: tuple[int, ...]) -> int | str:
    """The axis that grew from a batch of 2 to a batch of 3, or why there is none.

    >>> axis_of_samples((5, 2, 4), (5, 3, 4))
    1
    >>> axis_of_samples((2, 2), (3, 3))
    'axes 0 and 1 both grow with the batch'
    """
    if len(two) != len(three):
        return "its number of axes depends on the batch"
    grown = [axis for axis, (a, b) in enumerate(zip(two, three, strict=True)) if a != b]
    if not grown:
        return NO_SAMPLES
    if len(grown) > 1:
        return "axes " + " and ".join(str(axis) for axis in grown) + " both grow with the batch"
    (axis,) = grown
    if two[axis] * 3 != three[axis] * 2 or two[axis] % 2:
        return f"axis {axis} does not grow in step with the batch"
    return axis


def own_reading(value: int, tape: Tape) -> Reading | None:
    """The value as the output of the very module that computed it: right whatever the rest of the model does."""
    maker = tape.values[value].node
    frame = "" if maker is None else tape.nodes[maker].frame
    for call in tape.modules:
        for crossing in call.leaving:
            if frame and crossing.value == value and call.path == frame:
                return Reading("output", call.path, call.call, crossing.key)
    return None


def reading_of(value: int, tape: Tape) -> Reading:
    """The cheapest way to look at a value: a module's output, the model's, a module's input, else a counted call."""
    for key, returned in _returned(tape):
        if returned == value:
            return Reading("returned", key=key)
    for call in tape.modules:
        for crossing in call.leaving:
            if crossing.value == value and call.path:
                return Reading("output", call.path, call.call, crossing.key)
    for call in tape.modules:
        for crossing in call.entering:
            if crossing.value == value and call.path:
                return Reading("input", call.path, call.call, crossing.key)
    return _counted(value, tape)


def seat_of(value: int, tape: Tape, users: Sequence[Sequence[int]]) -> Reading:
    """Where the value can be replaced: before anything has used it."""
    maker = tape.values[value].node
    if maker is None:
        return Reading("given", key=())
    for call in tape.modules:
        for crossing in call.leaving:
            early = any(user < call.end for user in users[value])
            if crossing.value == value and call.path and not early:
                return Reading("output", call.path, call.call, crossing.key)
    return _counted(value, tape)


def _counted(value: int, tape: Tape) -> Reading:
    found = tape.values[value]
    node = tape.nodes[found.node] if found.node is not None else None
    if node is None or not node.number:
        return Reading("none")
    return Reading("call", func=node.func, number=node.number, slot=found.slot)


def _returned(tape: Tape) -> list[tuple[tuple[Any, ...], int]]:
    root = [call for call in tape.modules if not call.path]
    return [(crossing.key, crossing.value) for crossing in root[-1].leaving] if root else []


def stays_unwritten(value: int, tape: Tape) -> bool:
    """Whether the value was made in fresh memory that nothing writes to, or hands out, later in the pass."""
    found = tape.values[value]
    maker = found.node
    if maker is None:
        return False
    storage = found.geometry.storage
    if storage in tape.held:
        return False
    for node in tape.nodes:
        if node.leaks and any(tape.values[operand].geometry.storage == storage for operand in node.operands):
            return False
        later = node.inplace and node.index > maker
        if later and any(tape.values[output].geometry.storage == storage for output in node.outputs):
            return False
    foreign = (other for other in tape.values if other.node is None)
    return all(other.geometry.storage != storage for other in foreign)
