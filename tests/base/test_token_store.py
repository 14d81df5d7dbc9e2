"""Tokens got from services, kept in memory."""

import time

import pytest

from eaglet import token_store
from eaglet.token_store import MemoryTokenStore, StoredToken, TokenKey

KEY = TokenKey.of("http://card/", "card", "key", "hunter2")


def token(value="egt_value", expires_in=60):
    now = time.time()
    return StoredToken(value, now, now + expires_in)


def test_a_key_holds_no_secret():
    assert "hunter2" not in repr(KEY)
    assert "hunter2" not in KEY.digest


@pytest.mark.parametrize(
    "other",
    [
        ("http://card2/", "card", "key", "hunter2"),
        ("http://card/", "other", "key", "hunter2"),
        ("http://card/", "card", "key2", "hunter2"),
        ("http://card/", "card", "key", "hunter3"),
        ("http://card/card", "", "key", "hunter2"),
    ],
)
def test_each_part_tells_keys_apart(other):
    assert TokenKey.of(*other) != KEY
    assert TokenKey.of(*other).digest != KEY.digest


def test_equal_parts_are_equal_keys():
    assert TokenKey.of("http://card/", "card", "key", "hunter2") == KEY
    assert TokenKey.of("http://card/", "card", "key", "hunter2").digest == KEY.digest


def test_a_token_does_not_stand_in_its_repr():
    assert "egt_value" not in repr(token())


def test_what_is_put_is_got():
    store = MemoryTokenStore()
    assert store.get(KEY) is None
    kept = token()
    store.put(KEY, kept)
    assert store.get(KEY) is kept
    newer = token("newer")
    store.put(KEY, newer)
    assert store.get(KEY) is newer


def test_a_token_whose_time_is_over_is_none():
    store = MemoryTokenStore()
    store.put(KEY, token(expires_in=-1))
    assert store.get(KEY) is None
    assert not token(expires_in=0).is_live()


def test_a_token_is_discarded_by_value_so_that_a_newer_one_stays():
    store = MemoryTokenStore()
    store.put(KEY, token("newer"))
    store.discard(KEY, "older")
    assert store.get(KEY).value == "newer"
    store.discard(KEY, "newer")
    assert store.get(KEY) is None
    store.discard(KEY, "newer")


def test_a_key_is_cleared_whatever_is_kept():
    store = MemoryTokenStore()
    store.put(KEY, token())
    store.clear(KEY)
    store.clear(KEY)
    assert store.get(KEY) is None


def test_a_shared_store_is_registered_and_taken_out():
    before = token_store.shared_store()
    store = MemoryTokenStore()
    try:
        token_store.register_shared_store(store)
        assert token_store.shared_store() is store
        token_store.register_shared_store(None)
        assert token_store.shared_store() is None
    finally:
        token_store.register_shared_store(before)
