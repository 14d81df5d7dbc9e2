import json
import re
from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from eaglet.exceptions import InvalidTask
from eaglet.params import param_required
from eaglet.tasks import captured_tasks, send_task, sends, task
from eaglet.tasks.receiving import decorator
from eaglet.tasks.sending import send as sending

QUEUE = "services.points.tasks.changed"


@pytest.fixture(autouse=True)
def _nothing_declared(monkeypatch):
    monkeypatch.setattr(decorator, "_handlers", {})
    monkeypatch.setattr(sending, "_declared", {})


@pytest.mark.django_db
def test_what_is_declared_to_be_sent_is_sent_through_it():
    changed = sends(QUEUE, ["member_id:int", "?day:date"])
    with captured_tasks() as tasks:
        changed.send({"member_id": 7, "day": "2026-11-25", "more": 1})
    assert tasks[0].args == {"member_id": 7, "day": "2026-11-25", "more": 1}


@pytest.mark.parametrize(
    ("args", "fault"),
    [
        ({}, "member_id: missing"),
        ({"member_id": "x"}, "member_id: not an integer"),
    ],
)
def test_what_is_not_so_is_refused_at_the_call(args, fault):
    changed = sends(QUEUE, ["member_id:int"])
    for send in (changed.send, lambda args: send_task(QUEUE, args)):
        with pytest.raises(InvalidTask, match=fault):
            send(args)


def test_two_payloads_for_one_queue_are_an_error():
    sends(QUEUE, ["a"])
    sends(QUEUE, ["a"])
    with pytest.raises(ImproperlyConfigured, match="declared twice"):
        sends(QUEUE, ["b"])


def listing():
    output = StringIO()
    call_command("eaglet_tasks", stdout=output)
    return json.loads(output.getvalue())


def test_a_service_lists_what_it_sends_and_takes():
    sends(QUEUE, ["member_id:int", "?note"])

    @task("services.card.tasks.used", once=True)
    @param_required(["card:str"])
    def used(args):
        pass

    @task("services.card.tasks.any")
    def anything(args):
        pass

    listed = listing()
    assert listed["version"] == 1
    assert listed["sends"] == [{"queue": QUEUE, "params": ["member_id:int", "?note"]}]
    assert listed["takes"] == [
        {"queue": "services.card.tasks.any", "params": None, "once": False},
        {"queue": "services.card.tasks.used", "params": ["card:str"], "once": True},
    ]


def compare(tmp_path, sent, taken, **options):
    sender, receiver = tmp_path / "sender.json", tmp_path / "receiver.json"
    sends_ = [] if sent is None else [{"queue": QUEUE, "params": sent}]
    takes = [] if taken is None else [{"queue": QUEUE, "params": taken or None, "once": True}]
    sender.write_text(json.dumps({"version": 1, "sends": sends_, "takes": []}))
    receiver.write_text(json.dumps({"version": 1, "sends": [], "takes": takes}))
    output = StringIO()
    call_command("compare_tasks", str(sender), str(receiver), stdout=output, **options)
    return output.getvalue()


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (["a:int", "?b"], ["a:int"]),
        (["a:int"], ["a"]),
        (["a"], ["a", "?b:int"]),
        (["a:int"], ["a:decimal"]),
        (["a:date"], ["a:str"]),
        (["a:int(1..5)"], ["a:int(0..)"]),
        (["a:int(1|2)"], ["a:int(0..9)"]),
        (["a:str(x)"], ["a:str(x|y)"]),
        (["a:list[int(1..5)](1..2)"], ["a:list[int](..3)"]),
        (["?a:int=1"], ["?a:int=2"]),
        (["a"], []),
        (None, ["a"]),
    ],
)
def test_what_fits_passes(tmp_path, sent, taken):
    assert "is taken" in compare(tmp_path, sent, taken)


