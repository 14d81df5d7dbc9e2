"""What `compare_api` says of changed declarations, by the documents that are made of them."""

import datetime
import enum
from decimal import Decimal
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

import pydantic
import pytest

from eaglet.api import (
    ApiError,
    ApiResource,
    Page,
    access_token_required,
    param_required,
    raises,
    registry,
)
from eaglet.api.openapi.generator import document
from eaglet.contracts.comparison import changes


class Line(TypedDict):
    sku: str
    n: int


class Priced(TypedDict):
    sku: str
    n: float


class Noted(Line):
    note: NotRequired[str]


class Signed(Line):
    by: str


class Loose(TypedDict):
    sku: str
    n: NotRequired[int]


class Nullable(TypedDict):
    sku: str | None
    n: int


class Kind(TypedDict):
    sku: Literal["a", "b"]
    n: int


class Short(pydantic.BaseModel):
    sku: str = pydantic.Field(max_length=5)
    n: int


class Long(pydantic.BaseModel):
    sku: str
    n: int


class Color(enum.Enum):
    RED = "r"


class Point(NamedTuple):
    x: int
    y: str = ""


class Deep(NamedTuple):
    x: int
    y: str = ""
    z: int = 0


class First(ApiError):
    code = 1001


class Second(ApiError):
    code = 1002


def takes(*declarations, **models):
    return param_required(declarations, **models)


def model(hint):
    return takes("a:json", a=hint)


def gives(hint):
    def decorate(function):
        function.__annotations__["return"] = hint
        return function

    return decorate


def as_it_is(function):
    return function


BOTH, QUERY, BODY = ("get", "post"), ("get",), ("post",)

# Of each pair, where what was comes to what is, whether that breaks callers, and the way back.
WIDENED = [
    *((BOTH, takes(old), takes(new)) for old, new in [
        ("a:int", "a:float"), ("a:int", "?a:int"), ("a:int(0..9)", "a:int"),
        ("a:int(0..9)", "a:int(0..10)"), ("a:int(0..9)", "a:int(-1..9)"),
        ("a:int(0..9)", "a:int(0..)"), ("a:int(0..9)", "a:float(0..9)"),
        ("a:int(1|2)", "a:int(0..5)"), ("a:int(1|2)", "a:int(1|2|3)"), ("a:int", "a"),
        ("a:str(x|y)", "a:str(x|y|z)"), ("a:str(x|y)", "a:str"), ("a:str(x|y)", "a:str(1..3)"),
        ("a:str(1..40)", "a:str(1..50)"), ("a:str(2..40)", "a:str(1..40)"),
        ("a:str(..40)", "a:str"), ("a:list[int]", "a:list"), ("a:list[int]", "a:list[float]"),
        ("a:list[int(0..5)]", "a:list[int(0..6)]"), ("a:list[str(x)]", "a:list[str(x|y)]"),
        ("a:list[int](..5)", "a:list[int](..6)"), ("a:list(1..)", "a:list"),
        ("?a:int(1..5)=1", "?a:int(1..6)=1"), ("a:date", "a:str"), ("a:datetime", "a:str"),
        ("a:date(2026-01-01..)", "a:date"), ("a:date(2026-02-01..)", "a:date(2026-01-01..)"),
        ("a:decimal(..9.99)", "a:decimal(..10)"), ("a:float(0..1)", "a:float(0..1.5)"),
        ("?a:int", "?a:int=2"), ("?a:int", "?a"),
    ]),
    *((QUERY, takes(old), takes(new)) for old, new in [("a:int", "a:str"), ("a:bool", "a:str")]),
    (BOTH, takes("b:int"), takes("b:int", "?a:int")),
    (BOTH, takes("b:int"), takes("b:int", "?a:list[int]")),
    (BOTH, takes("b:int"), takes("b:int", "?a:json")),
    *((BODY, takes(old), takes(new)) for old, new in [
        ("a:file(..5MB)", "a:file(..6MB)"), ("a:file(image/png)", "a:file(image/png|image/gif)"),
        ("a:file(image/png)", "a:file(image/*)"), ("a:file(image/png)", "a:file"),
        ("a:file", "?a:file"),
    ]),
    *((BODY, model(old), model(new)) for old, new in [
        (Line, Priced), (Line, Noted), (Line, Loose), (Line, Nullable), (Kind, Line),
        (Short, Long), (list[Line], list[Noted]), (dict[str, Line], dict[str, Priced]),
        (Line, Line | list[Line]), (Line, Any), (Literal[1, "a"], int | str),
    ]),
    *((BOTH, gives(old), gives(new)) for new, old in [
        (Line, Priced), (Noted, Line), (Signed, Line), (Line, Loose), (Line, Nullable),
        (Kind, Line), (list[Signed], list[Line]), (dict[str, Line], dict[str, Priced]),
        (int, int | str), (Color, str), (int, float), (datetime.date, str), (Decimal, str),
        (Page[Noted], Page[Line]), (Deep, Point), (list[int], list[int | None]),
        (list[tuple[str, int]], list[list[str | int]]), (list[tuple[Noted, int]],
        list[tuple[Line, int]]), (Literal[1, "a"], int | str), (Line, dict),
    ]),
    (BOTH, access_token_required(), as_it_is),
    (BOTH, access_token_required(["a.b:get", "c.d:get"]), access_token_required(["a.b:get"])),
    (BOTH, raises(First), raises(First, Second)),
]  # fmt: skip
OTHERS = [
    *((BOTH, takes(old), takes(new)) for old, new in [
        ("a:int", "b:int"), ("a:int(0..9)", "a:int(1..10)"), ("a:list[int]", "a:int"),
        ("a:str(xxxx|y)", "a:str(1..3)"), ("?a:int=1", "?a:int=2"), ("a:int", "A:int"),
        ("a:date", "a:datetime"), ("a:bool", "a:int"), ("a:list[int]", "a:list[str]"),
    ]),
    (BODY, takes("a:int"), takes("a:str")),
    (BODY, model(Line), model(Signed)),
    (BODY, model(Line), model(list[Line])),
    (BODY, takes("a:file"), takes("a:list[file]")),
    *((BOTH, gives(old), gives(new)) for old, new in [
        (Line, list[Line]), (Decimal, float), (datetime.date, datetime.datetime), (bool, int),
        (list[tuple[str, str]], list[tuple[str, str, int]]), (list[Line], Page[Line]), (None, int),
    ]),
    (BOTH, access_token_required(["a.b:get"]), access_token_required(["c.d:get"])),
]  # fmt: skip
ALIKE = [
    (BOTH, takes("a:str(x|y)"), takes("a:str(y|x)")),
    (BOTH, takes("a:int", "b:int"), takes("b:int", "a:int")),
    (BODY, model(Line), model(Long)),
    (BOTH, gives(Line), gives(Long)),
    (BOTH, gives(Literal["r"]), gives(Color)),
    (BOTH, gives(list[tuple[int, ...]]), gives(list[list[int]])),
]
CASES = [
    (verb, old, new, breaks)
    for pairs, on, back in ((WIDENED, False, True), (OTHERS, True, True), (ALIKE, False, False))
    for verbs, *pair in pairs
    for verb in verbs
    for old, new, breaks in ((*pair, on), (*reversed(pair), back))
]


