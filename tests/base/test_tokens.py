"""What processes know tokens by."""

import pytest

from eaglet import tokens
from eaglet.tokens import StoredToken, TokenKey

KEY = TokenKey.of("http://card/", "card", "key", "hunter2")


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
def test_each_part_tells_keys_apart_and_nothing_else_does(other):
    assert TokenKey.of("http://card/", "card", "key", "hunter2") == KEY
    assert TokenKey.of(*other) != KEY
    assert TokenKey.of(*other).digest != KEY.digest


def test_a_token_does_not_stand_in_its_repr():
    assert "egt_value" not in repr(StoredToken("egt_value", 60, 60))


def test_a_shared_store_is_registered_and_taken_out():
    before = tokens.shared_store()
    store = object()
    try:
        tokens.register_shared_store(store)
        assert tokens.shared_store() is store
        tokens.register_shared_store(None)
        assert tokens.shared_store() is None
    finally:
        tokens.register_shared_store(before)
