import time

import pytest
from django.db import connection, transaction

from eaglet.api.security.decorator import verifier
from eaglet.auth import keys, shared_verdicts
from eaglet.auth.models import AccessToken, App, AppGrant
from eaglet.auth.shared_verdicts import CLOSED_SECONDS, SHARED_SECONDS
from eaglet.exceptions import InvalidAccessToken

from .shared_caches import SharedCache
from .test_verifying import ENDS

SHARED = {"BACKEND": "tests.auth.shared_caches.SharedCache"}


class Clock:
    """The time that the cache and the verdicts go by."""

    def __init__(self, monkeypatch):
        self.passed = 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self.passed)

    def pass_(self, seconds):
        self.passed += seconds


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def cache(settings, monkeypatch):
    """A cache that processes share, asked at every request."""
    monkeypatch.setattr(SharedCache, "entries", {})
    monkeypatch.setattr(SharedCache, "broken", False)
    monkeypatch.setattr(SharedCache, "asked", 0)
    monkeypatch.setattr(verifier(), "_shared", shared_verdicts.SharedVerdicts())
    settings.CACHES = {"default": SHARED}
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    return SharedCache


@pytest.fixture
def queries(django_assert_num_queries):
    def check(token, count):
        with django_assert_num_queries(count):
            return verifier().verify(token)

    return check


@pytest.fixture
def token(cache, hermes, clock):
    """A token whose verdict is in the cache."""
    token = hermes.token()
    clock.pass_(CLOSED_SECONDS)
    verifier().verify(token)
    return token


def revoke_in_sql():
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {AccessToken._meta.db_table} SET revoked_at = created_at")


def test_a_verdict_in_the_cache_costs_no_query_and_tells_the_same(token, queries):
    first = queries(token, 0)
    SharedCache.entries.clear()
    assert queries(token, 1) == first
    assert first.app.name == "hermes"


@pytest.mark.parametrize("end", ENDS)
def test_a_verdict_in_the_cache_ends_with(token, hermes, end):
    end(hermes)
    with pytest.raises(InvalidAccessToken):
        verifier().verify(token)


def test_a_changed_grant_counts_at_once(token, hermes):
    assert verifier().verify(token).allows("demo.data:get")
    AppGrant.objects.all().delete()
    assert not verifier().verify(token).allows("demo.data:get")


@pytest.mark.parametrize("moment", ["before the query", "after the query"])
def test_a_verdict_read_before_the_commit_does_not_come_back_after_it(
    token, hermes, clock, monkeypatch, moment
):
    cache = SharedCache.entries
    [at] = [key for key in cache if key.endswith(keys.digest(token))]
    del cache[at]
    original = verifier()._shared.keep

    def revoked_meanwhile(*args, **kwargs):
        # This request has read the old state; another process revokes, and all is over.
        hermes.app.revoke_tokens()
        clock.pass_(CLOSED_SECONDS if moment == "after the query" else 0)
        original(*args, **kwargs)

    monkeypatch.setattr(verifier()._shared, "keep", revoked_meanwhile)
    assert verifier().verify(token)
    with pytest.raises(InvalidAccessToken):
        verifier().verify(token)


def test_nothing_is_kept_between_a_change_and_its_commit(token, hermes, queries):
    shared = verifier()._shared
    known = verifier().verify(token)
    with transaction.atomic():
        hermes.app.revoke_tokens()
        answer = shared.ask(keys.digest(token))
        assert answer.token is None
        assert answer.generation is None
    assert known


def test_after_a_change_nothing_is_taken_from_the_cache_for_a_while(token, hermes, clock, queries):
    hermes.app.name = "renamed"
    hermes.app.save()
    queries(token, 1)
    queries(token, 1)
    clock.pass_(CLOSED_SECONDS)
    assert queries(token, 1).app.name == "renamed"
    queries(token, 0)