@pytest.mark.parametrize(
    ("sent", "taken", "fault"),
    [
        (["a"], None, "nobody takes it"),
        (["a"], ["a", "b"], "b is required, and not sent"),
        (["?a"], ["a"], "a is required, and sent only sometimes"),
        (["a:str"], ["a:int"], "a is taken as int, and sent as str"),
        (["a"], ["a:int"], "a is taken as int, and sent as no type"),
        (["a:date"], ["a:datetime"], "a is taken as datetime"),
        (["?a:str"], ["?a:int"], "a is taken as int"),
        (["a:int"], ["a:int(0..9)"], "a is taken as int(0..9), and sent as int"),
        (["a:int(0..10)"], ["a:int(0..9)"], "a is taken as int(0..9), and sent as int(0..10)"),
        (["a:str(x|z)"], ["a:str(x|y)"], "a is taken as str(x|y), and sent as str(x|z)"),
        (["a:list"], ["a:list[int]"], "a is taken as list[int], and sent as list"),
        (["a:list[str]"], ["a:list[int]"], "a is taken as list[int], and sent as list[str]"),
    ],
)
def test_what_does_not_fit_fails_and_says_where(tmp_path, sent, taken, fault):
    with pytest.raises(CommandError) as raised:
        compare(tmp_path, sent, taken)
    assert f"{QUEUE}: {fault}" in str(raised.value)


def test_what_is_sent_keeps_to_its_limits_and_model_and_is_no_file():
    sent = sends(QUEUE, ["points:int(1..100)", "?order:json"], order=dict[str, int])
    with pytest.raises(InvalidTask, match=r"points: not within 1..100; order: a: not an integer"):
        sent.send({"points": 101, "order": {"a": "x"}})
    with pytest.raises(ImproperlyConfigured, match="can hold no file"):
        sends("services.photo.tasks.taken", ["photo:file"])


def test_queues_of_other_receivers_can_be_passed_over(tmp_path):
    assert compare(tmp_path, ["a"], None, allow_untaken=True)


@pytest.mark.parametrize("pattern", ["points.changed", "points.*"])
def test_an_event_fits_each_subscription_that_is_for_it(tmp_path, pattern):
    sender, receiver = tmp_path / "sender.json", tmp_path / "receiver.json"
    events = [{"event": name, "params": ["a:str"]} for name in ("points.changed", "orders.paid")]
    both = [
        {"event": pattern, "queue": f"shop.{pattern}", "params": [f"a:{kind}"]}
        for kind in ("str", "int")
    ]
    sender.write_text(json.dumps({"version": 1, "sends": [], "emits": events}))
    for taken, told in ((both[:1], ""), (both, f"points.changed to shop.{pattern}: a is taken as")):
        receiver.write_text(json.dumps({"version": 1, "takes": [], "subscribes": taken}))
        with pytest.raises(CommandError, match=re.escape(told)) if told else nullcontext():
            call_command("compare_tasks", str(sender), str(receiver))


def test_this_service_can_be_one_of_the_two(tmp_path):
    sends(QUEUE, ["a"])
    with pytest.raises(CommandError, match="nobody takes it"):
        call_command("compare_tasks", "-", "-")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '{"version": 2}',
        '{"version": 1, "sends": [1]}',
        '{"version": 1, "sends": [], "emits": [{}]}',
    ],
)
def test_what_is_no_listing_is_told(tmp_path, text):
    path = tmp_path / "sender.json"
    path.write_text(text)
    with pytest.raises(CommandError, match="can't be"):
        call_command("compare_tasks", str(path), "-")


def test_the_types_said_to_fit_do():
    """Whatever passes a sender's check passes the receiver's, after JSON."""
    from eaglet.params import Param  # noqa: PLC0415 - for this one only
    from eaglet.tasks.contract_listing import _TAKES  # noqa: PLC0415

    values = [0, 7, -7, "7", "007", "-7", 1.5, "1.5", ".5", "1e3", True, "true", [1], "[1]",
              "2026-11-25", "2026-11-25 10:00:00", "x"]  # fmt: skip
    tried = 0
    for sent, takers in _TAKES.items():
        for value in values:
            try:
                Param("a", type=sent).convert(value)
            except ValueError:
                continue
            for taken in takers:
                Param("a", type=taken).convert(value)
                tried += 1
    assert tried > 30
