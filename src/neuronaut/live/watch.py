"""Watch: look at a model while its user runs it, without recording."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neuronaut.analysis.activity import STATISTICS
from neuronaut.core.address import Address, parse_address
from neuronaut.core.axes import REDUCTIONS, SiteName
from neuronaut.core.errors import DataError, LayerNeverFired, NeuronautError, UnknownName, UnsupportedModel, unknown
from neuronaut.core.layer import Layer
from neuronaut.core.model import PositionMode, Site
from neuronaut.core.result import Result
from neuronaut.live.seen import Seen, check_watched
from neuronaut.live.tallied import Tallied

if TYPE_CHECKING:
    from neuronaut.models.torch.passes import Passes

SHOWN = 24
"""Layers that are listed in full."""


def watch(
    model: Any,
    layers: str | Sequence[str] = "*",
    *,
    sites: SiteName | Sequence[SiteName] = ("post",),
    position: PositionMode = "reduce",
) -> Watching:
    """Look at a model while you run it yourself: ``with naut.watch(model) as acts``. Nothing is written.

    Every call of the model inside the block is seen, whatever it is part of: training, evaluation, a single batch.
    ``acts["fc1"]`` are the values of the last call, ``acts["fc1:3"]`` those of one unit, with the names, sites and
    reductions that a recording has; ``acts["fc1"].statistics`` and ``acts.activity()`` are what each unit did over all
    calls so far. Memory is bounded by one batch. Both can still be read when the block has ended.

    ``layers``, ``sites`` and ``position`` choose as in ``record``. The first call shows which layers there are: it is
    traced on two of its samples. The model computes what it would compute, bit for bit, also its gradients, and is
    left as it was, whatever ends the block. A call that raises counts for nothing. A call whose values cannot be told,
    since it took another path than the traced one, is counted in ``acts.unseen``, with one warning.

    >>> import torch
    >>> net = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    >>> with watch(net) as acts:
    ...     for batch in torch.eye(2).split(1):
    ...         net(batch).sum().backward()
    >>> acts["0"].shape, acts["0.pre"].shape if "0.pre" in acts else None
    ((1, 3), None)
    >>> acts.calls, acts["0:1"].statistics.n
    (2, 2)

    Raises UnsupportedModel for what is no torch module, or is compiled; on the first call of the model UnknownName for
    a layer that is not there, and UnsupportedModel for a model that cannot be followed.
    """
    torch = sys.modules.get("torch")
    if isinstance(model, type):
        raise UnsupportedModel(f"you passed the class {model.__name__}; make one of it: {model.__name__}(...).")
    if torch is None or not isinstance(model, torch.nn.Module):
        kind = f"{type(model).__module__}.{type(model).__qualname__}"
        raise UnsupportedModel(f"a {kind} cannot be watched. Supported: torch.nn.Module.")
    if position not in ("reduce", "keep"):
        raise unknown("position", str(position), ("reduce", "keep"))
    chosen: tuple[SiteName, ...] = (sites,) if isinstance(sites, str) else tuple(sites)
    for site in chosen:
        if site not in ("pre", "post"):
            raise unknown("site", str(site), ("pre", "post"))
    from neuronaut.models.torch.passes import Passes

    tallied = Tallied()
    return Watching(Passes(model, layers, chosen, position, tallied), tallied, type(model).__name__)


class Watching:
    """What was seen of a model so far: ``acts[address]``, ``acts.activity()``; in a list the names of its layers."""

    def __init__(self, passes: Passes, tallied: Tallied, name: str) -> None:
        self._passes, self._tallied, self._name = passes, tallied, name
        self._open = False

    def __enter__(self) -> Watching:
        if self._open:
            raise DataError("this watch is open already. Make another one for a block inside it.")
        try:
            self._passes.open()
            self._open = True
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._passes.close()
        self._open = False

    @property
    def calls(self) -> int:
        """How many calls of the model were seen."""
        return self._tallied.calls

    @property
    def samples(self) -> int:
        """How many samples these calls had together."""
        return self._tallied.samples

    @property
    def unseen(self) -> int:
        """How many calls ended well but are not in the values: their path was another, or two threads ran at once."""
        return self._tallied.unseen

    @property
    def layers(self) -> Mapping[str, Layer]:
        """The layers that are looked at, by name, in execution order; none before the first call."""
        return self._tallied.layers

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __contains__(self, address: object) -> bool:
        try:
            return isinstance(address, str) and self[address] is not None
        except NeuronautError:
            return False

    def __getitem__(self, address: str) -> Seen:
        """The last call's values at an address; raises UnknownName naming the closest layer."""
        self._check_run()
        try:
            at = parse_address(address, self.layers)
        except UnknownName as error:
            left_out = parse_address(address).layer
            if left_out not in self._tallied.graph.names:
                raise
            raise UnknownName(
                f"layer {left_out!r} is not watched; watched are {_listed(list(self))}. "
                f"Watch with layers=[{left_out!r}, ...]."
            ) from error
        check_watched(self._tallied, at)
        return Seen(self._tallied, at)

    def activity(self, *, site: SiteName = "post", reduction: str = "mean") -> Result:
        """What each unit did over the samples of all calls so far, as ``naut.activity`` says it of a recording.

        ``reduction`` chooses mean, max or min over the positions, where there are any. Raises DataError when nothing
        of that site was seen.
        """
        self._check_run()
        if reduction not in REDUCTIONS:
            raise DataError(f"no reduction {reduction!r}. There are: {', '.join(map(repr, REDUCTIONS))}.")
        found = {}
        for layer in self.layers:
            place = Site(layer, site)
            moments = self._tallied.moments(place, reduction) or self._tallied.moments(place, "value")
            if moments is not None:
                found[layer] = moments
        if not found:
            raise DataError(f"nothing was seen of the site {site!r}. Watch with sites=('pre', 'post').")
        units = [(layer, unit) for layer, moments in found.items() for unit in range(len(moments.n))]
        values = {name: np.concatenate([getattr(one, name) for one in found.values()])[None] for name in STATISTICS}
        coords = {
            "slice": ["all"],
            "unit": [str(Address(layer, site, unit)) for layer, unit in units],
            "layer": [layer for layer, _ in units],
            "name": [""] * len(units),
        }
        return Result("activity", values, dict.fromkeys(values, ("slice", "unit")), coords, n={"all": self.samples})

    def reset(self) -> None:
        """Begin the counts and statistics anew, as for the next epoch; the values of the last call stay."""
        self._tallied.reset()

    def _check_run(self) -> None:
        if self._tallied.last:
            return
        if self.unseen:
            raise LayerNeverFired(f"none of the {self.unseen:,} calls of {self._name} could be told; see the warning.")
        raise LayerNeverFired(
            f"{self._name} has not run inside the block yet: call it there, as in model(batch). "
            "model.forward(batch) goes past whatever looks on."
        )

    def __repr__(self) -> str:
        state = "looking" if self._open else "ended"
        seen = f"{_count(self.calls, 'call')}, {_count(self.samples, 'sample')}"
        beside = f", {self.unseen:,} unseen" if self.unseen else ""
        lines = [f"<Watching {self._name}: {seen}{beside}, {state}>"]
        if not self.layers:
            return f"{lines[0]}\n  no layer is known before the model runs in the block"
        width = max(len(str(Address(site.layer, site.name))) for site in self._tallied.sites[:SHOWN])
        lines += [self._line(site, width) for site in self._tallied.sites[:SHOWN]]
        left = len(self._tallied.sites) - SHOWN
        return "\n".join([*lines, *([f"  and {left} more"] if left > 0 else [])])

    def _line(self, site: Site, width: int) -> str:
        layer = self.layers[site.layer]
        text = f"  {Address(site.layer, site.name)!s:<{width}}  {_count(layer.unit_count, layer.unit_word):>14}"
        mean = self._tallied.moments(site, "mean") or self._tallied.moments(site, "value")
        high = self._tallied.moments(site, "max") or mean
        if mean is None or high is None or not np.isfinite(mean.mean).any():
            return text
        silent = int((high.max <= 0).sum())
        told = f"{text}  mean {np.nanmean(mean.mean):<8.3g} max {np.nanmax(high.max):<8.3g}"
        return f"{told}{silent:,} never above 0" if silent else told.rstrip()


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:8])) + (" …" if len(names) > 8 else "")
