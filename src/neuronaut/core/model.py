"""Models: something with layers that can be run, observed and edited, whatever framework it was written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

import numpy.typing as npt

from neuronaut.core.axes import SiteName
from neuronaut.core.layer import Graph

Batch = Any
"""What the model takes: an array, or a tuple (positional inputs), or a dict (keyword inputs), sample axis first."""

PositionMode = Literal["reduce", "keep"]
Captured = Mapping[str, npt.NDArray[Any]]
"""One site of one batch. Without positions: ``value`` [sample unit]. With positions: ``mean``, ``max``, ``min``
[sample unit] and ``argmax`` [sample unit] (int32, flat index over the positions); ``full`` [sample *position unit]
when positions are kept."""


@dataclass(frozen=True, slots=True)
class Site:
    """A place where values are read: a layer before (``pre``) or after (``post``) what is folded into it."""

    layer: str
    name: SiteName = "post"


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the values of some units at a site while the model runs.

    ``how``: ``"zero"``; ``"mean"`` (``values``: one number per unit); ``"resample"`` (``values``: a permutation of the
    batch's samples to take the values from); ``"scale"`` (``values``: one factor per unit).
    """

    site: Site
    units: tuple[int, ...]
    how: Literal["zero", "mean", "resample", "scale"]
    values: npt.NDArray[Any] | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """What one batch gave: the model's outputs by name, and the captured sites."""

    outputs: Mapping[str, npt.NDArray[Any]]
    captured: Mapping[Site, Captured] = field(default_factory=dict)


@runtime_checkable
class Model(Protocol):
    """Something with layers that can be run. Nothing about the user's model changes, whatever happens."""

    @property
    def name(self) -> str: ...

    @property
    def framework(self) -> str:
        """For example ``"torch 2.13.0"``."""
        ...

    @property
    def graph(self) -> Graph:
        """Layers and edges, as they ran on the first batch."""
        ...

    @property
    def fingerprint(self) -> str:
        """Hex digest of structure and parameters; two models with the same digest compute the same function."""
        ...

    def sites(self) -> Sequence[Site]: ...

    def parameters(self) -> Mapping[str, npt.NDArray[Any]]:
        """Parameters by their path in the model, native shape."""
        ...

    def run(
        self,
        batch: Batch,
        observe: Sequence[Site] = (),
        edit: Sequence[Edit] = (),
        *,
        position: PositionMode = "reduce",
    ) -> Run: ...


@runtime_checkable
class Differentiable(Protocol):
    """A Model whose framework can push a change of one unit through the network.

    The seed is the unit's own activation (at every position), so the result is the first-order effect of removing it;
    values at targets are averaged over positions. On ReLU networks it equals gated weight times activation.
    """

    def jvp(
        self, batch: Batch, source: Site, units: Sequence[int], targets: Sequence[Site]
    ) -> Mapping[Site, npt.NDArray[Any]]:
        """Effect of each of ``units`` on every unit of the targets: [seed sample unit] by target."""
        ...

    def vjp(
        self, batch: Batch, target: Site, units: Sequence[int], sources: Sequence[Site]
    ) -> Mapping[Site, npt.NDArray[Any]]:
        """Effect of every unit of the sources on each of ``units``: [seed sample unit] by source."""
        ...


@dataclass(frozen=True, slots=True)
class Relevance:
    """Layer-wise relevance propagation in the place of the derivative.

    ``epsilon`` keeps small sums from blowing up; ``gamma`` favours, in convolutions, what pushes as the sum does.
    """

    epsilon: float = 1e-6
    gamma: float = 0.25


@dataclass(frozen=True, slots=True)
class Slope:
    """One number of each sample, and how it follows the values of some sites.

    ``value`` [sample]; ``activation`` and ``gradient`` [sample *position unit] by site, without the gradient of a site
    that does not reach the number. With a Relevance rule activation times gradient is the relevance; ``absorbed`` is
    what biases and epsilon took, summed over samples, and ``around`` [sample] what came to the inputs by other ways.
    """

    value: npt.NDArray[Any]
    activation: Mapping[Site, npt.NDArray[Any]] = field(default_factory=dict)
    gradient: Mapping[Site, npt.NDArray[Any]] = field(default_factory=dict)
    absorbed: float = 0.0
    around: npt.NDArray[Any] | None = None


@runtime_checkable
class Attributable(Protocol):
    """A Model whose framework gives the derivative of one unit by all values of earlier sites."""

    def slope(
        self,
        batch: Batch,
        target: Site,
        unit: int,
        sites: Sequence[Site] = (),
        *,
        put: Mapping[Site, npt.NDArray[Any]] | None = None,
        rule: Relevance | None = None,
    ) -> Slope:
        """``unit`` of the target, averaged over its positions, with its derivative by every value of ``sites``.

        ``put`` gives values to whole sites, [sample *position unit]. The derivative at one site holds the others.
        """
        ...
