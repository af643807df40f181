"""Chains: layers in a row, in a short form or as torch.nn prints them; read as data, never run.

    conv 64 k7 s2 p3; bn; relu; maxpool 3 s2 p1; conv dw k3x5 same nobias; up 2 bilinear; aspp rate=6,12,18
    (0): Conv2d(3, 64, kernel_size=(7, 7), stride=(2, 2), padding=(3, 3))

Items end at `;` or the end of a line; a line that begins with `#` is a comment. In the short form an item is a word
and its settings, separated by blanks:

- The word is one of SHORT, a name of torch.nn in lower case, with or without its 1d, 2d, 3d, or a block or network.
- A letter of LETTERS and a value (`k3`), a word of WORDS, a flag by its name (`align_corners`, `nobias`), `dw` for a
  depthwise convolution, or any field as `name=value`. Numbers alone are torch's arguments in torch's order, without
  the channels of the input, which are inferred. Blocks take `name=value` only.
- A value is a number, a word, `3x5` (one number an axis: height, width) or `6,12,18`.

`(name): ` before an item names its layer; names of a nested `Sequential(` are joined by dots.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pyramidcalc.catalog import nearest
from pyramidcalc.errors import UsageError
from pyramidcalc.importing.assembly import INFERRED, Assembly, blocks, located, quoted, stem
from pyramidcalc.importing.results import Imported
from pyramidcalc.indexmap import PADDING_MODES
from pyramidcalc.layers import kinds
from pyramidcalc.layers.padding import PadLayer
from pyramidcalc.layers.resampling import MODES

if TYPE_CHECKING:
    from typing import Any

    from pyramidcalc.layers.base import Layer, Shape

SHORT: dict[str, tuple[str, dict[str, Any]]] = {
    "bn": ("batchnorm", {}),
    "convt": ("convtranspose", {}),
    "deconv": ("convtranspose", {}),
    "fc": ("linear", {}),
    "gap": ("adaptiveavgpool", {"output_size": 1}),
    "gmp": ("adaptivemaxpool", {"output_size": 1}),
    "gn": ("groupnorm", {}),
    "in": ("instancenorm", {}),
    "ln": ("layernorm", {}),
    "pad": ("zeropad", {}),
    "shuffle": ("pixelshuffle", {}),
    "swish": ("silu", {}),
    "up": ("upsample", {}),
    "upsamplingbilinear2d": ("upsample", {"mode": "bilinear", "align_corners": True}),
    "upsamplingnearest2d": ("upsample", {"mode": "nearest"}),
}
"""Words for layers: torch.nn's name in lower case, without its number of axes, and fields that the word sets."""
LETTERS = {"k": "kernel_size", "s": "stride", "p": "padding", "d": "dilation", "g": "groups", "op": "output_padding"}
DEPTHWISE = "dw"
WORDS: dict[str, tuple[str, Any]] = (
    {
        "same": ("padding", "same"),
        "valid": ("padding", "valid"),
        "ceil": ("ceil_mode", True),
        "dw": ("groups", DEPTHWISE),
    }
    | {mode: ("mode", mode) for mode in MODES}
    | {mode: ("padding_mode", mode) for mode in PADDING_MODES}
)
"""Words that set a field."""
POSITIONAL = {"Upsample": ("scale_factor",)}
"""Fields of numbers alone in the short form, where they are not torch's first ones."""
SEQUENTIAL = ("Sequential", "Conv2dNormActivation")
"""Containers that run their parts in the order in which they print them."""
UNPRINTED = {"AvgPool1d": "ceil_mode", "AvgPool2d": "ceil_mode", "AvgPool3d": "ceil_mode", "Upsample": "align_corners"}
"""Fields that change sizes or fields of view and that torch does not print."""
WITHOUT_EFFECT = ("inplace", "device", "dtype")
MAX_ITEM = 1000
"""Characters of the longest item that is read."""

NAMED = re.compile(r"\(([\w.-]+)\)\s*:\s*(\S.*)")
CONTAINER = re.compile(r"(?:torch\.)?(?:nn\.)?(\w+)\(")
CALL = re.compile(r"(?:torch\.)?(?:nn\.)?(\w+)\((.*)\)")
COMMA = re.compile(r",(?![^(\[]*[)\]])")
LETTER = re.compile(r"(op|[kspdg])([\d.].*)")
INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
REAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?inf")
AXES = re.compile(r"[0-9.]+(?:[x×][0-9.]+)+")
CONSTANTS = {"True": True, "true": True, "False": False, "false": False, "None": None}


