"""Neither secret nor token stands in a log, a traceback, a repr() or a frame that is left."""

import logging
import sys
import traceback

import pytest
from django.views.debug import ExceptionReporter

from eaglet.client import EagletError, Resource
from eaglet.client.http.transport import transport

from .recording_server import Reply, TokenIssuer, envelope

SECRET = "s3cr3t-of-hermes"  # as the fixture `credentials` has it
TOKEN = "egt_" + "0" * 26
PHONE = "13800000000"

BREAKS = {
    "closed": Reply(raw=lambda stream: None),
    "half": Reply(
        raw=lambda stream: stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
    ),
    "html": Reply(b"<html>"),
    "531": Reply(envelope(None, 531, f"access_token={TOKEN} app_secret={SECRET}")),
    "503": Reply(b"", status=503),
    "redirect": Reply(b"", status=302, headers={"Location": f"/?access_token={TOKEN}"}),
    "refused": Reply(
        envelope(None, 401, f"Bearer {TOKEN}"),
        status=401,
        headers={"WWW-Authenticate": f'Bearer error="invalid_token", token="{TOKEN}"'},
    ),
    "bad headers": Reply(
        raw=lambda stream: stream.write(
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno colon here\r\nX: y\r\n\r\n{}"
        )
    ),
}


def everything_logged(caplog):
    formatter = logging.Formatter()
    return "\n".join(f"{formatter.format(record)} {vars(record)!r}" for record in caplog.records)


@pytest.mark.parametrize("verb", ["get", "put"])
@pytest.mark.parametrize("broken", list(BREAKS))
@pytest.mark.parametrize("at", ["call", "token request"])
@pytest.mark.parametrize("legacy", [False, True], ids=["standard", "legacy"])
def test_no_failure_shows_secret_or_token(
    card, credentials, settings, caplog, legacy, at, broken, verb
):
    caplog.set_level(logging.DEBUG)
    settings.DEBUG = True
    if legacy:
        settings.EAGLET_LEGACY_SERVICES = ["card"]
    card.answer = issuer = TokenIssuer(legacy=legacy)
    if at == "call":
        issuer.guarded = lambda request: BREAKS[broken]
    else:
        issuer.token_reply = BREAKS[broken]
    call = {"resource": "card.trade", "data": {"phone": PHONE}}
    resource = Resource.use("card", raise_errors=True)
    with pytest.raises(EagletError) as raised:
        getattr(resource, verb)(call)
    error = raised.value
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    told = "".join(traceback.format_exception(error)) + str(error) + repr(error)
    told += "".join(shown.format())
    reporter = ExceptionReporter(None, type(error), error, error.__traceback__)
    frames = repr(
        [
            frame["vars"]
            for frame in reporter.get_traceback_data()["frames"]
            if "/eaglet/client/" in frame.get("filename", "")
        ]
    )
    assert "raises" in frames
    logged = everything_logged(caplog)
    for text in (told, logged, frames):
        assert TOKEN not in text
        assert SECRET not in text
    assert PHONE not in str(error)
    assert PHONE not in "".join(
        record.getMessage() for record in caplog.records if record.name.startswith("eaglet")
    )


@pytest.mark.parametrize("legacy", [False, True], ids=["standard", "legacy"])
def test_no_success_logs_secret_or_token_at_any_level(card, credentials, settings, caplog, legacy):
    caplog.set_level(logging.DEBUG)
    if legacy:
        settings.EAGLET_LEGACY_SERVICES = ["card"]
    settings.EAGLET_LOG_PARAMS = True
    card.answer = TokenIssuer(legacy=legacy)
    transport.close()
    for verb in ("get", "post", "put", "delete"):
        assert getattr(Resource.use("card"), verb)({"resource": "a.b", "data": {"x": 1}})
    logged = everything_logged(caplog)
    assert "urllib3.connectionpool" in logged
    assert TOKEN not in logged
    assert SECRET not in logged


def test_a_refused_connection_of_a_legacy_call_does_not_show_its_url(legacy_issuer, card, caplog):
    caplog.set_level(logging.DEBUG)
    assert Resource.use("card").get({"resource": "a.b"})
    card.stop()
    transport.close()
    with pytest.raises(EagletError) as raised:
        Resource.use("card", raise_errors=True).get({"resource": "a.b", "data": {"phone": PHONE}})
    told = "".join(traceback.format_exception(raised.value))
    assert "NewConnectionError" in told or "ConnectionError" in told
    for text in (told, everything_logged(caplog)):
        assert TOKEN not in text
        assert PHONE not in text


def test_nothing_of_the_original_exception_is_left(settings):
    settings.EAGLET_SERVICES = {"card": {"HOST": "127.0.0.1:1"}}
    with pytest.raises(EagletError) as raised:
        Resource.use("card", raise_errors=True).get({"resource": "a.b"})
    error = raised.value
    assert error.__context__ is None
    assert error.__cause__.__traceback__ is None
    assert error.__cause__.__context__ is None
    assert error.__cause__.__cause__ is None
    files = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    assert all(name.endswith(("test_secrecy.py", "client/resource.py")) for name in files)


def test_an_interruption_goes_on_without_the_frames_that_hold_the_request(issuer, monkeypatch):
    class Interrupted(BaseException):
        pass

    def interrupt(*args, **kwargs):
        raise Interrupted

    Resource.use("card").get({"resource": "a.b"})
    monkeypatch.setattr("urllib3.connectionpool.HTTPConnectionPool.urlopen", interrupt)
    with pytest.raises(Interrupted) as raised:
        Resource.use("card").get({"resource": "a.b"})
    traceback_ = raised.value.__traceback__
    shown = "".join(
        traceback.TracebackException(
            type(raised.value), raised.value, traceback_, capture_locals=True
        ).format()
    )
    assert TOKEN not in shown
    assert SECRET not in shown
    assert "interrupt" not in [frame.name for frame in traceback.extract_tb(traceback_)]
    assert sys.exc_info() == (None, None, None)
