"""Reports: the public Python API and the JSON object."""

from __future__ import annotations

import json

import pytest

import pyramidcalc as pc
from pyramidcalc.layers.convolution import Conv2d
from pyramidcalc.layers.merging import Concat


def test_readme_example() -> None:
    """The example of the Python API answers as documented."""
    report = pc.analyze("aspp", input=(2048, 64, 64), rate=(6, 12, 18))
    assert report.output == (256, 64, 64)
    field = report["rate6.conv"].receptive_field
    assert field is not None
    assert field.size == (13, 13)
    assert pc.layers.Conv2d(8, 33, 3, padding=4, dilation=4).output_shape((8, 56, 128)) == (33, 56, 128)
    assert [name for name, _ in pc.build("aspp").inputs] == ["input"]


def test_sums_of_layers_are_the_totals() -> None:
    """Parameters and MACs of the rows add up."""
    report = pc.analyze("dspp", input=(64, 24, 32), batch=3)
    assert sum(layer.parameters for layer in report.layers) == report.parameters
    assert sum(layer.macs for layer in report.layers) == report.macs


def test_json_object_has_the_documented_keys() -> None:
    """Schema 1, in the documented order, and it survives a round trip."""
    document = pc.analyze("aspp", input=(64, 33, 49)).to_dict()
    assert list(document) == [
        "schema", "architecture", "options", "batch", "dtype", "inputs", "input", "outputs", "output",
        "receptive_field", "parameters", "macs", "activations", "peak_activation_bytes", "weight_bytes",
        "memory_bytes", "output_bytes", "intensity", "layers", "diagnostics", "verification",
    ]  # fmt: skip
    read = json.loads(json.dumps(document))
    assert (read["schema"], read["architecture"], read["verification"]) == (1, "aspp", None)
    assert (read["input"], read["output"], read["outputs"]) == ([64, 33, 49], [256, 33, 49], {"project": [256, 33, 49]})
    assert read["receptive_field"] == {
        "size": [None, None], "global": True, "local_size": [37, 37], "stride": [1, 1], "padding": [18, 18],
    }  # fmt: skip


def test_json_layer_has_the_documented_keys() -> None:
    """A dilated layer also says where all its taps are inside."""
    layers = {layer["name"]: layer for layer in pc.analyze("aspp", input=(64, 33, 49)).to_dict()["layers"]}
    branch = layers["rate6.conv"]
    assert branch["attributes"]["dilation"] == (6, 6)
    assert branch["inputs"] == ["input"]
    assert (branch["op"], branch["output"], branch["parameters"]) == ("Conv2d", [256, 33, 49], 64 * 256 * 9)
    assert branch["macs"] == 64 * 256 * 9 * 33 * 49
    assert branch["valid_taps"] == {"positions": [21, 37], "of": [33, 49], "share": 21 * 37 / (33 * 49)}
    assert "valid_taps" not in layers["conv1x1.conv"]


def test_several_inputs_and_outputs() -> None:
    """Every output is named, and each input has its receptive field."""
    report = pc.analyze("fpn", input=(256, 40, 72))
    assert report.outputs == {
        "p2": (256, 40, 72), "p3": (256, 20, 36), "p4": (256, 10, 18), "p5": (256, 5, 9),
    }  # fmt: skip
    document = report.to_dict()
    assert set(document["receptive_fields"]) == set(report.inputs)
    assert document["receptive_field"] == document["receptive_fields"][next(iter(report.inputs))]


def test_invalid_architecture_keeps_the_rows_before_it() -> None:
    """A failing layer ends the rows; the output is null and the reason is the last diagnostic."""
    b = pc.Builder()
    x = b.input("input", 3)
    one = b.add("one", Conv2d(3, 4, 3), x)
    b.output("output", b.add("both", Concat(), one, b.add("two", Conv2d(3, 4, 5), x)))
    report = pc.analyze_graph(b.build(), {"input": (3, 9, 14)})
    assert [layer.name for layer in report.layers] == ["one", "two"]
    document = report.to_dict()
    assert (report.failed, document["output"], document["outputs"], document["receptive_field"]) == (
        True,
        None,
        {},
        None,
    )
    assert document["diagnostics"][-1]["code"] == "shape-mismatch"
    assert "`two` is 4x5x10 but `one` is 4x7x12" in document["diagnostics"][-1]["message"]


@pytest.mark.parametrize("given", [(2048, 21, 30), (21, 30)])
def test_input_may_leave_out_the_channels(given: tuple[int, ...]) -> None:
    """(H, W) keeps the default channels."""
    assert pc.analyze("aspp", input=given).input == (2048, 21, 30)


def test_one_number_is_a_square() -> None:
    """A single size stands for both axes."""
    assert pc.analyze("aspp", input=21).input == (2048, 21, 21)


@pytest.mark.parametrize("given", [0, (3, 0, 4), (1, 2, 3, 4), (2.5, 3), (True, 3), ()])
def test_bad_inputs_are_refused(given: object) -> None:
    """Sizes are whole and at least 1."""
    with pytest.raises(pc.UsageError, match="must be"):
        pc.analyze("aspp", input=given)  # type: ignore[call-overload]  # the refusal is what is tested


def test_unknown_layer_name() -> None:
    """Asking for a layer that is not there is a KeyError that names the nearest layers and scopes."""
    report = pc.analyze("aspp")
    with pytest.raises(KeyError, match=r"there is no layer or scope 'rate7.conv'; did you mean rate\d+.conv"):
        report["rate7.conv"]
    with pytest.raises(KeyError, match="did you mean pooling"):
        report["poolin"]


def test_huge_inputs_cost_nothing() -> None:
    """Numbers stay exact at sizes that no machine holds."""
    report = pc.analyze("aspp", input=(2048, 10**12, 10**12 + 1))
    assert report.output == (256, 10**12, 10**12 + 1)


def test_unknown_public_name() -> None:
    """The lazily loaded package still says what it does not have."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = pc.nonsense
    assert "analyze" in dir(pc)
