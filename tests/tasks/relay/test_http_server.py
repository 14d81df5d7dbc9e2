"""What a relay answers to whoever watches over it."""

import json
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from eaglet import health
from eaglet.exceptions import TaskError
from eaglet.observability import metrics
from eaglet.tasks import send_task
from eaglet.tasks.health import probe_broker, register_for_relay, register_for_services
from eaglet.tasks.relay.http_server import serving
from eaglet.tasks.relay.relay import Relay

QUEUE = "services.points.tasks.changed"


@pytest.fixture(autouse=True)
def probes(monkeypatch):
    """The probes that the test registers, and no others."""
    monkeypatch.setattr(health, "_probes", {})
    return health._probes


def get(url):
    try:
        with urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def url():
    with serving("0", lambda: True) as url:
        yield url


@pytest.fixture
def dead_broker(settings):
    settings.CELERY_BROKER_URL = "amqp://guest:guest@127.0.0.1:1//"


def test_it_says_that_it_goes_on(url):
    assert get(f"{url}healthz") == (200, '{"status":"ok"}')


def test_one_that_is_stuck_says_so():
    relay = Relay(["default"])
    assert relay.is_alive()
    relay._outboxes[0]._last_round_at -= 3600
    with serving("127.0.0.1:0", relay.is_alive) as url:
        assert get(f"{url}healthz")[0] == 503
        assert get(f"{url}readyz")[0] == 503


def test_it_is_ready_while_the_broker_can_be_reached(url, settings):
    health.register_probe("broker", probe_broker)
    assert get(f"{url}readyz") == (200, '{"status":"ok","checks":{"broker":"ok"}}')
    settings.CELERY_BROKER_URL = "amqp://guest:guest@127.0.0.1:1//"
    assert get(f"{url}readyz") == (503, '{"status":"unavailable","checks":{"broker":"failed"}}')


def test_a_relay_needs_its_broker_and_its_outboxes(probes):
    register_for_relay()
    assert set(probes) == {"broker", "outbox"}


@pytest.mark.usefixtures("dead_broker")
def test_a_service_needs_the_broker_unless_the_project_says_otherwise(probes, settings):
    settings.EAGLET_READY_NEEDS_BROKER = False
    register_for_services()
    assert health.readiness() == {"status": "ok", "checks": {}}
    settings.EAGLET_READY_NEEDS_BROKER = True
    register_for_services()
    assert health.readiness()["checks"] == {"broker": "failed"}


@pytest.mark.django_db(transaction=True, databases=["default", "second"])
def test_the_outbox_is_counted(url):
    if connections["default"].vendor == "sqlite":
        # The server's threads would have databases of their own: in memory they are no one's.
        def read():
            return metrics.exposition()[0].decode()
    else:

        def read():
            return get(f"{url}metrics")[1]

    send_task(QUEUE, {}, delay_seconds=3600)
    send_task(QUEUE, {})
    text = read()
    assert 'eaglet_outbox_waiting{database="default"} 1.0' in text
    assert 'eaglet_outbox_parked{database="default"} 0.0' in text
    assert 'eaglet_received_parked{database="default"} 0.0' in text
    assert 'eaglet_outbox_tasks_total{by="sender",outcome="sent"}' in text
    assert 'eaglet_outbox_seconds_count{by="sender"}' in text


def test_elsewhere_there_is_nothing(url):
    assert get(f"{url}admin/")[0] == 404


def test_a_port_is_its_own_again_afterwards():
    with serving("0", lambda: True) as url:
        port = url.rstrip("/").rpartition(":")[2]
        with pytest.raises(TaskError, match="in use"), serving(port, lambda: True):
            pass
    with serving(port, lambda: True) as again:
        assert json.loads(get(f"{again}healthz")[1]) == {"status": "ok"}


@pytest.mark.parametrize("address", ["here", "127.0.0.1:", ":99999", "1.2.3.4.5:x"])
def test_what_is_no_address_is_told(address):
    with pytest.raises(CommandError, match="neither PORT nor HOST:PORT"):
        call_command("relay_tasks", listen=address)
