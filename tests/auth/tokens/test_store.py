"""The tokens of other services in the database: what is kept, and who may ask for the next."""

import datetime
import logging
import re
import threading

import pytest
from django.db import connection, connections, transaction
from django.db.utils import OperationalError
from django.utils import timezone

from eaglet.auth.models import CachedToken
from eaglet.auth.tokens.store import DatabaseTokenStore
from eaglet.tokens import StoredToken, TokenKey, shared_store

KEY = TokenKey.of("http://card.example", "card", "egk_1", "egs_secret")
SAME_BUT = {
    "address": TokenKey.of("http://other.example", "card", "egk_1", "egs_secret"),
    "service": TokenKey.of("http://card.example", "other", "egk_1", "egs_secret"),
    "app key": TokenKey.of("http://card.example", "card", "egk_2", "egs_secret"),
    "secret": TokenKey.of("http://card.example", "card", "egk_1", "egs_other"),
}


def a_token(value="egt_one", left=3600):
    return StoredToken(value, 7200, left)


@pytest.fixture
def store(transactional_db):
    return shared_store()


def lease(store, holder="me", seconds=10):
    return store.lease(KEY, holder, seconds, store.get(KEY))


@pytest.mark.parametrize("use_tz", [True, False])
def test_a_token_that_was_put_is_got(store, settings, use_tz):
    settings.USE_TZ = use_tz
    store.put(KEY, a_token())
    kept = store.get(KEY)
    assert kept.value == "egt_one"
    assert kept.lifetime_seconds == pytest.approx(7200, abs=0.001)
    assert 3590 < kept.left_seconds < 3601


@pytest.mark.parametrize("difference", SAME_BUT)
def test_a_token_is_for_its_own_key_only(store, difference):
    store.put(KEY, a_token())
    assert store.get(SAME_BUT[difference]) is None


@pytest.mark.parametrize("difference", SAME_BUT)
def test_a_token_that_is_copied_into_the_row_of_another_key_is_none(store, difference):
    store.put(KEY, a_token())
    store.put(SAME_BUT[difference], a_token("egt_two"))
    source = CachedToken.objects.get(digest=KEY.digest)
    CachedToken.objects.update(encrypted_token=source.encrypted_token)
    assert store.get(SAME_BUT[difference]) is None
    CachedToken.objects.filter(pk=source.pk).delete()
    CachedToken.objects.update(digest=KEY.digest, encrypted_token=source.encrypted_token)
    assert store.get(SAME_BUT[difference]) is None


def test_who_has_no_lease_replaces_no_token_that_lasts_longer(store):
    store.put(KEY, a_token("egt_one"))
    store.put(KEY, a_token("egt_two", left=60), "another")
    assert store.get(KEY).value == "egt_one"


def test_whoever_has_the_lease_replaces_any_token_and_the_lease_ends(store):
    store.put(KEY, a_token("egt_one"))
    assert lease(store, "me")
    store.put(KEY, a_token("egt_two", left=60), "me")
    assert store.get(KEY).value == "egt_two"
    assert lease(store, "other")


@pytest.mark.parametrize("is_new", [True, False], ids=["new row", "row there"])
def test_one_holder_has_the_lease(store, is_new):
    if not is_new:
        store.put(KEY, a_token())
    assert lease(store, "me")
    assert not lease(store, "other")
    assert lease(store, "me")


def test_a_lease_that_nobody_ends_ends_by_itself(store):
    assert lease(store, "dead")
    CachedToken.objects.update(lease_until=timezone.now() - datetime.timedelta(seconds=1))
    assert lease(store, "me")


def test_a_lease_is_not_had_where_another_token_was_put_since_it_was_looked_for(store):
    seen = store.get(KEY)
    store.put(KEY, a_token())
    assert not store.lease(KEY, "slower", 10, seen)
    assert store.lease(KEY, "slower", 10, store.get(KEY))


def test_an_expired_token_is_not_got_and_is_replaced(store):
    store.put(KEY, a_token(left=-1))
    assert store.get(KEY) is None
    store.put(KEY, a_token("egt_two"))
    assert store.get(KEY).value == "egt_two"


