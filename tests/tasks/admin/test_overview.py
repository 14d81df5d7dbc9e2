"""The page of tasks by queue: its figures, who may see it, and replay in one click."""

import datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from eaglet.tasks.models import OutboxTask, Process, ReceivedTask

PAGE = "/admin/eaglet_tasks/receivedtask/overview/"
State = ReceivedTask.State

pytestmark = pytest.mark.django_db(databases=["default", "second"])


@pytest.fixture
def ledger():
    """Writes received tasks of a state and a queue that ended, or are due, some seconds ago."""
    number = iter(range(1_000_000))

    def write(state, ago, queue="shop.sold", count=1, ran=2):
        at = timezone.now() - datetime.timedelta(seconds=ago)
        rows = [
            ReceivedTask(
                key=f"k{next(number)}", task_id="t", queue_name=queue, state=state, due_at=at,
                received_at=at, started_at=at - datetime.timedelta(seconds=ran), ended_at=at,
                message="{}",
            )
            for _ in range(count)
        ]  # fmt: skip
        ReceivedTask.objects.bulk_create(rows)

    return write


def figures(client, span="hour"):
    answer = client.get(f"{PAGE}figures/?span={span}")
    assert answer.status_code == 200
    return answer.json()


def test_each_queue_has_what_waits_runs_is_parked_and_was_done(admin_client, ledger):
    ledger(State.DONE, 30, count=90, ran=3)
    ledger(State.DONE, 30, "shop.sent", count=90, ran=5)
    ledger(State.DONE, 2 * 3600)
    ledger(State.STARTED, 100)
    ledger(State.WAITING, -60)
    ledger(State.RETRYING, -60)
    ledger(State.PARKED, 600, count=3)
    at = timezone.now() - datetime.timedelta(seconds=50)
    for state in (OutboxTask.State.PENDING, OutboxTask.State.IN_ORDER, OutboxTask.State.PARKED):
        OutboxTask.objects.create(
            task_id=f"o{state}", queue_name="shop.mailed", arguments="{}", state=state,
            written_at=at, due_at=at,
        )  # fmt: skip
    mailed, sent, sold = figures(admin_client)["queues"]
    assert [one["name"] for one in (mailed, sent, sold)] == [
        "shop.mailed",
        "shop.sent",
        "shop.sold",
    ]
    assert (mailed["waiting"], mailed["refused"]) == (2, 1)
    assert 50 <= mailed["oldest"] < 80
    kinds = ("waiting", "running", "retrying", "parked", "refused")
    assert [sold[kind] for kind in kinds] == [1, 1, 1, 3, 0]
    assert 100 <= sold["oldest"] < 130
    assert sum(sold["failed"]) == 3
    assert (sum(sold["done"]), sum(sent["done"])) == (90, 90)
    assert {*sold["runtime"]} == {3.0, None}
    assert sum(figures(admin_client, "day")["queues"][2]["done"]) > sum(sold["done"])


def test_where_much_is_done_a_queue_s_part_is_estimated(admin_client, ledger):
    for ago in (2400, 60):  # what comes in turn is not taken in turn
        for _ in range(100):
            ledger(State.DONE, ago, "shop.sold", count=24, ran=3)
            ledger(State.DONE, ago, "shop.sent", count=8, ran=5)
    sent, sold = figures(admin_client)["queues"]
    for queue, count, ran in ((sold, 2400, 3), (sent, 800, 5)):
        assert [*filter(None, queue["done"])] == pytest.approx([count, count], rel=0.02)
        assert {*queue["runtime"]} == {ran, None}


def test_a_few_among_many_keys_are_counted_each(admin_client, ledger):
    ledger(State.DONE, 2 * 3600, count=1500)
    ledger(State.DONE, 60, count=5)
    (sold,) = figures(admin_client)["queues"]
    assert sum(sold["done"]) == 5


def test_a_look_asks_as_much_for_many_rows_as_for_few(
    admin_client, ledger, django_assert_max_num_queries
):
    ledger(State.DONE, 60, count=2000)
    ledger(State.PARKED, 60, count=2000)
    with django_assert_max_num_queries(25):
        figures(admin_client)


def test_relays_and_workers_are_seen_and_missed(admin_client):
    now = timezone.now()
    Process.objects.create(kind="relay", name="relay 1 on host", seen_at=now)
    gone = now - datetime.timedelta(minutes=5)
    Process.objects.create(kind="worker", name="worker 2 on host", seen_at=gone)
    relay, worker = figures(admin_client)["processes"]
    assert (relay["name"], relay["is_late"]) == ("relay 1 on host", False)
    assert (worker["name"], worker["is_late"]) == ("worker 2 on host", True)
    assert 300 <= worker["seconds"] < 330


def test_what_is_parked_of_a_queue_is_replayed_by_one_post(admin_client, ledger):
    ledger(State.PARKED, 60, count=2)
    ledger(State.PARKED, 60, "shop.other")
    url = f"{PAGE}replay/parked/"
    assert admin_client.get(url).status_code == 405
    answer = admin_client.post(url, {"queue": "shop.sold", "confirmed": "yes"}, follow=True)
    assert "2 tasks replayed." in answer.content.decode()
    assert ReceivedTask.objects.parked().count() == 1
    assert LogEntry.objects.count() == 2
    assert admin_client.post(f"{PAGE}replay/nothing/").status_code == 404


def test_it_is_for_staff_who_may_see_tasks_and_replay_for_those_who_may_change(client, ledger):
    ledger(State.PARKED, 60)
    assert client.get(PAGE).status_code == 302
    user = User.objects.create_user("staff", is_staff=True)
    client.force_login(user)
    assert client.get(PAGE).status_code == 403
    assert client.get(f"{PAGE}figures/?span=hour").status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_receivedtask"))
    page = client.get(PAGE)
    assert page.status_code == 200
    assert "data-may-parked" not in page.content.decode()
    posted = {"queue": "shop.sold", "confirmed": "yes"}
    assert client.post(f"{PAGE}replay/parked/", posted).status_code == 403
    assert ReceivedTask.objects.parked().count() == 1
    assert client.get(f"{PAGE}figures/?span=year").status_code == 404
