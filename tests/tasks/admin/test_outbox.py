import pytest
from django.contrib.auth.models import Permission, User

from eaglet.tasks import captured_tasks, send_task
from eaglet.tasks.models import OutboxTask

QUEUE = "services.points.tasks.changed"
LIST = "/admin/eaglet_tasks/outboxtask/"

pytestmark = pytest.mark.django_db


@pytest.fixture
def sent():
    with captured_tasks():
        send_task(QUEUE, {"event_type": "好友", "app_secret": "hush"})
    return OutboxTask.objects.get()


def test_operators_see_what_waits(admin_client, sent):
    page = admin_client.get(LIST)
    assert page.status_code == 200
    assert sent.task_id in page.content.decode()


def test_a_tasks_page_shows_its_arguments_without_secrets(admin_client, sent):
    text = admin_client.get(f"{LIST}{sent.pk}/change/").content.decode()
    assert "好友" in text
    assert "hush" not in text


def test_nothing_can_be_added_changed_or_deleted(admin_client, sent):
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{sent.pk}/change/", {}).status_code == 403
    assert admin_client.post(f"{LIST}{sent.pk}/delete/", {"post": "yes"}).status_code == 403
    assert OutboxTask.objects.exists()


def test_staff_need_the_permission_to_view(client, sent):
    staff = User.objects.create_user("staff", is_staff=True)
    client.force_login(staff)
    assert client.get(LIST).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_outboxtask"))
    assert client.get(LIST).status_code == 200
