"""Sections 4 and 5: what a caller is told of parameters that are missing or wrong."""

import functools

import pytest
from django.test.client import MULTIPART_CONTENT

from eaglet.api import ApiResource, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


def test_all_faults_of_a_request_are_told_at_once(client, declare):
    declare(post=param_required(["a", "b:int", "?c:bool", "?d:date", "e:str"])(lambda args: args))
    response = client.post("/shop/item/?b=x&c=maybe", {"d": "2020-13-01", "e": "fine"})
    assert response.status_code == 400
    assert response.json() == {
        "code": 400,
        "data": None,
        "errMsg": "a: missing; b: not an integer; c: not a boolean; d: not a date (YYYY-MM-DD)",
        "innerErrMsg": "",
        "errors": [
            {"param": "a", "reason": "missing"},
            {"param": "b", "reason": "not an integer"},
            {"param": "c", "reason": "not a boolean"},
            {"param": "d", "reason": "not a date (YYYY-MM-DD)"},
        ],
    }


@pytest.mark.parametrize(
    "type_", ["str", "int", "float", "bool", "json", "decimal", "date", "datetime"]
)
def test_a_typed_parameter_given_several_times_is_an_error(client, declare, type_):
    declare(get=param_required([f"a:{type_}"])(lambda args: 1),
            post=param_required([f"?a:{type_}"])(lambda args: 1))  # fmt: skip
    for response in (
        client.get("/shop/item/?a=1&a=1"),
        client.get("/shop/item/?a=%31&a=1"),
        client.post("/shop/item/", {"a": ["1", "1"]}),
        client.post("/shop/item/", {"a": ["1", "1"]}, MULTIPART_CONTENT),
    ):
        assert response.status_code == 400
        assert response.json()["errors"] == [{"param": "a", "reason": "given several times"}]


def test_a_list_takes_repeated_keys_and_json(client, declare):
    declare(get=param_required(["a:list"])(lambda args: args["a"]),
            post=param_required(["a:list"])(lambda args: args["a"]))  # fmt: skip
    assert client.get("/shop/item/?a=1&a=2").json()["data"] == ["1", "2"]
    assert client.get('/shop/item/?a=[1,"2"]').json()["data"] == [1, "2"]
    assert client.get("/shop/item/?a=1").status_code == 400
    assert client.post("/shop/item/", {"a": [1, None]}, "application/json").json()["data"] == [
        1,
        None,
    ]


@pytest.mark.parametrize(
    "type_", ["str", "int", "float", "bool", "json", "decimal", "date", "datetime", "list"]
)
def test_null_is_an_error_for_a_required_parameter_of_a_type(client, declare, type_):
    declare(post=param_required([f"a:{type_}"])(lambda args: args))
    response = client.post("/shop/item/", {"a": None}, "application/json")
    assert response.json()["errors"] == [{"param": "a", "reason": "null"}]


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("int", "-" + "9" * 100_000),
        ("decimal", "0e-99999999"),
        ("json", '{"a":' * 100_000),
        ("list", "[" * 100_000),
        ("str", "a\x00b"),
        ("datetime", "9999-12-31T23:59:59-23:59"),
        ("json", "\ud800"),
    ],
    ids=lambda value: value[:20],
)
def test_what_is_too_large_or_too_deep_is_400_and_never_a_fault(
    client, declare, type_, value, caplog
):
    declare(post=param_required([f"a:{type_}"])(lambda args: args))
    response = client.post("/shop/item/", {"a": value}, "application/json")
    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert error["param"] == "a"
    assert len(error["reason"]) < 100
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


@param_required(["deep:int"])
def deeper(args):
    return args["deep"]


@pytest.mark.parametrize("given", [{}, {"deep": "x"}])
def test_a_param_error_from_deeper_down_is_a_fault_of_the_service(client, declare, given, caplog):
    declare(
        get=param_required(["a"])(lambda args: deeper(dict(given))), post=lambda args: deeper(args)
    )
    response = client.get("/shop/item/?a=1")
    assert (response.status_code, response.json()["code"]) == (500, 531)
    assert "errors" not in response.json()
    assert "deep" not in response.content.decode()
    assert "deep: " in caplog.text
    assert client.post("/shop/item/").json()["code"] == 531


def wrapping(function):
    @functools.wraps(function)
    def wrapper(args):
        return ["wrapped", function(args)]

    return wrapper


def not_wrapping(function):
    def wrapper(args):
        return ["wrapped", function(args)]

    return wrapper


def copying(function):
    @functools.wraps(function)
    def wrapper(args):
        return ["wrapped", function(dict(args))]

    return wrapper


def copying_without_wraps(function):
    def wrapper(args):
        return ["wrapped", function(dict(args))]

    return wrapper


FOREIGN = [wrapping, not_wrapping, copying, copying_without_wraps]


@pytest.mark.parametrize("foreign", FOREIGN)
@pytest.mark.parametrize("static", [False, True])
def test_a_foreign_decorator_around_it_changes_nothing(client, declared, foreign, static):
    class AItem(ApiResource):
        app = "shop"
        resource = "item"

        if static:

            @staticmethod
            @foreign
            @param_required(["id:int", "?x:int"])
            def get(args):
                return args["id"]

        else:

            @foreign
            @param_required(["id:int", "?x:int"])
            def get(args):
                return args["id"]

    assert client.get("/shop/item/?id=7").json()["data"] == ["wrapped", 7]
    response = client.get("/shop/item/?x=a")
    assert response.status_code == 400
    assert [error["param"] for error in response.json()["errors"]] == ["id", "x"]


def test_two_declarations_are_checked_together_and_converted_once(client, declare):
    stacked = param_required(["a:json", "c"])(
        param_required(["b:int", "a:json"])(lambda args: args)
    )
    declare(get=stacked)
    response = client.get("/shop/item/?b=x&a={")
    assert [error["param"] for error in response.json()["errors"]] == ["a", "c", "b"]
    response = client.get("/shop/item/", {"a": '"5"', "b": "1", "c": "x"})
    assert response.json()["data"] == {"a": "5", "b": 1, "c": "x"}


def test_faults_are_told_in_the_language_of_the_caller(client, declare):
    declare(post=param_required(["a", "b:int", "c:json", "?d:list"])(lambda args: args))
    sent = {"b": "x", "c": "[NaN]", "d": 7}
    told = {}
    for language in ("zh-hans", "en", "de"):
        response = client.post(
            "/shop/item/", sent, "application/json", headers={"Accept-Language": language}
        )
        assert response.status_code == 400
        told[language] = {each["param"]: each["reason"] for each in response.json()["errors"]}
    assert told["zh-hans"] == {
        "a": "缺少该参数",
        "b": "不是整数",
        "c": "不是有效的 JSON：NaN 不是 JSON",
        "d": "不是列表（JSON 数组，或重复的键）",
    }
    assert told["en"] == told["de"]
    assert told["en"]["a"] == "missing"
