"""Entry: stands before the calls of a module for a while."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from neuronaut.models.torch.batches import Call

_SEAM = "_compiled_call_impl"


class Entry:
    """What a module runs instead of its own call, between ``place`` and ``remove``; ``onward`` is its own call.

    It stands where Module.compile puts a compiled call: the one seam that a copy or a pickle of the module leaves out,
    and around which an interrupt can be caught.
    """

    def __init__(self, module: nn.Module, run: Callable[[Call], Any]) -> None:
        self._module, self._run = module, run
        self._before: Any = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._run(Call(args, kwargs))

    def onward(self, *args: Any, **kwargs: Any) -> Any:
        return (self._before or self._module._call_impl)(*args, **kwargs)

    def place(self) -> None:
        self._before = self._module.__dict__.get(_SEAM)
        self._module.__dict__[_SEAM] = self

    def remove(self) -> None:
        """Safely taken twice; what was put in its place meanwhile stays."""
        if self._module.__dict__.get(_SEAM) is not self:
            return
        if self._before is None:
            del self._module.__dict__[_SEAM]
        else:
            self._module.__dict__[_SEAM] = self._before
