"""Record: a frozen dataclass's behaviour, shared by all classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pyramidcalc.records import Record

if TYPE_CHECKING:
    from typing import Any, ClassVar


class Point(Record):
    """Two numbers, the second with a default."""

    kind: ClassVar[str] = "point"

    x: int
    y: int = 7


class Named(Point):
    """A field more, and a rule."""

    name: str = "origin"

    def _normalise(self) -> dict[str, Any] | None:
        return {"name": self.name.lower()} if self.name != self.name.lower() else None


def test_fields_are_annotations_in_order_base_first() -> None:
    """A subclass adds its fields after its base's; class variables are no fields."""
    assert Named(1, 2, "a").to_dict() == {"x": 1, "y": 2, "name": "a"}
    assert Named.kind == "point"


def test_defaults_are_filled_in() -> None:
    """A field with a value in the class may be left out."""
    assert Named(3).to_dict() == {"x": 3, "y": 7, "name": "origin"}


def test_arguments_go_by_position_and_by_name() -> None:
    """Both ways make the same record."""
    assert Named(1, name="b", y=2) == Named(1, 2, "b")


def test_normalise_replaces_fields_once() -> None:
    """What _normalise returns becomes the field."""
    assert Named(1, name="UPPER").name == "upper"


@pytest.mark.parametrize(
    ("args", "kwargs", "message"),
    [
        ((), {}, r"Point\(\) is missing 'x'"),
        ((1, 2, 3), {}, r"Point\(\) takes at most 2 arguments, got 3"),
        ((1,), {"z": 3}, "unexpected or repeated argument 'z'"),
        ((1,), {"x": 3}, "unexpected or repeated argument 'x'"),
    ],
)
def test_wrong_arguments_are_type_errors(args: tuple[int, ...], kwargs: dict[str, int], message: str) -> None:
    """Missing, surplus, unknown and repeated arguments are told by name."""
    with pytest.raises(TypeError, match=message):
        Point(*args, **kwargs)


def test_records_are_immutable() -> None:
    """Fields can be neither set nor deleted, nor new ones added."""
    point = Point(1)
    with pytest.raises(AttributeError, match="Point is immutable: cannot set 'x'"):
        point.x = 2  # type: ignore[misc]  # this is the test
    with pytest.raises(AttributeError, match="cannot set 'z'"):
        point.z = 2
    with pytest.raises(AttributeError, match="cannot delete 'x'"):
        del point.x


def test_equality_is_of_class_and_fields() -> None:
    """Another class with the same fields is another record, as is no record at all."""
    assert Point(1, 2) == Point(1, 2)
    assert Point(1, 2) != Point(2, 1)
    assert Named(1, 2, "a") != Point(1, 2)
    assert Point(1, 2) != (1, 2)


def test_equal_records_have_equal_hashes() -> None:
    """Records can be members of sets and keys."""
    assert len({Point(1, 2), Point(1, 2), Point(2, 1)}) == 2


def test_replace_changes_some_fields() -> None:
    """replace gives a new record of the same class, checked anew."""
    assert Named(1, 2, "a").replace(y=5, name="B") == Named(1, 5, "b")
    with pytest.raises(TypeError, match="'z'"):
        Point(1).replace(z=2)


def test_repr_reads_like_the_constructor() -> None:
    """The repr names class and fields."""
    assert repr(Named(1, 2, "a")) == "Named(x=1, y=2, name='a')"


def test_class_defaults_are_not_shared_between_records() -> None:
    """Making one record leaves the class and the next record alone."""
    Named(1, 2, "other")
    assert Named(1).name == "origin"
