"""No cache gives one caller's answer to another, or a revoked token's to anybody."""

import pytest
from django.core.cache import cache
from django.http import HttpResponse

from eaglet.api import ApiError, access_token_required

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

CACHING = [
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
]


def refuse(args):
    raise ApiError("no")


@pytest.fixture(autouse=True)
def _cached(settings):
    settings.MIDDLEWARE = CACHING
    cache.clear()
    yield
    cache.clear()


@pytest.mark.parametrize("handler", [lambda args: 1, refuse, lambda args: HttpResponse("x")])
def test_answers_of_a_guarded_method_are_private(client, declare, verifier, handler):
    declare(get=access_token_required()(handler), post=lambda args: 1)
    for answer in (
        client.get("/shop/item/?access_token=good"),
        client.get("/shop/item/", headers={"Authorization": "Bearer good"}),
        client.get("/shop/item/"),
    ):
        assert "private" in answer["Cache-Control"]
        assert "Authorization" in answer["Vary"]
    assert "Cache-Control" not in client.post("/shop/item/").headers


@pytest.mark.parametrize("always", [True, False])
def test_a_revoked_token_is_refused_though_its_answer_came_through_a_cache(
    client, declare, verifier, settings, always
):
    settings.EAGLET_ALWAYS_HTTP_200 = always
    declare(get=access_token_required()(lambda args: 1))
    for _ in range(2):
        assert client.get("/shop/item/?access_token=good").json()["code"] == 200
    del verifier.grants["good"]
    assert client.get("/shop/item/?access_token=good").json()["code"] == 401
    assert client.get("/shop/item/").json()["code"] == 401
    verifier.grants["good"] = {"*"}
    assert client.get("/shop/item/?access_token=good").json()["code"] == 200


def test_a_failure_with_http_200_is_kept_by_no_cache(client, declare, settings):
    settings.EAGLET_ALWAYS_HTTP_200 = True
    fails = [True]

    def once(args):
        if fails.pop() if fails else False:
            raise KeyError
        return 1

    declare(get=once)
    assert client.get("/shop/item/").json()["code"] == 531
    assert client.get("/shop/item/").json()["code"] == 200
