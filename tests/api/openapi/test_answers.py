"""What a handler declares of its answers, in the document and on the wire."""

import datetime
import enum
import json
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import (
    Any,
    Generic,
    Literal,
    NamedTuple,
    NewType,
    NotRequired,
    TypedDict,
    TypeVar,
)  # fmt: skip

import pydantic
import pytest
import typing_extensions
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from rest_framework import serializers

from eaglet.api import ApiError, Page, answers, paginate, param_required, raises
from eaglet.api.openapi.generator import document

pytestmark = pytest.mark.usefixtures("declared")

ID = uuid.UUID("0b7a1d4e-0f5e-4f0e-9d0e-0123456789ab")


T = TypeVar("T")


class Color(enum.Enum):
    RED = "red"


class Member(TypedDict):
    """One who collects points."""

    id: int
    name: NotRequired[str]


@dataclass
class Place:
    x: float
    y: float = 0


class Pair(NamedTuple):
    left: str
    right: Decimal


class Node(TypedDict):
    children: "list[Node]"


class Model(pydantic.BaseModel):
    count: int
    at: datetime.datetime | None = None


class Tree(pydantic.BaseModel):
    user_id: int = pydantic.Field(alias="userId")
    below: "list[Tree]" = []


class Box(pydantic.BaseModel, Generic[T]):
    held: T


class MemberPage(Page[Member]):
    color: Color | Literal["a", 1]


class PatientMember(typing_extensions.TypedDict):
    prices: Iterable[Decimal]


class MemberSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    note = serializers.CharField(allow_null=True)
    secret = serializers.CharField(write_only=True)


def schema_of_200(schema, verb="get", path="/shop/item/"):
    content = schema["paths"][path][verb]["responses"]["200"]["content"]["application/json"]
    whole = {**content["schema"], "components": schema["components"]}
    known = Draft202012Validator.FORMAT_CHECKER
    return content, Draft202012Validator(whole, format_checker=known)


def envelope(data, code=200):
    return {"code": code, "data": data, "errMsg": "", "innerErrMsg": ""}


Priced = typing_extensions.TypeAliasType("Priced", dict[str, T], type_params=(T,))
Pairs = typing_extensions.TypeAliasType("Pairs", list[Pair])


class Sealed(typing_extensions.TypedDict):
    id: typing_extensions.ReadOnly[NotRequired[int]]


Later = TypedDict("Later", {"a": "int", "b": "NotRequired[int]"})  # noqa: UP013 - text
NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)
PAGE = {"items": [{"id": 1}], "page": 1, "count_per_page": 1, "total_count": 1, "max_page": 1,
        "has_next": False, "has_prev": False}  # fmt: skip
