import threading

import pytest

from eaglet import deadline
from eaglet.client import Resource, TokenUnavailable
from eaglet.client.services.resolve import resolve
from eaglet.client.tokens.cache import tokens
from eaglet.client.tokens.entry import CachedToken
from eaglet.tokens import StoredToken, TokenKey, register_shared_store

from ..calling import CALL, call, settle
from ..forking import forks, in_child
from ..recording_server import Reply
from .memory_store import MemoryTokenStore

KEY = TokenKey.of("http://card", "card", "key", "secret")


def fetcher(*values, lifetime=7200):
    values = iter(values)
    return lambda: StoredToken(next(values), lifetime, lifetime)


def test_tokens_and_keys_do_not_show_values():
    token = StoredToken("egt_x", 1, 1)
    assert "egt_x" not in f"{token!r} {CachedToken.of(token)!r}"


@forks
def test_a_forked_child_can_get_tokens_while_a_thread_of_the_parent_was_at_it():
    cache = tokens
    asked, release = threading.Event(), threading.Event()

    def slow():
        asked.set()
        release.wait(20)
        return StoredToken("parent's", 60, 60)

    thread = threading.Thread(target=lambda: cache.token(KEY, slow))
    thread.start()
    assert asked.wait(10)
    with cache._entry(KEY).lock:
        assert in_child(lambda: cache.token(KEY, fetcher("child's")) == "child's")
    release.set()
    thread.join()
    assert cache.token(KEY, fetcher()) == "parent's"


@pytest.fixture
def store():
    store = MemoryTokenStore()
    register_shared_store(store)
    yield store
    register_shared_store(None)


def test_a_token_goes_into_the_shared_store_and_comes_from_there(card, issuer, store):
    call()
    key = resolve("card").token_key
    stored = store.get(key)
    assert stored.value == issuer.issued[0]
    assert stored.lifetime_seconds == 7200
    assert 7190 < stored.left_seconds <= 7200
    tokens._entries.clear()
    call()
    assert len(card.token_requests) == 1


def test_a_token_of_the_store_is_held_no_longer_than_it_lives(card, issuer, store, clock):
    issuer.valid.add("egt_stored")
    store.put(resolve("card").token_key, StoredToken("egt_stored", 7200, 200))
    call()
    assert card.token_requests == []
    clock.ahead = 195
    call()
    settle()
    assert len(card.token_requests) == 1


def test_a_refused_token_is_taken_out_of_the_store(card, issuer, store):
    call()
    issuer.valid.clear()
    issuer.token_reply = Reply(b"", status=500)
    Resource.use("card").post(CALL)
    assert store.get(resolve("card").token_key) is None


def test_an_early_renewal_takes_the_token_another_process_renewed(card, issuer, store, clock):
    call()
    issuer.valid.add("egt_of_another")
    clock.ahead = 7200 - 10
    store.put(resolve("card").token_key, StoredToken("egt_of_another", 7200, 7200))
    call()
    settle()
    call()
    assert len(card.token_requests) == 1
    assert card.calls[-1].headers["Authorization"] == "Bearer egt_of_another"


class SlowStore(MemoryTokenStore):
    """Discards when it is let to."""

    def __init__(self):
        super().__init__()
        self.asked, self.released = threading.Event(), threading.Event()

    def discard(self, key, value):
        self.asked.set()
        self.released.wait(20)
        super().discard(key, value)


def test_a_refused_token_is_not_taken_from_the_store_that_still_has_it(card, issuer):
    store = SlowStore()
    register_shared_store(store)
    call()
    issuer.valid.clear()
    refused = threading.Thread(target=call)
    refused.start()
    assert store.asked.wait(10)
    assert call()["data"] == "secret data"
    store.released.set()
    refused.join()
    used = [each.headers["Authorization"] for each in card.calls]
    assert used.count(f"Bearer {issuer.issued[0]}") == 2
    assert len(card.token_requests) == 2


def test_where_the_lease_can_not_be_had_in_time_a_process_fetches_by_itself(card, issuer, store):
    store.leases[resolve("card").token_key] = "another"
    assert call()["data"] == "secret data"
    assert len(card.token_requests) == 1


def test_in_a_transaction_no_lease_is_taken(card, issuer, store):
    store.leases[resolve("card").token_key] = "another"
    store.is_transaction_open = True
    assert call()["data"] == "secret data"
    assert len(card.token_requests) == 1
    assert store.get(resolve("card").token_key).value == issuer.issued[0]


def test_the_store_is_used_by_callers_and_not_by_the_thread_that_fetches(
    card, issuer, store, clock
):
    call()
    clock.ahead = 7200 - 10
    call()
    settle()
    call()
    assert store.get(resolve("card").token_key).value == issuer.issued[1]
    assert store.used_by == {threading.current_thread().name}


def test_a_token_whose_caller_gave_up_is_put_into_the_store_by_the_next(card, issuer, store):
    _, release = issuer.hold()
    with pytest.raises(TokenUnavailable, match="takes too long"), deadline.within(0.2):
        call()
    release.set()
    settle()
    assert call()["data"] == "secret data"
    assert len(card.token_requests) == 1
    assert store.get(resolve("card").token_key).value == issuer.issued[0]


@pytest.mark.parametrize(
    "forget",
    [
        lambda: Resource.use("card").forget_token(),
        lambda: Resource.forget_token("card"),
        lambda: Resource.forget_token(),
    ],
)
def test_a_forgotten_token_is_asked_for_anew(card, issuer, store, forget):
    call()
    forget()
    assert store.get(resolve("card").token_key) is None
    call()
    assert len(card.token_requests) == 2


def test_forgetting_the_token_of_a_service_without_credentials_does_nothing(card):
    Resource.use("card").forget_token()
    assert card.received == []
