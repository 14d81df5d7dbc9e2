"""What stands in `args`."""

import copy
import json
import pickle

import pytest
from django.test.client import MULTIPART_CONTENT
from rest_framework.request import Request

from eaglet.api import access_token_required, param_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

JSON = "application/json"


@pytest.fixture
def echo(declare):
    def handler(args):
        return dict(args)

    return declare(get=handler, post=handler, put=handler, delete=handler, patch=handler)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {}),
        ("a=1", {"a": "1"}),
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a=1&a=2", {"a": ["1", "2"]}),
        ("a=1&a=2&a=3", {"a": ["1", "2", "3"]}),
        ("a=1&a=1", {"a": ["1", "1"]}),
        ("a=&b", {"a": "", "b": ""}),
        ("a=&a=", {"a": ["", ""]}),
        ("a=1,2,3", {"a": "1,2,3"}),
        ("a=1%2C2", {"a": "1,2"}),
        ("a=x+y&b=x%20y&c=x%2By", {"a": "x y", "b": "x y", "c": "x+y"}),
        ("a=%E4%BD%A0", {"a": "你"}),
        ("%E4%BD%A0=a", {"你": "a"}),
        ("a=%FF", {"a": "�"}),
        ("a=b=c&d==", {"a": "b=c", "d": "="}),
        ("&&a=1&&", {"a": "1"}),
        ("=1", {"": "1"}),
        ("=1&", {"": "1"}),
        ("=1&&=2", {"": ["1", "2"]}),
        ("a[]=1&a[]=2", {"a[]": ["1", "2"]}),
        ("a;b=1", {"a;b": "1"}),
        ("request=1&auth=2&checked=3", {"request": "1", "auth": "2", "checked": "3"}),
    ],
)
def test_the_query_s_parameters_are_in_args(client, echo, query, expected):
    assert client.get(f"/shop/item/?{query}").json()["data"] == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("a=1", {"a": "1"}),
        ("a=1&a=2", {"a": ["1", "2"]}),
        ("a=&b", {"a": "", "b": ""}),
        ("a=1,2", {"a": "1,2"}),
        ("a=%E4%BD%A0+x", {"a": "你 x"}),
        ("a=你", {"a": "你"}),
    ],
)
@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch"])
def test_a_form_s_parameters_are_in_args(client, echo, verb, body, expected):
    form = "application/x-www-form-urlencoded"
    response = client.generic(verb.upper(), "/shop/item/", body, form)
    assert response.json()["data"] == expected


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch"])
def test_json_values_keep_their_type(client, echo, verb):
    body = {
        "str": "1", "int": 1, "float": 1.5, "bool": True, "null": None, "list": [1, [2], {}],
        "object": {"a": {"b": []}}, "big": 2**70, "你": "好", "": "empty name", "empty": "",
    }  # fmt: skip
    response = client.generic(verb.upper(), "/shop/item/", json.dumps(body), JSON)
    assert response.json()["data"] == body


def test_the_body_is_laid_over_the_query(client, echo):
    for response in (
        client.post("/shop/item/?a=query&b=query", {"a": "body", "c": "body"}),
        client.post("/shop/item/?a=query&b=query", {"a": "body", "c": "body"}, JSON),
        client.post("/shop/item/?a=query&b=query", {"a": "body", "c": "body"}, MULTIPART_CONTENT),
    ):
        assert response.json()["data"] == {"a": "body", "b": "query", "c": "body"}


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, dict, lambda args: pickle.loads(pickle.dumps(args))]
)
def test_args_can_be_copied(client, declare, copied):
    declare(get=lambda args: [copied(args) == {"a": "1"}, type(copied(args)).__name__])
    assert client.get("/shop/item/?a=1").json()["data"] == [True, "dict"]


def test_args_request_is_the_rest_framework_request(client, declare):
    def handler(args):
        request = args.request
        assert isinstance(request, Request)
        assert args.request is request
        return [request.method, request.path, request.query_params["a"], request.headers["X-A"]]

    declare(get=handler)
    response = client.get("/shop/item/?a=1", headers={"X-A": "b"})
    assert response.json()["data"] == ["GET", "/shop/item/", "1", "b"]


def test_args_auth_is_the_token_s_record_with_its_app(client, declare, verifier):
    def handler(args):
        request = args.request
        return [
            args.auth.app.name,
            args.auth.app.app_key,
            request.auth is args.auth,
            request.user.is_authenticated,
            request.user.app is args.auth.app,
        ]

    declare(get=access_token_required()(handler))
    response = client.get("/shop/item/?access_token=good")
    assert response.json()["data"] == ["app of good", "key-of-good", True, True, True]


def test_args_auth_is_none_on_an_unguarded_method_even_with_a_token(client, declare, verifier):
    declare(get=lambda args: [args.auth, dict(args)])
    response = client.get("/shop/item/?access_token=good", headers={"Authorization": "Bearer good"})
    assert response.json()["data"] == [None, {"access_token": "good"}]
    assert verifier.asked == []


def test_the_parameter_that_served_as_the_credential_is_taken_out(client, declare, verifier):
    handler = access_token_required()(lambda args: [dict(args), dict(args.request.params)])
    declare(get=handler, post=handler)
    assert client.get("/shop/item/?access_token=good&a=1").json()["data"] == [{"a": "1"}] * 2
    for content_type in (None, JSON, MULTIPART_CONTENT):
        more = {"content_type": content_type} if content_type else {}
        response = client.post("/shop/item/", {"access_token": "good", "a": "1"}, **more)
        assert response.json()["data"] == [{"a": "1"}] * 2


def test_on_an_unguarded_method_access_token_is_a_parameter_like_any(client, declare):
    handler = param_required(["access_token"])(lambda args: args["access_token"])
    declare(get=handler, post=handler)
    assert client.get("/shop/item/?access_token=x").json()["data"] == "x"
    assert client.post("/shop/item/", {"access_token": "x"}).json()["data"] == "x"
    assert client.post("/shop/item/?access_token=x", {"access_token": "y"}).json()["data"] == "y"
    assert client.get("/shop/item/?access_token=x&access_token=y").json()["data"] == ["x", "y"]
    assert client.post("/shop/item/", {"access_token": [1]}, JSON).json()["data"] == [1]
    assert client.get("/shop/item/").status_code == 400
