"""Verbs, native and tunnelled."""

import pytest
from django.test.client import MULTIPART_CONTENT

from eaglet.api import access_token_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@pytest.fixture
def resource(declare):
    return declare(
        get=lambda args: ["get", dict(args)],
        post=lambda args: ["post", dict(args)],
        put=lambda args: ["put", dict(args)],
        delete=lambda args: ["delete", dict(args)],
        patch=lambda args: ["patch", dict(args)],
    )


@pytest.mark.parametrize(
    "written", ["PUT", "put", "Put", "DELETE", "delete", "patch", "Post", "GET"]
)
def test_a_verb_is_tunnelled_in_the_query_in_any_case(client, resource, written):
    response = client.post(f"/shop/item/?_method={written}", {"a": "1"})
    assert response.json()["data"] == [written.lower(), {"a": "1"}]


@pytest.mark.parametrize("content_type", ["form", "multipart", "application/json"])
def test_a_verb_is_tunnelled_in_the_body(client, resource, content_type):
    if content_type == "form":
        form = "application/x-www-form-urlencoded"
        response = client.post("/shop/item/", "_method=put&a=1", content_type=form)
    elif content_type == "multipart":
        body = {"_method": "put", "a": "1"}
        response = client.post("/shop/item/", body, content_type=MULTIPART_CONTENT)
    else:
        body = {"_method": "put", "a": "1"}
        response = client.post("/shop/item/", body, content_type="application/json")
    assert response.json()["data"] == ["put", {"a": "1"}]


@pytest.mark.parametrize(
    ("address", "body"),
    [
        ("/shop/item/?_method=put&_method=put", {}),
        ("/shop/item/?_method=put&_method=delete", {}),
        ("/shop/item/?_method=%70ut&_method=put", {}),
        ("/shop/item/", {"_method": ["put", "put"]}),
        ("/shop/item/", {"_method": ["put", "delete"]}),
        ("/shop/item/?_method=put", {"_method": "delete"}),
        ("/shop/item/?_method=put", {"_method": "nonsense"}),
    ],
)
def test_method_given_twice_or_disagreeing_is_400(client, resource, address, body):
    response = client.post(address, body)
    assert response.status_code == 400
    assert "_method" in response.json()["errMsg"]


@pytest.mark.parametrize("verb", ["get", "put", "delete", "patch"])
def test_method_counts_on_post_only_and_is_taken_out(client, resource, verb):
    response = getattr(client, verb)("/shop/item/?_method=post&a=1")
    assert response.json()["data"] == [verb, {"a": "1"}]
    response = client.generic(
        verb.upper(), "/shop/item/", '{"_method": "post", "a": 1}', "application/json"
    )
    assert response.json()["data"] == [verb, {"a": 1}]


def test_head_runs_get_and_leaves_out_the_body_only(client, resource):
    got, head = client.get("/shop/item/?a=1"), client.head("/shop/item/?a=1")
    assert head.content == b""
    assert head.status_code == got.status_code
    assert head["Content-Length"] == str(len(got.content))
    assert head["Content-Type"] == got["Content-Type"]


def test_options_needs_no_token(client, declare, verifier):
    declare(get=access_token_required()(lambda args: 1))
    assert client.options("/shop/item/").status_code == 200


def test_grants_see_the_effective_verb(client, declare, verifier):
    verifier.grants["putter"] = {"shop.item:put"}
    guard = access_token_required()
    declare(post=guard(lambda args: "posted"), put=guard(lambda args: "put"))
    sent = {"access_token": "putter"}
    assert client.post("/shop/item/?_method=PUT", sent).json()["data"] == "put"
    assert client.post("/shop/item/", sent).status_code == 403


def test_args_request_has_the_effective_verb(client, declare):
    declare(put=lambda args: args.request.method, post=lambda args: args.request.method)
    assert client.put("/shop/item/").json()["data"] == "PUT"
    assert client.post("/shop/item/?_method=put").json()["data"] == "PUT"
    assert client.post("/shop/item/").json()["data"] == "POST"
