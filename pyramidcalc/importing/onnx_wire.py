"""ONNX files without the onnx package: of their messages only what a graph of layers needs is read.

Weights are skipped by their length and external data is never opened. Field numbers are those of onnx.proto
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
"""

from __future__ import annotations

from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import calcsize, unpack_from
from typing import TYPE_CHECKING

from pyramidcalc.errors import UsageError
from pyramidcalc.importing.protobuf import DELIMITED, FOUR_BYTES, MAX_TEXT, Reader
from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.importing.protobuf import Buffer, Span

    Dims = tuple[int | str | None, ...]
    """Sizes: a number, the name of an open one, or None where nothing is said."""

MAX_VALUES = 1024
"""Tensors of at most so many numbers are read: shapes, axes, indices, scales."""
MAX_AXES = 32
SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
REWRITTEN = "pkg.onnxscript.rewriter.rule_name"
METADATA = (SCOPES, CLASSES, REWRITTEN)
"""What torch's exporter says of a node: paths and classes of the modules around it, and rules that rewrote it."""
RAW = {1: "f", 2: "B", 3: "b", 4: "H", 5: "h", 6: "i", 7: "q", 9: "?", 10: "e", 11: "d", 12: "I", 13: "Q"}
"""Element type to its code in `struct`."""
FLOAT_DATA, INTEGER_DATA, DOUBLE_DATA = 4, (5, 7, 11), 10
FLOATING = (1, 10, 11, 16)
"""Element types of learned numbers: float, float16, double, bfloat16."""


class Tensor(Record):
    """A stored tensor: its name, sizes, element type, and its numbers where they are few (else None).

    `external` are the file beside this one and the byte in it where the numbers are, if they are not in this one.
    """

    name: str
    dims: tuple[int, ...]
    kind: int
    values: tuple[float, ...] | None
    external: tuple[str, str] | None = None


class Operator(Record):
    """One node: the operator's name and domain, the node's own name, names of values, attributes by name.

    `metadata` is what exporters say of its origin: torch's module path, and rules that rewrote it.
    """

    op: str
    name: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    metadata: dict[str, str]


class Model(Record):
    """The graph of an ONNX file: opset versions by domain, nodes in order, weights, inputs, outputs and known sizes.

    `shapes` holds the sizes of values by name, as far as the file has them; `producer` is the program that wrote it.
    """

    producer: str
    opsets: dict[str, int]
    nodes: tuple[Operator, ...]
    weights: dict[str, Tensor]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    shapes: dict[str, Dims]


def load(path: str | Path) -> Model:
    """The graph of an ONNX file. Raises UsageError where there is no such file or it is no ONNX file."""
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"there is no file {path}")
    try:
        with path.open("rb") as file, mmap(file.fileno(), 0, access=ACCESS_READ) as data:
            return parse(data)
    except UsageError as error:
        raise UsageError(f"{path} is no ONNX file that can be read: {error.message}") from None
    except ValueError:
        raise UsageError(f"{path} is empty") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None


def parse(data: Buffer) -> Model:
    """The graph of an ONNX file's bytes. Raises UsageError for anything else."""
    return OnnxReader(data).model()


