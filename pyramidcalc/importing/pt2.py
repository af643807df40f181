""".pt2 files without torch: the exported program is JSON inside a zip archive; nothing of it is run or unpickled.

Two forms are known, both of schema 8: torch's archive (models/NAME.json) of 2.8 and later, and the one before it
(serialized_exported_program.json). Source: torch/_export/serde/schema.py.
"""

from __future__ import annotations

import ast
import json
import re
from math import prod
from typing import TYPE_CHECKING
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812  # named as the other errors are

from pyramidcalc.errors import PyramidcalcError, UsageError
from pyramidcalc.importing.aten import Call, Program, Reference
from pyramidcalc.importing.expressions import Size
from pyramidcalc.importing.modules import is_leaf
from pyramidcalc.importing.programs import imported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import Any

    from pyramidcalc.importing.results import Imported
    from pyramidcalc.layers.base import Shape

SCHEMA = 8
"""Major version of the schema that torch 2.6 to 2.13 write."""
MAX_BYTES = 1 << 26
"""The JSON of the largest networks takes some 20 MB."""
MAX_VALUES = 1 << 40
"""Values of one tensor; larger ones are not of a network."""
MAX_GUARDS = 1000
SIZE = re.compile(r"L((?:\[[^][]+\])+)\.size\(\)\[([0-9])\]")
"""A size of an input in the file's guards: the path to the input, and the axis."""
FAILURES = (LookupError, TypeError, ValueError, AttributeError, RecursionError, ArithmeticError)
"""What reading a file that is not what it says comes to."""


def from_pt2(path: str | PathLike[str], *, any_size: bool = False) -> Imported:
    """The graph of a .pt2 file as torch.export.save writes it. Raises UsageError for any other.

    With `any_size` the result says at which other sizes the graph holds too, which takes longer.
    """
    try:
        with ZipFile(path) as archive:
            content = json.loads(program_text(archive))
            tied, known = tied_weights(archive)
    except (OSError, BadZipFile, ZlibError, EOFError, NotImplementedError, RuntimeError, *FAILURES) as error:
        if isinstance(error, UsageError):
            raise UsageError(f"{path}: {error.message}", hint=error.hint) from None
        raise UsageError(f"{path} cannot be read as a .pt2 file: {str(error) or type(error).__name__}") from error
    try:
        return imported(program_of(content, tied)._replace(tied_known=known), any_size=any_size)
    except PyramidcalcError as error:
        raise UsageError(f"{path}: {error.message}", hint=error.hint) from error
    except FAILURES as error:
        raise UsageError(f"{path} holds no exported program that is whole: {type(error).__name__} {error}") from error


def program_text(archive: ZipFile) -> bytes:
    """The JSON of the one program in an archive."""
    names = [name for name in archive.namelist() if is_program(name)]
    if len(names) != 1:
        raise UsageError(f"it holds {len(names) or 'no'} exported programs", hint="write one with torch.export.save")
    return member(archive, names[0])


def tied_weights(archive: ZipFile) -> tuple[dict[str, str], bool]:
    """Name of a parameter to the first one that is the same memory, and whether the archive tells these apart."""
    names = [name for name in archive.namelist() if name.endswith("data/weights/model_weights_config.json")]
    if len(names) != 1:
        return {}, False
    config = json.loads(member(archive, names[0]))["config"]
    # Tensors without memory are all at the same place.
    own = {name: entry for name, entry in config.items() if entry["tensor_meta"]["device"]["type"] != "meta"}
    first: dict[tuple[str, str], str] = {}
    places = {name: (entry["path_name"], json.dumps(entry["tensor_meta"])) for name, entry in own.items()}
    return {name: first.setdefault(place, name) for name, place in places.items()}, len(own) == len(config)


def member(archive: ZipFile, name: str) -> bytes:
    """A member of an archive, which is not unpacked further than it may be long."""
    with archive.open(name) as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise UsageError(f"`{name}` takes more than {MAX_BYTES >> 20} MiB")
    return text


