"""Messages of any form, at random: no worker ends, and each is run or in the ledger.

EAGLET_TEST_MESSAGES says how many, and EAGLET_TEST_SEED which.
"""

import gzip
import json
import os
import random
import uuid
from string import printable

import pytest
from celery.app.task import Context
from django.contrib.auth.models import Group
from kombu import Connection

from tests.tasks.receiver.running import ALIAS

from .conftest import BROKERS

MESSAGES = int(os.environ.get("EAGLET_TEST_MESSAGES", "150"))
SEED = os.environ.get("EAGLET_TEST_SEED", "1795973734")

NAMES = [
    *("lang", "origin", "shadow", "argsrepr", "kwargsrepr", "root_id", "parent_id", "group"),
    *("group_index", "retries", "eta", "expires", "timelimit", "headers", "stamps", "properties"),
    *("stamped_headers", "ignore_result", "delivery_info", "reply_to", "correlation_id", "chain"),
    *("compression", "replaced_task_nesting", "eaglet_request_id", "eaglet_replay", "traceparent"),
    *(name for name in dir(Context) if not name.startswith("__") and name != "id"),
]
VALUES = [
    *(None, True, False, 0, -1, 1, 2**31, 2**62, -(2**63), 0.5, 1e308, "", "x", "\0", "é" * 300),
    *("2001-01-01T00:00:00", "2999-01-01T00:00:00+00:00", "9999-99-99", "\u202e", "a\nb", "gzip"),
    *([], {}, [None], [1, "x"], {"a": {"b": [{}]}}, {"": None}, [[[[]]]], ["x", {"y": 1}]),
]
CONTENT_TYPES = ["text/plain", "application/x-python-serialize", "nobody/knows", "", "a\nb"]

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]


def message(draw, task, marker):
    """A message that is in order but for a thing or three; its marker is in it."""
    headers = {"marker": marker, "lang": "py", "task": task, "id": str(uuid.uuid4())}
    body = json.dumps([[{"name": marker}], {}, {}]).encode()
    options = {"content_type": "application/json", "content_encoding": "utf-8"}
    for _ in range(draw.randint(1, 3)):
        value = draw.choice(VALUES)
        match draw.randrange(9):
            case 0 | 1 | 2 | 3:
                headers[draw.choice(NAMES)] = value
            case 4:
                # What has the id of another is a repeat of it.
                headers["id"] = value + marker if isinstance(value, str) else value
            case 5:
                headers.pop(draw.choice(["task", "id", "lang"]), None)
            case 6:
                arguments = [[{"name": marker}], {}, {}]
                arguments[draw.randrange(3)] = value
                body = json.dumps(
                    draw.choice([arguments, value, [value], {"args": value}])
                ).encode()
            case 7:
                junk = "".join(draw.choices(printable, k=20)).encode()
                body = draw.choice([body[:9], junk, b"", b"\xff\xfe" + body, gzip.compress(body)])
            case _:
                options["content_type"] = draw.choice(CONTENT_TYPES)
                options["content_encoding"] = draw.choice(["utf-8", "binary", "klingon"])
    return body, {**options, "headers": headers}


@pytest.mark.parametrize("receiver", BROKERS, indirect=True)
def test_whatever_comes_is_run_or_in_the_ledger_and_no_worker_ends(receiver):
    draw, sent = random.Random(SEED), set()
    receiver.put("{}", headers={})  # it declares the queue
    with Connection(receiver.broker_url) as connection, connection.Producer() as producer:
        for number in range(MESSAGES):
            marker = f"marker-{number}-"
            body, options = message(draw, f"{receiver.queue}.note", marker)
            producer.publish(body, routing_key=f"{receiver.queue}.note", exchange="", **options)
            sent.add(marker)
    receiver.send("note", [{"name": "the last"}])
    worker = receiver.worker()

    groups = Group.objects.using(ALIAS)

    def lost():
        kept = "".join(row.message for row in receiver.rows())
        done = set(groups.values_list("name", flat=True))
        return [marker for marker in sent - done if marker not in kept]

    def has_come_to_the_end():
        return not worker.is_running or groups.filter(name="the last").exists()

    receiver.until(has_come_to_the_end, 120 + MESSAGES)
    receiver.until(lambda: not worker.is_running or not lost())
    assert worker.is_running
    assert "exited prematurely" not in receiver.log()