class OnnxReader(Reader):
    """Reads ONNX's messages of one file."""

    __slots__ = ()

    def model(self) -> Model:
        """ModelProto."""
        producer, opsets, graph = "", {}, None
        for number, kind, value in self.fields((0, len(self.data))):
            if number == 2:
                producer = self.text(kind, value)
            elif number == 7:
                graph = self.message(kind, value)
            elif number == 8:
                domain, version = self.opset(self.message(kind, value))
                opsets[domain] = version
        if graph is None:
            raise UsageError("it holds no graph")
        return self.graph(graph, producer, opsets)

    def opset(self, span: Span) -> tuple[str, int]:
        """OperatorSetIdProto: a domain and its version."""
        domain, version = "", 0
        for number, kind, value in self.fields(span):
            if number == 1:
                domain = self.text(kind, value)
            elif number == 2:
                version = self.integer(kind, value)
        return domain, version

    def graph(self, span: Span, producer: str, opsets: dict[str, int]) -> Model:
        """GraphProto."""
        nodes, inputs, outputs = [], list[str](), list[str]()
        weights: dict[str, Tensor] = {}
        shapes: dict[str, Dims] = {}
        for number, kind, value in self.fields(span):
            if number == 1:
                nodes.append(self.operator(self.message(kind, value)))
            elif number in (5, 15):
                read = self.tensor if number == 5 else self.sparse
                weight = read(self.message(kind, value))
                weights[weight.name] = weight
            elif number in (11, 12, 13):
                name, dims = self.value_info(self.message(kind, value))
                if dims is not None:
                    shapes[name] = dims
                if number != 13:
                    (inputs if number == 11 else outputs).append(name)
        return Model(producer, opsets, tuple(nodes), weights, tuple(inputs), tuple(outputs), shapes)

    def operator(self, span: Span) -> Operator:
        """NodeProto."""
        texts: dict[int, list[str]] = {1: [], 2: [], 3: [""], 4: [""], 7: [""]}
        attributes: dict[str, Any] = {}
        metadata: dict[str, str] = {}
        for number, kind, value in self.fields(span):
            if number in texts:
                texts[number].append(self.text(kind, value))
            elif number == 5:
                name, content = self.attribute(self.message(kind, value))
                attributes[name] = content
            elif number == 9:
                metadata |= self.entry(self.message(kind, value), METADATA)
        names = texts[4][-1], texts[3][-1], texts[7][-1]
        return Operator(*names, tuple(texts[1]), tuple(texts[2]), attributes, metadata)

    def entry(self, span: Span, wanted: tuple[str, ...]) -> dict[str, str]:
        """StringStringEntryProto, where its key is asked for."""
        texts = {number: (kind, value) for number, kind, value in self.fields(span)}
        if 1 not in texts or 2 not in texts or self.text(*texts[1]) not in wanted:
            return {}
        return {self.text(*texts[1]): self.text(*texts[2])}

    def attribute(self, span: Span) -> tuple[str, Any]:
        """AttributeProto: a name and a number, a text, a tensor, a tuple of these, or None for graphs and types."""
        name, declared = "", 0
        single: dict[int, Any] = {}
        several: list[Any] = []
        for number, kind, value in self.fields(span):
            if number == 1:
                name = self.text(kind, value)
            elif number == 2:
                single[1] = self.reals(kind, value, "f")[0] if kind == FOUR_BYTES else 0.0
            elif number == 3:
                single[2] = self.integer(kind, value)
            elif number == 4:
                start, end = self.message(kind, value)
                single[3] = self.text(kind, value) if end - start <= MAX_TEXT else None
            elif number == 5:
                single[4] = self.tensor(self.message(kind, value))
            elif number == 7:
                several += self.reals(kind, value, "f")
            elif number == 8:
                several += self.integers(kind, value)
            elif number == 9:
                several.append(self.text(kind, value))
            elif number == 20:
                declared = self.integer(kind, value)
        if declared in (6, 7, 8) or (not declared and not single):
            return name, tuple(several)
        # What is not written is the type's zero; files before IR version 2 have no type.
        empty = {1: 0.0, 2: 0, 3: ""}.get(declared)
        return name, single.get(declared, empty) if declared else next(iter(single.values()))

    def tensor(self, span: Span) -> Tensor:
        """TensorProto; numbers are read where there are few and the file holds them."""
        name, dims, element, raw = "", list[int](), 0, None
        numbers: list[float] = []
        where: dict[str, str] = {}
        for number, kind, value in self.fields(span):
            if number == 1:
                dims += self.integers(kind, value)
            elif number == 13:
                where |= self.entry(self.message(kind, value), ("location", "offset"))
            elif number == 2:
                element = self.integer(kind, value)
            elif number == 8:
                name = self.text(kind, value)
            elif number == 9:
                raw = self.message(kind, value)
            elif kind != DELIMITED or value[1] - value[0] <= 10 * MAX_VALUES:
                if number in INTEGER_DATA:
                    numbers += self.integers(kind, value)
                elif number in (FLOAT_DATA, DOUBLE_DATA):
                    numbers += self.reals(kind, value, "f" if number == FLOAT_DATA else "d")
        count, code = counted(name, dims), RAW.get(element)
        if count > MAX_VALUES:
            return Tensor(name, tuple(dims), element, None)
        if raw is not None and code and raw[1] - raw[0] == calcsize(f"<{count}{code}"):
            return Tensor(name, tuple(dims), element, unpack_from(f"<{count}{code}", self.data, raw[0]))
        # Half floats are stored as the integers of their bits there.
        known = raw is None and not where and len(numbers) == count and element not in (10, 16)
        external = (where["location"], where.get("offset", "0")) if "location" in where else None
        return Tensor(name, tuple(dims), element, tuple(numbers) if known else None, external)

    def sparse(self, span: Span) -> Tensor:
        """SparseTensorProto, without its numbers."""
        values, dims = Tensor("", (), 0, None), list[int]()
        for number, kind, value in self.fields(span):
            if number == 1:
                values = self.tensor(self.message(kind, value))
            elif number == 3:
                dims += self.integers(kind, value)
        counted(values.name, dims)
        return Tensor(values.name, tuple(dims), values.kind, None)

    def value_info(self, span: Span) -> tuple[str, Dims | None]:
        """ValueInfoProto: a name and its sizes; None where it is no tensor or its rank is open."""
        name, dims = "", None
        for number, kind, value in self.fields(span):
            if number == 1:
                name = self.text(kind, value)
            elif number == 2:
                for tensor_type in self.within(self.message(kind, value), 1):
                    for shape in self.within(tensor_type, 2):
                        dims = tuple([self.dimension(each) for each in self.within(shape, 1)])
        if dims is not None:
            counted(name, [dim for dim in dims if isinstance(dim, int)])
        return name, dims

    def dimension(self, span: Span) -> int | str | None:
        """TensorShapeProto.Dimension."""
        size: int | str | None = None
        for number, kind, value in self.fields(span):
            if number == 1:
                size = self.integer(kind, value)
            elif number == 2:
                size = self.text(kind, value)
        return size


def counted(name: str, dims: list[int]) -> int:
    """How many numbers a tensor of these sizes holds. Raises UsageError for sizes that no tensor has."""
    if len(dims) > MAX_AXES or min(dims, default=0) < 0:
        raise UsageError(f"no tensor has the {len(dims)} sizes of `{name}`, {str(dims)[:80]}")
    return prod(dims)
