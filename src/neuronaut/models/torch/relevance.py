"""Relevance: layer-wise relevance propagation as the derivative of a network whose steps were made linear.

Every step keeps its value and gets another derivative: an activation f that of z f(z) / z with the quotient held, a
weighted sum that of its own value spread over its terms. Activation times derivative is then the relevance.

Reference: Bach et al., On pixel-wise explanations by layer-wise relevance propagation, 2015; Ancona et al., Towards
better understanding of gradient-based attribution methods, 2018, proposition 1; Montavon et al., Layer-wise relevance
propagation: an overview, 2019 (the gamma rule).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from neuronaut.core.model import Relevance
from neuronaut.models.torch import ops
from neuronaut.models.torch.tape import replace, tensors

_NATURAL = (ops.MOVEMENTS | ops.IDENTITIES | ops.AVERAGES | ops.MAXIMA | {"neg", "negative"}) - ops.CATS - {"stack"}
"""Linear without constants, or the choice of a winner: their own derivative is the rule."""
_ADDITIVE = ops.SUMS | ops.CATS | {"stack", "sub", "rsub", "where", "masked_fill"}
"""Linear in all operands together; operands that do not depend on the input are constants, as biases are."""
_PRODUCTS = ops.LINEARS | ops.CONVS
_SCALINGS = frozenset({"mul", "multiply", "div", "divide", "true_divide"})
_PLAIN_CONVS = frozenset({"conv1d", "conv2d", "conv3d"})

Func = Callable[..., Any]


class NoRule(Exception):
    """A call that cannot be followed; no TypeError (as UnsupportedModel is), which ``a * b`` would swallow."""


class Rules(TorchFunctionMode):
    """While it is active, torch calls on what asks for gradients follow the rules; others run as they are.

    ``constant`` is 1, and stands at every constant that enters a sum, so that its derivative is all that they took.
    While ``rests`` is true all calls run as they are.
    """

    def __init__(self, rule: Relevance) -> None:
        super().__init__()
        self.rule = rule
        self.rests = False
        self.constant: torch.Tensor | None = None
        self._convs: dict[int, tuple[torch.Tensor, Func, tuple[Any, ...], dict[str, Any]]] = {}

    def __torch_function__(
        self, func: Func, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        named = kwargs or {}
        active = [tensor for _, tensor in tensors((args, named)) if tensor.requires_grad]
        op = ops.op_name(func)
        if self.rests or not active or op in _NATURAL:
            return func(*args, **named)
        if op in _PRODUCTS and len(active) == 1:
            return self._product(op, func, args, named)
        if op in _ADDITIVE:
            return self._additive(func, args, named)
        if op in _SCALINGS and len(active) == 1 and (op.startswith("mul") or args[0] is active[0]):
            return func(*args, **named)
        if op == "batch_norm" and not _of_batch(args, named):
            return self._norm(func, args, named)
        if op in ops.ACTIVATIONS and len(active) == 1:
            return self._activation(op, func, args, named, active[0])
        return _only_constants(op, func(*args, **named), len(active))

    def _activation(self, op: str, func: Func, args: Any, kwargs: Any, z: torch.Tensor) -> torch.Tensor:
        with torch.no_grad():
            if bool(torch.count_nonzero(_with(func, args, kwargs, z, torch.zeros_like(z)))):
                raise _no_rule(op, "its value at 0 is not 0")
            own, probe = z.detach().clone(), z.detach().clone()
            value = _with(func, args, kwargs, z, probe)
            quotient = torch.where(own == 0, 0, value / torch.where(own == 0, 1, own))
            rest = value - own * quotient
        result = z * quotient + rest
        return z.copy_(result) if value is probe else result

    def _additive(self, func: Func, args: Any, kwargs: Any) -> torch.Tensor:
        constant, written = _at_zero(func, args, kwargs)
        if not bool(torch.count_nonzero(constant)):
            result: torch.Tensor = func(*args, **kwargs)
            return result
        whole = func(*_cloned(args), **_cloned(kwargs)) - constant + constant * self._one(constant)
        return whole if written is None else written.copy_(whole)

    def _product(self, op: str, func: Func, args: Any, kwargs: Any) -> torch.Tensor:
        value = func(*args, **kwargs)
        if op in ops.CONVS and self.rule.gamma:
            result = self._gamma(func, args, kwargs, value)
            self._convs[id(result)] = (result, func, args, kwargs)
            return result
        constant, _ = _at_zero(func, args, kwargs)
        return self._spread(value - constant + constant * self._one(value), value.detach())

    def _norm(self, func: Func, args: Any, kwargs: Any) -> torch.Tensor:
        """Running statistics make it a scale and a shift; after a convolution both are parts of its weights."""
        value = func(*args, **kwargs)
        shift, _ = _at_zero(func, args, kwargs)
        made = self._convs.get(id(args[0] if args else kwargs["input"]))
        if made is None or ops.op_name(made[1]) not in _PLAIN_CONVS:
            return self._spread(value - shift + shift * self._one(value), value.detach())
        with torch.no_grad():
            one = torch.ones_like(value[:1])
            at_zero = shift[:1].flatten(2)[..., 0][0]
            scale = _with_first(func, args, kwargs, one).flatten(2)[..., 0][0] - at_zero
        return self._gamma(*made[1:], value, scale, at_zero)

    def _gamma(
        self,
        func: Func,
        args: Any,
        kwargs: Any,
        value: torch.Tensor,
        scale: torch.Tensor | None = None,
        shift: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """A convolution (and its norm): terms with the sign of their sum count 1 + gamma times."""
        x, weight, bias, rest, named = _conv_parts(args, kwargs)
        if scale is not None and shift is not None:
            weight = weight * scale.reshape(-1, *[1] * (weight.ndim - 1))
            bias = shift if bias is None else shift + scale * bias
        more, less = weight.clamp(min=0), weight.clamp(max=0)

        def through(positive: torch.Tensor, negative: torch.Tensor) -> torch.Tensor:
            above: torch.Tensor = func(x.clamp(min=0), positive, None, *rest, **named)
            below: torch.Tensor = func(x.clamp(max=0), negative, None, *rest, **named)
            return above + below

        up, down, value = through(more, less), through(less, more), value.detach()
        if bias is not None:
            held = (bias * self._one(value)).reshape(-1, *[1] * (weight.ndim - 2))
            up, down = up + held.clamp(min=0), down + held.clamp(max=0)
        return self._spread(up + down + self.rule.gamma * torch.where(value > 0, up, down), value)

    def _spread(self, terms: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """``value``, its derivative that of ``terms`` times value / terms; what epsilon takes goes to the constant."""
        held = terms.detach()
        quotient = value / (held + self.rule.epsilon * torch.where(held < 0, -1.0, 1.0).to(held.dtype))
        spread = terms * quotient
        return spread + (value - spread.detach()) * self._one(value)

    def _one(self, like: torch.Tensor) -> torch.Tensor:
        if self.constant is None:
            self.constant = torch.ones((), dtype=like.dtype, device=like.device, requires_grad=True)
        return self.constant


def _of_batch(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a batch norm takes the statistics of the batch."""
    return bool(kwargs.get("training", args[5] if len(args) > 5 else False))