class PerAxis(tuple[object, ...]):
    """Numbers that were written as `3x5`, one a spatial axis."""


def chain(text: str, input_shape: Shape) -> Imported:
    """The graph of a chain on an input (C, *spatial) or (F,).

    Raises UsageError, LayerError, ShapeError and GraphError that name the item and its number.
    """
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    pieces = [piece.strip().rstrip(",").rstrip() for line in lines for piece in line.split(";")]
    chain = Chain(input_shape)
    for number, piece in enumerate(filter(None, pieces), 1):
        with located(f"item {number} {quoted(piece)}"):
            chain.read(piece)
    return chain.finished()


class Chain:
    """A chain in the making: what was added last, and the containers that are open."""

    def __init__(self, shape: Shape) -> None:
        self.assembly = Assembly()
        self.last = self.assembly.enter("input", shape)
        self.rank = len(shape) - 1
        self.scopes: list[str] = []
        self.notes: dict[str, None] = {}

    def finished(self) -> Imported:
        """The graph. Raises UsageError where there is none, or a container is open."""
        if self.scopes:
            raise UsageError("the chain ends inside a `Sequential(`", hint="paste it as a whole, with its last `)`")
        if self.last.name == "input":
            raise UsageError("the chain has no layer", hint="write layers, for example `conv 64 k3 p1; relu`")
        self.assembly.output("output", self.last)
        inputs = {"input": self.assembly.shapes["input"]}
        return Imported(self.assembly.build(), inputs, tuple(self.notes), known=())

    def read(self, piece: str) -> None:
        """One item: a layer, a block, or the begin or end of a container."""
        if len(piece) > MAX_ITEM:
            raise UsageError(f"an item has at most {MAX_ITEM} characters, this one {len(piece)}")
        named = NAMED.fullmatch(piece)
        name, text = (named[1], named[2]) if named else ("", piece)
        if text == ")":
            if not self.scopes:
                raise UsageError("it closes nothing", hint="paste the `Sequential(` as a whole")
            self.scopes.pop()
        elif container := CONTAINER.fullmatch(text):
            if container[1] not in SEQUENTIAL:
                message = f"the print of a {quoted(container[1])} does not say how its parts are wired"
                raise UsageError(message, hint="paste a Sequential, or read the module itself")
            self.scopes.append(name)
        elif call := CALL.fullmatch(text):
            self.add(name, call[1], [token.strip() for token in COMMA.split(call[2]) if token.strip()], call=True)
        else:
            word, *tokens = text.split()
            self.add(name, word, tokens, call=False)

    def add(self, name: str, word: str, tokens: list[str], *, call: bool) -> None:
        """One layer or block, from its settings or torch.nn's arguments."""
        name = name or self.assembly.numbered(word)
        full = ".".join(filter(None, [*self.scopes, name]))
        kind, preset = layer_of(word, self.rank)
        if kind is not None:
            if kind.arity != 1:
                raise UsageError(
                    f"{kind.__name__} does not read one layer, as in a chain", hint="write the network in TOML"
                )
            given = self.fields(kind, tokens, call=call)
            self.last = self.assembly.layer(full, kind, preset | given, self.last)
            hidden = UNPRINTED.get(kind.__name__)
            if call and hidden and hidden not in given and "nearest" not in given.get("mode", ""):
                taken = kind._defaults[hidden]
                self.notes[f"torch prints no {hidden} of {kind.__name__}: it is taken as {taken}"] = None
        elif word.lower() in blocks():
            if odd := [token for token in tokens if "=" not in token]:
                raise UsageError(f"{word} takes options as name=value, got {quoted(odd[0])}")
            options = {field.replace("-", "_"): value for field, value in map(keyword, tokens)}
            self.last = self.assembly.block(full, word.lower(), options, self.last)
        else:
            words = kinds() if word[0].isupper() else {*SHORT, *map(str.lower, kinds()), *map(stem, kinds()), *blocks()}
            raise UsageError(f"there is no layer or block {quoted(word)}", hint=nearest(word, words))
        shape = self.assembly.shapes.get(self.last.name)
        self.rank = self.rank if shape is None else len(shape) - 1

    def fields(self, kind: type[Layer], tokens: list[str], *, call: bool) -> dict[str, Any]:
        """The fields of a layer: as a call in torch's order, in the short form without those that are inferred."""
        fields: dict[str, Any] = {}
        own = [name for name in kind._fields if call or name not in INFERRED]
        free = iter(own if call else POSITIONAL.get(kind.__name__, own))
        for token in tokens:
            field, value = setting(kind, token)
            field = next(free, "") if field is None else field
            if field in WITHOUT_EFFECT and field not in kind._fields:
                continue
            if field not in kind._fields:
                hint = settings_like(kind, field or token)
                raise UsageError(f"{kind.__name__} does not take {quoted(token)}", hint=hint)
            if field in fields:
                raise UsageError(f"{kind.__name__} is given `{field}` twice, the second time as {quoted(token)}")
            if field == "groups" and value == DEPTHWISE:
                value = self.assembly.size_of(self.last, field, 0)
            elif field in INFERRED and isinstance(value, tuple) and len(value) == 1:
                value = value[0]  # torchvision's LayerNorm2d prints (96,)
            elif isinstance(value, PerAxis) and issubclass(kind, PadLayer):
                value = tuple([n for n in reversed(value) for _ in range(2)])
            fields[field] = tuple(value) if isinstance(value, PerAxis) else value
        if DEPTHWISE in tokens:
            fields.setdefault("out_channels", fields["groups"])
        return fields


