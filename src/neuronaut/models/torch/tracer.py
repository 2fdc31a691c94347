"""The tracer: watches one forward pass from Python and writes the tape."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from neuronaut.models.torch import ops
from neuronaut.models.torch.tape import Crossing, Geometry, ModuleCall, Node, Ref, State, Tape, Value, replace, tensors


class Tracer(TorchFunctionMode):
    """Records every torch call made from Python while it is active.

    A tensor is known by identity and version; a version that moved on was written through an alias (a view, or C++),
    and is put together again from the writes that were seen. All tensors are kept alive for the pass, so that an
    identity is never used twice.
    """

    def __init__(self, parameters: dict[int, str], constants: Sequence[torch.Tensor]) -> None:
        super().__init__()
        self.tape = Tape()
        self.frames: list[str] = []
        self._parameters = parameters
        self._constants = {id(tensor) for tensor in constants}
        self._tracked: dict[int, tuple[torch.Tensor, int, int, int]] = {}
        self._writes: dict[int, list[tuple[int, int]]] = {}
        self._clock = 0
        self._kept: list[Any] = list(constants)

    # -- values

    def input(self, name: str, tensor: torch.Tensor) -> None:
        """Announce one input of the model."""
        value = self._add(tensor, "input")
        self.tape.inputs.append((name, value))

    def keeps(self, tensor: torch.Tensor) -> None:
        """Announce a tensor that the model holds on to after the pass."""
        self.tape.held.add(_geometry(tensor).storage)

    def look(self, tensor: torch.Tensor) -> int:
        """The value that the tensor holds now."""
        entry = self._tracked.get(id(tensor))
        if entry is None:
            return self._first(tensor)
        _, version, clock, value = entry
        writes = self._writes.get(self.tape.values[value].geometry.storage)
        fresh = _version(tensor) == version and (not writes or writes[-1][0] <= clock)
        return value if fresh else self._refresh(tensor, clock, value)

    def _add(self, tensor: torch.Tensor, state: State, node: int | None = None, slot: int = 0) -> int:
        index = len(self.tape.values)
        floating = tensor.is_floating_point() or tensor.is_complex()
        value = Value(index, _geometry(tensor), floating, state, node, slot)
        if not floating:
            value.constant = tensor.detach().clone()
        self.tape.values.append(value)
        self._tracked[id(tensor)] = (tensor, _version(tensor), self._clock, index)
        return index

    def _first(self, tensor: torch.Tensor) -> int:
        path = self._parameters.get(id(tensor))
        if path is not None:
            index = self._add(tensor, "parameter")
            self.tape.values[index].path = path
            return index
        known = id(tensor) in self._constants or not tensor.is_floating_point()
        return self._add(tensor, "constant" if known else "unknown")

    def _refresh(self, tensor: torch.Tensor, seen: int, old: int) -> int:
        geometry = _geometry(tensor)
        later = [value for when, value in self._writes.get(geometry.storage, []) if when > seen]
        hits = [value for value in later if _overlap(self.tape.values[value].geometry, geometry)]
        if later and not hits:
            self._tracked[id(tensor)] = (tensor, _version(tensor), self._clock, old)
            return old
        operands = (old, *hits)
        op = "alias" if later else "unseen_write"
        node = Node(len(self.tape.nodes), op, _no_call, self._frame, 0, (), {}, operands, (), inplace=True)
        self.tape.nodes.append(node)
        new = self._add(tensor, self._state(operands), node.index)
        node.outputs = (new,)
        return new

    def _state(self, operands: Sequence[int]) -> State:
        states = {self.tape.values[operand].state for operand in operands}
        if states & {"input", "active"}:
            return "active"
        for state in ("unknown", "parameter"):
            if state in states:
                return cast(State, state)
        return "constant"

    @property
    def _frame(self) -> str:
        return self.frames[-1] if self.frames else ""

    # -- calls

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        self.tape.calls[func] += 1
        number, op = self.tape.calls[func], ops.op_name(func)
        operands = [tensor for _, tensor in tensors((args, kwargs))]
        values = {id(tensor): self.look(tensor) for tensor in operands}
        versions = {id(tensor): _version(tensor) for tensor in operands}
        refs = replace((args, kwargs), torch.Tensor, lambda tensor: Ref(values[id(tensor)]))
        result = func(*args, **kwargs)
        self._kept.append(result)
        written = [tensor for tensor in operands if _version(tensor) != versions[id(tensor)]]
        if not written and operands and versions[id(operands[0])] < 0 and _says_inplace(func, kwargs):
            written = operands[:1]
        made = self._made(result, operands, written)
        if made or op in ops.LEAKS:
            self.note(number, op, func, refs, [values[id(tensor)] for tensor in operands], made, bool(written))
        return result

    def _made(
        self, result: Any, operands: list[torch.Tensor], written: list[torch.Tensor]
    ) -> dict[int, tuple[int, torch.Tensor]]:
        """The tensors that hold something new after the call, by identity, with their place among the results."""
        before = {id(tensor) for tensor in operands} - {id(tensor) for tensor in written}
        returned = list(enumerate(tensor for _, tensor in tensors(result)))
        made = {id(tensor): (slot, tensor) for slot, tensor in reversed(returned) if id(tensor) not in before}
        if not made and written:
            # A view shares its version with its base: the first operand is the one written to.
            made[id(written[0])] = (0, written[0])
        return made

    def note(
        self,
        number: int,
        op: str,
        func: Callable[..., Any],
        refs: tuple[tuple[Any, ...], dict[str, Any]],
        operands: list[int],
        made: dict[int, tuple[int, torch.Tensor]],
        inplace: bool,
    ) -> None:
        """Write one call on the tape."""
        node = Node(
            len(self.tape.nodes), op, func, self._frame, number, *refs, tuple(operands), (), inplace, op in ops.LEAKS
        )
        node.sealed = not torch._C._is_fwd_grad_enabled()
        self.tape.nodes.append(node)
        self._clock += inplace
        state = self._state(operands)
        if op in ops.EMBEDDINGS:
            state = "active"
        elif op in ops.SHAPE_ONLY:
            state = "constant"
        elif op in ops.MAKERS and not operands:
            state = "unknown" if any(tensor.is_floating_point() for _, tensor in made.values()) else "constant"
        node.outputs = tuple(
            self._add(tensor, state, node.index, slot)
            for slot, tensor in sorted(made.values(), key=lambda pair: pair[0])
        )
        if inplace:
            for value in node.outputs:
                self._writes.setdefault(self.tape.values[value].geometry.storage, []).append((self._clock, value))


class Frames:
    """The stack of modules that are running, kept by hooks on every module."""

    def __init__(self, tracer: Tracer, paths: dict[nn.Module, str], opaque: dict[nn.Module, str]) -> None:
        self._tracer = tracer
        self._paths = paths
        self._opaque = opaque
        self._calls: dict[str, int] = {}
        self._open: list[tuple[str, int, int, tuple[Crossing, ...]]] = []
        self._within: nn.Module | None = None
        self._handles: list[Any] = []

    def __enter__(self) -> Frames:
        for module in self._paths:
            self._handles.append(module.register_forward_pre_hook(self._enter, prepend=True, with_kwargs=True))
            self._handles.append(module.register_forward_hook(self._leave, with_kwargs=True))
        return self

    def __exit__(self, *error: object) -> None:
        if self._within is not None:
            self._within = None
            torch._C._push_on_torch_function_stack(self._tracer)
        while self._handles:
            self._handles.pop().remove()

    def _enter(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if self._within is not None:
            return
        path = self._paths[module]
        call = self._calls[path] = self._calls.get(path, 0) + 1
        with torch._C.DisableTorchFunction():
            entering = tuple(Crossing(key, self._tracer.look(tensor)) for key, tensor in tensors((args, kwargs)))
        self._open.append((path, call, len(self._tracer.tape.nodes), entering))
        self._tracer.frames.append(path)
        if module in self._opaque:
            # Any function mode changes which kernel an attention module takes, so it runs unwatched.
            self._within = module
            torch._C._pop_torch_function_stack()

    def _leave(self, module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        if self._within is not None and self._within is not module:
            return
        tape = self._tracer.tape
        path, call, begin, entering = self._open.pop()
        if self._within is module:
            self._within = None
            torch._C._push_on_torch_function_stack(self._tracer)
            with torch._C.DisableTorchFunction():
                made = {id(tensor): (slot, tensor) for slot, (_, tensor) in enumerate(tensors(output))}
                operands = [crossing.value for crossing in entering]
                self._tracer.note(0, self._opaque[module], _no_call, ((), {}), operands, made, False)
        self._tracer.frames.pop()
        with torch._C.DisableTorchFunction():
            leaving = tuple(Crossing(key, self._tracer.look(tensor)) for key, tensor in tensors(output))
        tape.modules.append(ModuleCall(path, call, begin, len(tape.nodes), entering, leaving))


def _no_call(*args: Any, **kwargs: Any) -> Any:
    raise RuntimeError("this step of the tape stands for no single torch call")


def _says_inplace(func: Callable[..., Any], kwargs: dict[str, Any]) -> bool:
    """Whether a call writes into its first argument, by its name: for tensors that keep no version."""
    name = str(getattr(func, "__name__", ""))
    plain = name.endswith("_") and not name.endswith("__")
    return plain or name in ("__setitem__", "__iadd__", "__isub__", "__imul__") or bool(kwargs.get("inplace"))


def _version(tensor: torch.Tensor) -> int:
    try:
        return int(tensor._version)
    except RuntimeError:  # tensors of inference_mode keep no version
        return -1


def _geometry(tensor: torch.Tensor) -> Geometry:
    size = tuple(tensor.shape)
    try:
        storage = tensor.untyped_storage()
        length = storage.nbytes() // max(1, tensor.element_size())
        return Geometry(storage._cdata, int(tensor.storage_offset()), size, tuple(tensor.stride()), length)
    except (RuntimeError, NotImplementedError):  # sparse, opaque
        return Geometry(-id(tensor), 0, size, (), 0)


def _overlap(one: Geometry, other: Geometry) -> bool:
    if one.length != other.length or not one.length or len(one.stride) != len(one.size):
        return True
    place = torch.zeros(one.length, dtype=torch.bool)
    place.as_strided(one.size, one.stride, one.offset).fill_(True)
    return bool(place.as_strided(other.size, other.stride, other.offset).any())