def _only_constants(op: str, result: Any, active: int) -> Any:
    """The result of a call without a rule, where it carries nothing on (a shape, a comparison)."""
    if not any(tensor.requires_grad for _, tensor in tensors(result)):
        return result
    if op in _PRODUCTS | _SCALINGS and active > 1:
        raise _no_rule(op, "both of its operands depend on the input")
    if op in ops.NORMS:
        raise _no_rule(op, "its divisor depends on the input")
    raise _no_rule(op, "it is neither a sum nor works element by element")


def _no_rule(op: str, why: str) -> NoRule:
    return NoRule(
        f"relevance propagation has no rule for {op}: {why}. Take method='integrated' or 'gradient', or name a unit or "
        "a layer that does not have it on the way (as LAYER.pre, before an activation)."
    )


def _with(func: Func, args: Any, kwargs: Any, old: torch.Tensor, new: torch.Tensor) -> Any:
    """The call with one tensor replaced."""
    swapped = [replace(part, torch.Tensor, lambda one: new if one is old else one) for part in (args, kwargs)]
    return func(*swapped[0], **swapped[1])


def _with_first(func: Func, args: Any, kwargs: Any, new: torch.Tensor) -> torch.Tensor:
    """The call with its first argument replaced."""
    result: torch.Tensor = func(new, *args[1:], **kwargs) if args else func(**{**kwargs, "input": new})
    return result


def _at_zero(func: Func, args: Any, kwargs: Any) -> tuple[torch.Tensor, torch.Tensor | None]:
    """What the call gives when all that is active is 0, and the argument that it writes into, where it does."""
    first = args[0] if args and isinstance(args[0], torch.Tensor) else None

    def still(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.requires_grad:
            return torch.zeros_like(tensor)
        return tensor.clone() if tensor is first else tensor

    with torch.no_grad():
        silent = replace(args, torch.Tensor, still)
        constant = func(*silent, **replace(kwargs, torch.Tensor, still))
    return constant, first if first is not None and constant is silent[0] else None


def _cloned(tree: Any) -> Any:
    return replace(tree, torch.Tensor, lambda tensor: tensor.clone() if tensor.requires_grad else tensor)


def _conv_parts(
    args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor | None, tuple[Any, ...], dict[str, Any]]:
    """Input, weight and bias of a convolution, and its other arguments."""
    given = dict(zip(("input", "weight", "bias"), args, strict=False)) | kwargs
    named = {name: value for name, value in kwargs.items() if name not in ("input", "weight", "bias")}
    return given["input"], given["weight"], given.get("bias"), args[3:], named
