"""Watch: hooks, and for functional sites a function mode, that see and change the values of chosen sites."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from neuronaut.core.errors import LayerNeverFired, UnsupportedModel
from neuronaut.core.model import Site
from neuronaut.models.torch.places import Reading
from neuronaut.models.torch.tape import Tape, tensors

See = Callable[[Site, torch.Tensor], None]
Change = Callable[[Site, torch.Tensor], torch.Tensor]


class _ModuleWatch:
    """The forward hook and pre-hook of one module: counts its calls and hands out the tensors asked for."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.calls = 0
        self.outputs: dict[int, list[tuple[tuple[Any, ...], Site, bool]]] = {}
        self.inputs: dict[int, list[tuple[tuple[Any, ...], Site]]] = {}

    def before(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        for key, site in self.inputs.get(self.calls + 1, ()):
            self.watch.saw(site, _pick((args, kwargs), key))

    def after(self, module: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
        self.calls += 1
        wanted = self.outputs.get(self.calls)
        if wanted is None:
            return None
        result = output
        for key, site, changes in wanted:
            tensor = _pick(result, key)
            if changes:
                result = _put(result, key, self.watch.replace(site, tensor))
            else:
                self.watch.saw(site, tensor)
        return None if result is output else result


class _CallWatch(TorchFunctionMode):
    """Counts the calls of some torch functions and hands out the results asked for."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch
        self.calls: dict[Callable[..., Any], int] = {}
        self.wanted: dict[Callable[..., Any], dict[int, list[tuple[Reading, Site, bool]]]] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        wanted = self.wanted.get(func)
        if wanted is None:
            return result
        number = self.calls[func] = self.calls[func] + 1
        for reading, site, changes in wanted.get(number, ()):
            slot = reading.slot
            if reading.how == "operand":
                self.watch.saw(site, list(tensors((args, kwargs)))[slot][1])
                continue
            held = list(tensors(result))
            key, tensor = held[slot] if held else ((), args[0])
            if not changes:
                self.watch.saw(site, tensor)
            elif held:
                result = _put(result, key, self.watch.replace(site, tensor))
            else:
                self.watch.replace(site, tensor)
        return result


class Watch:
    """Installed on a model: calls ``see`` with the tensor of each site, ``change`` where it is to be replaced.

    ``strayed`` takes the names of other modules that ran otherwise than when the model was traced, and a warning is
    given for each, where every site is read in the module that computes it; else another path is refused.
    """

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        tape: Tape,
        opaque: Sequence[nn.Module],
        reads: Mapping[Site, Reading],
        writes: Mapping[Site, Reading] = MappingProxyType({}),
        strayed: set[str] | None = None,
    ) -> None:
        self.see: See = ignore
        self.change: Change = same
        self.fired: set[Site] = set()
        self.given: list[tuple[tuple[Any, ...], Site]] = []
        self.changed_inputs: list[tuple[tuple[Any, ...], Site]] = []
        self.returned: list[tuple[tuple[Any, ...], Site]] = []
        self._modules, self._tape, self._opaque = modules, tape, opaque
        self._watches: dict[str, _ModuleWatch] = {}
        self._calls = _CallWatch(self)
        self._within: nn.Module | None = None
        self._handles: list[Any] = []
        self.own = all(map(self._is_own, reads.values())) and not writes
        self._strayed = strayed if self.own else None
        self.sites = tuple(reads)
        for site, seat in writes.items():
            self._want(site, seat, True)
        for site, reading in reads.items():
            self._want(site, reading, False)
        self._asked = set(self._watches)
        ran = Counter(call.path for call in tape.modules)
        unwatched = {inner for module in opaque for inner in module.modules()}
        for path, module in modules.items():
            if module not in unwatched and any(True for _ in module.parameters(recurse=False)):
                self._watches.setdefault(path, _ModuleWatch(self))  # its calls tell whether the path is the traced one
        self._expected = {path: ran[path] for path in self._watches}

    def _want(self, site: Site, reading: Reading, changes: bool) -> None:
        if reading.how == "given":
            (self.changed_inputs if changes else self.given).append((reading.key, site))
        elif reading.how == "returned":
            self.returned.append((reading.key, site))
        elif reading.func is not None:
            wanted = self._calls.wanted.setdefault(reading.func, {})
            wanted.setdefault(reading.number, []).append((reading, site, changes))
        elif reading.how == "none":
            raise UnsupportedModel(
                f"{site.layer} cannot be read: its values were written through another view of the same memory. "
                "Leave it out with layers=[...]."
            )
        else:
            watch = self._watches.setdefault(reading.path, _ModuleWatch(self))
            if reading.how == "output":
                watch.outputs.setdefault(reading.call, []).append((reading.key, site, changes))
            else:
                watch.inputs.setdefault(reading.call, []).append((reading.key, site))

    @property
    def counts_calls(self) -> bool:
        """Whether the function mode is needed."""
        return bool(self._calls.wanted)

    def install(self) -> None:
        """Register the hooks; ``remove`` takes them off again, in any state."""
        for path, watch in self._watches.items():
            module = self._modules[path]
            if watch.inputs:
                self._handles.append(module.register_forward_pre_hook(watch.before, prepend=True, with_kwargs=True))
            self._handles.append(module.register_forward_hook(watch.after))
        if self.counts_calls:
            for module in self._opaque:
                self._handles.append(module.register_forward_pre_hook(self._suspend, prepend=True))
                self._handles.append(module.register_forward_hook(self._resume, always_call=True))

    def remove(self) -> None:
        while self._handles:
            self._handles[-1].remove()
            self._handles.pop()

    def _suspend(self, module: nn.Module, args: Any) -> None:
        if self._within is None:
            self._within = module
            torch._C._pop_torch_function_stack()

    def _resume(self, module: nn.Module | None, args: Any, output: Any) -> None:
        if self._within is not None and self._within is module:
            torch._C._push_on_torch_function_stack(self._calls)
            self._within = None

    def saw(self, site: Site, tensor: torch.Tensor) -> None:
        self.fired.add(site)
        if self.counts_calls:
            with torch._C.DisableTorchFunction():  # what looking costs is no call of the model
                self.see(site, tensor)
        else:
            self.see(site, tensor)

    def replace(self, site: Site, tensor: torch.Tensor) -> torch.Tensor:
        with torch._C.DisableTorchFunction():
            return self.change(site, tensor)

    def call(self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One forward pass; raises LayerNeverFired when a site is not reached."""
        output = self.run(model, args, kwargs)
        self.check()
        return output

    def run(self, model: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One forward pass, whatever way it takes; ``check`` says whether it was the traced one."""
        self.fired.clear()
        self._calls.calls = dict.fromkeys(self._calls.wanted, 0)
        for watch in self._watches.values():
            watch.calls = 0
        for key, site in self.changed_inputs:
            args, kwargs = _put((args, kwargs), key, self.replace(site, _pick((args, kwargs), key)))
        for key, site in self.given:
            self.saw(site, _pick((args, kwargs), key))
        if self.counts_calls:
            with self._calls:
                try:
                    output = model(*args, **kwargs)
                finally:
                    self._resume(self._within, (), None)
        else:
            output = model(*args, **kwargs)
        for key, site in self.returned:
            self.saw(site, _pick(output, key))
        return output

    def check(self) -> None:
        """Raise LayerNeverFired when the last pass went another way than the traced one."""
        for site in self.sites:
            if site not in self.fired:
                raise other_path(site.layer)
        for path, watch in self._watches.items():
            if watch.calls != self._expected[path]:
                if self._strayed is None or path in self._asked:
                    raise other_path(path)
                _stray(path, self._strayed)
        for func, wanted in self._calls.wanted.items():
            if self._calls.calls[func] != self._tape.calls[func]:
                raise other_path(wanted[max(wanted)][0][1].layer)

    def _is_own(self, reading: Reading) -> bool:
        """Whether the value is right whatever path a batch takes: an input, or the output of a module with weights."""
        if reading.how == "output" and reading.path in self._modules:
            return any(True for _ in self._modules[reading.path].parameters(recurse=False))
        return reading.how == "given"


def _stray(path: str, strayed: set[str]) -> None:
    """Say once of each module that it took another path."""
    if path in strayed:
        return
    strayed.add(path)
    warnings.warn(
        f"{path} did not run for some samples as it did when the model was traced: the path of this model depends on "
        "its data. The layers asked for are recorded as they ran; the edges are those of the traced path.",
        RuntimeWarning,
        stacklevel=2,
    )


def other_path(layer: str) -> LayerNeverFired:
    """The error for a batch that takes another way through the model than the traced one."""
    return LayerNeverFired(
        f"{layer} did not run for this batch as it did when the model was traced: the path of this model depends on "
        "its data. Group the samples by path, or name only layers that every sample passes: layers=[...]."
    )


def ignore(site: Site, tensor: torch.Tensor) -> None:
    return None


def same(site: Site, tensor: torch.Tensor) -> torch.Tensor:
    return tensor


def _pick(tree: Any, key: tuple[Any, ...]) -> torch.Tensor:
    for part in key:
        tree = getattr(tree, part) if isinstance(part, str) and not hasattr(tree, "keys") else tree[part]
    found: torch.Tensor = tree
    return found


def _put(tree: Any, key: tuple[Any, ...], tensor: torch.Tensor) -> Any:
    """The same structure with one tensor replaced."""
    if not key:
        return tensor
    first, rest = key[0], key[1:]
    if isinstance(tree, dict):
        return {**tree, first: _put(tree[first], rest, tensor)}
    branches = [_put(branch, rest, tensor) if place == first else branch for place, branch in enumerate(tree)]
    if isinstance(tree, list):
        return branches
    return type(tree)(*branches) if hasattr(tree, "_fields") else tuple(branches)
