"""Context providers."""

import pytest
from django.test.client import MULTIPART_CONTENT
from rest_framework.exceptions import PermissionDenied, Throttled

from eaglet.api import ApiError, access_token_required, param_required
from tests.api.providers import provides

pytestmark = pytest.mark.usefixtures("declared", "path_taken")


@provides("corp")
def corp(request):
    return {"corp": {"id": request.params.get("corp_id", "none")}}


@provides("one", "two")
def several(request):
    return {"one": 1, "two": sorted(request.params)}


@provides("corp")
def spare(request):
    return {}


@provides("who")
def who(request):
    return {"who": request.auth and request.auth.app.name}


@provides("x")
def refusing(request):
    raise ApiError("no such account", 404, {"a": 1})


@provides("x")
def forbidding(request):
    raise PermissionDenied("not you")


@provides("x")
def throttling(request):
    raise Throttled(wait=7)


@provides("x")
def straying(request):
    return {"x": 1, "y": 2}


@provides("x")
def failing(request):
    raise RuntimeError("secret inside")


@provides("x")
def nothing(request):
    return None


several.provides = [*several.provides]  # a list will do, or a set
spare.provides = {*spare.provides}


@pytest.fixture
def provide(settings):
    def provide(*providers):
        settings.EAGLET_CONTEXT_PROVIDERS = [
            p if isinstance(p, str) else f"{__name__}.{p.__name__}" for p in providers
        ]

    return provide


def echo(args):
    return dict(args)


@pytest.mark.parametrize("verb", ["get", "post", "put", "delete", "patch"])
def test_what_a_provider_provides_is_in_args(client, declare, provide, verb):
    provide(corp)
    declare(**{verb: echo})
    response = getattr(client, verb)("/shop/item/?corp_id=7")
    assert response.json()["data"] == {"corp_id": "7", "corp": {"id": "7"}}


@pytest.mark.parametrize("provider", [corp, spare])
def test_a_caller_can_not_forge_what_is_provided(client, declare, provide, provider):
    provide(provider)
    declare(get=lambda args: args.get("corp"), post=lambda args: args.get("corp"))
    expected = {"id": "none"} if provider is corp else None
    forged = {"corp": "forged"}
    assert client.get("/shop/item/?corp=forged&corp=x").json()["data"] == expected
    assert client.post("/shop/item/?corp=forged", forged).json()["data"] == expected
    for content_type in ("application/json", MULTIPART_CONTENT):
        response = client.post("/shop/item/", forged, content_type=content_type)
        assert response.json()["data"] == expected


def test_a_provider_refuses_by_an_api_error(client, declare, provide):
    provide(refusing)
    declare(get=echo)
    response = client.get("/shop/item/")
    assert response.status_code == 200
    answer = response.json()
    assert (answer["code"], answer["errMsg"], answer["data"]) == (404, "no such account", {"a": 1})


def test_a_provider_refuses_by_a_rest_framework_exception(client, declare, provide):
    declare(get=echo)
    provide(forbidding)
    response = client.get("/shop/item/")
    assert (response.status_code, response.json()["errMsg"]) == (403, "not you")
    provide(throttling)
    response = client.get("/shop/item/")
    assert (response.status_code, response["Retry-After"]) == (429, "7")


@pytest.mark.parametrize("provider", [straying, failing, nothing])
def test_a_provider_that_fails_or_strays_is_a_fault_of_the_service(
    client, declare, provide, provider, caplog
):
    provide(provider)
    declare(get=echo)
    response = client.get("/shop/item/")
    assert (response.status_code, response.json()["code"]) == (500, 531)
    assert "secret inside" not in response.content.decode()
    [record] = [r for r in caplog.records if r.name == "eaglet.api"]
    assert response.json()["innerErrMsg"] in record.getMessage()


def test_a_provider_finds_the_token_s_record(client, declare, provide, verifier):
    provide(who)
    declare(get=access_token_required()(echo), post=echo)
    assert client.get("/shop/item/?access_token=good").json()["data"] == {"who": "app of good"}
    assert client.post("/shop/item/").json()["data"] == {"who": None}


def test_no_provider_runs_for_a_call_without_its_token(client, declare, provide, verifier):
    provide(failing)
    declare(get=access_token_required()(echo))
    assert client.get("/shop/item/").status_code == 401
    assert client.get("/shop/item/?access_token=poor").status_code == 403


@pytest.mark.parametrize("address", ["/shop/item/", "/shop/item"])
def test_wapi_id_is_the_path_and_the_verb(client, declare, provide, address):
    provide("eaglet.api.context.wapi_id")
    handler = param_required(["wapi_id"])(lambda args: args["wapi_id"])
    declare(get=handler, put=handler)
    assert client.get(f"{address}?wapi_id=forged").json()["data"] == "/shop/item_GET"
    assert client.put(address).json()["data"] == "/shop/item_PUT"
    assert client.post(f"{address}?_method=put").json()["data"] == "/shop/item_PUT"
