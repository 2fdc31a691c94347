"""Stored influence: how much each unit moves each later unit, averaged over the probes, in the cheaper direction."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from neuronaut.capture.batch import count, take
from neuronaut.capture.cost import FORWARD, RATE, Cost, spoken
from neuronaut.capture.strongest import Strongest
from neuronaut.core.layer import Layer
from neuronaut.core.model import Batch, Differentiable, Site
from neuronaut.core.result import Result

FULL = 65_536
"""Pairs with at most this many numbers are stored whole, others as the strongest each way."""
ROOM = 256 << 20
"""Whole matrices take at most this many bytes together; beyond it only those of an eighth of FULL stay whole."""
STRONGEST = 16
BUDGET = 30 * RATE
"""Steps that the stored influence may take when nobody asked for it: half a minute of an ordinary computer."""
LONGEST = 4 * 30.0
"""Seconds of this thread's own time after which a measurement is given up that costs far more than was counted."""
FEWEST = 32
"""With fewer probes an average says too little; then nothing is stored."""
START = 1000
"""Forward mode costs as much as this many backward runs before it does anything: torch compiles formulas for it."""
CHUNK_BYTES = 64 << 20
"""Effects that are held at a time, [seed sample unit] over all layers."""
LARGEST = 1024
"""Units of a layer that are asked for at once, so that one hears how far it is."""

Tell = Callable[[int, int], None]


class TooDear(Exception):
    """The influence would take longer than its budget."""


def split_at(units: Sequence[int]) -> int:
    """Where forward runs end and backward runs begin, so that all pairs of layers are had for the least work.

    Layers before the split push each of their units forwards, layers after it pull each of theirs backwards; together
    they cover every pair. (A layer that is not pushed needs every later one pulled, so the best cover is a split.)

    >>> split_at([64, 512, 512, 256, 10]), split_at([10, 4096, 4096])
    (0, 1)
    """
    costs = [
        FORWARD * sum(units[:place]) + START * (place > 0) + sum(units[place + 1 :]) for place in range(len(units))
    ]
    return costs.index(min(costs))


def influence(
    model: Differentiable,
    probes: Batch,
    layers: Sequence[Layer],
    *,
    seed: int = 0,
    cost: Cost | None = None,
    budget: float = BUDGET,
    tell: Tell = lambda done, total: None,
    clock: Callable[[], float] = time.thread_time,
) -> Result:
    """Effect of every unit on every unit of later layers, seeded with its own activation, averaged over the probes.

    ``layers`` in execution order. Values by ``"S\\tT"``: [S unit, T unit]; for large pairs the strongest each way.
    With ``cost`` only as many probes are used as fit into ``budget`` steps: always the same, however busy the machine.

    Raises TooDear when even a few probes would not fit. Reference: first-order effect as in gradient x activation,
    averaged with its sign.
    """
    work = _Work(model, layers, split_at([layer.unit_count for layer in layers]))
    number = count(probes)
    if cost is not None:
        number = affordable(work.steps(cost), number, budget)
    # The probes are in order of sample number; every so-many-th keeps them spread over the data.
    chosen = take(probes, np.linspace(0, count(probes) - 1, number).round().astype(np.intp))
    sums = _Sums(layers, number)
    start, done, total = clock(), 0, work.runs
    for chunk in work.chunks(number):
        sums.add(chunk, work.effects(chosen, chunk))
        done += len(chunk.units)
        tell(done, total)
        if cost is not None and clock() - start > LONGEST:
            raise TooDear(f"given up after {clock() - start:.0f} s at {done} of {total} units")
    return Result(
        "influence",
        values=sums.values(),
        dims=sums.dims(),
        params={"probes": number, "seed": seed, "of": "own activation", "strongest": STRONGEST},
        n={"all": number},
        seed=seed,
    )


