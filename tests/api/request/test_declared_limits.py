"""Limits, defaults, files and unknown parameters, over HTTP."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from eaglet.api import param_required
from eaglet.api.pagination import paginate
from tests.api.providers import CORP

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

DECLARED = ["age:int(0..150)", "?kind:str(card|cash)", "?ids:list[int]", "?page:int(1..)=1"]


@param_required(DECLARED)
def echo(args):
    return dict(args)


@pytest.mark.parametrize("verb", ["get", "post"])
def test_every_fault_is_named_at_once(client, declare, verb):
    declare(get=echo, post=echo)
    response = getattr(client, verb)("/shop/item/", {"age": 200, "kind": "x", "ids": ["1", "y"]})
    assert response.status_code == 400
    assert response.json()["errors"] == [
        {"param": "age", "reason": "not within 0..150"},
        {"param": "kind", "reason": "not one of card, cash"},
        {"param": "ids", "reason": "[1]: not an integer"},
    ]


def test_what_is_not_sent_or_null_has_the_default(client, declare):
    declare(get=echo, post=echo)
    assert client.get("/shop/item/?age=7").json()["data"] == {"age": 7, "page": 1}
    assert client.get("/shop/item/?age=7&page=2").json()["data"] == {"age": 7, "page": 2}
    body = {"age": 7, "kind": None, "page": None}
    answer = client.post("/shop/item/", body, "application/json").json()
    assert answer["data"] == {"age": 7, "page": 1}


def test_a_file_is_taken_by_size_and_media_type(declare):
    @param_required(["photo:file(..10B image/png)", "?note"])
    def post(args):
        return [args["photo"].name, args["photo"].read().decode(), args.get("note")]

    declare(post=post, put=post)
    client = Client()
    photo = SimpleUploadedFile("a.png", b"0123456789", "image/png")
    answer = client.post("/shop/item/", {"photo": photo, "note": "n"})
    assert answer.json()["data"] == ["a.png", "0123456789", "n"]
    for bad, reason in (
        (SimpleUploadedFile("a.png", b"0123456789a", "image/png"), "size not within ..10B"),
        (SimpleUploadedFile("a.txt", b"0", "text/plain"), "not of the media type image/png"),
        ("text", "not a file"),
    ):
        errors = client.post("/shop/item/", {"photo": bad}).json()["errors"]
        assert [error["param"] for error in errors] == ["photo"]
        assert errors[0]["reason"].startswith(reason)


def test_unknown_parameters_are_refused_where_that_is_set(client, declare, settings):
    declare(get=echo, post=echo, put=lambda args: dict(args))
    assert client.get("/shop/item/?age=7&more=1").json()["data"]["more"] == "1"
    settings.EAGLET_REFUSE_UNKNOWN_PARAMETERS = True
    response = client.get("/shop/item/?age=x&more=1")
    assert response.json()["errors"] == [
        {"param": "age", "reason": "not an integer"},
        {"param": "more", "reason": "unknown"},
    ]
    assert client.post("/shop/item/", {"age": 7, "more": 1}).status_code == 400
    assert client.post("/shop/item/?_method=post", {"age": 7}).status_code == 200
    assert client.put("/shop/item/?more=1").json()["data"] == {"more": "1"}  # declares nothing


def test_what_a_provider_puts_there_is_known(client, declare, settings):
    settings.EAGLET_REFUSE_UNKNOWN_PARAMETERS = True
    settings.EAGLET_CONTEXT_PROVIDERS = [CORP]
    declare(get=param_required(["?name"])(lambda args: dict(args)))
    assert client.get("/shop/item/?corp=2").json()["data"] == {"corp": 1}


def test_a_default_goes_along_with_paginate(client, declare):
    @param_required(["?page:int(1..)=1", "?count_per_page:int(1..50)=2"])
    def get(args):
        return paginate([1, 2, 3], args)

    declare(get=get)
    assert client.get("/shop/item/").json()["data"]["items"] == [1, 2]
    assert client.get("/shop/item/?page=2").json()["data"]["items"] == [3]