def is_program(name: str) -> bool:
    """Whether a member of an archive holds a program."""
    folders = name.split("/")
    return folders[-1] == "serialized_exported_program.json" or (
        len(folders) > 1 and folders[-2] == "models" and name.endswith(".json")
    )


def program_of(content: dict[str, Any], tied: dict[str, str]) -> Program:
    """The neutral records of a program in JSON. Raises UsageError for another schema."""
    version = content["schema_version"]
    if version["major"] != SCHEMA:
        raise UsageError(
            f"its schema is {version['major']}.{version['minor']}, and {SCHEMA} is the one that is known",
            hint="export it with torch 2.8 to 2.13",
        )
    program = Reader(content["graph_module"], tied).program()
    return program._replace(guards=guards(program, content.get("guards_code") or []))


def guards(program: Program, texts: list[str]) -> tuple[tuple[str, str], ...]:
    """What the file asks of the symbols of its sizes, where that is to equal a number or to be below one.

    What else it asks is told apart by nothing from what torch's operators ask, whose answers do not depend on it.
    """
    if len(texts) > MAX_GUARDS:
        raise UsageError(f"it has {len(texts)} guards, and {MAX_GUARDS} are read")
    shapes = dict(program.inputs)

    def symbol(size: re.Match[str]) -> str:
        shape = shapes.get("_".join(re.findall(r"\w+", size[1])), ())
        n = dict(enumerate(shape)).get(int(size[2]), size[0])
        return n.name if isinstance(n, Size) else str(n)

    known = [SIZE.sub(symbol, text) for text in texts]
    return tuple([(text, "") for text in known if is_bound(ast.parse(text, mode="eval").body)])


def is_bound(guard: ast.expr) -> bool:
    """Whether a guard is `… == 7`, `… < 7` or `… <= 7`."""
    return (
        isinstance(guard, ast.Compare)
        and isinstance(guard.ops[0], ast.Eq | ast.Lt | ast.LtE)
        and isinstance(guard.comparators[0], ast.Constant)
    )


