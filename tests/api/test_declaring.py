"""Declaring a resource, and inheriting one."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from eaglet.api import ApiResource, access_token_required, param_required, registry

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


def test_the_example_of_the_contract_answers(client):
    class AExample(ApiResource):
        """Demo data."""

        app = "shop"
        resource = "example"

        @param_required(["id:int", "?name"])
        def get(args):
            return {"args": args}

    answer = client.get("/shop/example/?id=7").json()
    assert answer == {"code": 200, "data": {"args": {"id": 7}}, "errMsg": "", "innerErrMsg": ""}


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch"])
def test_a_static_method_is_a_handler_too(client, declare, verb):
    declare(**{verb: staticmethod(param_required(["?a:int"])(lambda args: args["a"] + 1))})
    assert getattr(client, verb)("/shop/item/?a=1").json()["data"] == 2


def test_one_function_may_serve_two_verbs(client):
    class AShared(ApiResource):
        app = "shop"
        resource = "shared"

        @param_required(["id:int"])
        def put(args):
            return args["id"]

        post = put

    for verb in (client.post, client.put):
        assert verb("/shop/shared/?id=3").json()["data"] == 3
        response = verb("/shop/shared/?id=x")
        assert (response.status_code, response.json()["errMsg"]) == (400, "id: not an integer")


def test_a_second_class_for_a_pair_is_an_error_naming_both_places():
    class AFirst(ApiResource):
        app = "shop"
        resource = "twice"

    with pytest.raises(ImproperlyConfigured) as caught:

        class ASecond(ApiResource):
            app = "shop"
            resource = "twice"

    message = str(caught.value)
    assert "shop.twice" in message
    assert "AFirst" in message
    assert "ASecond" in message
    assert message.count(__file__) == 2
    assert registry.lookup("shop", "twice") is AFirst


@pytest.mark.parametrize("missing", ["app", "resource"])
def test_a_class_without_app_or_resource_is_an_error_that_says_so(missing):
    body = {"app": "shop", "resource": "half"}
    del body[missing]
    with pytest.raises(ImproperlyConfigured) as caught:
        type(ApiResource)("AHalf", (ApiResource,), body)
    assert repr(missing) in str(caught.value)
    assert "AHalf" in str(caught.value)


@pytest.mark.parametrize(
    "value", ["", None, 7, "a/b", "a b", "a?b", "a#b", "a%62", b"a", "订单", "a:b", "a..b", ".a"]
)
@pytest.mark.parametrize("attribute", ["app", "resource"])
def test_a_name_that_can_not_stand_in_a_url_is_an_error(attribute, value):
    body = {"app": "shop", "resource": "half", attribute: value}
    with pytest.raises(ImproperlyConfigured, match=repr(attribute)):
        type(ApiResource)("AHalf", (ApiResource,), body)


@pytest.mark.parametrize("name", ["order.items", "order-items", "order_items", "V2"])
def test_a_name_of_other_characters_is_served(client, declare, name):
    declare(resource=name, get=lambda args: "here")
    assert client.get(f"/shop/{name}/").json()["data"] == "here"
    assert client.get(f"/shop/{name}").json()["data"] == "here"


def test_a_guard_that_would_guard_nothing_is_an_error_at_declaration():
    guard = access_token_required()
    with pytest.raises(ImproperlyConfigured, match="guards a method"):
        guard(type("AData", (), {}))
    with pytest.raises(ImproperlyConfigured, match="two access_token_required"):
        access_token_required(["a.b:get"])(guard(lambda args: 1))


def test_an_async_handler_is_an_error_at_declaration(declare):
    async def get(args):
        return 1

    with pytest.raises(ImproperlyConfigured, match="get must not be async"):
        declare(get=get)


def test_as_view_takes_no_arguments(declare):
    with pytest.raises(TypeError):
        declare(get=lambda args: 1).as_view(permission_classes=[])


def test_a_subclass_inherits_verbs_and_app_and_sets_its_own_resource(client):
    class Base(ApiResource):
        abstract = True
        app = "shop"

        @param_required(["id:int"])
        def get(args):
            return args["id"]

    class AChild(Base):
        resource = "child"

        def post(args):
            return "posted"

    assert client.get("/shop/child/?id=4").json()["data"] == 4
    assert client.post("/shop/child/").json()["data"] == "posted"
    assert not AChild.__dict__.get("abstract")


def test_abstract_counts_in_the_class_s_own_body_only():
    class Base(ApiResource):
        abstract = True

    with pytest.raises(ImproperlyConfigured, match="'app'"):

        class AChild(Base):
            resource = "child"


def test_a_verb_is_taken_away_by_setting_it_to_none(client):
    class AParent(ApiResource):
        app = "shop"
        resource = "parent"

        def get(args):
            return 1

        def delete(args):
            return 2

    class AChild(AParent):
        resource = "child"
        delete = None

    response = client.delete("/shop/child/")
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
