"""Names of modules, as far as exporters leave them in an ONNX file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyramidcalc.importing.onnx_wire import CLASSES, SCOPES

if TYPE_CHECKING:
    from pyramidcalc.importing.onnx_wire import Operator

WEIGHTED = ("Conv", "ConvTranspose", "Gemm", "BatchNormalization", "PRelu")


def module_of(node: Operator) -> str:
    """The path of what a node computes: torch's module path, that of its weights, or the node's own name."""
    if node.op in WEIGHTED and len(node.inputs) > 1:
        path, _, field = node.inputs[1].rpartition(".")
        if path and field == "weight":
            return path
    scopes, classes = texts(node.metadata.get(SCOPES)), texts(node.metadata.get(CLASSES))
    if len(scopes) > 1 and len(scopes) == len(classes):
        # torch.nn's own modules give their names, others only the scope of the function called in them.
        inside, operator = scopes[-2:]
        leaf = classes[-2].startswith("torch.nn.modules.") and "container" not in classes[-2]
        return inside if leaf and inside else ".".join(filter(None, (inside, operator)))
    if node.name.startswith("/"):
        return slashed(node.name)
    return node.name.replace("/", ".") or node.op.lower()


def texts(written: str | None) -> list[str]:
    """A list of texts as Python writes it."""
    return [text.strip("'\"") for text in (written or "").strip("[]").split(", ")]


def slashed(name: str) -> str:
    """`layer1.0.conv1` for /layer1/layer1.0/conv1/Conv, as torch's older exporter writes it.

    Children of containers have the container's name in theirs.
    """
    *modules, operator = name.strip("/").split("/")
    path = ""
    for module in modules:
        container = module.rpartition(".")[0]
        if container and f".{path}".endswith(f".{container}"):
            path = path[: len(path) - len(container)] + module
        else:
            path = f"{path}.{module}" if path else module
    kind = operator.partition("_")[0]
    return (
        path if path and (kind in WEIGHTED or kind.lower() == modules[-1].lower()) else f"{path}.{operator}".strip(".")
    )
