"""A token or secret stands in nothing that is reported of a request that fails."""

import json
import logging
from contextlib import suppress
from types import SimpleNamespace

import django
import pytest
from django.core import mail
from django.http import RawPostDataException
from django.views.debug import ExceptionReporter

from eaglet.api import access_token_required
from eaglet.exceptions import InvalidAccessToken
from eaglet.observability.redaction import one_line

pytestmark = pytest.mark.usefixtures("declared", "path_taken")

SECRET = "".join(["s3", "cret"])  # a traceback shows the text of this file
JSON = "application/json"
QUERY = f"a=1&access_token={SECRET}"
BEARER = f"Bearer {SECRET}"


@pytest.fixture(autouse=True)
def _good(verifier, monkeypatch):
    app = SimpleNamespace(pk=1, name="caller", app_key="key")
    token = SimpleNamespace(app=app, allows=lambda grant: True)
    monkeypatch.setattr(verifier, "verify", lambda text: token)


class Catch(logging.Handler):
    """Keeps, as some do, all that a record leads to."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def emit(self, record):
        if record.exc_info:
            self.seen.append(ExceptionReporter(None, *record.exc_info).get_traceback_html())
            frames = record.exc_info[2]
            while frames is not None:
                self.seen.append(repr(frames.tb_frame.f_locals))
                frames = frames.tb_next
        request = getattr(record, "request", None)
        if request is not None:
            self.seen += [repr(request), repr(request.META), repr(request.GET), repr(request.POST)]
            self.seen.append(ExceptionReporter(request, None, None, None).get_traceback_text())
            self.seen.append(request.build_absolute_uri())
            with suppress(RawPostDataException):
                self.seen.append(request.body.decode())


@pytest.fixture
def caught():
    catch = Catch()
    for name in ("eaglet", "django.request"):
        logging.getLogger(name).addHandler(catch)
    yield catch
    for name in ("eaglet", "django.request"):
        logging.getLogger(name).removeHandler(catch)


def fail(args):
    raise KeyError("reason")


CALLS = {
    "query": lambda client: client.get(f"/shop/item/?{QUERY}", RAW_URI=f"/shop/item/?{QUERY}"),
    "encoded": lambda client: client.get(f"/shop/item/?%61ccess_token={SECRET}"),
    "form": lambda client: client.post("/shop/item/", {"access_token": SECRET}),
    "json": lambda client: client.post("/shop/item/", json.dumps({"access_token": SECRET}), JSON),
    "header": lambda client: client.get("/shop/item/", headers={"Authorization": BEARER}),
}


@pytest.mark.parametrize("guarded", [True, False])
@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_nothing_reported_of_a_failing_call_shows_its_token(client, declare, caught, call, guarded):
    handler = access_token_required()(fail) if guarded else fail
    declare(get=handler, post=handler)
    assert call(client).status_code == 500
    assert len(caught.seen) > 5
    assert not [text[: text.index(SECRET)][-200:] for text in caught.seen if SECRET in text]


def refuse(token):
    raise InvalidAccessToken


def test_a_refused_call_is_reported_without_its_token(
    client, declare, caught, verifier, monkeypatch
):
    monkeypatch.setattr(verifier, "verify", refuse)
    declare(get=access_token_required()(fail))
    assert client.get("/shop/item/?access_token=wicked").status_code == 401
    assert client.get("/shop/nothing/?access_token=wicked").status_code == 404
    assert caught.seen
    assert not [text for text in caught.seen if "wicked" in text]


def test_no_stranger_writes_a_line_of_the_log(client, declare, caplog):
    caplog.set_level("INFO", "eaglet.api.calls")
    client.get("/case/x%0Aroot%1B%5B2J/")
    assert caplog.messages
    assert all(message.isprintable() for message in caplog.messages)
    assert one_line("a\n你\x1b\ud800") == "a\\n你\\x1b\\ud800"


def test_admins_get_no_token_by_mail(client, declare, settings):
    address = "admin@example.invalid"
    # Pairs are deprecated from 6.0 on, and asked for before.
    settings.ADMINS = [address if django.VERSION >= (6, 0) else ("Admin", address)]
    declare(get=fail)
    client.get(f"/shop/item/?{QUERY}")
    assert len(mail.outbox) == 1
    assert SECRET not in mail.outbox[0].body
