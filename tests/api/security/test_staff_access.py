"""Who may see how a service is built."""

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import RequestFactory

from eaglet.api.security import staff_access
from eaglet.api.security.staff_access import staff_view

PEOPLE = {
    "nobody": AnonymousUser(),
    "user": User(username="user"),
    "staff": User(username="staff", is_staff=True),
    "inactive": User(username="inactive", is_staff=True, is_active=False),
}


@staff_view
def inside(request):
    return HttpResponse("inside")


def ask(who=None, method="get"):
    request = getattr(RequestFactory(), method)("/metrics")
    if who is not None:
        request.user = PEOPLE[who]
    return inside(request)


def statuses():
    return {who: ask(who).status_code for who in PEOPLE}


@pytest.mark.parametrize("value", [None, "staff"])
def test_without_debug_staff_alone_may_see(settings, value):
    settings.EAGLET_CONSOLE = value
    assert statuses() == {"nobody": 403, "user": 403, "staff": 200, "inactive": 403}
    assert ask().status_code == 403  # no middleware that knows users


def test_the_setting_goes_before_debug(settings):
    settings.DEBUG = True
    settings.EAGLET_CONSOLE = "staff"
    assert statuses() == {"nobody": 403, "user": 403, "staff": 200, "inactive": 403}
    settings.EAGLET_CONSOLE = False
    assert set(statuses().values()) == {404}
    settings.DEBUG = False
    settings.EAGLET_CONSOLE = True
    assert set(statuses().values()) == {200}


@pytest.mark.parametrize(
    "value",
    [1, 0, "", "everybody", "True", "Staff", [], object()],
    ids=["one", "zero", "empty", "everybody", "True", "Staff", "list", "object"],
)
def test_any_other_value_shuts_and_is_an_error(settings, value):
    settings.DEBUG = True
    settings.EAGLET_CONSOLE = value
    assert set(statuses().values()) == {404}
    assert [m.id for m in messages()] == ["eaglet.E001"]


@pytest.mark.parametrize("app", ["django.contrib.auth", "django.contrib.sessions"])
def test_where_staff_can_not_be_told_nobody_may_see(settings, app, monkeypatch):
    monkeypatch.setattr(staff_access.apps, "is_installed", lambda name: name != app)
    assert set(statuses().values()) == {404}
    settings.DEBUG = True
    assert set(statuses().values()) == {200}


def test_a_refusal_is_an_envelope_and_no_cache_keeps_any_answer(settings):
    refused = ask("user")
    assert refused["Content-Type"] == "application/json; charset=utf-8"
    assert b'"code":403' in refused.content
    for response in (refused, ask("staff")):
        assert "no-store" in response["Cache-Control"]
    head = ask("user", "head")
    assert (head.status_code, head.content) == (403, b"")


def messages(**options):
    return [m for m in run_checks(**options) if m.id in ("eaglet.E001", "eaglet_api.W003")]


@pytest.mark.parametrize(
    ("debug", "value", "told"),
    [
        (True, None, "DEBUG is on"),
        (False, True, "EAGLET_CONSOLE is True"),
        (True, True, "EAGLET_CONSOLE is True"),
        (True, "staff", None),
        (True, False, None),
        (False, None, None),
    ],
)
def test_w003_tells_on_deployment_that_everybody_may_see(settings, debug, value, told):
    settings.DEBUG, settings.EAGLET_CONSOLE = debug, value
    assert messages() == []
    found = messages(include_deployment_checks=True)
    assert [m.id for m in found] == (["eaglet_api.W003"] if told else [])
    if told:
        assert told in found[0].msg
        assert "EAGLET_CONSOLE" in found[0].hint
