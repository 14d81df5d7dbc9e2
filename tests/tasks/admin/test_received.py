import uuid

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.utils import timezone

from eaglet.tasks import captured_tasks, on_event, publish_event, send_task, task
from eaglet.tasks.models import OutboxTask, ReceivedTask
from eaglet.tasks.receiving import decorator
from eaglet.tasks.testing import inline_tasks

LIST = "/admin/eaglet_tasks/receivedtask/"
SENT_LIST = "/admin/eaglet_tasks/outboxtask/"
State = ReceivedTask.State

pytestmark = pytest.mark.django_db(databases=["default", "second"])


@pytest.fixture
def queue(monkeypatch, settings):
    monkeypatch.setattr(decorator, "_handlers", {})
    settings.EAGLET_SERVICE_NAME = "admin-tests"
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 1
    return f"services.points.{uuid.uuid4()}"


@pytest.fixture
def handler(queue):
    @task(queue, once=True)
    def changed(args):
        if args.get("fail"):
            raise ValueError("no such member, token=hush-in-error")
        return {"member": 7, "token": "hush-in-result"}

    return changed


@pytest.fixture
def parked(handler):
    handler.apply(args=[{"fail": True, "app_secret": "hush", "event": "好友"}], task_id="p-1")
    return ReceivedTask.objects.get()


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def act(client, action, tasks, path=LIST, **data):
    selected = {"action": action, "_selected_action": [row.pk for row in tasks], **data}
    return client.post(path, selected, follow=True)


def test_a_parked_task_is_listed_with_its_cause_and_without_secrets(admin_client, parked):
    text = text_of(admin_client.get(LIST, {"state__exact": State.PARKED}))
    assert parked.task_id in text
    assert "ValueError: no such member" in text
    assert "hush" not in text
    text = text_of(admin_client.get(f"{LIST}{parked.pk}/change/"))
    assert "Traceback" in text
    assert "in changed" in text
    assert "好友" in text
    assert "hush" not in text


def test_one_page_follows_a_task_from_the_outbox_to_its_result(admin_client, handler, queue):
    with captured_tasks() as sent:
        task_id = send_task(queue, {"n": 1, "password": "hush"})
    OutboxTask.objects.update(state=OutboxTask.State.SENT, sent_at=timezone.now(), attempts=1)
    handler.apply(args=[sent[0].args], task_id=task_id)
    for path, row in ((SENT_LIST, OutboxTask.objects.get()), (LIST, ReceivedTask.objects.get())):
        text = text_of(admin_client.get(f"{path}{row.pk}/change/"))
        steps = ["Written", "Published", "Received", "Started", "Done"]
        places = [text.index(f'<th scope="row">{step}</th>') for step in steps]
        assert places == sorted(places)
        assert "hush" not in text
        # Machines write them: nobody adds, changes or deletes.
        assert admin_client.get(f"{path}add/").status_code == 403
        assert admin_client.post(f"{path}{row.pk}/change/", {}).status_code == 403
        deletion = admin_client.post(f"{path}{row.pk}/delete/", {"post": "yes"})
        assert deletion.status_code == 403


def test_what_was_sent_and_never_run_can_be_asked_for(admin_client, handler, queue):
    with captured_tasks():
        run, never = send_task(queue, {}), send_task(queue, {})
        send_task(queue, {})  # waits
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    OutboxTask.objects.filter(task_id__in=[run, never]).update(
        state=OutboxTask.State.SENT, sent_at=long_ago, due_at=long_ago
    )
    handler.apply(args=[{}], task_id=run)
    text = text_of(admin_client.get(SENT_LIST, {"run": "never"}))
    assert never in text
    assert run not in text
    assert "1 sent task" in text
    row = OutboxTask.objects.get(task_id=never)
    page = text_of(admin_client.get(f"{SENT_LIST}{row.pk}/change/"))
    assert "no worker over this database has begun with it" in page