def test_a_change_nobody_was_told_of_is_learned_of_within_the_time_set(token, clock):
    revoke_in_sql()
    clock.pass_(SHARED_SECONDS)
    with pytest.raises(InvalidAccessToken):
        verifier().verify(token)


def test_a_verdict_does_not_outlive_its_token(cache, make_app, clock):
    hermes = make_app(token_lifetime_seconds=CLOSED_SECONDS + 2)
    token = hermes.token()
    clock.pass_(CLOSED_SECONDS)
    verifier().verify(token)
    # A cache that is late to drop what is over.
    cache.entries = {at: (value, float("inf")) for at, (value, _) in cache.entries.items()}
    assert verifier()._shared.ask(keys.digest(token)).token
    clock.pass_(2)
    assert verifier()._shared.ask(keys.digest(token)).token is None


def test_a_lost_generation_makes_every_verdict_worthless(token, queries):
    for key in list(SharedCache.entries):
        if key.endswith("generation"):
            del SharedCache.entries[key]
    queries(token, 1)
    queries(token, 0)


@pytest.mark.parametrize("value", ["nonsense", 7, [], ["a", "b"], {"a": 1}])
def test_an_entry_that_can_not_be_read_is_as_none(token, queries, value):
    [at] = [key for key in SharedCache.entries if key.endswith(keys.digest(token))]
    SharedCache.entries[at] = value, float("inf")
    queries(token, 1)


def test_a_cache_that_fails_is_no_error_and_the_database_is_asked(token, queries, caplog):
    SharedCache.broken = True
    queries(token, 1)
    asked = SharedCache.asked
    queries(token, 1)
    assert SharedCache.asked == asked
    [record] = [record for record in caplog.records if record.name == "eaglet.auth"]
    assert "the database is asked" in record.getMessage()
    assert "passw0rd" not in caplog.text


def test_a_revocation_the_cache_can_not_be_told_of_is_done_and_warned_of(token, hermes, caplog):
    SharedCache.broken = True
    hermes.app.revoke_tokens()
    assert not AccessToken.objects.live().exists()
    assert "could not be told" in caplog.text
    with pytest.raises(InvalidAccessToken):
        verifier().verify(token)


def test_neither_token_nor_secret_stands_in_the_cache(token, hermes):
    shown = repr(SharedCache.entries)
    assert token not in shown
    assert hermes.secret not in shown


@pytest.mark.parametrize(
    "backend", ["locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache"]
)
def test_a_cache_that_processes_do_not_share_is_not_asked(
    hermes, settings, queries, tmp_path, backend
):
    settings.EAGLET_TOKEN_CACHE_SECONDS = 0
    backend = f"django.core.cache.backends.{backend}"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}
    token = hermes.token()
    for _ in range(2):
        queries(token, 1)


def test_the_cache_asked_is_the_one_the_settings_name(cache, hermes, settings, queries, clock):
    locmem = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    settings.CACHES = {"default": locmem, "verdicts": SHARED}
    settings.EAGLET_TOKEN_CACHE_ALIAS = "verdicts"
    token = hermes.token()
    clock.pass_(CLOSED_SECONDS)
    queries(token, 1)
    queries(token, 0)
    settings.EAGLET_TOKEN_CACHE_ALIAS = None
    queries(token, 1)


def test_while_verdicts_are_kept_in_the_process_the_cache_is_not_asked(token, settings, queries):
    settings.EAGLET_TOKEN_CACHE_SECONDS = 5
    SharedCache.asked = 0
    queries(token, 1)
    assert SharedCache.asked == 0


def test_another_secret_key_finds_no_verdict(token, settings, queries):
    settings.SECRET_KEY = "another service"
    queries(token, 1)


def test_processes_with_the_former_secret_key_learn_of_a_revocation(token, hermes, settings):
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [former]
    App.objects.update(is_active=False)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = former, []
    with pytest.raises(InvalidAccessToken):
        verifier().verify(token)
