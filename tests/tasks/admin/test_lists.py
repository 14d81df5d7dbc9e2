"""The lists of tasks: what finds and narrows, and that an index does it."""

import datetime
import uuid

import pytest
from django.db import connection
from django.db.models import Q
from django.utils import timezone

from eaglet.tasks import captured_tasks, send_task, task
from eaglet.tasks.admin import search
from eaglet.tasks.models import OutboxTask, ReceivedTask
from eaglet.tasks.receiving import decorator

RECEIVED = "/admin/eaglet_tasks/receivedtask/"
SENT = "/admin/eaglet_tasks/outboxtask/"
TRACE = "0af7651916cd43dd8448eb211c80319c"

pytestmark = pytest.mark.django_db(databases=["default", "second"])


@pytest.fixture
def queue():
    return f"shop.{uuid.uuid4().hex}"


@pytest.fixture
def tasks(monkeypatch, settings, queue):
    """Two tasks, sent and received: one is done, and one is parked; return their ids."""
    monkeypatch.setattr(decorator, "_handlers", {})
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 1

    @task(queue)
    def sold(args):
        if "fail" in args:
            raise LookupError("no member 12345")

    with captured_tasks():
        ids = [send_task(queue, args) for args in ({"member": 9876, "password": "hush"}, {})]
    sold.apply(args=[{"member": 9876, "password": "hush"}], task_id=ids[0])
    sold.apply(args=[{"fail": "小鹰"}], task_id=ids[1])
    OutboxTask.objects.filter(task_id=ids[1]).update(
        state=OutboxTask.State.PARKED, last_error="LookupError: no member 12345",
        arguments='{"fail": "\\u5c0f\\u9e70"}',
    )  # fmt: skip
    for model in (OutboxTask, ReceivedTask):
        model.objects.filter(task_id=ids[0]).update(traceparent=f"00-{TRACE}-b7ad6b7169203331-01")
    return ids


def listed(client, path, **query):
    page = client.get(path, query)
    assert page.status_code == 200
    return {one.task_id for one in page.context["cl"].result_list}


@pytest.mark.parametrize("path", [SENT, RECEIVED])
def test_a_task_is_found_by_its_id_its_trace_its_cause_and_an_argument(
    admin_client, tasks, queue, path
):
    done, parked = tasks
    assert listed(admin_client, path, q=done) == {done}
    assert listed(admin_client, path, q=TRACE) == {done}
    for term in ("member=9876", "member: 9876", "9876"):
        assert listed(admin_client, path, q=term) == {done}
    assert listed(admin_client, path, q="no member 12345") == {parked}
    assert listed(admin_client, path, q="fail=小鹰") == {parked}
    assert listed(admin_client, path, q=queue) == {done, parked}
    for term in ("member=987", "987", "hush", "password=hush", "%", "nothing"):
        assert listed(admin_client, path, q=term) == set()


@pytest.mark.parametrize("path", [SENT, RECEIVED])
def test_a_cause_in_full_is_found_however_old(admin_client, tasks, monkeypatch, path):
    monkeypatch.setattr(search, "NEWEST", 0)
    assert listed(admin_client, path, q="no member 12345") == set()
    assert listed(admin_client, path, q=" LookupError: no member 12345") == {tasks[1]}


@pytest.mark.parametrize("path", [SENT, RECEIVED])
def test_lists_are_narrowed_by_date_queue_and_cause(admin_client, tasks, queue, path):
    done, parked = tasks
    model = OutboxTask if path == SENT else ReceivedTask
    long_ago = timezone.now() - datetime.timedelta(hours=2)
    model.objects.filter(task_id=done).update(due_at=long_ago, queue_name="shop.old")
    assert listed(admin_client, path, minutes="60") == {parked}
    assert listed(admin_client, path, minutes="1440") == {done, parked}
    assert listed(admin_client, path, minutes="x") == {done, parked}
    assert listed(admin_client, path, queue="shop.old") == {done}
    assert listed(admin_client, path, cause="LookupError") == {parked}
    page = admin_client.get(path).content.decode()
    for choice in ("?queue=shop.old", f"?queue={queue}", "?cause=LookupError", "?minutes=5"):
        assert choice in page


@pytest.mark.parametrize("path", [SENT, RECEIVED])
def test_of_a_state_the_last_changed_come_first(admin_client, tasks, path):
    model = OutboxTask if path == SENT else ReceivedTask
    model.objects.update(state=2)
    model.objects.filter(task_id=tasks[0]).update(
        due_at=timezone.now() + datetime.timedelta(hours=1)
    )
    for query, order in (({"state__exact": 2}, [*tasks]), ({}, [*reversed(tasks)])):
        page = admin_client.get(path, query)
        assert [one.task_id for one in page.context["cl"].result_list] == order


@pytest.mark.parametrize(("model", "cause"), [(OutboxTask, "last_error"), (ReceivedTask, "cause")])
@pytest.mark.skipif(connection.vendor == "mysql", reason="its plan depends on the number of rows")
def test_an_index_finds_them(model, cause):
    wanted = {
        "task_id": Q(task_id="x"),
        "trace": Q(traceparent__gte="00-a-0", traceparent__lt="00-a-g"),
        "due": Q(state__in=[1, 2], due_at__gte=timezone.now()),
        "why": Q(**{cause: "ValueError: x"}),
    }
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":  # else it reads a small table whole
            cursor.execute("SET LOCAL enable_seqscan = off")
    for index, condition in wanted.items():
        plan = model.objects.order_by().filter(condition).values("pk").explain()
        assert "SCAN" not in plan
        assert "Seq Scan" not in plan
        assert index in plan or (index == "task_id" and "INDEX" in plan)