Number = NewType("Number", int)
SHAPES = [
    (int, 7, 7, "7"),
    (str | None, None, None, 7),
    (Member, {"id": 7}, {"id": 7}, {"name": "x"}),
    (list[Member], [{"id": 7, "name": "x"}], [{"id": 7, "name": "x"}], [{"id": "7"}]),
    (dict[str, Member], {"a": {"id": 1}}, {"a": {"id": 1}}, {"a": 1}),
    (Place, Place(1.5), {"x": 1.5, "y": 0}, {"y": 1}),
    (Pair, Pair("l", Decimal("1.50")), {"left": "l", "right": "1.50"}, ["l", "1.50"]),
    (list[Pair], [Pair("l", Decimal(1))], [{"left": "l", "right": "1"}], [["l", "1"]]),
    (Color, Color.RED, "red", "blue"),
    (Literal["a", 1, None], None, None, 2),
    (int | list[Place], [Place(1, 2)], [{"x": 1, "y": 2}], "x"),
    (datetime.datetime, NOON, "2026-01-31 12:00:00", "2026-01-31T12:00:00Z"),
    (datetime.date, datetime.date(2026, 1, 31), "2026-01-31", 7),
    (Decimal, Decimal("1.50"), "1.50", 1.5),
    (uuid.UUID, ID, str(ID), 7),
    (Node, {"children": [{"children": []}]}, {"children": [{"children": []}]}, {"children": [1]}),
    (Model, Model(count=1), {"count": 1, "at": None}, {"count": "x"}),
    (Member | tuple[int, str], (1001, "no"), "no", None),
    (None, None, None, 0),
    (Later, {"a": 1}, {"a": 1}, {"b": 1}),
    (datetime.date, datetime.date.min, "0001-01-01", "2026-1-1"),
    (MemberPage, {**PAGE, "color": Color.RED}, {**PAGE, "color": "red"},
     {**PAGE, "items": [{"id": "x"}], "color": "red"}),
    (PatientMember, {"prices": [Decimal(1)]}, {"prices": ["1"]}, {"prices": [1]}),
    (Tree, Tree(userId=1, below=[Tree(userId=2)]),
     {"userId": 1, "below": [{"userId": 2, "below": []}]}, {"userId": 1, "below": [{}]}),
    (Box[int], Box[int](held=1), {"held": 1}, {"held": "x"}),
    (Number, 7, 7, "7"),
    (Literal[Color.RED], Color.RED, "red", "RED"),
    (dict, {}, {}, []),
    (Priced[Decimal], {"a": Decimal(1)}, {"a": "1"}, {"a": 1}),
    (Pairs, [Pair("l", Decimal(1))], [{"left": "l", "right": "1"}], [["l", "1"]]),
    (set[Pair], {Pair("l", Decimal(1))}, [{"left": "l", "right": "1"}], [["l", "1"]]),
    (Sealed, {}, {}, {"id": "x"}),
    (datetime.time, datetime.time(8, 30), "08:30:00", "8:30"),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "given", "written", "wrong"), SHAPES, ids=lambda v: str(v)[:30])
def test_a_return_annotation_is_the_schema_of_data_in_the_envelope(
    client, declare, settings, shape, given, written, wrong
):
    settings.TIME_ZONE = "UTC"
    settings.EAGLET_CHECK_ANSWERS = True

    def get(args):
        return given

    get.__annotations__["return"] = shape
    declare(get=get)
    schema = document()
    validate(schema)
    content, validator = schema_of_200(schema)
    answer = client.get("/shop/item/").json()
    assert answer["data"] == written
    validator.validate(answer)
    validator.validate(content["example"])
    assert not validator.is_valid(envelope(wrong))
    assert not validator.is_valid(written)  # without the envelope
    assert validator.is_valid(envelope(wrong, code=500))  # a refusal's data is its own


@pytest.mark.skipif(sys.version_info < (3, 12), reason="has no type statement")
def test_an_alias_may_hold_itself(client, declare):
    made: dict[str, Any] = {}
    exec("type Tree[T] = T | list[Tree[T]]", made)

    def get(args) -> made["Tree"][Pair]:
        return [Pair("l", Decimal(1)), [Pair("r", Decimal(2))]]

    declare(get=get)
    schema = document()
    validate(schema)
    content, validator = schema_of_200(schema)
    answer = client.get("/shop/item/").json()
    assert answer["data"] == [{"left": "l", "right": "1"}, [{"left": "r", "right": "2"}]]
    validator.validate(answer)
    validator.validate(content["example"])
    assert not validator.is_valid(envelope([[1]]))


def test_a_time_may_be_written_without_its_zone(client, declare, settings):
    settings.EAGLET_CHECK_ANSWERS = True
    values = {"at": "2026-01-31T08:30:00", "opens": "08:30:00"}
    fields = {"at": serializers.DateTimeField(), "opens": serializers.TimeField()}
    declare(get=answers(type("Hours", (serializers.Serializer,), fields))(lambda args: values))
    assert client.get("/shop/item/").json()["data"] == values


def test_a_page_is_one_of_items_of_a_type(client, declare):
    def get(args) -> Page[Member]:
        return paginate([1, 2], args, each=lambda number: {"id": number})

    declare(get=get)
    schema = document()
    validate(schema)
    content, validator = schema_of_200(schema)
    validator.validate(client.get("/shop/item/").json())
    assert content["example"]["data"]["items"] == [{"id": 1, "name": "text"}]
    page = schema["components"]["schemas"]["PageOfMember"]["properties"]
    assert page["items"]["items"] == {"$ref": "#/components/schemas/Member"}
    assert schema["components"]["schemas"]["Member"] == {
        "type": "object",
        "description": "One who collects points.",
        "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
        "required": ["id"],
    }


