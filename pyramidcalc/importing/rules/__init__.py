"""What each ATen operator does to layouts: a rule an operator, by its name and with its own arguments.

A rule is a function of the run and the operator's arguments under their names in torch.ops.aten; it gives a tensor or
a list of them, or raises NoRuleError. `run.shapes` are torch's own shapes of the outputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.importing.modules import words
from pyramidcalc.importing.rules.elements import FUNCTIONS, LAYERS, elementwise, glu, layered
from pyramidcalc.importing.rules.nets import (
    batch_norm,
    conv,
    conv_transpose,
    group_norm,
    im2col,
    instance_norm,
    layer_norm,
    pad,
    padded,
    pooled,
    upsample,
)
from pyramidcalc.importing.rules.parts import cat, chunk, narrow, reducing, select, slice_, softmax, stack, unbind
from pyramidcalc.importing.rules.products import addmm, einsum, linear, matmul, scaled_dot_product_attention
from pyramidcalc.importing.rules.views import (
    channel_shuffle,
    contiguous,
    copy,
    expand,
    fill,
    movedim,
    overwrite,
    permute,
    pixel_shuffle,
    pixel_unshuffle,
    repeat,
    repeat_interleave,
    reverse,
    same,
    transpose,
    view,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


METADATA = frozenset(
    words("""_assert_tensor_metadata _assert_async _assert_scalar sym_size item _local_scalar_dense""")
)
"""Operators of which nothing goes on."""
FRESH = frozenset(
    words(
        """arange empty empty_like eye full full_like linspace logspace new_empty new_full new_ones new_zeros ones
    ones_like rand rand_like randint randn randn_like range scalar_tensor zeros zeros_like empty_strided
    empty_permuted"""
    )
)
"""Operators that read the shape or type of a tensor at most."""

RULES: dict[str, Callable[..., Any]] = {
    **{name: elementwise(name) for name in FUNCTIONS},
    **{name: layered(name) for name in LAYERS},
    **dict.fromkeys(words("""alias detach lift_fresh lift requires_grad conj resolve_conj resolve_neg"""), same),
    **dict.fromkeys(words("""clone to _to_copy float half double type type_as lift_fresh_copy bfloat16"""), copy),
    **dict.fromkeys(
        words("""view reshape _unsafe_view flatten unflatten squeeze unsqueeze view_as reshape_as"""), view
    ),
    **dict.fromkeys(words("expand expand_as broadcast_to"), expand),
    **dict.fromkeys(words("""chunk split split_with_sizes unsafe_split unsafe_chunk tensor_split"""), chunk),
    **dict.fromkeys(words("cat concat concatenate"), cat),
    **dict.fromkeys(words("""softmax _softmax log_softmax _log_softmax softmin"""), softmax),
    **dict.fromkeys(["t", "numpy_T"], reverse),
    **dict.fromkeys(words("transpose swapaxes swapdims"), transpose),
    **dict.fromkeys(words("conv1d conv2d conv3d convolution _convolution"), conv),
    **dict.fromkeys(words("conv_transpose1d conv_transpose2d conv_transpose3d"), conv_transpose),
    **dict.fromkeys(words("""batch_norm _native_batch_norm_legit_no_training native_batch_norm"""), batch_norm),
    **dict.fromkeys(words("layer_norm native_layer_norm rms_norm _fused_rms_norm"), layer_norm),
    **dict.fromkeys(words("matmul mm bmm"), matmul),
    **{name: reducing(name) for name in words("""mean sum amax amin max min norm std var logsumexp all any prod""")},
    **{f"max_pool{rank}d": pooled(f"MaxPool{rank}d") for rank in (1, 2, 3)},
    **{f"max_pool{rank}d_with_indices": pooled(f"MaxPool{rank}d") for rank in (1, 2, 3)},
    **{f"avg_pool{rank}d": pooled(f"AvgPool{rank}d") for rank in (1, 2, 3)},
    **{f"adaptive_avg_pool{rank}d": pooled(f"AdaptiveAvgPool{rank}d") for rank in (1, 2, 3)},
    **{f"_adaptive_avg_pool{rank}d": pooled(f"AdaptiveAvgPool{rank}d") for rank in (2, 3)},
    **{f"adaptive_max_pool{rank}d": pooled(f"AdaptiveMaxPool{rank}d") for rank in (1, 2, 3)},
    **{f"upsample_nearest{rank}d": upsample("nearest") for rank in (1, 2, 3)},
    **{f"_upsample_nearest_exact{rank}d": upsample("nearest-exact") for rank in (1, 2, 3)},
    **{f"reflection_pad{rank}d": padded("reflect") for rank in (1, 2, 3)},
    **{f"replication_pad{rank}d": padded("replicate") for rank in (1, 2, 3)},
    "upsample_linear1d": upsample("linear"),
    "upsample_bilinear2d": upsample("bilinear"),
    "upsample_trilinear3d": upsample("trilinear"),
    "upsample_bicubic2d": upsample("bicubic"),
    "pad": pad,
    "constant_pad_nd": pad,
    "glu": glu,
    "contiguous": contiguous,
    "copy": overwrite,
    "fill": fill,
    "zero": fill,
    "permute": permute,
    "movedim": movedim,
    "repeat": repeat,
    "tile": repeat,
    "repeat_interleave": repeat_interleave,
    "im2col": im2col,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
    "native_channel_shuffle": channel_shuffle,
    "unbind": unbind,
    "select": select,
    "slice": slice_,
    "narrow": narrow,
    "stack": stack,
    "linalg_vector_norm": reducing("norm"),
    "instance_norm": instance_norm,
    "group_norm": group_norm,
    "linear": linear,
    "addmm": addmm,
    "einsum": einsum,
    "scaled_dot_product_attention": scaled_dot_product_attention,
}
"""Operator to rule."""
