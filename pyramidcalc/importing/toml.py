"""Networks in TOML, read and written: `[inputs]`, one `[[layer]]` a layer, `[outputs]`.

    [inputs]
    image = [3, 224, 224]            # channels first; as many inputs as there are

    [[layer]]
    name = "stem"                    # numbered after its op where it is absent
    op = "Conv2d"                    # a layer, or a block or network of the catalogue
    out_channels = 64                # the layer's own fields, by torch.nn's names; channels of the input are inferred
    kernel_size = [7, 7]
    from = "image"                   # or several, ["a", "b"]; the layer above where it is absent

    [outputs]
    features = "stem"                # the last layer where the table is absent

TOML has no None: the text "None" stands for it. A field of a layer that has the name of one of these keys is written
with a `_` behind it, as `op_`.
"""

from __future__ import annotations

import re
import tomllib
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import GraphError, UsageError
from pyramidcalc.importing.assembly import Assembly, blocks, located, quoted
from pyramidcalc.importing.results import Imported
from pyramidcalc.layers import kinds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from pyramidcalc.graph import Graph, Value
    from pyramidcalc.layers.base import Layer, Shape

TABLES = ("inputs", "layer", "outputs")
SHARING = ("shares", "learned", "constant_macs")
"""What a node says of parameters that it shares, or that are computed, where it does."""
KEYS = ("name", "op", "from", *SHARING)
NONE = "None"
MAX_CHARACTERS = 2_000_000
"""The longest text that is read: some ten thousand layers."""
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*+"|\'[^\'\n]*+\'')
DEEP_KEY = re.compile(r"(?<![\w-])(?:[\w-]++[ \t]*+\.[ \t]*+){8}")
"""A dotted key of many parts, which tomllib takes quadratic time for."""
BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_toml(source: str | Path) -> Imported:
    """The graph of a text in TOML, or of a file by its Path.

    Raises UsageError, LayerError, ShapeError and GraphError that name the table, its number and its layer.
    """
    if isinstance(source, Path):
        with located(quoted(source.name)):
            return read_toml(text_of(source))
    data = parsed(source)
    assembly = Assembly()
    for name, shape in table(data, "inputs").items():
        with located("[inputs]"):
            assembly.enter(name, shape)
    if not assembly.values:
        raise UsageError("there is no input", hint="write [inputs], then input = [3, 224, 224]")
    entries = data.get("layer", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError("`layer` must be tables", hint="write [[layer]], in two brackets, before each layer")
    above = next(iter(assembly.values.values()))
    for number, entry in enumerate(entries, 1):
        name = entry.get("name", entry.get("op", ""))
        with located(f"[[layer]] {number} {quoted(str(name))}"):
            above = read_layer(assembly, entry, above)
    for label, name in table(data, "outputs").items() if "outputs" in data else [("output", above.name)]:
        with located(f"[outputs] {quoted(label)}"):
            assembly.output(label, assembly.value(name))
    graph = assembly.build()
    return Imported(graph, {name: assembly.shapes[name] for name, _ in graph.inputs}, known=())


def text_of(path: Path) -> str:
    """The text of a file. Raises UsageError where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_CHARACTERS + 1).decode()
    except OSError as error:
        raise UsageError(f"it cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"it is no text: byte {error.start} is not UTF-8") from None


def parsed(text: str) -> dict[str, Any]:
    """The tables of a text. Raises UsageError."""
    if len(text) > MAX_CHARACTERS:
        raise UsageError(f"a network in TOML has at most {MAX_CHARACTERS} characters")
    if '"""' in text or "'''" in text or DEEP_KEY.search(STRING.sub("a", text)):
        raise UsageError("no text over several lines and no key of many parts belongs in a network")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "too many nested brackets" if isinstance(error, RecursionError) else str(error)
        raise UsageError(f"this is not valid TOML: {reason[:200]}") from None
    for name in data:
        if name not in TABLES:
            raise UsageError(
                f"a network has no table {quoted(name)}",
                hint=nearest(name, TABLES) or f"its tables are {', '.join(TABLES)}",
            )
    return data


def table(data: dict[str, Any], name: str) -> dict[str, Any]:
    """One table of the text, empty where it is absent."""
    value = data.get(name, {})
    if not isinstance(value, dict):
        raise UsageError(f"`{name}` must be a table", hint=f"write [{name}], then a line for each")
    return value


def read_layer(assembly: Assembly, entry: dict[str, Any], above: Value) -> Value:
    """Adds the layer or block of one table."""
    op, source = entry.get("op"), entry.get("from")
    if not isinstance(op, str):
        raise UsageError("it has no `op`", hint='write the kind of layer, for example op = "Conv2d"')
    name = entry["name"] if "name" in entry else assembly.numbered(op)
    if not isinstance(name, str):
        raise UsageError("its `name` must be a text")
    names = source if isinstance(source, list) else [source]
    inputs = [above] if source is None else [assembly.value(each) for each in names]
    fields = {key: field(key, value) for key, value in entry.items() if key not in KEYS}
    sharing = {key: field(key, entry[key]) for key in SHARING if key in entry}
    if op in kinds():
        fields = {key.removesuffix("_") if key[:-1] in KEYS else key: value for key, value in fields.items()}
        value = assembly.layer(name, kinds()[op], fields, *inputs)
        assembly.share(**sharing)
        return value
    if op in blocks():
        return assembly.block(name, op, fields | sharing, *inputs)
    raise UsageError(f"there is no op {quoted(op)}", hint=nearest(op, [*kinds(), *blocks()]))


def field(name: str, value: Any) -> Any:
    """A value as layers take it. Raises UsageError for a table or a date."""
    if isinstance(value, list):
        return tuple([field(name, each) for each in value])
    if not isinstance(value, bool | int | float | str):
        raise UsageError(f"{quoted(name)} must be a number, true, false, a text or a list of these")
    return None if value == NONE else value


def to_toml(graph: Graph, inputs: Mapping[str, Shape]) -> str:
    """A graph on inputs of these shapes as TOML, which `read_toml` makes the same graph of.

    Fields that are their defaults are left out. Raises GraphError where two outputs share a label, UsageError
    where `inputs` are not those of the graph.
    """
    labels = [label for label, _ in graph.outputs]
    if len(set(labels)) < len(labels):
        raise GraphError(f"two outputs share a label: {', '.join(labels)}", hint="give each its own")
    if not inputs or {name: shape[0] for name, shape in inputs.items()} != dict(graph.inputs):
        wanted = ", ".join(name for name, _ in graph.inputs)
        raise UsageError(f"the graph's inputs are {wanted or 'none'}, got {', '.join(inputs) or 'none'}")
    tables = [["[inputs]", *(assign(name, inputs[name]) for name, _ in graph.inputs)]]
    above = graph.inputs[0][0]
    for node in graph.nodes:
        lines = ["[[layer]]", assign("name", node.name), assign("op", node.layer.name)]
        lines += [assign(f"{key}_" if key in KEYS else key, value) for key, value in written(node.layer)]
        defaults = node._field_defaults
        lines += [assign(key, value) for key in SHARING if (value := getattr(node, key)) != defaults[key]]
        if node.inputs != (above,):
            lines.append(assign("from", node.inputs[0] if len(node.inputs) == 1 else node.inputs))
        tables.append(lines)
        above = node.name
    tables.append(["[outputs]", *(assign(label, name) for label, name in graph.outputs)])
    return "\n\n".join("\n".join(lines) for lines in tables) + "\n"


def written(layer: Layer) -> Iterator[tuple[str, Any]]:
    """The fields of a layer that are not their defaults, on every axis."""
    for name, value in layer.to_dict().items():
        default = layer._defaults.get(name, ...)
        if value != default and not (value and isinstance(value, tuple) and value == (default,) * len(value)):
            yield name, value


def assign(name: str, value: Any) -> str:
    """`name = value` in TOML."""
    return f"{name if BARE.fullmatch(name) else literal(name)} = {literal(value)}"


def literal(value: Any) -> str:
    """A number, text, None or tuple of these in TOML."""
    if value is None or isinstance(value, str):
        # JSON escapes as TOML does, but for the one control character that it leaves as it is.
        return dumps(NONE if value is None else value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(literal, value))}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(int(value) if isinstance(value, int) else float(value))
