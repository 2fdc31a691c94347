"""What each torch call does to units, by its name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


ACTIVATIONS = _words(
    "relu relu6 leaky_relu elu selu celu gelu silu mish sigmoid logsigmoid tanh hardtanh hardsigmoid hardswish "
    "softplus softsign tanhshrink softshrink hardshrink threshold rrelu prelu exp exp2 expm1 log log2 log10 log1p "
    "sqrt rsqrt square abs absolute pow sin cos tan sinh cosh asin acos atan arctan asinh acosh atanh erf erfc erfinv "
    "clamp clip clamp_min clamp_max sign sgn floor ceil round trunc frac softmax log_softmax softmin gumbel_softmax "
    "nan_to_num reciprocal sinc heaviside logit special_expit log_sigmoid fake_quantize_per_tensor_affine"
)
"""Element by element and not linear (or, as softmax, across units but of the same shape)."""

NORMS = _words(
    "batch_norm layer_norm group_norm instance_norm rms_norm local_response_norm normalize native_layer_norm "
    "native_batch_norm"
)
IDENTITIES = _words(
    "clone contiguous to float double half bfloat16 type type_as cpu cuda positive dropout dropout1d dropout2d "
    "dropout3d alpha_dropout feature_dropout feature_alpha_dropout detach data requires_grad alias "
    "lift_fresh view_as_real real conj resolve_conj resolve_neg"
) - {"view_as_real", "alias"}
COMPARISONS = _words(
    "gt ge lt le eq ne logical_and logical_or logical_not logical_xor isnan isfinite isinf bitwise_not"
)
SUMS = _words("add")
SCALINGS = _words("sub rsub mul multiply div divide true_divide rdiv neg negative addcmul addcdiv lerp masked_fill")
CHOICES = _words("where maximum minimum fmax fmin max_elementwise hypot atan2 fmod remainder float_power rpow copysign")
ELEMENTWISE = ACTIVATIONS | NORMS | IDENTITIES | COMPARISONS | SUMS | SCALINGS | CHOICES

MOVEMENTS = _words(
    "reshape view flatten unflatten permute transpose t T mT H mH adjoint swapaxes swapdims movedim moveaxis squeeze "
    "unsqueeze expand expand_as broadcast_to repeat repeat_interleave tile cat concat concatenate stack hstack vstack "
    "dstack column_stack chunk split split_with_sizes tensor_split hsplit vsplit dsplit unbind select narrow getitem "
    "setitem index_select flip fliplr flipud roll rot90 pad pixel_shuffle pixel_unshuffle channel_shuffle unfold "
    "as_strided view_as reshape_as ravel diagonal tril triu gather take_along_dim index_put index_copy copy "
    "slice_scatter select_scatter masked_select atleast_1d atleast_2d atleast_3d iter"
)
CATS = _words("cat concat concatenate hstack vstack dstack column_stack")
AVERAGES = _words(
    "mean avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d interpolate "
    "upsample upsample_bilinear upsample_nearest sum nanmean nansum"
)
MAXIMA = _words(
    "max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d max min amax amin "
    "max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices"
)
POOLS = frozenset(name for name in AVERAGES | MAXIMA if "pool" in name)
RESHAPES = _words("reshape view flatten unflatten squeeze unsqueeze")
GATES = _words("glu")
FILLS = _words("zero fill zeros_ normal uniform")
CUTS = _words("detach data")
INDEXED = {
    "getitem": 1,
    "setitem": 1,
    "index_select": 2,
    "gather": 2,
    "take_along_dim": 1,
    "index_put": 1,
    "index_copy": 2,
    "masked_select": 1,
    "masked_fill": 1,
    "repeat_interleave": 1,
    "where": 0,
}
"""The argument that only chooses places: its integers and booleans carry nothing of a unit."""

SHAPE_ONLY = _words(
    "zeros_like ones_like empty_like full_like rand_like randn_like randint_like new_zeros new_ones new_empty new_full "
    "new_tensor size shape bernoulli"
)
MAKERS = _words("tensor as_tensor from_numpy frombuffer asarray from_dlpack")
"""Bring numbers from outside torch."""
LEAKS = _words("numpy data_ptr __dlpack__ __array__ untyped_storage storage dlpack array share_memory set")

LINEARS = _words("linear matmul mm bmm addmm baddbmm addbmm mv addmv einsum tensordot bilinear inner dot vdot")
CONVS = _words("conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d")
EMBEDDINGS = _words("embedding embedding_bag")
CONTRACTIONS = LINEARS | CONVS | EMBEDDINGS
PRODUCTS = LINEARS | CONVS
"""Mix all their operands when no operand is a parameter."""

RECURRENT = _words("lstm gru rnn_tanh rnn_relu lstm_cell gru_cell rnn_tanh_cell rnn_relu_cell")
ATTENTION = _words("scaled_dot_product_attention multi_head_attention_forward flex_attention")

_REFLECTED = {"radd": "add", "rmul": "mul", "rtruediv": "rdiv", "rmatmul": "matmul", "iadd": "add", "isub": "sub"} | {
    "imul": "mul",
    "itruediv": "div",
    "truediv": "div",
    "subtract": "sub",
    "adaptive_max_pool2d_with_indices": "adaptive_max_pool2d",
}


def op_name(func: Callable[..., Any]) -> str:
    """The plain name of a torch function, method or property: ``Tensor.add_`` is ``add``.

    >>> import torch
    >>> op_name(torch.Tensor.add_), op_name(torch.Tensor.T.__get__), op_name(torch.nn.functional.relu)
    ('add', 'T', 'relu')
    """
    name = str(getattr(func, "__name__", type(func).__name__))
    if name in ("__get__", "__set__", "__delete__"):
        return str(getattr(getattr(func, "__self__", None), "__name__", name)).strip("_")
    plain = name.strip("_")
    return _REFLECTED.get(plain, plain)
