"""What the results of each of PyTorch's operations depend on, by the operation's name.

Operations that PyTorch tags as pointwise need no entry; a trailing underscore, for writing in
place, is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pixelcnn.auditing.rules_along import (
    batch_norm,
    group_norm,
    layer_norm,
    native_dropout,
    reduction,
    rms_norm,
    running,
    softmax,
    sorting,
)
from pixelcnn.auditing.rules_elementwise import (
    by_second,
    draws,
    elementwise,
    escapes,
    looked_up,
    masked_fill,
    mixed,
    nothing,
    overwritten,
    product,
    quotient,
    range_checked,
    same,
    where,
)
from pixelcnn.auditing.rules_linear import convolution, matrix_product, pooling
from pixelcnn.auditing.rules_moving import index_put, moved, resampled, scattered, split_up
from pixelcnn.auditing.steps import Call

Rule = Callable[[Call], None]

_NAMES: Mapping[Rule, str] = {
    elementwise: "pointwise heaviside nan_to_num bucketize isin lerp addcmul addcdiv "
    "_weight_norm_interface_backward threshold prelu _prelu_kernel rrelu_with_noise",
    product: "mul multiply logical_and bitwise_and",
    quotient: "div divide true_divide",
    masked_fill: "masked_fill",
    where: "where",
    overwritten: "copy fill zero",
    same: "clone _to_copy contiguous detach alias lift_fresh _unsafe_view view reshape dropout "
    "_reshape_alias to view_as_real view_as_complex",
    draws: "bernoulli normal uniform exponential random log_normal cauchy geometric empty_like "
    "zeros_like ones_like rand_like randn_like full_like new_zeros new_ones new_empty new_full "
    "randint_like new_empty_strided",
    looked_up: "embedding",
    by_second: "searchsorted",
    nothing: "sym_size sym_stride sym_numel sym_storage_offset is_same_size _assert_async "
    "_assert_tensor_metadata",
    escapes: "_local_scalar_dense equal is_nonzero nonzero masked_select unique _unique2",
    range_checked: "aminmax _aminmax",
    mixed: "mixed",
    convolution: "convolution _convolution convolution_overrideable mkldnn_convolution",
    pooling: "avg_pool1d avg_pool2d avg_pool3d max_pool2d_with_indices max_pool3d_with_indices",
    matrix_product: "mm bmm mv dot vdot addmm baddbmm addmv",
    reduction: "sum mean amax amin max min prod var std var_mean std_mean logsumexp argmax argmin "
    "norm linalg_vector_norm any all nansum nanmean median mode count_nonzero",
    softmax: "_softmax _log_softmax _safe_softmax",
    running: "cumsum cumprod cummax cummin logcumsumexp",
    sorting: "sort topk argsort kthvalue multinomial",
    layer_norm: "native_layer_norm",
    rms_norm: "_fused_rms_norm",
    group_norm: "native_group_norm",
    batch_norm: "native_batch_norm _native_batch_norm_legit cudnn_batch_norm "
    "_native_batch_norm_legit_no_training _batch_norm_with_update _batch_norm_no_update "
    "_native_batch_norm_legit_functional",
    native_dropout: "native_dropout",
    moved: "cat stack constant_pad_nd index gather index_select flip roll repeat pixel_shuffle "
    "pixel_unshuffle channel_shuffle tril triu im2col unfold_copy expand_copy permute_copy "
    "upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact2d "
    "reflection_pad1d reflection_pad2d replication_pad1d replication_pad2d take rot90 "
    "diag_embed diagonal_copy slice_scatter select_scatter diagonal_scatter repeat_interleave "
    "block_diag squeeze_copy slice_copy select_copy transpose_copy t_copy view_copy "
    "as_strided_copy narrow_copy reflection_pad3d replication_pad3d index_copy fliplr flipud",
    split_up: "unsafe_split unsafe_split_with_sizes unsafe_chunk split_copy split_with_sizes_copy "
    "unbind_copy",
    scattered: "scatter",
    index_put: "index_put _index_put_impl _unsafe_index_put",
    resampled: "upsample_bilinear2d upsample_bicubic2d _upsample_bilinear2d_aa "
    "_adaptive_avg_pool2d",
}

BENDING = frozenset(
    [
        "relu",
        "relu6",
        "leaky_relu",
        "prelu",
        "_prelu_kernel",
        "elu",
        "celu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "hardtanh",
        "hardswish",
        "hardsigmoid",
        "threshold",
        "rrelu_with_noise",
        "glu",
        "sigmoid",
        "tanh",
        "exp",
        "log",
        "log_sigmoid_forward",
        "clamp",
        "clamp_min",
        "clamp_max",
        "maximum",
        "minimum",
        "abs",
        "sign",
        "sin",
        "cos",
        "sqrt",
        "rsqrt",
        "pow",
        "square",
        "reciprocal",
        "_softmax",
        "_log_softmax",
        "_safe_softmax",
        "max_pool2d_with_indices",
        "native_layer_norm",
        "native_group_norm",
        "_fused_rms_norm",
    ]
)
"""Operations that are not linear: what stands between two layers so that they are not one."""

RULES: Mapping[str, Rule] = MappingProxyType(
    {name: rule for rule, names in _NAMES.items() for name in names.split()}
)
