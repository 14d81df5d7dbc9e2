"""`manage.py compare_api` of AsyncAPI documents: what breaks those at a queue's other end."""

import json
from contextlib import nullcontext
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from eaglet.contracts.asyncapi import document

NOTHING = {"sends": [], "takes": [], "emits": [], "subscribes": []}


def event(name, *params, queue=""):
    return {"event": name, "params": [*params] or None, **({"queue": queue} if queue else {})}


def queue(name, *params):
    return {"queue": name, "params": [*params] or None}


POINTS = {
    "sends": [queue("mail.send", "to", "?text")],
    "takes": [queue("points.tidy", "day")],
    "emits": [event("points.changed", "member_id:int", "?note"), event("points.spent", "n")],
    "subscribes": [event("orders.#", "id:int", queue="points.orders.#")],
}
OTHERS = {
    "shop": {"subscribes": [event("points.*", "note", queue="shop.points.*")]},
    "card": {
        "subscribes": [event("points.changed", "member_id:int", queue="card.points.changed")],
        "sends": [queue("points.tidy", "day")],
    },
    "mail": {"takes": [queue("mail.send")], "subscribes": [event("#", queue="mail.#")]},
}


@pytest.fixture
def write(tmp_path, settings):
    def write(name, listing):
        settings.EAGLET_SERVICE_NAME = name
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps(document({**NOTHING, **listing})))
        return str(file)

    return write


@pytest.mark.parametrize(
    ("kind", "new", "told"),
    [
        ("emits", POINTS["emits"], []),
        (
            "emits",
            [event("points.changed", "?note"), POINTS["emits"][1]],
            ["breaks: EMITS points.changed: payload member_id: required -> absent [card, mail]"],
        ),
        (
            "emits",
            [event("points.changed", "member_id:int"), POINTS["emits"][1]],
            ["breaks: EMITS points.changed: payload note: optional -> absent [mail, shop]"],
        ),
        (
            "emits",
            [event("points.changed", "member_id:int", "note", "?by"), POINTS["emits"][1]],
            [
                "harmless: EMITS points.changed: payload by: absent -> optional",
                "harmless: EMITS points.changed: payload note: optional -> required",
            ],
        ),
        (
            "emits",
            [POINTS["emits"][0], event("points.earned", "n")],
            [
                "breaks: EMITS points.spent: is gone [mail, shop]",
                "harmless: EMITS points.earned: is new",
            ],
        ),
        ("subscribes", [], ["harmless: SUBSCRIBES points.orders.#: is gone"]),
        ("takes", [], ["breaks: TAKES points.tidy: is gone [card]"]),
        (
            "takes",
            [queue("points.tidy", "day", "all:bool")],
            ["breaks: TAKES points.tidy: payload all: absent -> required [card]"],
        ),
        (
            "takes",
            [queue("points.tidy", "?day")],
            ["harmless: TAKES points.tidy: payload day: required -> optional"],
        ),
        (
            "sends",
            [queue("mail.send", "?to", "?text")],
            ["breaks: SENDS mail.send: payload to: required -> optional [mail]"],
        ),
    ],
)
def test_a_change_breaks_who_relies_on_it_and_nobody_else(write, kind, new, told):
    output = StringIO()
    callers = [write(name, listing) for name, listing in OTHERS.items()]
    old, changed = write("points", POINTS), write("points2", {**POINTS, kind: new})
    breaks = any(line.startswith("breaks") for line in told)
    with pytest.raises(CommandError, match="1 changes break") if breaks else nullcontext():
        call_command("compare_api", old, changed, callers=callers, stdout=output)
    lines = output.getvalue().splitlines()
    assert lines == (told if breaks else [*told, "No change breaks callers."])


def test_documents_of_two_kinds_are_refused(write, tmp_path):
    other = tmp_path / "openapi.json"
    other.write_text('{"openapi": "3.0.3", "info": {"title": "a", "version": "1"}, "paths": {}}')
    with pytest.raises(CommandError, match="is no AsyncAPI 3 document"):
        call_command("compare_api", write("points", POINTS), str(other))


@pytest.mark.parametrize(
    "junk", [{"payload": {"type": 7}}, {"payload": 7}, {"payload": {"properties": []}}]
)
def test_what_is_no_payload_is_refused(write, tmp_path, junk):
    file = write("points", POINTS)
    with open(file) as opened:
        made = json.load(opened)
    made["channels"]["event points.changed"]["messages"]["send"].update(junk)
    other = tmp_path / "junk.json"
    other.write_text(json.dumps(made))
    with pytest.raises(CommandError, match="is no AsyncAPI 3 document"):
        call_command("compare_api", file, str(other))
