"""The catalogue: architectures found by file, options read from signatures."""

from __future__ import annotations

import pytest

from pyramidcalc import catalog
from pyramidcalc.errors import UsageError

BLOCKS = (
    *("aspp", "bifpn", "dense-aspp", "dspp", "fpn", "hdc", "mdspp", "panet", "ppm", "rfb", "spp", "sppcspc", "tcn"),
    "yolo-spp",
)
UNSOURCED = ("adaptive-pool", "pool", "resize")
"""Layers of torch.nn's that no paper defines."""


def test_every_block_file_is_a_command() -> None:
    """Names come from the files, with dashes."""
    assert catalog.names("block") == BLOCKS


def test_names_import_no_architecture() -> None:
    """Listing names looks at files alone."""
    assert "aspp" in catalog.names()


@pytest.mark.parametrize("name", catalog.names())
def test_every_architecture_is_documented(name: str) -> None:
    """Summary, source and one help line an option are there."""
    architecture = catalog.find(name)
    assert architecture.documentation.summary.endswith(".")
    assert architecture.documentation.source.endswith(".") or name in UNSOURCED
    assert all(option.help.endswith(".") for option in architecture.options)
    assert set(architecture.documentation.options) == {option.name for option in architecture.options}


@pytest.mark.parametrize("name", catalog.names())
def test_defaults_pass_their_own_check(name: str) -> None:
    """Defaults are values that the options accept."""
    architecture = catalog.find(name)
    assert architecture.checked({}) == {option.name: option.default for option in architecture.options}


def test_option_kinds_follow_the_annotations() -> None:
    """Tuples take several values, literals have choices, None is allowed where it is written."""
    options = {option.name: option for option in catalog.find("aspp").options}
    assert options["rate"].kind == catalog.Kind(int, multiple=True, optional=True)
    assert options["variant"].kind == catalog.Kind(str, choices=("v3", "v2", "v2-vgg", "separable"))
    assert options["output_stride"].kind == catalog.Kind(int, optional=True, choices=(16, 8))
    assert options["dropout"].kind == catalog.Kind(bool)


def test_options_of_layers_hold_one_value_or_one_an_axis() -> None:
    """Numbers for all axes or each, words in their place, None for an axis that is kept."""
    conv = {option.name: option.kind for option in catalog.find("conv").options}
    assert conv["kernel_size"] == catalog.Kind(int, per_axis=True)
    assert conv["padding"] == catalog.Kind(int, per_axis=True, words=("same", "valid"))
    pool = {option.name: option.kind for option in catalog.find("adaptive-pool").options}
    assert pool["output_size"] == catalog.Kind(int, per_axis=True, free=True)
    resize = {option.name: option.kind for option in catalog.find("resize").options}
    assert resize["scale_factor"] == catalog.Kind(float, per_axis=True, optional=True)


def test_unknown_architecture_names_the_nearest() -> None:
    """A misspelling is answered with what was meant."""
    with pytest.raises(UsageError, match="did you mean aspp"):
        catalog.find("assp")


def test_unknown_option_names_the_nearest() -> None:
    """So is a misspelt option."""
    with pytest.raises(UsageError, match="did you mean rate"):
        catalog.find("aspp").checked({"rates": (3,)})


@pytest.mark.parametrize("value", [(2.5,), "6", (), (True,), (None,)])
def test_wrong_types_are_refused(value: object) -> None:
    """Rates are whole numbers, one at least."""
    with pytest.raises(UsageError, match="rate"):
        catalog.find("aspp").checked({"rate": value})


def test_wrong_choice_names_the_choices() -> None:
    """A choice that is not there is answered with those that are."""
    with pytest.raises(UsageError, match="must be one of v3, v2, v2-vgg, separable"):
        catalog.find("aspp").checked({"variant": "v4"})


def test_single_value_for_several() -> None:
    """One number stands for a tuple of one."""
    assert catalog.find("aspp").checked({"rate": 5})["rate"] == (5,)


def test_documentation_is_taken_apart() -> None:
    """Summary, text, options over two lines and source."""
    parts = catalog.Documentation.parse(
        """First line.

        Some text
        over two lines.

        Options:
            one: the first,
                continued
            two (--t): the second

        Source: a paper,
        section 3.
        """
    )
    assert parts.summary == "First line."
    assert parts.text == "Some text\nover two lines."
    assert parts.options == {"one": ("the first, continued", None), "two": ("the second", "--t")}
    assert parts.source == "a paper, section 3."