def layer_of(word: str, rank: int) -> tuple[type[Layer] | None, dict[str, Any]]:
    """The layer of a word on an input of so many spatial axes, and the fields that the word sets."""
    lower = {name.lower(): kind for name, kind in kinds().items()}
    plain, preset = SHORT.get(word.lower(), (word.lower(), {}))
    return lower.get(plain) or lower.get(f"{plain}{max(rank, 1)}d"), preset


def setting(kind: type[Layer], token: str) -> tuple[str | None, Any]:
    """(field, value) of one setting; the field is None for a value alone."""
    if "=" in token:
        return keyword(token)
    if letter := LETTER.fullmatch(token):
        return LETTERS[letter[1]], literal(letter[2])
    if token in WORDS:
        return WORDS[token]
    for field, value in ((token, True), (token.removeprefix("no"), False)):
        if isinstance(kind._defaults.get(field, ...), bool | None):
            return field, value
    value = literal(token)
    if isinstance(value, str):
        raise UsageError(f"{kind.__name__} has no setting {quoted(token)}", hint=settings_like(kind, token))
    return None, value


def settings_like(kind: type[Layer], token: str) -> str:
    """The settings of a layer nearest to a token, or all of them."""
    letters = {field: letter for letter, field in LETTERS.items()}
    words = [word for word, (field, _) in WORDS.items() if field in kind._fields]
    names = [f"{letters[name]} ({name})" if name in letters else name for name in kind._fields if name not in INFERRED]
    near = nearest(token, [*words, *kind._fields])
    return near or (f"its settings are {', '.join(names)}" if names else "it has no settings")


def keyword(token: str) -> tuple[str, Any]:
    """(name, value) of `name=value`."""
    name, _, value = token.partition("=")
    return name.strip(), literal(value)


def literal(text: str) -> Any:
    """A number, a constant, a word, or a tuple of these. Raises UsageError."""
    text = text.strip()
    if text[:1] + text[-1:] in ("()", "[]"):
        return tuple([scalar(each.strip()) for each in text[1:-1].split(",") if each.strip()])
    if AXES.fullmatch(text):
        return PerAxis([scalar(each) for each in re.split("[x×]", text)])
    if "," in text:
        return tuple([scalar(each) for each in text.split(",") if each])
    return scalar(text)


def scalar(text: str) -> Any:
    """A number, a constant or a word, in quotes or not. Raises UsageError."""
    if text in CONSTANTS:
        return CONSTANTS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if REAL.fullmatch(text):
        return float(text)
    word = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
    if not re.fullmatch(r"[\w-]+", word):
        raise UsageError(f"{quoted(text)} is no number, word or tuple of them", hint="write several as 3x5 or 6,12,18")
    return word
