"""What the limits, defaults, elements and models of parameters take and refuse."""

import datetime
import enum
import re
import sys
import uuid
from dataclasses import InitVar, dataclass, field
from decimal import Decimal
from io import BytesIO
from typing import Literal, NamedTuple, NotRequired, TypedDict

import pydantic
import pytest
from django.core.exceptions import ImproperlyConfigured

from eaglet.exceptions import InvalidParam
from eaglet.params import RepeatedValues, param_required


class Upload(BytesIO):
    def __init__(self, size, content_type):
        super().__init__()
        self.size, self.content_type = size, content_type


def taken(declaration, *value, **models):
    name = re.split("[:=]", declaration.strip("?"))[0]
    args = dict(zip([name], value, strict=False))
    return param_required([declaration], **models)(lambda args: args)(args)


def refused(declaration, value, **models):
    with pytest.raises(InvalidParam) as caught:
        taken(declaration, value, **models)
    [fault] = caught.value.faults
    return fault.reason


@pytest.mark.parametrize(
    ("declaration", "good", "bad", "reason"),
    [
        ("a:int(0..150)", ["0", 150], ["-1", 151], "not within 0..150"),
        ("a:float(0.5..)", ["0.5", 1e9], ["0.4"], "not within 0.5.."),
        ("a:decimal(..9.99)", ["9.99"], ["9.991"], "not within ..9.99"),
        ("a:date(2026-01-01..2026-12-31)", ["2026-06-01"], ["2027-01-01"], "not within 2026"),
        ("a:date(2026-01-01..)", ["2026-01-01", "9999-12-31"], ["2025-12-31"], "not within 2026"),
        ("a:date(..2026-01-01)", ["0001-01-01"], ["2026-01-02"], "not within ..2026"),
        ("a:list[date(2026-01-01..)]", [["2026-01-01"]], [["2025-12-31"]], r"\[0\]: not within"),
        ("a:str(1..3)", ["a", "\u4f60\u597d\u554a"], ["", "abcd"], "length not within 1..3"),
        ("a:str(card|cash)", ["card"], ["Card", ""], "not one of card, cash"),
        ("a:int(1|2)", ["1", 2], [3], "not one of 1, 2"),
        ("a:list(1..2)", ["[1]", [1, 2]], [[], [1, 2, 3]], "length not within 1..2"),
        ("a:list[int]", ['["1", 2]', RepeatedValues(["1", "2"])], [["x"]], r"\[0\]: not an int"),
        ("a:list[str(..2)]", [["ab"]], [["ab", "abc"]], r"\[1\]: length not within ..2"),
        ("a:file(..1KB)", [Upload(1024, "")], [Upload(1025, ""), BytesIO()], "size not within"),
        (
            "a:file(image/png|image/jpeg)",
            [Upload(1, "image/png; x=y")], [Upload(1, "text/html")], "not of the media type image",
        ),
        ("a:file", [Upload(1, "")], ["text", {}, 7], "not a file"),
    ],
)  # fmt: skip
def test_what_is_within_the_limits_is_taken_and_nothing_else(declaration, good, bad, reason):
    for value in good:
        assert "a" in taken(declaration, value)
    for value in bad:
        with pytest.raises(InvalidParam, match=reason):
            taken(declaration, value)


def test_elements_are_converted():
    assert taken("ids:list[int]", RepeatedValues(["1", "2"])) == {"ids": [1, 2]}
    assert taken("days:list[date]", '["2026-01-02"]') == {"days": [datetime.date(2026, 1, 2)]}
    assert refused("ids:list[int]", ["1", "x", "y"]) == "[1]: not an integer; [2]: not an integer"
    assert refused("ids:list[int]", ["x"] * 1000).count("not an integer") == 20


def test_a_default_stands_for_what_is_not_sent_or_null():
    assert taken("?page:int=1") == taken("?page:int=1", None) == {"page": 1}
    assert taken("?page:int=1", "2") == {"page": 2}
    assert taken("?name=x", None) == {"name": "x"}
    first = taken("?tags:list=[]")["tags"]
    first.append(1)
    assert taken("?tags:list=[]") == {"tags": []}


