"""Tokens got from services, in a cache that processes share; the cache here is a stand-in."""

import time

import pytest
from django.core.cache import cache

from eaglet import shared_token_store
from eaglet.shared_token_store import SharedCacheTokenStore
from eaglet.token_store import LEASE_SECONDS, Claim, StoredToken, TokenKey
from tests.auth.shared_caches import SharedCache

KEY = TokenKey.of("http://card.example", "card", "egk_1", "egs_secret")
OTHER = TokenKey.of("http://card.example", "other", "egk_1", "egs_secret")


@pytest.fixture(autouse=True)
def shared(settings, monkeypatch):
    settings.CACHES = {"default": {"BACKEND": "tests.auth.shared_caches.SharedCache"}}
    monkeypatch.setattr(SharedCache, "entries", {})
    monkeypatch.setattr(SharedCache, "broken", False)


@pytest.fixture
def store():
    return SharedCacheTokenStore()


@pytest.fixture
def later(monkeypatch):
    """Moves the cache's clock on, and with it that of the machine or not."""
    now, running = time.time, time.monotonic

    def later(seconds, *, machine=True):
        monkeypatch.setattr(time, "time", lambda: now() + seconds)
        if machine:
            monkeypatch.setattr(time, "monotonic", lambda: running() + seconds)

    return later


@pytest.fixture
def on_another_machine(monkeypatch):
    """Has what is read have been got by a machine with another clock."""
    return lambda: monkeypatch.setattr(shared_token_store, "_boot_id", lambda: "another")


def a_token(value="egt_one", left=100.0, lifetime=100.0):
    return StoredToken(value, lifetime, left)


def no_token_suits(token):
    return False


def test_a_token_that_was_put_is_got(store):
    assert store.get(KEY) is None
    assert store.put(KEY, a_token()) is True
    kept = store.get(KEY)
    assert (kept.value, kept.lifetime_seconds) == ("egt_one", 100)
    assert 99 < kept.left_seconds <= 100
    assert store.get(OTHER) is None


def test_the_machine_that_got_it_knows_how_long_it_lasts(store, later):
    store.put(KEY, a_token())
    later(60)
    assert 39 < store.get(KEY).left_seconds <= 40


def test_another_machine_knows_that_it_lasts_until_it_is_to_be_renewed(
    store, later, on_another_machine
):
    store.put(KEY, a_token())
    on_another_machine()
    assert store.get(KEY).left_seconds == 20
    later(79, machine=False)
    assert store.get(KEY).left_seconds == 20
    later(81, machine=False)
    assert store.get(KEY) is None


def test_the_time_of_day_does_not_count(store, monkeypatch):
    store.put(KEY, a_token())
    # Of the store, not of the cache.
    kept = SharedCache.entries.copy()
    SharedCache.entries.update({name: (value, 1e12) for name, (value, _) in kept.items()})
    now = time.time
    for wrong in (-300, 300):
        monkeypatch.setattr(time, "time", lambda wrong=wrong: now() + wrong)
        assert 99 < store.get(KEY).left_seconds <= 100


def test_a_token_that_lives_for_a_second_is_not_got_after_its_end(store, later):
    store.put(KEY, a_token(left=1, lifetime=1))
    assert store.get(KEY)
    SharedCache.entries.update({name: (v, 1e12) for name, (v, _) in SharedCache.entries.items()})
    later(1.01)
    assert store.get(KEY) is None


def test_neither_token_nor_secret_stands_in_the_cache(store):
    store.put(KEY, a_token())
    store.claim(KEY, "me", no_token_suits)
    store.discard(KEY, "egt_one")
    for hidden in ("egt_one", "egs_secret", KEY.secret_digest):
        assert hidden not in str(SharedCache.entries)


def test_one_has_the_lease_until_it_is_released(store):
    assert store.claim(KEY, "me", no_token_suits) == Claim(is_granted=True)
    assert store.claim(OTHER, "other", no_token_suits) == Claim(is_granted=True)
    store.release(KEY, "other")
    assert store.claim(KEY, "other", no_token_suits) == Claim()
    store.release(KEY, "me")
    assert store.claim(KEY, "other", no_token_suits) == Claim(is_granted=True)


def test_a_lease_ends_by_itself_unless_it_is_extended_by_its_holder(store, later):
    store.claim(KEY, "me", no_token_suits)
    later(LEASE_SECONDS - 1)
    store.extend(KEY, "other")
    store.extend(KEY, "me")
    later(LEASE_SECONDS + 1)
    assert store.claim(KEY, "other", no_token_suits) == Claim()
    later(2 * LEASE_SECONDS)
    assert store.claim(KEY, "other", no_token_suits) == Claim(is_granted=True)