@pytest.mark.parametrize("many", [False, True])
def test_a_serializer_says_what_is_answered(client, declare, many):
    data = {"id": 1, "note": None}
    shape = MemberSerializer(many=True) if many else MemberSerializer

    @answers(shape)
    @param_required(["?x"])
    def get(args):
        return [MemberSerializer(data).data] if many else MemberSerializer(data).data

    declare(get=get)
    schema = document()
    validate(schema)
    _content, validator = schema_of_200(schema)
    validator.validate(client.get("/shop/item/").json())
    assert not validator.is_valid(envelope([{"id": "x"}] if many else {"id": "x"}))


def test_two_records_of_one_name_are_two_components(declare):
    class other(TypedDict):
        points: int

    other.__name__, other.__module__ = "Member", "elsewhere"

    def get(args) -> Member: ...
    def put(args) -> other: ...

    declare(get=get, put=put)
    found = document()["components"]["schemas"]
    assert set(found["Member"]["properties"]) == {"id", "name"}
    assert set(found["elsewhere_Member"]["properties"]) == {"points"}


class EnvelopeSerializer(serializers.Serializer):
    code = serializers.IntegerField()
    data = serializers.CharField()


def test_what_is_called_alike_is_told_apart_whatever_it_is(client, declare):
    theirs = pydantic.create_model("Member", __module__="theirs", points=(int, ...))
    holding = pydantic.create_model("Held", __module__="theirs", member=(theirs, ...))

    def get(args) -> Member:
        return {"id": 1}

    @answers(MemberSerializer)
    def put(args):
        return MemberSerializer({"id": 1, "note": None}).data

    def post(args) -> holding:
        return holding(member=theirs(points=1))

    @extend_schema(responses=holding)
    def patch(args): ...

    @answers(EnvelopeSerializer)
    def delete(args): ...

    declare(get=get, put=put, post=post, patch=patch, delete=delete)
    schema = document()
    validate(schema)
    good = {"get": {"id": 1}, "put": {"id": 1, "note": None}, "post": {"member": {"points": 1}},
            "patch": {"member": {"points": 1}}, "delete": {"code": 1, "data": "x"}}  # fmt: skip
    fits = {
        verb: "".join(other[:2] for other, data in good.items() if one.is_valid(envelope(data)))
        for verb in good
        for one in [schema_of_200(schema, verb)[1]]
    }
    assert fits == {"get": "gepu", "put": "pu", "post": "popa", "patch": "popa", "delete": "de"}


def test_what_says_nothing_of_its_answer_is_described_as_before(declare):
    def get(args) -> HttpResponse: ...
    def put(args) -> Any: ...
    def post(args) -> tuple[int, Any] | HttpResponse: ...

    declare(get=get, put=put, post=post, delete=lambda args: 1)
    schema = document()
    for verb in ("get", "put", "post", "delete"):
        content, _validator = schema_of_200(schema, verb)
        assert content == {"schema": {"$ref": "#/components/schemas/Envelope"}}


class Nothing:
    pass


@pytest.mark.parametrize(
    "shape",
    [Nothing, list[Nothing], dict[Nothing, int], "Missing", "dict[str, Missing]", {1: 2}],
)
def test_an_annotation_that_no_schema_can_be_made_of_is_an_error(declare, shape):
    def get(args): ...

    get.__annotations__["return"] = shape
    with pytest.raises(ImproperlyConfigured) as caught:
        declare(get=get)
    message = str(caught.value)
    assert "Declared" in message
    assert " get answers" in message
    assert "Nothing" in message or "Missing" in message or "{1: 2}" in message


