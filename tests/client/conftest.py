import logging
import time

import pytest

from eaglet.client.http.transport import transport
from eaglet.client.services import configuration
from eaglet.client.tokens.cache import tokens
from eaglet.tokens import register_shared_store, shared_store

from .calling import settle
from .recording_server import RecordingServer, TokenIssuer


@pytest.fixture(autouse=True)
def fresh_client(monkeypatch):
    """Leave nothing of one test to the next: configuration, tokens, connections, stores."""
    monkeypatch.setattr(configuration, "_configuration", configuration.Configuration())
    store = shared_store()
    register_shared_store(None)
    tokens.clear_all()
    yield
    settle()
    register_shared_store(None)
    tokens.clear_all()
    transport.close()
    register_shared_store(store)


@pytest.fixture
def server():
    server = RecordingServer()
    yield server
    server.stop()


@pytest.fixture
def other_server():
    server = RecordingServer()
    yield server
    server.stop()


@pytest.fixture
def card(server, settings):
    """The service `card`, at its own host, without credentials."""
    settings.EAGLET_SERVICES = {"card": {"HOST": server.url}}
    return server


@pytest.fixture
def legacy_card(card, settings):
    """The service `card`, which is one of the original's."""
    settings.EAGLET_LEGACY_SERVICES = ["card"]
    return card


@pytest.fixture
def credentials(settings):
    settings.ENABLE_API_AUTH = True
    settings.APP_KEY = "hermes"
    settings.APP_SECRET = "s3cr3t-of-hermes"


@pytest.fixture
def issuer(card, credentials):
    """The service `card`, which wants tokens, and gives them."""
    card.answer = issuer = TokenIssuer()
    return issuer


@pytest.fixture
def legacy_issuer(legacy_card, credentials):
    """The service `card`, which wants tokens as the original's services did."""
    legacy_card.answer = issuer = TokenIssuer(legacy=True)
    return issuer


@pytest.fixture
def records(caplog):
    """The records of the client's logger so far."""
    caplog.set_level(logging.DEBUG)
    return lambda: [record for record in caplog.records if record.name == "eaglet.client"]


class Clock:
    """The monotonic clock of the client's tokens, moved on by hand."""

    def __init__(self, monkeypatch):
        self.ahead = 0.0
        real = time.monotonic
        monkeypatch.setattr(time, "monotonic", lambda: real() + self.ahead)


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)
