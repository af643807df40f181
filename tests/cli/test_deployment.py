"""What a network takes where it runs: bytes of weights and activations by dtype, and MACs for each byte moved."""

from __future__ import annotations

import pytest

from pyramidcalc.passes.memory import DTYPES
from pyramidcalc.request import analyze
from tests.cli.conftest import below, invoke, invoke_csv, invoke_json

CHAIN = ["chain", "conv 5 k3; relu; flatten; linear 7", "--input", "2x6x8"]
WEIGHTS = {"conv": 5 * 2 * 9 + 5, "relu": 0, "flatten": 0, "linear": 7 * 120 + 7}
OUTPUTS = {"conv": 120, "relu": 120, "flatten": 0, "linear": 7}
MOVED = {"conv": 96 + 95 + 120, "relu": 240, "flatten": 0, "linear": 120 + 847 + 7}


@pytest.mark.parametrize(("dtype", "width"), DTYPES.items())
def test_dtype_sets_the_bytes(dtype: str, width: int) -> None:
    """Of outputs and weights, a layer's and all; a view makes and moves none; macs stay."""
    report = invoke_json(*CHAIN, "--dtype", dtype)
    layers = dict(zip(WEIGHTS, report["layers"], strict=True))
    assert {name: layer["weight_bytes"] for name, layer in layers.items()} == {k: n * width for k, n in WEIGHTS.items()}
    assert {name: layer["output_bytes"] for name, layer in layers.items()} == {k: n * width for k, n in OUTPUTS.items()}
    for name, layer in layers.items():
        moved = width * MOVED[name]
        assert layer["intensity"] == (round(layer["macs"] / moved, 3) if moved else 0)
    assert (report["dtype"], report["weight_bytes"]) == (dtype, 942 * width)
    assert (report["output_bytes"], report["peak_activation_bytes"]) == (247 * width, 240 * width)
    assert report["memory_bytes"] == (240 + 942) * width
    assert report["intensity"] == round((5 * 24 * 18 + 840) / (width * sum(MOVED.values())), 3)


def test_a_batch_moves_weights_once() -> None:
    """Inputs and outputs grow with it, weights do not."""
    layer = analyze("conv", input=(2, 6, 8), out_channels=5, batch=10).layers[0]
    assert (layer.output_bytes, layer.weight_bytes, layer.moved_bytes) == (4 * 1200, 4 * 95, 4 * (960 + 1200 + 95))


def test_totals_tell_weights_beside_activations() -> None:
    """And their sum, in the unit that is asked for."""
    lines = below(*CHAIN, "--dtype", "float16")
    assert lines["parameters"] == "942, 1.84 KiB"
    assert lines["peak memory"] == "480 bytes + weights 1.84 KiB = 2.309 KiB (float16, inference)"
    assert lines["MACs"] == "3,000, 0.9836 for each byte moved".replace("0.9836", f"{3000 / 3050:.3g}")


def test_exact_totals_count_bytes() -> None:
    """With --exact, and always in markdown, no unit rounds them."""
    exact = {"parameters": "942, 1,884 bytes", "activations": "247, 494 bytes"}
    exact["peak memory"] = "480 bytes + weights 1,884 bytes = 2,364 bytes (float16, inference)"
    lines = below(*CHAIN, "--dtype", "float16", "--exact")
    assert exact.items() <= lines.items()
    markdown = invoke(*CHAIN, "--dtype", "float16", "--format", "markdown").stdout
    assert all(f"- {label}: {text}" in markdown for label, text in exact.items())


def test_csv_reads_as_numbers() -> None:
    """Bytes and ratios stand in columns of their own; those of rows that are taken together are sums."""
    rows = invoke_csv("deeplabv3", "--dtype", "int8")
    report = analyze("deeplabv3", dtype="int8")
    for heading, total in (("weight bytes", report.weight_bytes), ("output bytes", report.output_bytes)):
        assert sum(int(row[heading]) for row in rows) == total
    (stage,) = [row for row in rows if row["layer"] == "backbone.layer3"]
    inside = [layer for layer in report.layers if layer.name.startswith("backbone.layer3.")]
    moved = sum(layer.moved_bytes for layer in inside)
    assert float(stage["MACs per byte"]) == round(int(stage["MACs"]) / moved, 3)


def test_pandas_reads_every_number() -> None:
    """No column of numbers is read as text."""
    pandas = pytest.importorskip("pandas")
    from io import StringIO

    frame = pandas.read_csv(StringIO(invoke("speed", "--format", "csv").stdout))
    texts = [name for name, kind in frame.dtypes.items() if not pandas.api.types.is_numeric_dtype(kind)]
    assert set(texts) == {"layer", "operation"}
    assert frame["MACs"].sum() == analyze("speed").macs
