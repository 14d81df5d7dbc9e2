"""An operator follows tasks, and replays what is parked, with a real browser."""

import uuid

import pytest
from django.utils import timezone

from eaglet.tasks import captured_tasks, send_task, task
from eaglet.tasks.models import OutboxTask, ReceivedTask
from eaglet.tasks.receiving import decorator

from .conftest import PHONE

pytestmark = pytest.mark.services

FITS = "document.documentElement.scrollWidth <= window.innerWidth"
RECEIVED = "/admin/eaglet_tasks/receivedtask/"
SENT = "/admin/eaglet_tasks/outboxtask/"


@pytest.fixture
def queue(monkeypatch, settings):
    monkeypatch.setattr(decorator, "_handlers", {})
    settings.EAGLET_HANDLER_MAX_ATTEMPTS = 1
    return f"services.points.{uuid.uuid4().hex[:8]}"


@pytest.fixture
def lives(transactional_db, queue):
    """Three tasks: one is done, one is parked, and one was sent and never run."""

    @task(queue, once=True)
    def changed(args):
        if args.get("fail"):
            raise LookupError("no member 7, token=hush-in-error")
        return {"message_id": 7}

    with captured_tasks():
        ids = [
            send_task(queue, {"member_id": 7, "app_secret": "hush", **more})
            for more in ({}, {"fail": True}, {"event": "好友通过分享链接购买商品"})
        ]
    long_ago = timezone.now() - timezone.timedelta(hours=1)
    OutboxTask.objects.update(
        state=OutboxTask.State.SENT, sent_at=long_ago, due_at=long_ago, attempts=1
    )
    changed.apply(args=[{"member_id": 7, "app_secret": "hush"}], task_id=ids[0])
    changed.apply(args=[{"fail": True, "app_secret": "hush"}], task_id=ids[1])
    return ids


def press(page, label):
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).click()


def follow(page, name):
    with page.expect_navigation():
        page.get_by_role("link", name=name, exact=True).click()


def steps(page):
    return page.locator(".eaglet-life tbody th").all_inner_texts()


def test_an_operator_follows_a_task_from_the_outbox_to_its_end(open_page, lives):
    done, _, never = lives
    page = open_page(path=SENT)
    follow(page, done)
    assert steps(page) == ["Written", "Published", "Received", "Started", "Done"]
    assert "hush" not in page.content()
    page.goto(page.url.partition("/admin/")[0] + SENT)
    follow(page, "sent a minute ago or more, and never run here")
    assert page.locator("#result_list tbody th").all_inner_texts() == [never]
    follow(page, never)
    assert steps(page) == ["Written", "Published", "Received"]
    assert "no worker over this database has begun with it" in page.content()


def test_what_is_parked_is_looked_at_and_replayed(open_page, lives):
    _, parked, _ = lives
    page = open_page(path=RECEIVED)
    follow(page, "parked")
    follow(page, parked)
    assert steps(page)[-1] == "Parked"
    text = page.locator(".eaglet-life").inner_text()
    assert "LookupError: no member 7" in text
    assert "in changed" in text
    assert "hush" not in page.content()
    follow(page, "Replay")
    follow(page, "No, take me back")
    assert ReceivedTask.objects.parked().count() == 1
    follow(page, "Replay")
    press(page, "Yes, do it")
    assert "1 task replayed." in page.locator(".messagelist").inner_text()
    assert steps(page)[-1] == "To be started later"
    assert ReceivedTask.objects.parked().count() == 0


def test_the_same_in_chinese(open_page, lives):
    page = open_page(locale="zh-CN", path=RECEIVED)
    follow(page, "已搁置")
    follow(page, lives[1])
    assert steps(page) == ["写入", "发布", "接收", "开始", "搁置"]
    follow(page, "重放")
    assert "已完成的不会再次执行" in page.locator("#eaglet-question").inner_text()
    press(page, "是的，继续")
    assert "已重放 1 个任务。" in page.locator(".messagelist").inner_text()


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_every_page_fits_a_phone(open_page, lives, live_server, locale):
    page = open_page(locale=locale, viewport=PHONE)
    row = ReceivedTask.objects.get(task_id=lives[1])
    sent = OutboxTask.objects.get(task_id=lives[0])
    own = f"{live_server.url}{RECEIVED}{row.pk}"
    for url in (f"{own}/change/", f"{own}/replay/", f"{live_server.url}{SENT}{sent.pk}/change/"):
        page.goto(url)
        page.wait_for_function(FITS)
    page.goto(f"{own}/change/")