def test_a_parked_task_is_replayed_from_the_list_once_that_is_confirmed(admin_client, parked):
    text = text_of(act(admin_client, "replay", [parked]))
    assert "Publish these tasks again?" in text
    assert parked.task_id in text
    assert ReceivedTask.objects.parked().exists()
    text = text_of(act(admin_client, "replay", [parked], confirmed="yes"))
    assert "1 task replayed." in text
    assert ReceivedTask.objects.get().state == State.WAITING
    assert LogEntry.objects.get().get_change_message() == "Replayed."


@pytest.mark.parametrize("model", [ReceivedTask, OutboxTask])
def test_a_parked_task_is_replayed_from_its_page_once_that_is_confirmed(
    admin_client, parked, queue, model
):
    with captured_tasks():
        send_task(queue, {})
    OutboxTask.objects.update(state=OutboxTask.State.PARKED, parked_at=timezone.now())
    own = f"/admin/eaglet_tasks/{model._meta.model_name}/{model.objects.get().pk}/"
    assert f"{own}replay/" in text_of(admin_client.get(f"{own}change/"))
    assert "again?" in text_of(admin_client.get(f"{own}replay/"))
    assert model.objects.parked().exists()
    admin_client.post(f"{own}replay/", {"confirmed": "yes"})
    assert model.objects.get().state in (State.WAITING, OutboxTask.State.PENDING)


def test_what_is_done_can_only_be_forced(admin_client, handler):
    handler.apply(args=[{}], task_id="d-1")
    row = ReceivedTask.objects.get()
    assert "0 tasks replayed." in text_of(act(admin_client, "replay", [row], confirmed="yes"))
    assert "1 task replayed." in text_of(act(admin_client, "force", [row], confirmed="yes"))


def test_what_is_done_is_done_again_from_its_page(admin_client, handler):
    handler.apply(args=[{}], task_id="d-2")
    own = f"{LIST}{ReceivedTask.objects.get().pk}/"
    assert f"{own}replay/?force=1" in text_of(admin_client.get(f"{own}change/"))
    assert admin_client.get(f"{own}replay/").status_code == 403
    assert "Yes, do it" in text_of(admin_client.get(f"{own}replay/?force=1"))
    answer = admin_client.post(f"{own}replay/?force=1", {"confirmed": "yes"}, follow=True)
    assert "1 task replayed." in text_of(answer)
    assert LogEntry.objects.get().get_change_message() == "Replayed by force."


def test_who_may_only_look_can_not_replay(client, parked):
    staff = User.objects.create_user("staff", is_staff=True)
    client.force_login(staff)
    assert client.get(LIST).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_receivedtask"))
    own = f"{LIST}{parked.pk}/"
    assert "replay" not in text_of(client.get(f"{own}change/"))
    assert "Replay" not in text_of(client.get(LIST))
    assert client.post(f"{own}replay/", {"confirmed": "yes"}).status_code == 403
    act(client, "replay", [parked], confirmed="yes")
    parked.refresh_from_db()
    assert parked.state == State.PARKED


def test_many_are_replayed_at_once(admin_client, handler):
    for n in range(120):
        handler.apply(args=[{"fail": True}], task_id=f"m-{n}")
    rows = ReceivedTask.objects.order_by("pk")
    one = [rows.first()]
    text = text_of(act(admin_client, "replay", one, select_across="1"))
    assert "and 100 more" in text
    text = text_of(act(admin_client, "replay", one, select_across="1", confirmed="yes"))
    assert "120 tasks replayed." in text
    assert set(rows.values_list("state", flat=True)) == {State.WAITING}


def test_the_page_of_an_event_tells_of_every_subscriber_of_this_service(admin_client, queue):
    @on_event("points.changed", purpose="audit")
    def audit(args):
        raise ValueError("no such member")

    @on_event("points.*")
    def changed(args):
        pass

    with inline_tasks(raise_errors=False):
        publish_event("points.changed", {"member_id": 7})
    row = OutboxTask.objects.get()
    text = text_of(admin_client.get(f"{SENT_LIST}{row.pk}/change/"))
    for told in (
        "admin-tests.points.changed:audit, ",
        "admin-tests.points.*, ",
        "ValueError: no such member",
    ):
        assert told in text
    assert text.count("Received</") == 2