def test_a_token_is_discarded_by_its_value_so_that_a_newer_one_stays(store):
    store.put(KEY, a_token("egt_two"))
    store.discard(KEY, "egt_one")
    assert store.get(KEY).value == "egt_two"
    store.discard(KEY, "egt_two")
    assert store.get(KEY) is None
    store.put(KEY, a_token("egt_three"))
    assert store.get(KEY).value == "egt_three"


def test_a_lease_survives_its_tokens(store):
    store.put(KEY, a_token())
    assert lease(store, "me")
    store.discard(KEY, "egt_one")
    assert not lease(store, "other")


def test_neither_token_nor_secret_stands_in_the_table(store):
    store.put(KEY, a_token())
    [row] = CachedToken.objects.values()
    for hidden in ("egt_one", "egs_secret", KEY.secret_digest):
        assert hidden not in str(row)
    row = CachedToken.objects.get()
    assert row.encrypted_token not in f"{row} {row!r}"


@pytest.mark.parametrize("text", [None, "nonsense", "é"])
def test_a_token_that_can_not_be_decrypted_is_as_none_and_is_replaced(store, settings, text):
    store.put(KEY, a_token())
    if text is None:
        settings.SECRET_KEY = "new"
    else:
        CachedToken.objects.update(encrypted_token=text)
    assert store.get(KEY) is None
    store.discard(KEY, "egt_one")
    store.put(KEY, a_token("egt_two"))
    assert store.get(KEY).value == "egt_two"


def test_in_a_transaction_it_is_written_after_the_commit(store):
    store.put(KEY, a_token("egt_one"))
    with transaction.atomic():
        assert store.in_transaction()
        store.discard(KEY, "egt_one")
        store.put(KEY, a_token("egt_two", left=3700))
        assert store.get(KEY).value == "egt_one"
    assert not store.in_transaction()
    assert store.get(KEY).value == "egt_two"


def test_a_thread_that_had_no_connection_has_none_afterwards(tmp_path, store, monkeypatch):
    left = []

    def use():
        monkeypatch.setattr(connections["default"], "is_in_memory_db", lambda: False, raising=False)
        store.get(KEY)
        left.append(connections["default"].connection)

    thread = threading.Thread(target=use)
    thread.start()
    thread.join()
    assert left == [None]


@pytest.fixture
def without_table(transactional_db, monkeypatch):
    # Nothing is dropped: not every database takes that back at the end of the test.
    with monkeypatch.context() as patch:
        patch.setattr(CachedToken._meta, "db_table", "gone")
        yield
    for field in CachedToken._meta.fields:
        # Django keeps the column with the name of its table.
        vars(field).pop("cached_col", None)


OPERATIONS = {
    "get": lambda store: store.get(KEY) is None,
    "lease": lambda store: store.lease(KEY, "me", 10, None),
    "put": lambda store: store.put(KEY, a_token()) is None,
    "discard": lambda store: store.discard(KEY, "egt_one") is None,
}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_missing_table_breaks_neither_call_nor_transaction(
    without_table, make_app, operation, caplog
):
    hermes = make_app("hermes")
    with transaction.atomic():
        assert OPERATIONS[operation](DatabaseTokenStore())
        hermes.app.name = "still writable"
        hermes.app.save()
    [record] = [r for r in caplog.records if r.name == "eaglet.auth"]
    assert record.levelno == logging.WARNING
    assert re.search("no such table|does not exist|doesn't exist", record.getMessage())
    assert "egt_one" not in caplog.text


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_database_that_is_down_breaks_no_call(transactional_db, monkeypatch, operation, caplog):
    def down(*args, **kwargs):
        raise OperationalError("connection to egs_" + "x" * 43 + " refused\nDETAIL: egt_one")

    with monkeypatch.context() as patch:
        patch.setattr(connection, "cursor", down)
        assert OPERATIONS[operation](DatabaseTokenStore())
    assert "refused" in caplog.text
    assert "egs_x" not in caplog.text
    assert "egt_one" not in caplog.text
