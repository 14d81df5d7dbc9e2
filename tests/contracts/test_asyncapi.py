"""`manage.py asyncapi` and `/asyncapi.json`: the queues that a service takes from and sends to."""

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft7Validator

from eaglet.contracts import asyncapi
from eaglet.contracts.references import resolved
from eaglet.params import param_required
from eaglet.tasks import emits, on_event, sends, task
from eaglet.tasks.sending import events
from eaglet.tasks.sending import send as sending

# From github.com/asyncapi/spec-json-schemas (Apache 2.0), which no Python package carries.
SCHEMA = json.loads(Path(__file__).with_name("asyncapi-3.0.0.schema.json").read_text("utf-8"))
ODD = "积分/50%~#?é {x}"


@pytest.fixture
def declared(no_tasks, monkeypatch, settings):
    settings.EAGLET_SERVICE_NAME = "points"
    # What would be asked if anything were.
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1:1"
    monkeypatch.setattr(sending, "_declared", {})
    sends("card.used", ["card:str", "?day:date"])

    @task("points.changed", once=True)
    @param_required(["member_id:int", "?more:json", "?when:datetime"])
    def changed(args):
        pass

    @task(ODD)
    def anything(args):
        pass

    sends(ODD, ["a"])
    monkeypatch.setattr(events, "_declared", {})
    emits("points.changed", ["member_id:int"])

    def note(args):
        pass

    on_event("orders.#", once=True)(note)
    on_event("orders.#", purpose="audit")(note)


def document(**options):
    output = StringIO()
    call_command("asyncapi", stdout=output, **options)
    return json.loads(output.getvalue())


def test_the_document_is_valid_and_tells_of_every_queue(declared):
    found = document()
    Draft7Validator(SCHEMA).validate(found)
    assert found["info"]["title"] == "points"
    told = {
        (one["action"], resolved(found, one["channel"])["address"]): one
        for one in found["operations"].values()
    }
    assert set(told) == {
        ("send", "card.used"), ("receive", "points.changed"), ("receive", ODD), ("send", ODD),
        ("send", "points.changed"), ("receive", "orders.#"),
    }  # fmt: skip
    published = told["send", "points.changed"]
    assert resolved(found, published["channel"])["bindings"]["amqp"]["is"] == "routingKey"
    assert resolved(found, published["messages"][0])["payload"]["required"] == ["member_id"]
    assert {one.get("x-eaglet-queue"): one.get("x-eaglet-once")
            for one in found["operations"].values() if "x-eaglet-queue" in one} == {
        "points.orders.#": True, "points.orders.#:audit": False,
    }  # fmt: skip
    taken = told["receive", "points.changed"]
    assert taken["x-eaglet-once"] is True
    [message] = taken["messages"]
    payload = resolved(found, message)["payload"]
    assert payload["required"] == ["member_id"]
    assert set(payload["properties"]) == {"member_id", "more", "when"}
    assert "payload" not in resolved(found, told["receive", ODD]["messages"][0])
    assert resolved(found, told["send", ODD]["messages"][0])["payload"]["required"] == ["a"]


def test_the_schema_finds_what_is_no_asyncapi(declared):
    found = document()
    next(iter(found["operations"].values()))["action"] = "take"
    assert not Draft7Validator(SCHEMA).is_valid(found)


def test_a_file_is_written_and_checked(declared, tmp_path):
    file = tmp_path / "asyncapi.json"
    call_command("asyncapi", output=file)
    call_command("asyncapi", output=file, check=True)
    sends("one.more", ["a"])
    with pytest.raises(CommandError, match="not up to date"):
        call_command("asyncapi", output=file, check=True)


def test_the_service_answers_with_it(declared, client, settings):
    settings.EAGLET_CONSOLE = True
    response = client.get("/asyncapi.json")
    assert response.headers["Content-Type"].startswith("application/json")
    assert response.json() == document()


def test_it_is_open_to_whom_the_console_is(declared, client, admin_client, settings):
    settings.EAGLET_CONSOLE = None
    assert client.get("/asyncapi.json").status_code == 403
    assert admin_client.get("/asyncapi.json").status_code == 200
    settings.EAGLET_CONSOLE = False
    assert admin_client.get("/asyncapi.json").status_code == 404


def test_there_is_none_without_tasks(client, settings, monkeypatch):
    settings.EAGLET_CONSOLE = True
    monkeypatch.setattr(asyncapi, "_sources", [])
    assert client.get("/asyncapi.json").status_code == 404