def affordable(each: float, number: int, budget: float) -> int:
    """How many of ``number`` probes fit into the budget when one takes ``each`` steps.

    >>> affordable(10.0, 256, 1000.0), affordable(1.0, 256, 1000.0)
    (100, 256)

    Raises TooDear when too few do.
    """
    fitting = int(budget / max(each, 1.0))
    if fitting < min(number, FEWEST):
        raise TooDear(f"it would take about {spoken(each * number)} on {number} samples")
    return min(number, fitting)


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Some units of one layer, pushed forwards or pulled backwards, and the layers their effects are read at."""

    layer: int
    units: range
    forward: bool
    others: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Work:
    model: Differentiable
    layers: Sequence[Layer]
    split: int

    @property
    def runs(self) -> int:
        return sum(layer.unit_count for place, layer in enumerate(self.layers) if place != self.split)

    def chunks(self, probes: int) -> Iterator[_Chunk]:
        for place in range(len(self.layers)):
            if place != self.split:
                size = self._size(place, probes)
                for start in range(0, self.layers[place].unit_count, size):
                    yield self._chunk(place, start, size)

    def steps(self, cost: Cost) -> float:
        """What one probe costs in all runs."""
        return sum(
            layer.unit_count * cost.run(layer.name, forward=place < self.split)
            for place, layer in enumerate(self.layers)
            if place != self.split
        )

    def effects(self, probes: Batch, chunk: _Chunk) -> dict[int, npt.NDArray[np.float64]]:
        """Sum over the probes of the effect of each unit: [seed unit] by layer; backwards [seed unit] of the source."""
        here = Site(self.layers[chunk.layer].name)
        others = [Site(self.layers[other].name) for other in chunk.others]
        total: dict[int, npt.NDArray[np.float64]] = {}
        for start in range(0, count(probes), _ROWS):
            rows = take(probes, slice(start, start + _ROWS))
            push = self.model.jvp if chunk.forward else self.model.vjp
            found = push(rows, here, list(chunk.units), others)
            for other, site in zip(chunk.others, others, strict=True):
                part = np.asarray(found[site]).sum(1, dtype=np.float64)
                total[other] = total[other] + part if other in total else part
        return total

    def _chunk(self, place: int, start: int, size: int) -> _Chunk:
        forward = place < self.split
        others = range(place + 1, len(self.layers)) if forward else range(self.split, place)
        stop = min(start + size, self.layers[place].unit_count)
        return _Chunk(place, range(start, stop), forward, tuple(others))

    def _size(self, place: int, probes: int) -> int:
        units = self.layers[place].unit_count
        width = sum(self.layers[other].unit_count for other in self._chunk(place, 0, 1).others)
        room = max(1, CHUNK_BYTES // (4 * max(1, width) * min(probes, _ROWS)))
        # An adapter may turn a call round that asks for about as many units as there are on the other side; then every
        # chunk would cost as much as the whole layer, which had better be asked for at once.
        return units if units <= min(room, LARGEST) else min(room, 256, max(16, width // 3))


_ROWS = 256
"""Samples of one differentiation."""


@dataclass(slots=True)
class _Sums:
    """The pairs' averages as they come in, whole or as the strongest each way."""

    layers: Sequence[Layer]
    probes: int
    whole: dict[tuple[int, int], npt.NDArray[np.float32]] = field(default_factory=dict)
    best: dict[tuple[int, int], tuple[Strongest, Strongest]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        pairs = [(s, t) for t in range(len(self.layers)) for s in range(t)]
        size = {(s, t): self.layers[s].unit_count * self.layers[t].unit_count for s, t in pairs}
        room = 4 * sum(cells for cells in size.values() if cells <= FULL) <= ROOM
        for s, t in pairs:
            shape = (self.layers[s].unit_count, self.layers[t].unit_count)
            if size[s, t] <= (FULL if room else FULL // 8) or self.layers[t].output:
                self.whole[s, t] = np.zeros(shape, np.float32)
            else:
                self.best[s, t] = (
                    Strongest(shape[0], min(STRONGEST, shape[1])),
                    Strongest(shape[1], min(STRONGEST, shape[0])),
                )

    def add(self, chunk: _Chunk, effects: dict[int, npt.NDArray[np.float64]]) -> None:
        for other, summed in effects.items():
            mean = (summed / self.probes).astype(np.float32)
            pair = (chunk.layer, other) if chunk.forward else (other, chunk.layer)
            block = mean if chunk.forward else mean.T
            sources = chunk.units if chunk.forward else range(block.shape[0])
            targets = range(block.shape[1]) if chunk.forward else chunk.units
            if pair in self.whole:
                self.whole[pair][sources.start : sources.stop, targets.start : targets.stop] = block
            else:
                forward, backward = self.best[pair]
                forward.see(block, sources, targets)
                backward.see(block.T, targets, sources)

    def values(self) -> dict[str, npt.NDArray[Any]]:
        found: dict[str, npt.NDArray[Any]] = {self._key(pair): block for pair, block in self.whole.items()}
        for pair, (forward, backward) in self.best.items():
            key = self._key(pair)
            found[f"{key}\tforward.index"], found[f"{key}\tforward.value"] = forward.index, forward.value
            found[f"{key}\tbackward.index"], found[f"{key}\tbackward.value"] = backward.index, backward.value
        return found

    def dims(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {self._key(pair): ("source unit", "target unit") for pair in self.whole}
        for pair in self.best:
            for way, axis in (("forward", "source unit"), ("backward", "target unit")):
                for what in ("index", "value"):
                    found[f"{self._key(pair)}\t{way}.{what}"] = (axis, "rank")
        return found

    def _key(self, pair: tuple[int, int]) -> str:
        return f"{self.layers[pair[0]].name}\t{self.layers[pair[1]].name}"
