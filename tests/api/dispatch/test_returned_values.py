"""What a handler returns, and what the caller gets."""

import dataclasses
import enum
import io
import json
from http import HTTPStatus
from types import SimpleNamespace

import pytest
from django.http import (
    FileResponse,
    HttpResponse,
    StreamingHttpResponse,
)
from django.template import engines
from django.template.response import SimpleTemplateResponse
from rest_framework.response import Response

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Point:
    x: int
    y: Colour | None


class Code(enum.IntEnum):
    GONE = 410


@pytest.fixture
def answer(client, declare):
    """The response to a call whose handler returns a value."""

    def answer(value, **extra):
        declare(get=lambda args: value)
        return client.get("/shop/item/", **extra)

    return answer


@pytest.mark.parametrize(
    "value",
    [
        {}, {"a": 1}, [], [1, [2]], "text", "", "你好 \u2028 \x00 </script>", 0, 7, -1, 1.5, True,
        False, None, {"code": 500}, {"a": {"b": [None]}}, 2**200,
    ],
)  # fmt: skip
def test_a_value_is_the_data_of_a_200(answer, value):
    response = answer(value)
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(response.content) == {
        "code": 200,
        "data": value,
        "errMsg": "",
        "innerErrMsg": "",
    }


@pytest.mark.parametrize(
    ("value", "data"),
    [(Colour.RED, "red"), ([Code.GONE], [410]), (Point(1, None), {"x": 1, "y": None})],
)
def test_a_member_of_an_enumeration_is_its_value_and_a_dataclass_its_fields(answer, value, data):
    assert json.loads(answer(value).content)["data"] == data


def test_the_envelope_s_bytes_are_utf_8_json_with_their_length(answer):
    response = answer({"名": "你好"})
    assert (
        response.content
        == '{"code":200,"data":{"名":"你好"},"errMsg":"","innerErrMsg":""}'.encode()
    )
    assert response["Content-Length"] == str(len(response.content))


@pytest.mark.parametrize(
    ("code", "data", "message"),
    [
        (500, "no such order", "no such order"),
        (500, "", ""),
        (500, {"msg": "no"}, '{"msg":"no"}'),
        (500, {"msg": "不"}, '{"msg":"不"}'),
        (500, [1, 2], "[1,2]"),
        (500, None, "null"),
        (500, 7, "7"),
        (404, "no", "no"),
        (401, "no", "no"),
        (531, "no", "no"),
        (0, "no", "no"),
        (-1, "no", "no"),
        (201, {"id": 1}, '{"id":1}'),
        (10**20, "no", "no"),
    ],
)
def test_a_code_and_data_are_http_200_with_that_code(answer, code, data, message):
    response = answer((code, data))
    assert response.status_code == 200
    assert response.json() == {"code": code, "data": data, "errMsg": message, "innerErrMsg": ""}


@pytest.mark.parametrize("code", [HTTPStatus.GONE, Code.GONE])
def test_an_enumeration_of_integers_is_a_code(answer, code):
    assert answer((code, "gone")).json()["code"] == 410


@pytest.mark.parametrize(
    "value",
    [
        (), (500,), (500, 1, 2), (True, {}), (False, "x"), ("500", {}), (500.0, {}), (None, {}),
        ({}, 500), ("a", "b"), (200, "a", "b"),
    ],
)  # fmt: skip
def test_any_other_tuple_is_531(answer, value):
    response = answer(value)
    assert (response.status_code, response.json()["code"]) == (500, 531)


@pytest.mark.parametrize(
    ("value", "type_name"),
    [
        (object(), "builtins.object"),
        (b"bytes", "builtins.bytes"),
        (SimpleNamespace(), "types.SimpleNamespace"),
        (iter([]), "builtins.list_iterator"),
        ({}.keys(), "builtins.dict_keys"),
        (1j, "builtins.complex"),
        (io.StringIO(), "StringIO"),
        (len, "builtin_function_or_method"),
    ],
)
@pytest.mark.parametrize("depth", ["bare", "deep", "with a code"])
def test_an_unknown_type_is_531_naming_the_type_in_the_log_only(
    answer, value, type_name, depth, caplog
):
    response = answer(
        {"bare": value, "deep": {"a": [{"b": value}]}, "with a code": (500, value)}[depth]
    )
    assert response.status_code == 500
    body = response.json()
    assert (body["code"], body["data"]) == (531, None)
    assert type_name not in response.content.decode()
    assert type_name in caplog.text
    assert response.content.count(b'"code"') == 1


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), -float("inf"), {"a": [float("nan")]}, (500, float("nan"))]
)
def test_nan_and_infinity_are_531(answer, value):
    response = answer(value)
    assert (response.status_code, response.json()["code"]) == (500, 531)
    assert b"NaN" not in response.content


def test_a_lone_surrogate_is_written_as_an_escape(answer):
    response = answer("\ud800")
    assert b'"\\ud800"' in response.content
    assert response["Content-Length"] == str(len(response.content))


def test_a_file_is_passed_on(client, declare, db):
    declare(
        get=lambda args: FileResponse(io.BytesIO(b"inside"), filename="x.txt", as_attachment=True)
    )
    response = client.get("/shop/item/")
    assert b"".join(response) == b"inside"
    assert 'filename="x.txt"' in response["Content-Disposition"]
    response.close()


def test_a_rest_framework_response_is_passed_on(answer):
    response = answer(Response({"mine": 1}, status=201, headers={"X-Mine": "yes"}))
    assert (response.status_code, response.json()) == (201, {"mine": 1})
    assert response["X-Mine"] == "yes"


@pytest.mark.parametrize(
    "make",
    [
        lambda: HttpResponse("body"),
        lambda: StreamingHttpResponse(iter([b"body"])),
        lambda: Response({"a": 1}),
        lambda: SimpleTemplateResponse(engines["django"].from_string("body")),
        lambda: {"a": 1},
        lambda: (500, "no"),
    ],
    ids=["plain", "streaming", "rest framework", "template", "value", "tuple"],
)
def test_head_takes_the_body_off_any_of_them(client, declare, make):
    declare(get=lambda args: make())
    response = client.head("/shop/item/")
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content
    assert body == b""