def test_an_optional_parameter_that_is_null_counts_as_not_sent():
    assert taken("?age:int(1..)", None) == {}
    assert taken("?order:json", None) == {}
    assert refused("age:int", None) == "null"


class Color(enum.Enum):
    RED = "red"


class Item(TypedDict):
    price: Decimal
    note: NotRequired[str]


@dataclass
class Place:
    x: int
    y: int = 0
    made: int = field(default=7, init=False)


class Pair(NamedTuple):
    left: str
    right: int | str = 0


class Node(TypedDict):
    children: "list[Node]"


class Order(TypedDict):
    items: list[Item]
    day: datetime.date | None
    color: Color
    id: uuid.UUID
    kind: Literal["a", 1]
    place: Place
    pair: Pair
    counts: dict[str, int]
    node: Node


ID = "0b7a1d4e-0f5e-4f0e-9d0e-0123456789ab"
ORDER = {
    "items": [{"price": "1.50"}, {"price": 2, "note": "n"}], "day": None, "color": "red",
    "id": ID, "kind": 1, "place": {"x": "3", "made": 1}, "pair": {"left": "l", "right": "7"},
    "counts": {"a": 1}, "node": {"children": [{"children": []}]}, "unknown": 1,
}  # fmt: skip


@dataclass
class Scaled:
    x: int
    by: InitVar[int]


def test_a_model_whose_making_takes_more_than_its_fields_is_an_error():
    with pytest.raises(ImproperlyConfigured, match="Scaled has an InitVar"):
        param_required(["a:json"], a=Scaled)


@pytest.mark.skipif(sys.version_info < (3, 12), reason="has no type statement")
def test_a_model_may_be_an_alias_that_holds_itself():
    made = {}
    exec("type Tree[T] = T | list[Tree[T]]", made)
    assert taken("a:json", [1, [2]], a=made["Tree"][int])["a"] == [1, [2]]
    assert "not an integer" in refused("a:json", [1, ["x"]], a=made["Tree"][int])


def test_a_model_of_plain_python_types_is_checked_and_converted():
    made = taken("order:json", ORDER, order=Order)["order"]
    assert made == {
        "items": [{"price": Decimal("1.50")}, {"price": Decimal(2), "note": "n"}], "day": None,
        "color": Color.RED, "id": uuid.UUID(ID), "kind": 1, "place": Place(3),
        "pair": Pair("l", "7"), "counts": {"a": 1}, "node": {"children": [{"children": []}]},
    }  # fmt: skip
    assert taken("order:json", made, order=Order)["order"] == made  # from Python, too


def test_what_is_wrong_in_a_model_is_named_by_its_path():
    order = {
        **ORDER, "items": [{"price": "x"}, {}], "day": "d", "color": "blue", "id": 1, "kind": True,
        "place": [], "counts": {"a": "z"}, "node": {"children": [{"children": 1}]},
    }  # fmt: skip
    del order["pair"]
    assert refused("order:json", order, order=Order).split("; ") == [
        "items[0].price: not a decimal number", "items[1].price: missing",
        "day: not a date (YYYY-MM-DD) / not null", "color: not one of red", "id: not a UUID",
        "kind: not one of a, 1", "place: not an object", "pair: missing",
        "counts.a: not an integer", "node.children[0].children: not a list",
    ]  # fmt: skip
    assert refused("order:json", "[1]", order=Order) == "not an object"
    assert refused("items:json", [{}], items=list[Item]) == "[0].price: missing"


class Model(pydantic.BaseModel):
    x: int
    ys: list[int] = []


def test_a_pydantic_model_makes_its_own():
    assert taken("m:json", '{"x": 1}', m=Model) == {"m": Model(x=1)}
    assert refused("m:json", {"x": "q", "ys": [1, "z"]}, m=Model).startswith("x: Input should be")
    assert "ys[1]: Input" in refused("m:json", {"x": 1, "ys": [1, "z"]}, m=Model)
