"""Tasks with an order key: in order, by the relay alone."""

import datetime
import random

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from eaglet.exceptions import InvalidTask
from eaglet.tasks import send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.relay import claims as claims_module
from eaglet.tasks.relay.claims import Claims

QUEUE = "services.points.tasks.changed"
LATER = datetime.timedelta(seconds=60)
State = OutboxTask.State

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "second"])


def send(*numbers, key="member 1"):
    for n in numbers:
        send_task(QUEUE, {"n": n}, order_key=key)


def relay_once():
    call_command("relay_tasks", once=True, verbosity=0)


def claims(owner):
    return Claims(OutboxTask.objects.all(), owner)


def claim(of, limit=100):
    """What was claimed, as the tasks' numbers, of each key."""
    claimed = {}
    for wave in of.claim_in_order(timezone.now() + LATER, limit):
        for task in wave:
            claimed.setdefault(task.order_key, []).append(int(task.arguments[5:-1]))
    return list(claimed.values())


def test_they_are_left_to_the_relay_which_keeps_their_order(numbers):
    send(*range(10))
    send_task(QUEUE, {"n": 10})
    assert numbers(QUEUE) == [10]
    relay_once()
    assert numbers(QUEUE) == list(range(10))
    assert set(OutboxTask.objects.values_list("state", flat=True)) == {State.SENT}


def test_each_key_keeps_its_order_however_they_are_mixed(numbers, monkeypatch):
    monkeypatch.setattr(claims_module, "KEYS_AT_ONCE", 3)
    expected = {f"key {k}": [] for k in range(5)}
    for n in range(40):
        key = random.choice(list(expected))
        expected[key].append(n)
        send(n, key=key)
    relay_once()
    arrived = numbers(QUEUE)
    for of_the_key in expected.values():
        assert [n for n in arrived if n in of_the_key] == of_the_key


def test_a_refused_one_holds_up_its_key_and_no_other(numbers, refuse):
    send(0, 1, 2)
    send(10, 11, key="member 2")
    refuse(1)
    with pytest.raises(CommandError, match="refused"):
        relay_once()
    assert sorted(numbers(QUEUE)) == [0, 10, 11]
    OutboxTask.objects.update(due_at=timezone.now())
    refuse()
    relay_once()
    assert numbers(QUEUE) == [1, 2]


def test_a_parked_one_stops_its_key_until_it_is_replayed(numbers, refuse, settings):
    settings.EAGLET_TASK_MAX_ATTEMPTS = 1
    send(0, 1, 2)
    refuse(1)
    with pytest.raises(CommandError, match="refused"):
        relay_once()
    refuse()
    send(3)
    send(10, key="member 2")
    relay_once()
    assert numbers(QUEUE) == [0, 10]
    OutboxTask.objects.parked().replay()
    relay_once()
    assert numbers(QUEUE) == [1, 2, 3]


def test_two_relays_never_have_one_key():
    send(0, 1)
    send(10, key="member 2")
    mine, yours = claims("me"), claims("you")
    assert claim(mine) == [[0, 1], [10]]
    send(2, 3)
    assert claim(yours) == []
    # One of the first two is done: what is behind is still that relay's.
    OutboxTask.objects.filter(arguments='{"n":0}').update(state=State.SENT)
    assert claim(yours) == []
    OutboxTask.objects.filter(arguments='{"n":1}').update(state=State.SENT)
    assert claim(yours) == [[2, 3]]


def test_a_key_whose_relay_died_is_anothers_when_the_claim_ends():
    send(0, 1)
    claim(claims("dead"))
    OutboxTask.objects.update(due_at=timezone.now())
    assert claim(claims("me")) == [[0, 1]]


def test_one_that_was_claimed_meanwhile_is_left_alone(monkeypatch):
    send(0, 1)
    mine = claims("me")
    read = mine._first_of(["member 1"], 9)
    monkeypatch.setattr(mine, "_first_of", lambda *args: read)
    assert claim(claims("you")) == [[0, 1]]
    assert claim(mine) == []


def test_one_that_is_no_longer_in_front_is_given_back(monkeypatch):
    send(0, 1)
    mine = claims("me")
    first_of = mine._first_of

    def replayed_meanwhile(*args):
        OutboxTask.objects.filter(arguments='{"n":0}').update(state=State.SENT)
        read = first_of(*args)
        OutboxTask.objects.filter(arguments='{"n":0}').update(state=State.IN_ORDER)
        return read

    monkeypatch.setattr(mine, "_first_of", replayed_meanwhile)
    assert claim(mine) == []
    assert set(OutboxTask.objects.values_list("claimed_by", flat=True)) == {""}


def test_a_deep_key_does_not_keep_the_others_waiting():
    send(*range(20), key="a")
    send(100, key="b")
    assert claim(claims("me"), limit=6) == [[0, 1, 2], [100]]


def test_all_keys_have_their_turn(monkeypatch):
    monkeypatch.setattr(claims_module, "KEYS_AT_ONCE", 2)
    for key in "abcdefg":
        send(*range(3), key=key)
    mine = claims("me")
    waves = [mine.claim_in_order(timezone.now(), 1) for _ in range(5)]
    assert [[task.order_key for task in wave] for [wave] in waves] == [
        ["a", "b"], ["c", "d"], ["e", "f"], ["g"], ["a", "b"],
    ]  # fmt: skip


def test_later_ones_wait_for_one_that_is_to_be_sent_later(received, numbers):
    send_task(QUEUE, {"n": 0}, order_key="k", delay_seconds=3600)
    send(1, key="k")
    relay_once()
    assert received(QUEUE) == []
    OutboxTask.objects.filter(not_before__isnull=False).update(due_at=timezone.now())
    relay_once()
    assert numbers(QUEUE) == [0, 1]


@pytest.mark.parametrize("key", ["", "k" * 256, "a\nb", "a\0", 7, b"k"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(InvalidTask, match="order_key"):
        send_task(QUEUE, {}, order_key=key)
    assert not OutboxTask.objects.exists()


def test_keys_that_a_database_might_take_for_the_same_do_not_stop_each_other(numbers):
    send(1, key="order aB")
    OutboxTask.objects.update(state=State.PARKED)
    others = ["order Ab", "order aB ", "order \u00e1B", " order aB"]
    for n, key in enumerate(others, start=2):
        send(n, key=key)
    relay_once()
    assert sorted(numbers(QUEUE)) == [2, 3, 4, 5]
