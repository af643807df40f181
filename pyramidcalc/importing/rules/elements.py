"""Operators that work element by element."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.importing.layouts import NoRuleError, Tensor
from pyramidcalc.importing.modules import words
from pyramidcalc.importing.rules.values import Scores, only, tensors_of
from pyramidcalc.layers import activation

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pyramidcalc.importing.rules.values import Result, Run
    from pyramidcalc.layers.base import Layer


LAYERS: dict[str, Callable[..., Layer]] = {
    "relu": activation.ReLU,
    "relu6": activation.ReLU6,
    "sigmoid": activation.Sigmoid,
    "tanh": activation.Tanh,
    "silu": activation.SiLU,
    "mish": activation.Mish,
    "hardswish": activation.Hardswish,
    "hardsigmoid": activation.Hardsigmoid,
    "gelu": lambda approximate="none": activation.GELU(approximate),
    "elu": lambda alpha=1.0, **_: activation.ELU(alpha),
    "leaky_relu": lambda negative_slope=0.01: activation.LeakyReLU(negative_slope),
    "dropout": lambda p, **_: activation.Dropout(p),
    "feature_dropout": lambda p, **_: activation.Dropout2d(p),
    "native_dropout": lambda p, **_: activation.Dropout(p),
}
"""Operators that have a layer of torch.nn's, made of what they take beside the tensor."""

FUNCTIONS = words(
    """abs acos add addcdiv addcmul alpha_dropout asin atan atan2 bernoulli bitwise_and bitwise_not bitwise_or
    ceil celu clamp clamp_max clamp_min clip copysign cos cosh div divide eq erf erfc exp exp2 expm1
    fake_quantize floor floor_divide fmax fmin fmod frac ge gt hardshrink hardtanh isfinite isinf isnan le
    lerp log log10 log1p log2 log_sigmoid logaddexp logical_and logical_not logical_or logical_xor logit lt
    masked_fill maximum minimum mul multiply nan_to_num ne neg negative pow prelu reciprocal relu6 remainder
    round rrelu rsqrt rsub selu sgn sigmoid sign sin sinh softplus softshrink softsign sqrt square sub
    subtract tan tanhshrink threshold true_divide trunc where xlogy"""
)
"""Operators that work element by element on all their tensors."""


NEUTRAL = {"add": (0,), "sub": (0,), "mul": (1,), "div": (1,)}
"""Numbers with which an operator changes nothing: `sum` of a list begins with 0."""


def layered(name: str) -> Callable[..., Result]:
    """The rule of an operator with a layer of its own."""

    def rule(run: Run, input: Result | None = None, self: Result | None = None, **arguments: Any) -> Result:
        x = input if self is None else self
        return x if isinstance(x, Scores) else run.pointwise(name, LAYERS[name](**arguments), only(x))

    return rule


def elementwise(name: str) -> Callable[..., Result]:
    """The rule of a function of one tensor or several."""

    def rule(run: Run, **arguments: Any) -> Result:
        given = list(arguments.values())
        scores = [value for value in given if isinstance(value, Scores)]
        if scores:
            if len(scores) > 1 or any(isinstance(value, Tensor) for value in given):
                raise NoRuleError("scores of an attention with another tensor")
            return scores[0]._replace(weights=(*scores[0].weights, *run.weights_read))
        tensors = tensors_of(given)
        if name == "hardtanh" and (arguments.get("min_val"), arguments.get("max_val")) == (0.0, 6.0):
            return run.pointwise(name, activation.ReLU6(), tensors[0])
        if len(tensors) > 1:
            return run.merge(name, tensors, run.weights_read)
        if arguments.get("other") in NEUTRAL.get(name, ()) and type(arguments["other"]) in (int, float):
            return Tensor.of(tensors[0].value, tensors[0].axes, tensors[0].dims)
        count = run.count(run.weights_read)
        if name == "prelu" and count in (1, tensors[0].axes[0]):
            return run.pointwise(name, activation.PReLU(count), tensors[0], run.weights_read)
        return run.function(name, tensors[0], run.weights_read).expand(run.shapes[0])

    return rule


def glu(run: Run, self: Tensor, dim: int = -1) -> Result:
    """The first half times the sigmoid of the second."""
    half = self.shape[dim] // 2
    return run.merge("mul", run.pieces(self, dim % len(self.dims), (half, half)))
