"""Revocation between processes over real servers, with a cache that they share and without."""

import time

import pytest

from tests.auth.revocation_between_processes import *  # noqa: F403
from tests.auth.revocation_between_processes import CACHE_SECONDS, EVERYTHING, Landscape
from tests.auth.service_process import ServiceProcess

from .database_urls import database
from .fixtures import service_for

pytestmark = pytest.mark.services

IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}


def redis_cache(url):
    return {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": url,
            "OPTIONS": IMPATIENT,
        }
    }


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def tables(request):
    """The entry of DATABASES for a server, with the tables of eaglet.auth."""
    with service_for(request, request.param) as service:
        entry = database(service.url)
        process = ServiceProcess(DATABASES={"default": entry})
        process.migrate()
        yield entry
        process.migrate("zero")
        process.end()


@pytest.fixture(scope="module")
def redis(request):
    with service_for(request, "redis") as service:
        yield service


def _landscape(tables, redis, *, shared=True):
    settings = {"DATABASES": {"default": tables}, "EAGLET_TOKEN_CACHE_SECONDS": 0}
    if shared:
        settings["CACHES"] = redis_cache(redis.url)
    return Landscape(lambda: ServiceProcess(**settings), shared=shared)


@pytest.fixture(scope="module", params=["with a shared cache", "without one"])
def landscape(tables, redis, request):
    landscape = _landscape(tables, redis, shared=request.param == "with a shared cache")
    yield landscape
    landscape.end()


@pytest.fixture(scope="module")
def cached_landscape(tables, redis):
    settings = {"CACHES": redis_cache(redis.url), "EAGLET_TOKEN_CACHE_SECONDS": CACHE_SECONDS}
    landscape = Landscape(lambda: ServiceProcess(DATABASES={"default": tables}, **settings))
    yield landscape
    landscape.end()


@pytest.fixture
def sharing(tables, redis):
    landscape = _landscape(tables, redis)
    yield landscape
    landscape.end()
    redis.restore()


@pytest.mark.parametrize("end", ["kill", "freeze"])
def test_without_the_cache_the_database_is_asked(sharing, redis, end):
    app_key, token = sharing.new_token_known_everywhere()
    getattr(redis, end)()
    assert [checker.verify(token) for checker in sharing.checkers] == [(EVERYTHING, 1)] * 2
    sharing.operator.change("switch off", app_key)
    assert sharing.outcomes(token) == ["refused"] * 2


def test_a_cache_that_was_emptied_costs_a_query(sharing, redis):
    app_key, token = sharing.new_token_known_everywhere()
    redis.kill()
    redis.start()
    sharing.operator.empty_cache()
    assert sharing.outcomes(token) == [EVERYTHING] * 2
    sharing.operator.change("switch off", app_key)
    assert sharing.outcomes(token) == ["refused"] * 2


def test_changed_in_sql_a_verdict_lasts_no_longer_than_the_cache_keeps_it(sharing):
    from eaglet.auth.shared_verdicts import SHARED_SECONDS  # noqa: PLC0415 - needs settings

    _app_key, token = sharing.new_token_known_everywhere()
    sharing.operator.execute("UPDATE eaglet_auth_app SET is_active = false")
    time.sleep(SHARED_SECONDS)
    assert sharing.outcomes(token) == ["refused"] * 2


def test_a_service_with_another_secret_key_shares_no_verdicts(sharing, tables, redis):
    other = ServiceProcess(
        DATABASES={"default": tables},
        CACHES=redis_cache(redis.url),
        SECRET_KEY="another service",
        EAGLET_TOKEN_CACHE_SECONDS=0,
    )
    _app_key, token = sharing.new_token_known_everywhere()
    assert other.verify(token) == (EVERYTHING, 1)
    other.end()
