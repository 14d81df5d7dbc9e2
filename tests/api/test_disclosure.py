"""Section 11: who may see how a service is built."""

from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.checks import registry as checks
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import RequestFactory

from eaglet.api import access_token_required
from eaglet.api import checks as disclosure_checks
from eaglet.api.security import staff_access
from eaglet.api.security.staff_access import disclosing

BROWSER = {"Accept": "text/html"}
PEOPLE = {
    "nobody": AnonymousUser(),
    "user": User(username="user"),
    "staff": User(username="staff", is_staff=True),
    "inactive": User(username="inactive", is_staff=True, is_active=False),
}


@disclosing
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


def test_with_debug_everybody_may_see(settings):
    settings.DEBUG = True
    assert set(statuses().values()) == {200}
    assert ask().status_code == 200


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
def test_any_other_value_shuts_and_is_an_error_here_or_of_its_type(settings, value):
    settings.DEBUG = True
    settings.EAGLET_CONSOLE = value
    assert set(statuses().values()) == {404}
    assert [m.id for m in messages()] == (["eaglet_api.E003"] if isinstance(value, str) else [])


@pytest.mark.parametrize("app", ["django.contrib.auth", "django.contrib.sessions"])
def test_where_staff_can_not_be_told_nobody_may_see(settings, app, monkeypatch):
    monkeypatch.setattr(staff_access.apps, "is_installed", lambda name: name != app)
    assert set(statuses().values()) == {404}
    settings.DEBUG = True
    assert set(statuses().values()) == {200}


def test_a_refusal_is_an_envelope_and_no_cache_keeps_any_answer(settings):
    refused = ask("user")
    assert refused["Content-Type"] == "application/json"
    assert b'"code":403' in refused.content
    for response in (refused, ask("staff")):
        assert "no-store" in response["Cache-Control"]
    head = ask("user", "head")
    assert (head.status_code, head.content) == (403, b"")


def test_the_view_is_exempt_from_csrf_and_the_login_middleware():
    assert inside.csrf_exempt is True
    assert inside.login_required is False


@pytest.fixture
def staff_client(client, db):
    client.force_login(User.objects.create_user("staff", is_staff=True))
    return client


def is_page(response):
    return response["Content-Type"].startswith("text/html")


@pytest.mark.usefixtures("path_taken")
def test_the_browsable_page_is_for_staff_without_debug(staff_client, declare):
    declare(get=lambda args: "inside")
    assert is_page(staff_client.get("/shop/item/", headers=BROWSER))
    staff_client.logout()
    assert not is_page(staff_client.get("/shop/item/", headers=BROWSER))


@pytest.mark.usefixtures("path_taken")
def test_the_browsable_page_goes_by_the_setting(staff_client, declare, settings):
    declare(get=lambda args: "inside")
    settings.EAGLET_CONSOLE = False
    settings.DEBUG = True
    assert not is_page(staff_client.get("/shop/item/", headers=BROWSER))
    settings.EAGLET_CONSOLE = True
    settings.DEBUG = False
    staff_client.logout()
    assert is_page(staff_client.get("/shop/item/", headers=BROWSER))


@pytest.mark.usefixtures("path_taken")
def test_a_token_makes_nobody_staff_and_staff_stay_staff(staff_client, declare, verifier):
    declare(get=access_token_required()(lambda args: "inside"))
    with_token = {**BROWSER, "Authorization": "Bearer good"}
    response = staff_client.get("/shop/item/", headers=with_token)
    assert response.status_code == 200
    assert is_page(response)
    staff_client.logout()
    response = staff_client.get("/shop/item/", headers=with_token)
    assert response.status_code == 200
    assert not is_page(response)


class FirstRenderer:
    """A negotiation of the project's own, which knows nothing of who may see."""

    def select_parser(self, request, parsers):
        return parsers[0]

    def select_renderer(self, request, renderers, format_suffix=None):
        return renderers[-1], renderers[-1].media_type


@pytest.mark.parametrize(
    "named",
    [
        {"DEFAULT_CONTENT_NEGOTIATION_CLASS": f"{__name__}.FirstRenderer"},
        {"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.BrowsableAPIRenderer"]},
    ],
    ids=["negotiation", "renderer"],
)
def test_no_policy_of_the_project_shows_the_page_to_others(client, declare, settings, named):
    settings.REST_FRAMEWORK = named
    declare(get=lambda args: "inside")
    response = client.get("/shop/item/", headers=BROWSER)
    assert response.status_code == 200
    assert not is_page(response)


def messages(**options):
    return [m for m in run_checks(**options) if m.id in ("eaglet_api.E003", "eaglet_api.W003")]


@pytest.mark.parametrize("value", [None, True, False, "staff"])
def test_e003_is_not_for_values_that_there_are(settings, value):
    settings.EAGLET_CONSOLE = value
    assert messages() == []


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


def test_the_checks_are_registered_and_their_ids_are_their_own():
    assert disclosure_checks.check_console_setting in checks.registry.registered_checks
    assert disclosure_checks.check_open_to_everybody in checks.registry.deployment_checks
    folder = Path(disclosure_checks.__file__).parent
    ids = [
        part.split('"')[0]
        for path in folder.rglob("*checks.py")
        for part in path.read_text().split('id="')[1:]
    ]
    assert len(ids) == len(set(ids))
