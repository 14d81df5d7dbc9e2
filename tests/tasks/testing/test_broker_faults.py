import pytest

from eaglet.tasks import publish_event, send_task
from eaglet.tasks.models import OutboxTask
from eaglet.tasks.testing import broker_down, broker_refusing, broker_silent, broker_slow

pytestmark = pytest.mark.django_db(transaction=True)


def states():
    return list(OutboxTask.objects.values_list("state", flat=True))


def test_a_broker_that_is_down_leaves_tasks_in_the_outbox(queue, received):
    with broker_down():
        send_task(queue, {})
    assert states() == [OutboxTask.State.PENDING]
    assert "on order" in OutboxTask.objects.get().last_error
    send_task(queue, {})
    assert len(received(queue)) == 1


def test_a_silent_one_keeps_the_caller_no_longer_than_the_timeout(queue, settings):
    settings.EAGLET_PUBLISH_TIMEOUT_SECONDS = 0.05
    with broker_silent():
        send_task(queue, {})
        assert states() == [OutboxTask.State.PENDING]


def test_a_slow_one_gets_them_in_the_end(queue, received):
    with broker_slow(0.05):
        send_task(queue, {})
    assert states() == [OutboxTask.State.SENT]
    assert len(received(queue)) == 1


@pytest.mark.parametrize("send", [send_task, publish_event])
def test_one_that_refuses_refuses_what_was_ordered(queue, send):
    with broker_refusing(queue):
        send(queue, {})
        send(f"{queue}.other", {})
    assert states() == [OutboxTask.State.PENDING, OutboxTask.State.SENT]
    assert "on order" in OutboxTask.objects.first().last_error