def test_it_is_an_error_when_the_service_starts(project):
    resources = """
from eaglet.api import ApiResource
class Later: pass
class AItem(ApiResource):
    app, resource = 'shop', 'item'
    def put(args) -> 'list[Later]': ...
"""
    files = {"shop/__init__.py": "", "shop/resources.py": resources}
    ran = project("import django; django.setup()", files, "INSTALLED_APPS += ['shop']")
    assert ran.returncode == 1
    last = ran.stderr.strip().splitlines()[-1]
    assert "ImproperlyConfigured: shop.resources.AItem" in last
    assert "what put answers, list[shop.resources.Later]" in last


@pytest.mark.parametrize("with_setting", [True, False])
def test_extend_schema_says_what_data_is_and_never_drops_the_envelope(
    declare, settings, with_setting
):
    if with_setting:
        settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    described = OpenApiResponse({"type": "integer"}, examples=[OpenApiExample("one", value=7)])

    @extend_schema(summary="Said otherwise.", responses={200: described, 404: MemberSerializer})
    @param_required(["id:int"])
    def get(args): ...

    @extend_schema(responses=MemberSerializer)
    def delete(args): ...

    @extend_schema(responses=OpenApiResponse(description="Said."))
    def post(args) -> Member: ...

    declare(get=get, delete=delete, post=post)
    schema = document()
    validate(schema)
    content, validator = schema_of_200(schema)
    assert schema["paths"]["/shop/item/"]["get"]["summary"] == "Said otherwise."
    assert [one["value"] for one in content["examples"].values()] == [envelope(7)]
    assert validator.is_valid(envelope(7))
    assert not validator.is_valid(envelope("x"))
    assert not validator.is_valid(7)
    missing = schema["paths"]["/shop/item/"]["get"]["responses"]["404"]["content"]
    assert "Envelope" in json.dumps(missing)
    responses = schema["paths"]["/shop/item/"]["delete"]["responses"]
    assert not {"201", "204"} & set(responses)
    _content, validator = schema_of_200(schema, "delete")
    assert not validator.is_valid(envelope({"id": "x"}))
    said = schema["paths"]["/shop/item/"]["post"]["responses"]["200"]
    assert said["description"] == "Said."
    assert "Envelope" in json.dumps(said["content"])


class NoSuchMember(ApiError):
    """There is no such member."""

    code = 1001


class NotEnoughPoints(ApiError):
    code = 1002


def test_refusals_stand_in_the_document_and_have_their_code_and_message(client, declare):
    @raises(NoSuchMember)
    @param_required(["id:int"])
    @raises(NotEnoughPoints)
    def get(args):
        if args["id"] == 1:
            raise NoSuchMember
        raise NotEnoughPoints("only 7", data={"points": 7})

    declare(get=get)
    schema = document()
    validate(schema)
    operation = schema["paths"]["/shop/item/"]["get"]
    assert operation["x-eaglet-refusals"] == [
        {"code": 1001, "name": "NoSuchMember", "description": "There is no such member."},
        {"code": 1002, "name": "NotEnoughPoints", "description": "NotEnoughPoints"},
    ]
    assert "1001 NoSuchMember, 1002 NotEnoughPoints" in operation["responses"]["200"]["description"]
    answer = client.get("/shop/item/?id=1").json()
    assert (answer["code"], answer["errMsg"]) == (1001, "There is no such member.")
    answer = client.get("/shop/item/?id=2").json()
    assert (answer["code"], answer["errMsg"], answer["data"]) == (1002, "only 7", {"points": 7})


@pytest.mark.parametrize("wrong", [ValueError, 1001, ApiError("x")])
def test_what_is_no_refusal_is_an_error_at_declaration(wrong):
    with pytest.raises(ImproperlyConfigured, match="subclasses of ApiError"):
        raises(wrong)(lambda args: 1)


def test_two_refusals_of_one_code_are_an_error():
    class Other(ApiError):
        code = 1001

    with pytest.raises(ImproperlyConfigured, match="1001, 1001"):
        raises(Other, NoSuchMember)(lambda args: 1)


@pytest.mark.parametrize("code", ["1001", True, None, 200])
def test_the_code_of_a_refusal_is_a_number(code):
    with pytest.raises(ImproperlyConfigured, match="a code of its own for each"):
        raises(type("Odd", (ApiError,), {"code": code}))(lambda args: 1)
