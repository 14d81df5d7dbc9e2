import json
import logging
import sys

import pytest

from eaglet.observability.json_formatter import JsonFormatter
from eaglet.observability.tracing import Trace, tracing


def written(message="hello", *args, exc_info=None, stack=None, **extra):
    logger = logging.Logger("shop")
    record = logger.makeRecord(
        "shop", logging.WARNING, __file__, 1, message, args, exc_info, extra=extra, sinfo=stack
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_record_has_time_level_logger_message_and_service(settings):
    settings.EAGLET_SERVICE_NAME = "points"
    fields = written("hello %s", "鹰")
    assert set(fields) == {"time", "level", "logger", "message", "service"}
    assert fields["service"] == "points"
    assert fields["time"].endswith("Z")
    assert (fields["level"], fields["logger"]) == ("WARNING", "shop")
    assert fields["message"] == "hello 鹰"


def test_an_exception_is_written_with_its_traceback():
    try:
        raise RuntimeError("password=hunter2")
    except RuntimeError:
        fields = written(exc_info=sys.exc_info())
    assert "Traceback" in fields["exception"]
    assert "RuntimeError" in fields["exception"]
    assert "hunter2" not in fields["exception"]


def test_every_record_of_a_call_has_its_request_and_trace_id():
    with tracing(Trace(f"00-{'a' * 32}-{'b' * 16}-01", None, "req-1")):
        fields = written()
    assert (fields["request_id"], fields["trace_id"]) == ("req-1", "a" * 32)


@pytest.mark.parametrize(
    "extra",
    [
        {"password": "hunter2"},
        {"sent": {"app_secret": "hunter2"}},
        {"url": "https://x/?access_token=hunter2"},
    ],
    ids=["name", "mapping", "url"],
)
def test_secrets_are_masked(extra):
    assert "hunter2" not in json.dumps(written(**extra))
    assert "hunter2" not in json.dumps(written("password=hunter2"))


def test_which_kind_of_credentials_was_sent_is_no_secret():
    assert written(credentials="withheld")["credentials"] == "withheld"


class Broken:
    def __repr__(self):
        raise RuntimeError


def test_what_json_can_not_carry_is_written_as_text():
    loop = []
    loop.append(loop)
    fields = written(thing=object(), number=float("nan"), loop=loop, broken=Broken(), fine=[1])
    assert fields["thing"].startswith("<object object")
    assert fields["number"] == "nan"
    assert fields["loop"] == "[[...]]"
    assert "raises RuntimeError" in fields["broken"]
    assert fields["fine"] == [1]


def test_extra_fields_take_no_place_of_the_record_s_own():
    fields = written(level="DEBUG", time="never", logger="forged")
    assert (fields["level"], fields["logger"]) == ("WARNING", "shop")
    assert fields["time"] != "never"


def test_the_keys_of_a_dict_as_message_are_no_fields():
    fields = written({"level": "DEBUG", "password": "hunter2"})
    assert fields["level"] == "WARNING"
    assert fields["message"] == "{'level': 'DEBUG', 'password': ***}"
