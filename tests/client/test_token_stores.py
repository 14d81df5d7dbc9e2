import pytest
from django.core.checks import run_checks

from eaglet import shared_token_store
from eaglet.client import Resource
from eaglet.client.services.resolve import resolve
from eaglet.client.tokens.cache import tokens
from eaglet.client.tokens.stores import chosen_store
from eaglet.shared_token_store import SharedCacheTokenStore
from eaglet.token_store import MemoryTokenStore, register_shared_store
from tests.auth.shared_caches import SharedCache

from .calling import CALL, call, settle

SHARED = {"default": {"BACKEND": "tests.auth.shared_caches.SharedCache"}}


@pytest.fixture
def shared_cache(settings, monkeypatch):
    settings.CACHES = SHARED
    monkeypatch.setattr(SharedCache, "entries", {})
    monkeypatch.setattr(SharedCache, "broken", False)


@pytest.fixture
def registered():
    store = MemoryTokenStore()
    register_shared_store(store)
    return store


def test_where_nothing_is_shared_there_is_no_store():
    assert chosen_store() is None


def test_a_cache_that_processes_share_is_the_store(shared_cache):
    assert isinstance(chosen_store(), SharedCacheTokenStore)


def test_a_registered_store_comes_before_the_cache(shared_cache, registered):
    assert chosen_store() is registered


def test_the_setting_says_which(shared_cache, registered, settings):
    settings.EAGLET_CLIENT_TOKEN_STORE = "cache"
    assert isinstance(chosen_store(), SharedCacheTokenStore)
    settings.EAGLET_CLIENT_TOKEN_STORE = "memory"
    assert chosen_store() is None
    settings.EAGLET_CLIENT_TOKEN_STORE = "database"
    assert chosen_store() is registered


def test_a_cache_there_is_not_is_no_store(settings):
    settings.EAGLET_TOKEN_CACHE_ALIAS = "nowhere"
    assert chosen_store() is None


def test_the_cache_that_counts_is_that_of_tokens(shared_cache, settings):
    settings.EAGLET_TOKEN_CACHE_ALIAS = None
    assert chosen_store() is None


def test_a_process_that_starts_later_finds_the_token_in_the_cache(card, issuer, shared_cache):
    call()
    tokens._entries.clear()
    call()
    assert len(card.token_requests) == 1
    issuer.valid.clear()
    call()
    tokens._entries.clear()
    call()
    assert len(card.token_requests) == 2


def test_a_process_of_another_machine_looks_again_and_asks_for_no_other(
    card, issuer, shared_cache, clock, monkeypatch
):
    call()
    tokens._entries.clear()
    monkeypatch.setattr(shared_token_store, "_boot_id", lambda: "another")
    for _ in range(10):
        call()
        settle()
        clock.ahead += 100  # of the two minutes that it is good for at least
    assert len(card.token_requests) == 1
    assert len(set(issuer.issued)) == 1


def test_a_token_is_forgotten_in_the_cache_too(card, issuer, shared_cache):
    call()
    Resource.use("card").forget_token()
    assert chosen_store().get(resolve("card").token_key) is None
    call()
    assert len(card.token_requests) == 2


def test_without_the_cache_calls_go_on(card, issuer, shared_cache, monkeypatch):
    monkeypatch.setattr(SharedCache, "broken", True)
    assert Resource.use("card").post(CALL)["data"] == "secret data"
    assert len(card.token_requests) == 1


def found():
    return [
        message.id for message in run_checks() if str(message.id).startswith("eaglet_client.E02")
    ]


@pytest.mark.parametrize(
    ("choice", "fault"),
    [
        (None, []),
        ("memory", []),
        ("redis", ["eaglet_client.E020"]),
        ("database", ["eaglet_client.E021"]),
        ("cache", ["eaglet_client.E022"]),
        (7, []),  # the check of types says so
    ],
)
def test_a_store_that_can_not_be_used_is_an_error(settings, choice, fault):
    settings.EAGLET_CLIENT_TOKEN_STORE = choice
    assert found() == fault


@pytest.mark.parametrize("choice", [None, "cache"])
def test_a_cache_there_is_not_is_an_error(settings, choice):
    settings.EAGLET_CLIENT_TOKEN_STORE = choice
    settings.EAGLET_TOKEN_CACHE_ALIAS = "nowhere"
    assert found() == ["eaglet_client.E022"]


def test_a_store_that_can_be_used_is_none(settings, shared_cache, registered):
    for choice in ("database", "cache"):
        settings.EAGLET_CLIENT_TOKEN_STORE = choice
        assert found() == []
