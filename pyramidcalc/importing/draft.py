"""A graph in the making: names and weights of nodes, and values in the order that a layer needs them in."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from pyramidcalc.errors import LayerError, ShapeError
from pyramidcalc.graph import Graph, Node
from pyramidcalc.importing.layouts import BATCH, REPEAT, NoRuleError, Tensor, joined, opened, reshaped, standard, whole
from pyramidcalc.layers.linear import Flatten, Unflatten
from pyramidcalc.layers.rearranging import Constant, Expand, Rearrange
from pyramidcalc.layers.slicing import ChannelShuffle
from pyramidcalc.layers.unknown import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pyramidcalc.importing.layouts import Dim, Factor
    from pyramidcalc.layers.base import Layer, Shape

    Weights = Iterable[str]
    """Names of learned tensors."""


class Draft:
    """Nodes so far, and the shapes of all values.

    `learned` gives the number of values of each learned tensor by name; `batch` is the number of samples that the
    tensors hold; `work` has the multiply-adds of products of learned tensors by the name of the product, which stands
    among the names of weights wherever it is used. `module` is the path of the module that runs the operator at hand,
    `is_leaf` whether that is one of torch.nn's own, which gives its name to what it computes.
    """

    def __init__(self, learned: Mapping[str, int], batch: int = 1) -> None:
        self.learned = learned
        self.batch = batch
        self.rank = 0
        self.inputs: dict[str, Shape] = {}
        self.nodes: list[Node] = []
        self.axes: dict[str, Shape] = {}
        self.weights: dict[str, tuple[str, ...]] = {}
        self.work: dict[str, int] = {}
        self.users: dict[str, str] = {}
        self.module = ""
        self.is_leaf = False

    # Nodes

    def input(self, name: str, shape: Shape) -> Tensor:
        """A new input of a shape with its batch, if it has one."""
        axes = tuple(shape[1:]) or (1,)
        self.inputs[name] = self.axes[name] = axes
        self.rank = max(self.rank, len(axes) - 1)
        return Tensor.of(name, axes, standard(axes, shape[0] if shape else 1)[: len(shape)])

    def add(
        self, operator: str, layer: Layer, values: Sequence[str], weights: Weights = (), helper: bool = False
    ) -> str:
        """A new node; gives its name. A `helper` only brings values into the order that the next node needs."""
        shapes = [self.axes[value] for value in values]
        try:
            shape = layer.output_shape(*shapes)
        except (ShapeError, LayerError) as error:
            raise NoRuleError(error.message) from None
        name = self.name_of(operator, helper)
        self.axes[name] = shape
        self.weights[name] = tuple(weights)
        self.nodes.append(Node(name, layer, tuple(values)))
        return name

    def name_of(self, operator: str, helper: bool = False) -> str:
        """The module's path, where it computes one thing; else with the operator; numbered where the name is taken."""
        if self.is_leaf and not helper:
            name = self.module
        else:
            path = self.module.rpartition(".")[0] if self.is_leaf else self.module
            name = f"{path}.{operator}" if path else operator
        taken, number = name, 2
        while taken in self.axes:
            taken, number = f"{name}_{number}", number + 1
        return taken

    def node(
        self,
        operator: str,
        layer: Layer,
        tensors: Sequence[Tensor],
        weights: Weights = (),
        dims: Iterable[Dim] | None = None,
        helper: bool = False,
    ) -> Tensor:
        """A new node of the tensors' values, in standard order unless `dims` are given."""
        value = self.add(operator, layer, [tensor.value for tensor in tensors], weights, helper)
        axes = self.axes[value]
        return Tensor.of(value, axes, standard(axes, self.batch) if dims is None else dims)

    def unknown(
        self, operator: str, tensors: Sequence[Tensor], shape: Shape, work: int = 0, weights: Weights = ()
    ) -> Tensor:
        """A node of which only the shape is known."""
        axes, dims = self.laid_out(shape)
        count = self.count(weights)
        values = list(dict.fromkeys([tensor.value for tensor in tensors]))
        given = tuple([self.axes[value] for value in values])
        layer = Unknown(operator, axes, work // self.batch, count, given)
        return Tensor.of(self.add(operator.split(" ")[0], layer, values, weights), axes, dims)

    def count(self, weights: Weights) -> int:
        """The learned numbers of these names."""
        return sum([self.learned.get(weight, 0) for weight in weights])

    def constant(self, operator: str, shape: Shape, weights: Weights = ()) -> Tensor:
        """A node that reads nothing."""
        axes, dims = self.laid_out(shape)
        count = self.count(weights)
        return Tensor.of(self.add(operator, Constant(axes, count), (), weights), axes, dims)

    def laid_out(self, shape: Shape) -> tuple[Shape, list[Dim]]:
        """A value for a new tensor of any shape: (C, *spatial) or (F,), and the tensor's layout in it."""
        batch = whole(BATCH, self.batch)
        if shape and shape[0] == self.batch:
            if len(shape) in (2, self.rank + 2) and len(shape) > 1:
                return tuple(shape[1:]), list(standard(shape[1:], self.batch))
            if len(shape) == 3 and self.rank > 1:
                # Tokens and their features.
                tokens, features = shape[1:]
                return (features, tokens, *[1] * (self.rank - 1)), [batch, whole(1, tokens), whole(0, features)]
        n = prod(shape)
        if self.batch > 1:
            samples = shape[:1] == (self.batch,)
            n = n // self.batch if samples else n
            vector = Tensor.of("", (n,), [batch, whole(0, n)] if samples else [whole(0, n)])
        else:
            vector = Tensor.of("", (n,), [whole(0, n)])
        return (n,), list(vector.reshape(shape).dims)

    # Orders

    def as_map(self, tensor: Tensor, rank: int | None = None) -> Tensor:
        """The same numbers in a value (C, *spatial) in its own order; `rank` spatial axes, or as many as there are."""
        tensor = self.written_out(tensor)
        rank = len(tensor.dims) - 2 if rank is None else rank
        wanted = tensor.dims[1:]
        if len(tensor.dims) != rank + 2 or tensor.dims[0] != whole(BATCH, self.batch):
            raise NoRuleError(f"a tensor {tensor.shape} as a map")
        if any(factor[0] < 0 for dim in wanted for factor in dim):
            raise NoRuleError("samples as positions")
        axes = tensor.shape[1:]
        if tensor.dims == standard(tensor.axes, self.batch) and len(tensor.axes) == rank + 1:
            return tensor
        if tensor.is_vector and rank:
            if joined([factor for dim in wanted for factor in dim]) != whole(0, tensor.axes[0]):
                raise NoRuleError("a vector in another order")
            return self.node("unflatten", Unflatten(1, axes), [tensor], helper=True)
        if len(tensor.axes) != rank + 1 and 1 in (prod(tensor.axes[1:]), prod(axes[1:])):
            # Of one position the number of axes is free.
            return self.as_map(self.as_vector(tensor).reshape(tensor.shape), rank)
        if len(tensor.axes) != rank + 1 or prod(axes) != prod(tensor.axes):
            raise NoRuleError(f"a tensor {tensor.shape} of a value {tensor.axes}")
        return self.node("rearrange", self.order_of(tensor), [tensor], helper=True)

    def order_of(self, tensor: Tensor) -> Layer:
        """The layer that writes a tensor (N, C, *spatial) out in its own order."""
        channels, *spatial = tensor.dims[1:]
        same = all(dim == whole(axis, tensor.axes[axis]) for axis, dim in enumerate(spatial, 1))
        if same and len(channels) == 2 and channels[0][:2] == (0, 1) and channels[1][0] == 0:
            return ChannelShuffle(channels[1][2])

        def factors(place: int, dim: Dim) -> Dim:
            """A dimension of the tensor as an axis of the layer's: what repeats has stride 0 there."""
            return tuple([(place, 0, f[2]) if f[0] == REPEAT else opened(f, tensor.axes) for f in dim])

        try:
            return Rearrange(tuple([factors(place, dim) for place, dim in enumerate(tensor.dims[1:])]))
        except LayerError as error:
            raise NoRuleError(error.message) from None

    def as_vector(self, tensor: Tensor) -> Tensor:
        """The same numbers as a vector (F,), in one dimension beside the batch; the order of a map does not matter."""
        tensor = self.written_out(tensor)
        n = prod(tensor.axes)
        order = joined([factor for dim in tensor.dims for factor in dim if factor[0] != BATCH])
        if not tensor.covers or (tensor.is_vector and order != whole(0, n)):
            raise NoRuleError("a part of a value, or another order, as a vector")
        dims = [whole(BATCH, self.batch), whole(0, n)]
        if tensor.is_vector:
            return tensor.view(dims)
        return self.node("flatten", Flatten(), [tensor], dims=dims, helper=True)

    def laid_out_as(self, tensor: Tensor, like: Tensor) -> Tensor:
        """The same numbers in the order of another tensor, whose dimensions are of the same sizes or larger."""
        parts: dict[Factor, Dim] = {}
        for own, theirs in zip(tensor.dims, like.dims, strict=True):
            sizes = [size for _, _, size in theirs]
            pieces = reshaped((own,), sizes) if own else [((REPEAT, 0, size),) for size in sizes]
            parts |= dict(zip(theirs, pieces, strict=True))
        if not like.covers:
            raise NoRuleError("tensors in different orders")
        axes, dims = [], []
        for axis in range(len(like.axes)):
            factors = sorted([factor for factor in parts if factor[0] == axis], key=lambda factor: -factor[1])
            own = joined([part for factor in factors for part in parts[factor]])
            axes.append(() if all(factor[0] == REPEAT for factor in own) else own)
            dims.append(whole(axis, 1 if not axes[-1] else like.axes[axis]))
        written = self.as_map(tensor.view([whole(BATCH, self.batch), *axes]), len(axes) - 1)
        kept = {factor for axis, dim in enumerate(dims) if dim for factor in parts if factor[0] == axis}
        return written.view([tuple([f for f in dim if f[0] == BATCH or f in kept]) for dim in like.dims])

    def written_out(self, tensor: Tensor) -> Tensor:
        """The same with what it repeats written out. Raises NoRuleError where that has no axis of its own."""
        if not any(factor[0] == REPEAT for dim in tensor.dims for factor in dim):
            return tensor
        free = [axis for axis, n in enumerate(tensor.axes) if n == 1]
        sizes: list[int | None] = [None] * len(tensor.axes)
        dims = list(tensor.dims)
        for place, dim in enumerate(tensor.dims):
            if not any(factor[0] == REPEAT for factor in dim):
                continue
            axis = place - 1 if len(dims) == len(tensor.axes) + 1 else None
            if axis is not None and place and (len(dim) > 1 or axis not in free):
                return self.node("repeat", self.order_of(tensor), [tensor], helper=True)
            if len(dim) > 1 or axis not in free:
                raise NoRuleError("values repeated within an axis")
            sizes[axis] = dim[0][2]
            dims[place] = whole(axis, dim[0][2])
        return self.node("expand", Expand(tuple(sizes)), [tensor], dims=dims, helper=True)

    def output(self, tensor: Tensor) -> Tensor:
        """A tensor as it leaves the graph: in its own order where it is a map or a vector."""
        try:
            if len(tensor.dims) == 2 and not tensor.is_vector:
                return self.as_vector(tensor)
            return self.as_map(tensor) if len(tensor.dims) == self.rank + 2 else tensor
        except NoRuleError as error:
            return self.unknown(f"output ({error})", [tensor], tensor.shape)

    def graph(self, outputs: Sequence[tuple[str, Tensor]]) -> Graph:
        """The finished graph, without nodes that no output reads."""
        read = {tensor.value for _, tensor in outputs}
        for node in reversed(self.nodes):
            if node.name in read:
                read.update(node.inputs)
        nodes = tuple([self.accounted(node) for node in self.nodes if node.name in read])
        inputs = tuple([(name, axes[0]) for name, axes in self.inputs.items()])
        return Graph(inputs, nodes, tuple([(label, tensor.value) for label, tensor in outputs]))

    def accounted(self, node: Node) -> Node:
        """The node with the parameters that it is the first to use; called once a node, in order."""
        names = self.weights.get(node.name, ())
        new = [name for name in names if name not in self.users]
        self.users.update(dict.fromkeys(new, node.name))
        learned = [name for name in names if name in self.learned]
        node = node._replace(constant_macs=sum([self.work.get(name, 0) for name in new]))
        if learned and not set(learned) & set(new):
            return node._replace(shares=self.users[learned[0]])
        count = self.count(new)
        return node if count == node.layer.parameters else node._replace(learned=count)
