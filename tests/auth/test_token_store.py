import datetime
import logging
import re
import time

import pytest
from django.db import connection, transaction
from django.db.utils import OperationalError
from django.utils import timezone

from eaglet.auth import token_store
from eaglet.auth.models import CachedToken
from eaglet.auth.token_store import DatabaseTokenStore
from eaglet.auth.tokens import encryption
from eaglet.token_store import LEASE_SECONDS, Claim, StoredToken, TokenKey, shared_store

KEY = TokenKey.of("http://card.example", "card", "egk_1", "egs_secret")
SAME_BUT = {
    "address": TokenKey.of("http://other.example", "card", "egk_1", "egs_secret"),
    "service": TokenKey.of("http://card.example", "other", "egk_1", "egs_secret"),
    "app key": TokenKey.of("http://card.example", "card", "egk_2", "egs_secret"),
    "secret": TokenKey.of("http://card.example", "card", "egk_1", "egs_other"),
}


def a_token(value="egt_one", left=3600):
    return StoredToken(value, 7200, left)


def no_token_suits(token):
    return False


@pytest.fixture
def store(db):
    return shared_store()


def test_the_store_is_the_one_that_is_registered(store):
    assert isinstance(store, DatabaseTokenStore)


@pytest.mark.parametrize("use_tz", [True, False])
def test_a_token_that_was_put_is_got(store, settings, use_tz):
    settings.USE_TZ = use_tz
    token = a_token()
    store.put(KEY, token)
    kept = store.get(KEY)
    assert kept.value == token.value
    assert kept.lifetime_seconds == pytest.approx(7200, abs=0.001)
    assert 3590 < kept.left_seconds < 3601


def test_nothing_is_got_where_nothing_was_put(store):
    assert store.get(KEY) is None


@pytest.mark.parametrize("difference", SAME_BUT)
def test_a_token_is_for_its_own_key_only(store, difference):
    store.put(KEY, a_token())
    assert store.get(SAME_BUT[difference]) is None


def test_a_newer_token_takes_the_place_of_an_older(store):
    store.put(KEY, a_token("egt_one"))
    store.put(KEY, a_token("egt_two", left=3700))
    assert store.get(KEY).value == "egt_two"
    assert CachedToken.objects.count() == 1


def test_who_has_no_lease_replaces_no_token_that_lasts_longer(store):
    store.put(KEY, a_token("egt_one"))
    store.put(KEY, a_token("egt_two", left=60))
    assert store.get(KEY).value == "egt_one"


def test_whoever_has_the_lease_replaces_any_token_and_gives_the_lease_back(store):
    store.put(KEY, a_token("egt_one"))
    assert store.claim(KEY, "me", no_token_suits) == Claim(is_granted=True)
    store.put(KEY, a_token("egt_two", left=60), "me")
    assert store.get(KEY).value == "egt_two"
    assert store.claim(KEY, "other", no_token_suits) == Claim(is_granted=True)


def test_a_token_that_suits_is_had_without_a_lease(store):
    store.put(KEY, a_token())
    assert store.claim(KEY, "me", lambda token: True).token.value == "egt_one"
    assert CachedToken.objects.get().lease_holder == ""


def test_one_has_the_lease_until_it_is_released(store):
    assert store.claim(KEY, "me", no_token_suits) == Claim(is_granted=True)
    store.release(KEY, "other")
    assert store.claim(KEY, "other", no_token_suits) == Claim()
    store.release(KEY, "me")
    assert store.claim(KEY, "other", no_token_suits) == Claim(is_granted=True)


def move_lease(seconds):
    row = CachedToken.objects.get()
    row.lease_until += datetime.timedelta(seconds=seconds)
    row.save()


def test_a_lease_that_nobody_extends_ends_by_itself(store):
    store.claim(KEY, "dead", no_token_suits)
    move_lease(-LEASE_SECONDS - 1)
    assert store.claim(KEY, "me", no_token_suits) == Claim(is_granted=True)


def test_a_lease_can_be_extended_by_its_holder(store):
    store.claim(KEY, "me", no_token_suits)
    move_lease(-LEASE_SECONDS + 0.5)
    store.extend(KEY, "other")
    assert remaining(CachedToken.objects.get().lease_until) < 0.6
    store.extend(KEY, "me")
    assert remaining(CachedToken.objects.get().lease_until) > LEASE_SECONDS - 1


