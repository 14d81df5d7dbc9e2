"""Sections 1, 2 and 11: /healthz and /readyz."""

import threading
import time
from functools import partial

import pytest
from rest_framework.throttling import BaseThrottle

from eaglet import health


@pytest.fixture
def probe():
    """Register probes for the length of a test."""
    before = dict(health._probes)
    health._probes.clear()
    yield health.register_probe
    health._probes.clear()
    health._probes.update(before)


def failing():
    raise RuntimeError("password=hunter2 at db.internal")


def fine():
    pass


def test_healthz_asks_no_probe(client, probe):
    probe("broken", failing)
    assert client.get("/healthz").status_code == 200
    assert client.get("/healthz").json() == {"status": "ok"}


def test_readyz_names_every_probe_and_nothing_else(client, probe):
    probe("broker", fine)
    probe("database", failing)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json() == {
        "status": "unavailable",
        "checks": {"broker": "ok", "database": "failed"},
    }
    assert b"hunter2" not in response.content


def test_readiness_is_worked_out_once_a_second_whoever_asks(client, probe, monkeypatch):
    asked = []
    probe("database", lambda: asked.append(1))
    now = [100.0]
    monkeypatch.setattr("eaglet.api.health.time.monotonic", lambda: now[0])
    for second, times in ((100.0, 1), (100.9, 1), (101.1, 2)):
        now[0] = second
        assert client.get("/readyz").status_code == 200
        assert len(asked) == times


def test_the_cause_is_in_the_log(client, probe, caplog):
    probe("database", failing)
    client.get("/readyz")
    assert "probe database failed: RuntimeError" in caplog.text


@pytest.mark.parametrize("error", [SystemExit(), KeyboardInterrupt()])
def test_a_probe_can_not_end_the_process(client, probe, error):
    def ending():
        raise error

    probe("a", ending)
    assert client.get("/readyz").status_code == 503


def test_probes_run_at_the_same_time_and_leave_no_thread_behind(client, probe):
    before = threading.active_count()
    meeting = threading.Barrier(3, timeout=5)
    for name in "abc":
        probe(name, partial(meeting.wait), timeout_seconds=6)
    # One after the other they would never meet.
    assert client.get("/readyz").status_code == 200
    for thread in threading.enumerate():
        if thread.name.startswith("eaglet-probe"):
            thread.join(5)
    assert threading.active_count() <= before


def test_a_probe_that_hangs_is_a_failed_one_after_its_time(client, probe):
    release = threading.Event()
    probe("slow", release.wait, timeout_seconds=0.05)
    started = time.monotonic()
    response = client.get("/readyz")
    release.set()
    assert time.monotonic() - started < 2
    assert response.json()["checks"] == {"slow": "failed"}


def test_a_probe_that_still_hangs_is_not_started_again(client, probe):
    release = threading.Event()
    started = []

    def hanging():
        started.append(1)
        release.wait()

    probe("slow", hanging, timeout_seconds=0.05)
    for _ in range(3):
        assert client.get("/readyz").status_code == 503
    assert len(started) == 1
    release.set()
    for _ in range(100):
        if client.get("/readyz").status_code == 200:
            break
        time.sleep(0.02)
    assert client.get("/readyz").status_code == 200
    assert len(started) > 1


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_project_wide_permissions_and_authenticators_do_not_apply(client, probe, settings, address):
    settings.REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
    }
    assert client.get(address, headers={"Authorization": "Basic nonsense"}).status_code == 200


class Never(BaseThrottle):
    def allow_request(self, request, view):
        return False

    def wait(self):
        return 7.2


@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_project_wide_throttles_do_apply(client, probe, settings, address):
    settings.REST_FRAMEWORK = {"DEFAULT_THROTTLE_CLASSES": [f"{__name__}.Never"]}
    response = client.get(address)
    assert (response.status_code, response["Retry-After"]) == (429, "8")
    assert response.json()["code"] == 429
