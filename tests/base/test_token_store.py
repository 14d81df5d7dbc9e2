"""Tokens got from services, kept in memory."""

import pytest

from eaglet import token_store
from eaglet.token_store import Claim, MemoryTokenStore, StoredToken, TokenKey

KEY = TokenKey.of("http://card/", "card", "key", "hunter2")


def token(value="egt_value", left=60):
    return StoredToken(value, 60, left)


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
    store.put(KEY, token())
    kept = store.get(KEY)
    assert (kept.value, kept.lifetime_seconds) == ("egt_value", 60)
    assert 59 < kept.left_seconds <= 60


def test_a_token_whose_time_is_over_is_none():
    store = MemoryTokenStore()
    store.put(KEY, token(left=-1))
    assert store.get(KEY) is None


def test_who_has_no_lease_replaces_no_token_that_lasts_longer():
    store = MemoryTokenStore()
    store.put(KEY, token("newer"))
    store.put(KEY, token("older", left=30))
    assert store.get(KEY).value == "newer"
    assert store.claim(KEY, "me", lambda token: False).is_granted
    store.put(KEY, token("shorter", left=30), "me")
    assert store.get(KEY).value == "shorter"


def test_one_has_the_lease_until_it_is_given_back():
    store = MemoryTokenStore()
    assert store.claim(KEY, "first", lambda token: True) == Claim(is_granted=True)
    assert store.claim(KEY, "second", lambda token: True) == Claim()
    store.release(KEY, "second")
    assert store.claim(KEY, "second", lambda token: True) == Claim()
    store.release(KEY, "first")
    assert store.claim(KEY, "second", lambda token: True) == Claim(is_granted=True)
    store.put(KEY, token(), "second")
    assert store.claim(KEY, "third", lambda token: True).token.value == "egt_value"


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
