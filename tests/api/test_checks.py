"""The system checks: each by its id, through Django's own registry."""

from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.urls import include, path, re_path
from rest_framework.permissions import AllowAny, IsAuthenticated

from eaglet.api import access_token_required, public
from eaglet.api import checks as api_checks

pytestmark = pytest.mark.usefixtures("declared")


OPEN = "eaglet_api.W009"


def view(request):
    return HttpResponse()


class Urlconf:
    def __init__(self, *patterns):
        self.urlpatterns = list(patterns)


def eaglet():
    return path("", include("eaglet.api.urls"))


def found(settings, *patterns):
    if patterns:
        settings.ROOT_URLCONF = Urlconf(*patterns)
    return [m for m in run_checks() if str(m.id).startswith("eaglet_api.") and m.id != OPEN]


def ids(settings, *patterns):
    return [message.id for message in found(settings, *patterns)]


def test_no_id_is_used_twice():
    text = Path(api_checks.__file__).read_text()
    found = [part.split('"')[0] for part in text.split('id="')[1:]]
    assert len(found) == len(set(found)) == 12


def test_a_sound_project_has_nothing_to_report(settings, declare):
    declare(get=lambda args: 1)
    assert ids(settings) == []


def test_a_class_without_verbs_is_found(settings, declare):
    declare(Get=lambda args: 1)
    assert ids(settings) == ["eaglet_api.W008"]


def test_open_methods_that_are_not_marked_are_listed(settings, declare):
    declare(get=access_token_required()(lambda args: 1), put=lambda args: 1, post=lambda args: 1)
    declare(resource="meant", get=public(lambda args: 1), post=staticmethod(public(lambda args: 1)))
    declare(resource="asks", get=lambda args: 1, permission_classes=[IsAuthenticated])
    declare(resource="hooked", get=lambda args: 1, get_permissions=lambda self: [])
    declare(resource="anybody", get=lambda args: 1, permission_classes=[AllowAny])
    told = [message.msg for message in run_checks() if message.id == OPEN]
    told = [one.partition("Declared is open to everybody: ")[2] for one in told]
    assert list(filter(None, told)) == ["get.", "post, put."]


@pytest.mark.parametrize("guard", [access_token_required(), public])
def test_a_method_is_either_guarded_or_public(guard):
    other = public if guard is not public else access_token_required()
    with pytest.raises(ImproperlyConfigured, match="is @public and guarded: choose one"):
        guard(other(lambda args: 1))


@pytest.mark.parametrize(
    ("grant", "told"), [("shop.lst:get", ["eaglet_api.W005"]), ("may.see:all", [])]
)
def test_a_misspelt_grant_is_found(settings, declare, grant, told):
    declare("shop", "list", get=access_token_required([grant])(lambda args: 1))
    assert ids(settings) == told


@pytest.mark.parametrize(
    "pattern",
    [
        path("shop/list/", view),
        path("shop/list", view),
        path("shop/<int:pk>/", view),
        path("<path:anything>", view),
        path("<slug:a>/<slug:b>/", view),
        path("admin/", include([path("login/", view)])),
        re_path(r"^shop/\d+/$", view),
        re_path(r"^shop/(?P<name>[^/]+)/$", view),
        re_path(r"^.*$", view),
    ],
    ids=str,
)
def test_w001_a_pattern_after_the_catch_all_is_reported(settings, pattern):
    messages = found(settings, eaglet(), pattern)
    assert [message.id for message in messages] == ["eaglet_api.W001"]
    assert str(pattern.pattern) in messages[0].msg
    assert 'include("eaglet.api.urls")' in messages[0].hint


@pytest.mark.parametrize(
    "pattern",
    [
        path("about/", view),
        path("", view),
        path("a/b/c/", view),
        re_path(r"^favicon\.ico$", view),
    ],
    ids=str,
)
def test_w001_a_pattern_it_can_not_take_is_not_reported(settings, pattern):
    assert ids(settings, eaglet(), pattern) == []


def test_w001_below_a_prefix_it_takes_nothing_else(settings):
    below = path("v1/", include("eaglet.api.urls"))
    assert ids(settings, below, path("shop/list/", view)) == []
    assert ids(settings, below, path("v1/list/x/", view)) == ["eaglet_api.W001"]


@pytest.mark.parametrize("app", ["healthz", "readyz"])
def test_e001_an_app_named_like_a_route_of_eaglet_s_own_is_an_error(settings, declare, app):
    resource = declare(app=app, get=lambda args: 1)
    messages = found(settings, eaglet())
    assert [message.id for message in messages] == ["eaglet_api.E001"]
    assert messages[0].obj is resource
    assert f"/{app}/item/" in messages[0].msg


def test_e001_a_resource_behind_a_pattern_of_the_project_is_an_error(settings, declare):
    declare(app="shop", resource="list", get=lambda args: 1)
    assert ids(settings, path("shop/<str:name>/", view), eaglet()) == ["eaglet_api.E001"]


def test_w004_resources_that_no_url_brings_are_warned_of(settings, declare):
    declare(app="healthz", get=lambda args: 1)
    assert ids(settings, path("about/", view)) == ["eaglet_api.W004"]


@pytest.mark.parametrize("handler", [lambda: 1, lambda self, args: 1])
def test_w002_a_handler_that_takes_no_one_dict_is_reported(settings, declare, handler):
    resource = declare(get=handler)
    messages = found(settings)
    assert [message.id for message in messages] == ["eaglet_api.W002"]
    assert messages[0].obj is resource
    assert "get" in messages[0].msg


def no_provider(request):
    return {}


def odd_provider(request):
    return {}


odd_provider.provides = "corp"


@pytest.mark.parametrize("name", ["no.such.module", "nodots", f"{__name__}.nothing",
                                  f"{__name__}.no_provider", f"{__name__}.odd_provider",
                                  f"{__name__}.__name__"])  # fmt: skip
def test_e002_what_is_no_context_provider_is_an_error(settings, name):
    settings.EAGLET_CONTEXT_PROVIDERS = [name]
    messages = found(settings)
    assert [message.id for message in messages] == ["eaglet_api.E002"]
    assert name in messages[0].msg