class Reader:
    """Reads the module of a program: its graph and signature."""

    def __init__(self, module: dict[str, Any], tied: dict[str, str]) -> None:
        self.tied = tied
        self.graph = module["graph"]
        self.signature = module["signature"]
        self.calls = module["module_call_graph"]
        self.tensors = self.graph["tensor_values"]
        self.integers = self.graph.get("sym_int_values") or {}

    def program(self) -> Program:
        """Inputs, weights, calls and outputs."""
        inputs, weights, learned = [], {}, {}
        for spec in self.signature["input_specs"]:
            ((kind, entry),) = spec.items()
            name = tensor_name(entry.get("arg"))
            if name is None:
                continue
            shape = self.shape(name)
            if kind == "user_input":
                inputs.append((name, shape))
                continue
            parameter = entry["parameter_name"] if kind == "parameter" else None
            parameter = self.tied.get(str(parameter), parameter)
            weights[name] = (parameter, shape)
            if parameter is not None:
                learned[parameter] = prod(shape)
        outputs = [
            (label, name)
            for label, spec in zip(self.labels(), self.user_outputs(), strict=False)
            if (name := tensor_name(spec["arg"])) is not None
        ]
        calls = [call for node in self.graph["nodes"] for call in self.call(node)]
        return Program(tuple(inputs), weights, learned, tuple(calls), tuple(outputs))

    def user_outputs(self) -> list[dict[str, Any]]:
        """What the module returns, leaf by leaf."""
        return [spec["user_output"] for spec in self.signature["output_specs"] if "user_output" in spec]

    def labels(self) -> list[str]:
        """The path of every leaf in what the module returns."""
        top = next((entry["signature"] for entry in self.calls if entry["fqn"] == ""), None)
        spec = json.loads(top["out_spec"])[1] if top else {"type": "builtins.tuple", "children_spec": []}
        labels = [".".join(path) or "output" for path in leaves(spec)]
        count = len(self.user_outputs())
        return labels if len(labels) == count else [str(index) for index in range(count)]

    def shape(self, name: str) -> Shape:
        """The shape of a tensor."""
        shape = tuple([integer(size) for size in self.tensors[name]["sizes"]])
        if prod([max(size, 1) for size in shape]) > MAX_VALUES:
            raise UsageError(f"`{name}` of shape {shape} holds more than 2^40 values")
        return shape

    def call(self, node: dict[str, Any]) -> Iterator[Call]:
        """The record of one operator of ATen or another library; of arithmetic on sizes there is none."""
        target = node["target"].split(".")
        outputs = [name for output in node["outputs"] for name in tensor_names(output)]
        if target[:2] != ["torch", "ops"] or not outputs:
            return
        arguments = {given["name"]: self.argument(given["arg"]) for given in node["inputs"]}
        path, kind = module_of((node.get("metadata") or {}).get("nn_module_stack") or "")
        shapes = tuple([(name, self.shape(name)) for name in outputs])
        yield Call(target[3], arguments, shapes, path, is_leaf(kind))

    def argument(self, argument: dict[str, Any]) -> Any:
        """An argument of an operator: numbers, text, lists, and references to tensors."""
        ((kind, value),) = argument.items()
        if kind == "as_none":
            return None
        if kind == "as_tensor":
            return Reference(value["name"])
        if kind == "as_tensors":
            return [Reference(item["name"]) for item in value]
        if kind == "as_optional_tensors":
            return [self.argument(item) for item in value]
        if kind in ("as_sym_int", "as_sym_float"):
            return self.symbolic(value)
        if kind in ("as_sym_ints", "as_sym_floats"):
            return [self.symbolic(item) for item in value]
        return value

    def symbolic(self, value: dict[str, Any]) -> Any:
        """A number, or the value that a symbolic one had at the export."""
        if "as_name" in value:
            return integer(self.integers[value["as_name"]])
        return next(iter(value.values()))


def leaves(spec: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths of the leaves of a pytree: keys of dicts, positions in all else."""
    if spec["type"] is None:
        yield ()
        return
    children = spec["children_spec"]
    keys = json.loads(spec["context"]) if "dict" in spec["type"].lower() else range(len(children))
    for key, child in zip(keys, children, strict=True):
        for path in leaves(child):
            yield (str(key), *path)


def tensor_name(argument: Any) -> str | None:
    """The name of a tensor among the arguments of a signature; None for numbers and text."""
    if not isinstance(argument, dict):
        return None
    value = argument.get("as_tensor", argument)
    name = value.get("name") if isinstance(value, dict) else None
    return name if isinstance(name, str) and ("as_tensor" in argument or set(argument) == {"name"}) else None


def tensor_names(output: dict[str, Any]) -> list[str]:
    """The names of the tensors in one output of a node."""
    if "as_tensor" in output:
        return [output["as_tensor"]["name"]]
    return [item["name"] for item in output.get("as_tensors", ())]


def integer(size: dict[str, Any]) -> int:
    """A size, of a symbolic one that at the export. Raises ValueError for what is none."""
    value = size["as_int"] if "as_int" in size else size["as_expr"]["hint"]["as_int"]
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise ValueError(f"{value!r} is no size")
    return Size.of(value, size["as_expr"]["expr_str"]) if "as_expr" in size else value


def module_of(stack: str) -> tuple[str, str]:
    """Path and class of the innermost module in `key,path,class;…`."""
    innermost = stack.rpartition(";")[2].split(",")
    if len(innermost) < 3 or innermost[0].startswith("_empty"):
        return "", ""
    return ",".join(innermost[1:-1]).replace("L['self'].", ""), innermost[-1]