def remaining(moment):
    return (moment - timezone.now()).total_seconds()


def test_a_lease_holds_whatever_its_end_was_rounded_to(store):
    store.claim(KEY, "me", no_token_suits)
    move_lease(0.5)
    assert store.claim(KEY, "other", no_token_suits) == Claim()


def test_a_lease_that_ends_later_than_any_can_is_none(store):
    # Somebody has put the database's clock back.
    store.claim(KEY, "dead", no_token_suits)
    move_lease(300)
    assert store.claim(KEY, "me", no_token_suits) == Claim(is_granted=True)


def test_of_two_that_read_the_same_row_one_has_the_lease(store, monkeypatch):
    read = token_store._read

    def overtaken(key, using):
        row = read(key, using)
        monkeypatch.setattr(token_store, "_read", read)
        assert store.claim(KEY, "faster", no_token_suits) == Claim(is_granted=True)
        return row

    CachedToken.objects.create(digest=KEY.digest)
    monkeypatch.setattr(token_store, "_read", overtaken)
    assert store.claim(KEY, "slower", no_token_suits) == Claim()


def test_a_lease_is_not_had_where_a_token_was_put_since_it_was_looked_for(store, monkeypatch):
    read = token_store._read

    def overtaken(key, using):
        row = read(key, using)
        monkeypatch.setattr(token_store, "_read", read)
        store.claim(KEY, "faster", no_token_suits)
        store.put(KEY, a_token(), "faster")
        return row

    CachedToken.objects.create(digest=KEY.digest)
    monkeypatch.setattr(token_store, "_read", overtaken)
    assert store.claim(KEY, "slower", lambda token: True) == Claim()
    assert store.claim(KEY, "slower", lambda token: True).token.value == "egt_one"


@pytest.mark.parametrize("wrong", [-300, 300])
def test_this_machines_clock_does_not_count(store, monkeypatch, wrong):
    store.put(KEY, a_token())
    store.claim(KEY, "me", no_token_suits)
    now, right = time.time, timezone.now
    monkeypatch.setattr(time, "time", lambda: now() + wrong)
    monkeypatch.setattr(timezone, "now", lambda: right() + datetime.timedelta(seconds=wrong))
    assert 3590 < store.get(KEY).left_seconds < 3601
    assert store.claim(KEY, "other", no_token_suits) == Claim()
    store.put(KEY, a_token("egt_two", left=3650), "me")
    expires_at = CachedToken.objects.get().expires_at
    assert (expires_at - right()).total_seconds() == pytest.approx(3650, abs=5)


def test_in_the_transaction_of_a_test_it_is_private(store):
    assert store.is_private()


def test_an_expired_token_is_not_got(store):
    store.put(KEY, a_token(left=-1))
    assert store.get(KEY) is None


def test_a_token_is_discarded_by_its_value(store):
    store.put(KEY, a_token("egt_one"))
    store.discard(KEY, "egt_one")
    assert store.get(KEY) is None


def test_a_newer_token_is_not_discarded(store):
    store.put(KEY, a_token("egt_two"))
    store.discard(KEY, "egt_one")
    assert store.get(KEY).value == "egt_two"


def test_a_late_refusal_does_not_drop_what_was_put_meanwhile(store, monkeypatch):
    store.put(KEY, a_token("egt_one"))
    decrypted = CachedToken.decrypted_token

    def overtaken(row):
        value = decrypted(row)
        monkeypatch.setattr(CachedToken, "decrypted_token", decrypted)
        store.put(KEY, a_token("egt_two", left=3700))
        return value

    monkeypatch.setattr(CachedToken, "decrypted_token", overtaken)
    store.discard(KEY, "egt_one")
    assert store.get(KEY).value == "egt_two"


def test_clearing_drops_the_token_and_leaves_others(store):
    store.put(KEY, a_token())
    store.put(SAME_BUT["service"], a_token())
    store.clear(KEY)
    assert store.get(KEY) is None
    assert store.get(SAME_BUT["service"])


def test_a_cleared_key_can_be_put_again(store):
    store.put(KEY, a_token("egt_one"))
    store.clear(KEY)
    store.put(KEY, a_token("egt_two"))
    assert store.get(KEY).value == "egt_two"