def made_of(side):
    for number, case in enumerate(CASES):
        handler = case[side](lambda args: None)
        body = {"app": "shop", "resource": f"r{number}", "__module__": __name__, case[0]: handler}
        type(ApiResource)("Declared", (ApiResource,), body)
    made = document()
    for resource in [*registry.registered()]:
        if resource.app == "shop":
            registry.unregister(resource)
    return made


@pytest.fixture(scope="module")
def broken():
    return {one.path for one in changes(made_of(1), made_of(2)) if one.breaks}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_a_changed_declaration_breaks_callers_or_does_not(broken, number):
    assert (f"/shop/r{number}/" in broken) == CASES[number][3]


def test_what_breaks_is_named_by_its_path_in_the_data_whatever_else_may_be_answered(declare):
    made = []
    for shape in (Page[Signed], Page[Line]):
        declared = declare(get=gives(shape)(lambda args: None))
        made.append(document())
        registry.unregister(declared)
    [broken] = [one for one in changes(*made) if one.breaks]
    assert broken.text == "answer 200 data.items[].by: required -> absent"
    assert broken.field == "data.items[].by"


class Mine(TypedDict):
    line: "Yours | Line | None"


class Yours(TypedDict):
    mine: Mine | None


def test_what_holds_itself_by_way_of_others_is_compared_with_all_that_it_holds(declare):
    declare(get=gives(Mine)(lambda args: None), put=gives(Yours)(lambda args: None))
    old, new = document(), document()
    new["components"]["schemas"]["Line"]["required"] = ["n"]
    for first in ("get", "put"):
        documents = [{**one, "paths": {"/shop/item/": {
            verb: one["paths"]["/shop/item/"][verb] for verb in (first, "get", "put")
        }}} for one in (old, new)]  # fmt: skip
        assert {one.verb for one in changes(*documents) if one.breaks} == {"get", "put"}
