"""Operators that are layers of torch.nn: convolutions, pools, norms, resizes, pads."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import BATCH, NoRuleError, Tensor, joined, whole
from pyramidcalc.importing.rules.values import Constant, only
from pyramidcalc.importing.rules.views import copy
from pyramidcalc.layers import convolution, normalization, padding, pooling
from pyramidcalc.layers.resampling import ResizeTo, Upsample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from pyramidcalc.importing.rules.values import Result, Run


def rank_of(weight: Result) -> int:
    """Spatial axes of a convolution's kernel. Raises NoRuleError where it follows from an input."""
    if not isinstance(weight, Constant):
        raise NoRuleError("weights that follow from an input")
    return len(weight.shape) - 2


def numbers(value: Any, rank: int) -> Any:
    """One number an axis, of one for all or several; text as it is."""
    if isinstance(value, int):
        return (value,) * rank
    return value if isinstance(value, str) else tuple(value) * (rank if len(value) == 1 else 1)


def conv(
    run: Run,
    input: Tensor,
    weight: Constant,
    bias: Constant | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    transposed: bool = False,
    output_padding: Any = 0,
    groups: int = 1,
    **_: Any,
) -> Result:
    """Convolutions over one to three axes, plain and transposed."""
    rank = rank_of(weight)
    x = run.as_map(only(input), rank)
    first, second, *kernel = weight.shape
    fields = {"stride": stride, "padding": padding, "dilation": dilation}
    given: dict[str, Any] = {name: numbers(value, rank) for name, value in fields.items()}
    given |= {"kernel_size": tuple(kernel), "groups": groups, "bias": bias is not None}
    if transposed:
        given |= {
            "in_channels": first,
            "out_channels": second * groups,
            "output_padding": numbers(output_padding, rank),
        }
    else:
        given |= {"in_channels": second * groups, "out_channels": first}
    kind = getattr(convolution, f"Conv{'Transpose' * transposed}{rank}d")
    return run.node("conv", kind(**given), [x], run.weights_read)


def conv_transpose(run: Run, **arguments: Any) -> Result:
    """A transposed convolution."""
    return conv(run, transposed=True, **arguments)


def pool(run: Run, kind: str, self: Tensor, **fields: Any) -> Any:
    """Pools, sliding and adaptive, of one sample's rank; max pools give the indices too."""
    rank = int(kind[-2])
    layer = getattr(pooling, kind)(**{name: tuple(v) if isinstance(v, list) else v for name, v in fields.items()})
    result = run.node("pool", layer, [run.as_map(only(self), rank)])
    return [result, *[result] * (len(run.shapes) - 1)]


def pooled(kind: str) -> Callable[..., Any]:
    """The rule of one pool."""
    return lambda run, self, **fields: pool(run, kind, self, **fields)


def batch_norm(
    run: Run, input: Tensor, weight: Any = None, bias: Any = None, running_mean: Any = None, eps: float = 1e-5, **_: Any
) -> Any:
    """BatchNorm, with statistics of its own or the batch's."""
    rank = len(only(input).dims) - 2
    if not rank and input.dims[0] != whole(BATCH, run.batch):
        # Positions as samples: each value by itself, but for statistics.
        result = run.function("batch_norm", input, run.weights_read)
        return [result, *[result] * (len(run.shapes) - 1)]
    kind = getattr(normalization, f"BatchNorm{max(rank, 1)}d")
    x = run.as_map(input) if rank else run.as_vector(input)
    tracks = running_mean is not None
    layer = kind(x.axes[0], eps, 0.1, weight is not None, tracks, bias is not None or weight is None)
    result = run.node("norm", layer, [x], run.weights_read)
    return [result, *[result] * (len(run.shapes) - 1)]


def instance_norm(
    run: Run, input: Tensor, weight: Any = None, use_input_stats: bool = True, eps: float = 1e-5, **_: Any
) -> Result:
    """InstanceNorm."""
    x = run.as_map(only(input))
    kind = getattr(normalization, f"InstanceNorm{len(x.axes) - 1}d")
    layer = kind(x.axes[0], eps, 0.1, weight is not None, not use_input_stats)
    return run.node("norm", layer, [x], run.weights_read)