def test_a_lease_survives_its_tokens(store):
    store.claim(KEY, "me", no_token_suits)
    store.put(KEY, a_token())
    store.clear(KEY)
    assert CachedToken.objects.get().lease_holder == "me"


def test_neither_token_nor_secret_stands_in_the_table(store):
    store.put(KEY, a_token())
    [row] = CachedToken.objects.values()
    assert "egt_one" not in str(row)
    assert "egs_secret" not in str(row)
    assert KEY.secret_digest not in str(row)


def test_a_row_tells_an_operator_whose_it_is(store):
    store.put(KEY, a_token())
    row = CachedToken.objects.get()
    assert (row.address, row.service, row.app_key) == ("http://card.example", "card", "egk_1")
    assert "card" in str(row)


def test_a_password_in_the_address_is_not_kept(store):
    key = TokenKey.of("http://me:passw0rd@card.example/x@y", "card", "egk_1", "s")
    store.put(key, a_token())
    assert store.get(key)
    assert CachedToken.objects.get().address == "http://card.example/x@y"


def test_long_names_do_no_harm(store):
    key = TokenKey.of("http://" + "a" * 500, "b" * 500, "c" * 500, "s")
    store.put(key, a_token())
    assert store.get(key)


def test_a_token_encrypted_under_a_former_secret_key_is_read_by_the_fallback(store, settings):
    store.put(KEY, a_token())
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "new"
    assert store.get(KEY).value == "egt_one"


def test_a_token_that_can_not_be_decrypted_is_as_none_and_is_replaced(store, settings):
    store.put(KEY, a_token())
    settings.SECRET_KEY = "new"
    assert store.get(KEY) is None
    store.discard(KEY, "egt_one")
    store.put(KEY, a_token("egt_two"))
    assert store.get(KEY).value == "egt_two"


def test_an_empty_row_is_as_none(store):
    CachedToken.objects.create(digest=KEY.digest)
    assert store.get(KEY) is None
    store.discard(KEY, "")
    store.put(KEY, a_token())
    assert store.get(KEY)


@pytest.fixture
def without_table(db, monkeypatch):
    # Nothing is dropped: not every database takes that back at the end of the test.
    monkeypatch.setattr(CachedToken._meta, "db_table", "gone")


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
def test_a_missing_table_breaks_neither_call_nor_transaction(
    without_table, hermes, operation, caplog
):
    store = DatabaseTokenStore()
    with transaction.atomic():
        assert not OPERATIONS[operation](store)
        hermes.app.name = "still writable"
        hermes.app.save()
    [record] = [r for r in caplog.records if r.name == "eaglet.auth"]
    assert record.levelno == logging.WARNING
    assert re.search("no such table|does not exist|doesn't exist", record.getMessage())
    assert "egt_one" not in caplog.text


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_database_that_is_down_breaks_no_call(db, monkeypatch, operation, caplog):
    def down(*args, **kwargs):
        raise OperationalError("connection to egs_" + "x" * 43 + " refused\nDETAIL: egt_one")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", down)
        patch.setattr(connection, "savepoint", down)
        assert not OPERATIONS[operation](DatabaseTokenStore())
    assert "refused" in caplog.text
    assert "egs_x" not in caplog.text
    assert "egt_one" not in caplog.text


def test_it_is_complained_of_once_in_a_while(without_table, caplog):
    store = DatabaseTokenStore()
    for _ in range(5):
        store.get(KEY)
    assert len(caplog.records) == 1


def test_outside_of_the_database_access_a_test_allows_there_is_no_token():
    assert DatabaseTokenStore().get(KEY) is None


def test_a_rolled_back_put_is_gone(store):
    with transaction.atomic():
        store.put(KEY, a_token())
        transaction.set_rollback(True)
    assert store.get(KEY) is None


def test_no_row_shows_its_token(store):
    token = a_token()
    store.put(KEY, token)
    row = CachedToken.objects.get()
    for shown in (str(row), repr(row), repr(token), repr(store)):
        assert "egt_one" not in shown
        assert row.encrypted_token not in shown
    assert encryption.decrypt(row.encrypted_token) == "egt_one"