def test_a_token_that_is_put_by_the_holder_ends_the_lease(store):
    store.claim(KEY, "me", no_token_suits)
    store.put(KEY, a_token(), "me")
    assert store.claim(KEY, "other", lambda token: True).token.value == "egt_one"
    assert store.claim(KEY, "other", no_token_suits) == Claim(is_granted=True)


def test_a_token_that_is_put_before_the_lease_is_had_is_found(store, monkeypatch):
    add = SharedCache.add

    def overtaken(self, *args, **kwargs):
        monkeypatch.setattr(SharedCache, "add", add)
        store.claim(KEY, "faster", no_token_suits)
        store.put(KEY, a_token(), "faster")
        return add(self, *args, **kwargs)

    monkeypatch.setattr(SharedCache, "add", overtaken)
    assert store.claim(KEY, "slower", lambda token: True).token.value == "egt_one"
    assert store.claim(KEY, "other", no_token_suits) == Claim(is_granted=True)


def test_who_has_no_lease_replaces_no_token_that_lasts_longer(store):
    store.put(KEY, a_token())
    store.put(KEY, a_token("egt_two", left=50))
    assert store.get(KEY).value == "egt_one"
    store.claim(KEY, "me", no_token_suits)
    store.put(KEY, a_token("egt_two", left=50), "me")
    assert store.get(KEY).value == "egt_two"


def test_a_refused_token_is_not_got_again(store):
    store.put(KEY, a_token())
    store.discard(KEY, "egt_one")
    assert store.get(KEY) is None
    store.put(KEY, a_token("egt_two"))
    assert store.get(KEY).value == "egt_two"


def test_a_newer_token_is_not_discarded(store):
    store.put(KEY, a_token("egt_two"))
    store.discard(KEY, "egt_one")
    assert store.get(KEY).value == "egt_two"


def test_a_late_refusal_does_not_drop_what_was_put_meanwhile(store, monkeypatch):
    store.put(KEY, a_token("egt_one"))
    get = shared_token_store._get

    def overtaken(cache, key):
        token = get(cache, key)
        monkeypatch.setattr(shared_token_store, "_get", get)
        store.claim(KEY, "me", no_token_suits)
        store.put(KEY, a_token("egt_two"), "me")
        return token

    monkeypatch.setattr(shared_token_store, "_get", overtaken)
    store.discard(KEY, "egt_one")
    assert store.get(KEY).value == "egt_two"


def test_clearing_drops_the_token_and_not_the_lease(store):
    store.put(KEY, a_token())
    store.claim(KEY, "me", no_token_suits)
    store.clear(KEY)
    assert store.get(KEY) is None
    assert store.claim(KEY, "other", no_token_suits) == Claim()


def test_a_former_secret_key_reads_and_another_reads_nothing(store, settings):
    store.put(KEY, a_token())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
    assert store.get(KEY).value == "egt_one"
    settings.SECRET_KEY_FALLBACKS = []
    assert store.get(KEY) is None
    store.put(KEY, a_token("egt_two"))
    assert store.get(KEY).value == "egt_two"


@pytest.mark.parametrize("planted", ["nonsense", 7, b"x", None])
def test_what_was_not_put_here_reads_as_nothing(store, planted):
    cache.set(f"eaglet_client.token.{KEY.digest}", planted, 60)
    assert store.get(KEY) is None


def test_an_entry_that_was_moved_to_another_key_reads_as_nothing(store):
    store.put(KEY, a_token())
    entry = cache.get(f"eaglet_client.token.{KEY.digest}")
    cache.set(f"eaglet_client.token.{OTHER.digest}", entry, 60)
    assert store.get(OTHER) is None


OPERATIONS = {
    "get": lambda store: store.get(KEY),
    "claim": lambda store: store.claim(KEY, "me", no_token_suits),
    "extend": lambda store: store.extend(KEY, "me"),
    "release": lambda store: store.release(KEY, "me"),
    "put": lambda store: store.put(KEY, a_token()),
    "discard": lambda store: store.discard(KEY, "egt_one"),
    "clear": lambda store: store.clear(KEY),
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_cache_that_is_down_breaks_nothing(store, monkeypatch, operation, caplog):
    def down(*args, **kwargs):
        raise ConnectionError("redis://:passw0rd@cache.example is down\negt_one")

    for name in ("get", "add", "set", "touch", "delete"):
        monkeypatch.setattr(SharedCache, name, down)
    assert not OPERATIONS[operation](store)
    assert "cache.example is down" in caplog.text
    assert "passw0rd" not in caplog.text
    assert "egt_one" not in caplog.text


def test_it_is_complained_of_once_in_a_while(store, monkeypatch, caplog):
    monkeypatch.setattr(SharedCache, "broken", True)
    for _ in range(5):
        store.get(KEY)
    assert len(caplog.records) == 1
