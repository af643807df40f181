"""What blocks share."""

from __future__ import annotations

import pytest

from pyramidcalc.blocks._units import labels, positive, several
from pyramidcalc.errors import LayerError
from tests.blocks.building import built


def test_labels_tell_equal_numbers_apart() -> None:
    """A number given twice gets its count at the second place."""
    assert labels((6, 12, 6, 6)) == ("6", "12", "6_2", "6_3")


@pytest.mark.parametrize("value", [0, -3])
def test_positive_refuses_numbers_below_one(value: int) -> None:
    """The message names the block, the option, the value and the rule."""
    with pytest.raises(LayerError, match=rf"^ppm: `channels` \(={value}\) must be at least 1$"):
        positive("ppm", "channels", value)


@pytest.mark.parametrize("value", [1.0, True, "3", None, float("nan")])
def test_positive_refuses_what_is_no_integer(value: object) -> None:
    """Floats, booleans and text are no numbers of channels."""
    with pytest.raises(LayerError, match="must be an integer"):
        positive("ppm", "channels", value)  # type: ignore[arg-type]  # wrong on purpose


def test_several_refuses_an_empty_list() -> None:
    """A pyramid has at least one level."""
    with pytest.raises(LayerError, match="spp: `bins` is empty; give at least one number"):
        several("spp", "bins", ())


@pytest.mark.parametrize("values", ["42", 42])
def test_several_refuses_what_is_no_list(values: object) -> None:
    """Text and a lone number are no list."""
    with pytest.raises(LayerError, match="must be a list of integers"):
        several("spp", "bins", values)  # type: ignore[arg-type]  # wrong on purpose


def test_several_gives_a_tuple() -> None:
    """Lists are taken as tuples are."""
    assert several("spp", "bins", [4, 2, 1]) == (4, 2, 1)


def test_a_block_that_fails_at_its_options_builds_no_graph() -> None:
    """Options are checked when the block is called, before any input."""
    from pyramidcalc.blocks.spp import spp

    with pytest.raises(LayerError):
        built(spp, (3, 8, 9), bins=(2, 0))
