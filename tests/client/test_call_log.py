import logging
import os
import subprocess
import sys

import pytest

from eaglet.client import Resource, ServiceUnavailable
from eaglet.observability.redaction import redact_text
from eaglet.observability.tracing import Trace, tracing

from .recording_server import Reply, envelope

CALL = {"resource": "card.trade", "data": {"phone": "13800000000", "password": "pw"}}


def test_an_answered_call_leaves_one_record_at_info(card, records):
    card.always(envelope(None, 500, "no points"))
    with tracing(Trace(f"00-{'a' * 32}-{'b' * 16}-01", None, "req-1")):
        Resource.use("card").put(CALL)
    (record,) = records()
    assert record.levelno == logging.INFO
    assert (record.service, record.resource, record.method) == ("card", "card.trade", "PUT")
    assert (record.status_code, record.code, record.error, record.reason) == (200, 500, None, "")
    assert (record.request_id, record.trace_id) == ("req-1", "a" * 32)
    assert record.params == ["phone", "password"]
    assert record.credentials == "none"
    assert record.duration_ms > 0
    assert record.getMessage().startswith("PUT card card.trade -> HTTP 200, code 500, ")
    assert "13800000000" not in str(vars(record))


def test_a_failed_call_leaves_one_record_at_warning(card, records):
    card.always(envelope(None, 531, "access_token=abc is broken"))
    Resource.use("card").get(CALL)
    (record,) = records()
    assert record.levelno == logging.WARNING
    assert (record.status_code, record.code, record.error) == (200, 531, "ResourceError")
    assert record.reason == "code 531 (HTTP 200): access_token=*** is broken"


def test_a_call_without_an_answer_has_neither_status_nor_code(settings, records):
    settings.EAGLET_SERVICES = {"card": {"HOST": "127.0.0.1:1"}}
    Resource.use("card").get(CALL)
    (record,) = records()
    assert (record.status_code, record.code, record.error) == (None, None, "ServiceUnavailable")
    assert "Connection refused" in record.reason


def test_parameters_are_logged_redacted_where_that_is_wanted(card, records, settings):
    settings.EAGLET_LOG_PARAMS = True
    Resource.use("card").post({**CALL, "files": {"photo": b"cat"}})
    assert records()[0].params == {"phone": "13800000000", "password": "***", "photo": "<file>"}


def test_nothing_is_formatted_where_nobody_listens(card, caplog, monkeypatch):
    caplog.set_level(logging.ERROR, logger="eaglet.client")
    monkeypatch.setattr(logging.Logger, "log", lambda *args, **kwargs: pytest.fail("logged"))
    assert Resource.use("card").get(CALL)
    card.answer = lambda request: Reply(b"")
    assert Resource.use("card").get(CALL) is None


@pytest.mark.parametrize("resource", ["auth.access_token", "member.session", "order.signature"])
@pytest.mark.parametrize(
    "reply", [Reply(envelope()), Reply(b"", status=503), Reply(envelope(None, 531, "oh"))]
)
def test_redaction_takes_nothing_from_what_is_told_of_a_call(card, records, resource, reply):
    card.answer = lambda request: reply
    Resource.use("card").put({"resource": resource})
    (record,) = records()
    assert redact_text(record.getMessage()) == record.getMessage()
    assert redact_text(record.reason) == record.reason


def test_redaction_takes_nothing_from_what_is_told_of_a_token_that_there_is_not(issuer, caplog):
    issuer.token_reply = Reply(b"", status=503)
    for _ in range(2):
        Resource.use("card").get(CALL)
    told = [each.getMessage() for each in caplog.records if each.name.startswith("eaglet")]
    assert len(told) == 2  # one a call
    for message in told:
        assert redact_text(message) == message
    assert "HTTP 503" in told[-1]


def test_redaction_takes_nothing_from_the_text_of_an_error_which_names_the_call(card):
    card.answer = lambda request: Reply(b"", status=503)
    with pytest.raises(ServiceUnavailable) as raised:
        Resource.use("card", raise_errors=True).put({"resource": "member.session"})
    assert redact_text(str(raised.value)) == "PUT card member.session failed: HTTP 503"


HOSTILE = "x\n2026-11-29 WARNING forged\r\x1b[2J\u2028\u202e"


@pytest.mark.parametrize(
    "make",
    [
        lambda: Resource.use(HOSTILE).get(CALL),
        lambda: Resource.use("card").get({"resource": HOSTILE}),
        lambda: Resource.use("card").get(CALL),
    ],
    ids=["service", "resource", "the service's message"],
)
def test_no_name_and_no_message_of_others_forges_a_line(card, records, make):
    card.answer = lambda request: Reply(envelope(None, 531, HOSTILE))
    assert make() is None
    (record,) = records()
    message = record.getMessage()
    assert "forged" in message
    assert message.isprintable()


@pytest.mark.parametrize("values", [True, False])
@pytest.mark.parametrize(
    "data",
    [
        {str(n): n for n in range(100_000)},
        {"x" * 100_000: 1},
        {"a": "x" * 100_000, "b": b"x" * 100_000},
        {"a": ["x"] * 100_000},
        {"a": [[{str(n): n for n in range(1000)}] * 100]},
    ],
)
def test_parameters_take_no_more_than_some_kilobytes(card, records, settings, values, data):
    settings.EAGLET_LOG_PARAMS = values
    Resource.use("card").post({"resource": "card.trade", "data": data})
    (record,) = records()
    assert len(repr(record.params)) < 30_000


def test_failures_are_told_where_settings_configure_resources_before_logging(tmp_path):
    (tmp_path / "case_settings.py").write_text(
        "from eaglet.client import Resource\n"
        "SECRET_KEY = 'x'\n"
        "INSTALLED_APPS = ['eaglet.client']\n"
        "Resource.configure({'gateway_host': '127.0.0.1:9'})\n"
        "LOGGING = {'version': 1, 'handlers': {'c': {'class': 'logging.StreamHandler'}},\n"
        "           'root': {'handlers': ['c'], 'level': 'INFO'}}\n"
    )
    script = (
        "import django; django.setup()\n"
        "from eaglet.client import Resource\n"
        "assert Resource.use('card').get({'resource': 'card.trade'}) is None\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env={
            "DJANGO_SETTINGS_MODULE": "case_settings",
            "PYTHONPATH": f"{tmp_path}{os.pathsep}.",
            "PATH": "",
        },
    )
    assert "card.trade" in done.stderr