def group_norm(
    run: Run, input: Tensor, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5, **_: Any
) -> Result:
    """GroupNorm."""
    x = run.as_map(only(input))
    layer = normalization.GroupNorm(num_groups, x.axes[0], eps, weight is not None, bias is not None or weight is None)
    return run.node("norm", layer, [x], run.weights_read)


def layer_norm(
    run: Run, input: Tensor, normalized_shape: Sequence[int], bias: Any = None, eps: float | None = 1e-5, **_: Any
) -> Any:
    """LayerNorm and RMSNorm over the last dimensions: of a map's channels, or of any others."""
    last = [factor for dim in only(input).dims[-len(normalized_shape) :] for factor in dim]
    if len(input.axes) == 3 and joined(last) == whole(0, input.axes[0]) and bias is not None and eps is not None:
        layer = normalization.LayerNorm2d(input.axes[0], eps)
        result = run.pointwise("norm", layer, input, run.weights_read)
    else:
        result = run.function("layer_norm", input, run.weights_read)
    return [result, *[result] * (len(run.shapes) - 1)]


def upsample(mode: str) -> Callable[..., Result]:
    """The rule of one kind of resize."""

    def rule(
        run: Run,
        input: Tensor | None = None,
        output_size: Any = None,
        align_corners: bool | None = None,
        scale_factors: Any = None,
        self: Tensor | None = None,
        scales: float | None = None,
        scales_d: float | None = None,
        scales_h: float | None = None,
        scales_w: float | None = None,
    ) -> Result:
        rank = len(run.shapes[0]) - 2
        factors = scale_factors or [f for f in (scales, scales_d, scales_h, scales_w) if f is not None]
        by_factor = len(factors) == rank
        x = run.as_map(only(input if self is None else self), rank)
        followed = run.of_size.get(run.follows)
        if followed is not None and not by_factor:
            return run.node("upsample", ResizeTo(mode, align_corners), [x, followed])
        layer = Upsample(
            size=None if by_factor else tuple(run.shapes[0][2:]),
            scale_factor=tuple(map(float, factors)) if by_factor else None,
            mode=mode,
            align_corners=align_corners,
        )
        return run.node("upsample", layer, [x])

    return rule


PADS = {"constant": "ZeroPad", "reflect": "ReflectionPad", "replicate": "ReplicationPad", "circular": "CircularPad"}


def pad(run: Run, self: Tensor, pad: Sequence[int], mode: str = "constant", value: Any = None) -> Result:
    """Pads of spatial axes, the last first; negative sides crop."""
    rank = len(only(self).dims) - 2
    sides = list(pad)
    if any(sides[2 * rank :]):
        raise NoRuleError("of the channels")
    if not any(sides):
        return copy(run, self)
    sides = (sides + [0] * 2 * rank)[: 2 * rank]
    kind = getattr(padding, f"{PADS[mode]}{rank}d")
    return run.node("pad", kind(tuple(sides)), [run.as_map(self)])


def padded(mode: str) -> Callable[..., Result]:
    """The rule of one kind of pad."""
    return lambda run, self, padding: pad(run, self, padding, mode)


def im2col(
    run: Run,
    self: Tensor,
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
) -> Result:
    """Unfold: each tap of the window is a part of the padded map, and the taps stand one after the other."""
    x = only(pad(run, run.as_map(only(self), 2), [side for p in reversed(numbers(padding, 2)) for side in (p, p)]))
    taps = []
    for place in product(*map(range, numbers(kernel_size, 2))):
        tap = x
        sizes = zip(place, numbers(kernel_size, 2), numbers(stride, 2), numbers(dilation, 2), strict=True)
        for dim, (t, k, s, d) in enumerate(sizes, 2):
            tap = run.slice(tap, dim, t * d, (t + 1 - k) * d or None, s)
        taps.append(tap)
    columns = run.concat("unfold", taps, 1)
    channels, high, wide = columns.axes
    each = channels // len(taps)
    dims = [columns.dims[0], ((0, 1, each), (0, each, len(taps))), whole(1, high) + whole(2, wide)]
    return columns.view(dims)
