"""An operator follows tasks, and replays what is parked, with a real browser."""

import uuid
from itertools import pairwise

import pytest
from django.utils import timezone

from eaglet.tasks import captured_tasks, send_task, task
from eaglet.tasks.models import OutboxTask, Process, ReceivedTask
from eaglet.tasks.receiving import decorator

from .conftest import PHONE

pytestmark = [
    pytest.mark.services,
    pytest.mark.django_db(transaction=True, databases=["default", "second"]),
]

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


def open_task(page, task_id):
    with page.expect_navigation():
        page.get_by_title(task_id).click()


def steps(page):
    return page.locator(".eaglet-life tbody th").all_inner_texts()


def test_an_operator_follows_a_task_from_the_outbox_to_its_end(open_page, lives):
    done, _, never = lives
    page = open_page(path=SENT)
    open_task(page, done)
    assert steps(page) == ["Written", "Published", "Received", "Started", "Done"]
    assert "hush" not in page.content()
    page.goto(page.url.partition("/admin/")[0] + SENT)
    follow(page, "sent a minute ago or more, and never run here")
    assert page.locator("#result_list tbody th").all_inner_texts() == [f"…{never[-8:]}"]
    follow(page, f"…{never[-8:]}")
    assert steps(page) == ["Written", "Published", "Received"]
    assert "no worker over this database has begun with it" in page.content()


def test_what_is_parked_is_looked_at_and_replayed(open_page, lives):
    _, parked, _ = lives
    page = open_page(path=RECEIVED)
    follow(page, "parked")
    open_task(page, parked)
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
    open_task(page, lives[1])
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


LONG = "services.points.tasks." + "a_name_of_eighty_characters_" * 3
OVERVIEW = f"{RECEIVED}overview/"


@pytest.fixture
def busy(lives):
    """A queue of a long name, of which much was done, some is parked, and some waits."""
    now = timezone.now()
    states = [ReceivedTask.State.DONE] * 40 + [ReceivedTask.State.PARKED] * 3
    ReceivedTask.objects.bulk_create(
        ReceivedTask(
            key=f"k{number}", task_id=f"t{number}", queue_name=LONG[:80], state=state,
            received_at=now, started_at=now, ended_at=now, due_at=now, message="{}",
            worker="celery@a-worker-of-a-long-name.example.com", cause="LookupError: " + "x " * 90,
        )
        for number, state in enumerate(states)
    )  # fmt: skip


@pytest.mark.parametrize("path", [RECEIVED, SENT])
def test_a_list_fits_a_desk_with_long_names_and_no_button_covers_anything(open_page, busy, path):
    OutboxTask.objects.update(queue_name=LONG[:80], last_error="LookupError: " + "x " * 90)
    page = open_page(path=path, viewport={"width": 1280, "height": 900})
    page.wait_for_function(FITS)
    results = page.locator("#changelist .results")
    assert results.evaluate("box => box.scrollWidth <= box.clientWidth")
    page.locator("#result_list tbody th a").first.click()
    page.locator(".eaglet-life").wait_for()
    page.wait_for_function(FITS)
    boxes = [
        one.bounding_box() for one in page.locator("h1, h2, .object-tools, .eaglet-life").all()
    ]
    shown = sorted((box["y"], box["y"] + box["height"]) for box in boxes if box)
    assert all(end <= start for (_, end), (start, _) in pairwise(shown))


def test_queues_are_watched_live_and_what_is_parked_is_replayed_by_one_click(open_page, busy):
    page = open_page(path=OVERVIEW)
    row = page.locator("tr").filter(has_text=LONG[:80])
    row.wait_for()
    assert row.locator(".plot").count() == 3
    assert page.get_by_text("Parked tasks: 4.").is_visible()
    assert page.get_by_text("No relay has been seen lately").is_visible()
    Process.objects.create(kind="relay", name="relay 1 on host", seen_at=timezone.now())
    page.get_by_text("relay 1 on host: seen").wait_for()
    assert page.get_by_text("No relay has been seen lately").count() == 0
    page.get_by_role("button", name="Last day").click()
    with page.expect_navigation():
        row.get_by_role("button", name="Replay").click()
    assert page.get_by_text("3 tasks replayed.").is_visible()
    assert ReceivedTask.objects.parked().count() == 1


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_on_the_page_of_queues_and_it_fits(
    axe, open_page, busy, locale, scheme, width
):
    page = open_page(locale=locale, path=OVERVIEW, viewport={"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    page.locator("#queues tr").first.wait_for()
    assert axe(page) == []
    page.wait_for_function(FITS)
