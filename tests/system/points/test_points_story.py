"""Points change in one service, and another one takes the tasks that tell of it."""

import json
import os
import signal

import pytest

from demo.roles import CONCURRENCY
from tests.system.points.killing import check_nothing_was_lost, children_of_worker
from tests.system.points.points_story import FAR_TOO_MANY, SHARED, running_story


@pytest.fixture(scope="module")
def story(tmp_path_factory, caller):
    with running_story(tmp_path_factory.mktemp("points"), caller, {}) as story:
        yield story


def test_the_documented_arguments_arrive_as_they_are(story):
    answer = story.change(100)
    task_id = answer["data"].pop("task_id")
    story.wait_until(lambda: task_id in story.told_tasks())
    [(kept, text)] = story.receiver.rows(
        "SELECT json_object('member_id', member_id, 'nick_name', nick_name, 'event_type', "
        "event_type, 'increase_integral', increase_integral, 'current_integral', "
        "current_integral), text FROM template_message_service_templatemessage WHERE task_id = ?",
        task_id,
    )
    assert json.loads(kept) == answer["data"]
    assert json.loads(kept)["event_type"].encode() == SHARED.encode()
    assert text.startswith(f"weizoom，您好！{SHARED}，积分增加100，")


def test_a_refused_change_leaves_nothing_behind(story):
    before = story.integral(), story.changed_tasks()
    assert story.change(FAR_TOO_MANY)["code"] == 1002
    assert (story.integral(), story.changed_tasks()) == before
    assert sorted(story.outbox()) == story.changed_tasks()


def test_a_task_that_is_delivered_again_is_one_message(story):
    task_id = story.change(1)["data"]["task_id"]
    done = f"[{task_id}] succeeded"
    story.wait_until(lambda: story.services.worker.written().count(done) == 1)
    story.wait_until(lambda: story.outbox()[task_id] == "sent")
    story.sender.rows("UPDATE eaglet_tasks_outboxtask SET state = 0 WHERE task_id = ?", task_id)
    story.wait_until(lambda: story.services.worker.written().count(done) == 2)
    assert story.told_tasks().count(task_id) == 1


def test_what_was_sent_is_answered_for_in_the_results(story):
    task_id = story.change(1)["data"]["task_id"]
    results = "SELECT status FROM django_celery_results_taskresult WHERE task_id = ?"
    story.wait_until(lambda: story.receiver.rows(results, task_id) == [("SUCCESS",)])


def test_a_caller_without_a_token_changes_nothing(story, caller):
    before = story.changed_tasks()
    change = {"member_id": story.services.member_id, "increase_integral": 1, "event_type": SHARED}
    answer = caller.put(story.services.member.url("member.points"), change)
    assert answer.status_code == 401
    assert story.changed_tasks() == before


@pytest.mark.parametrize("which", range(CONCURRENCY))
def test_a_worker_goes_on_when_one_of_its_children_is_killed(story, which):
    os.kill(children_of_worker(story.services)[which], signal.SIGKILL)
    task_id = story.change(1)["data"]["task_id"]
    story.wait_until(lambda: task_id in story.told_tasks(), story.services.worker.tail())


@pytest.mark.slow
def test_killed_processes_lose_no_change_and_tell_of_none_that_was_rolled_back(story):
    check_nothing_was_lost(story)
