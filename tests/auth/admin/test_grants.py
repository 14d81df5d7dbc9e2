"""Grants on an app's page: boxes for what the registered resources can ask for."""

import re

import pytest
from django.utils.translation import override

from eaglet.api import ApiResource, access_token_required, registry
from eaglet.auth.models import AppGrant
from tests.auth.admin.pages import APPS, change_app, history, page

BOX = re.compile(
    r'<input type="checkbox" name="granted" value="([^"]+)"[^>]*?( checked)?>\s*([^<]*)'
)


class AReports(ApiResource):
    app = "grant_tests"
    resource = "reports"

    @access_token_required()
    def get(args):
        return {}

    @access_token_required(grants=["reports.all:export", "grant_tests.reports:get"])
    def post(args):
        return {}

    @access_token_required(grants=[])
    def put(args):
        return {}

    def delete(args):
        return {}


class ANested(ApiResource):
    app = "grant_tests"
    resource = "a.b"

    @access_token_required()
    def patch(args):
        return {}


for _resource in (AReports, ANested):
    registry.unregister(_resource)


@pytest.fixture
def resources(declare):
    declare(AReports)
    declare(ANested)


def boxes(client, app):
    """The grants to choose from, and whether each is ticked."""
    found = BOX.findall(page(client, f"{APPS}{app.pk}/change/"))
    assert found
    assert len({grant for grant, _ticked, _label in found}) == len(found)
    return {grant: bool(ticked) for grant, ticked, _label in found}


def held(app):
    return sorted(AppGrant.objects.filter(app=app).values_list("grant", flat=True))


def test_every_verb_a_resource_has_can_be_chosen_and_no_other(admin_client, hermes, resources):
    chosen = boxes(admin_client, hermes.app)
    for grant in (
        "*", "*.*:get", "*.*:patch", "grant_tests.*:*", "grant_tests.*:delete",
        "grant_tests.reports:*", "grant_tests.reports:get", "grant_tests.reports:post",
        "grant_tests.reports:put", "grant_tests.reports:delete", "grant_tests.a.b:*",
        "grant_tests.a.b:patch",
    ):  # fmt: skip
        assert grant in chosen
    for grant in ("grant_tests.reports:patch", "grant_tests.a.b:get", "*.reports:get"):
        assert grant not in chosen


def test_a_grant_that_is_asked_for_by_name_can_be_chosen(admin_client, hermes, resources):
    assert "reports.all:export" in boxes(admin_client, hermes.app)
    shown = page(admin_client, f"{APPS}{hermes.app.pk}/change/")
    assert "asked for by grant_tests.reports:post" in shown


@pytest.mark.parametrize(
    ("grant", "note"),
    [
        ("grant_tests.reports:delete", "open: asks for no token"),
        ("grant_tests.reports:put", "asks for a token, and for no grant"),
        (
            "grant_tests.reports:post",
            "asks for reports.all:export, grant_tests.reports:get",
        ),
    ],
)
def test_a_verb_that_its_own_grant_does_not_open_says_what_does(
    admin_client, hermes, resources, grant, note
):
    assert f"{grant}: {note}</label>" in page(admin_client, f"{APPS}{hermes.app.pk}/change/")


def test_what_is_ticked_is_what_an_app_may_do_from_the_next_call_on(admin_client, hermes, call):
    token = hermes.token()
    assert call(token).status_code == 200
    change_app(admin_client, hermes.app, granted=["auth_tests.guarded:post"])
    assert (call(token).status_code, call(token, "post").status_code) == (403, 200)
    change_app(admin_client, hermes.app, granted=["auth_tests.*:get"])
    assert (call(token).status_code, call(token, "post").status_code) == (200, 403)


def test_grants_are_in_the_history_by_name(admin_client, make_app, resources):
    app = make_app("reader", grants=["grant_tests.reports:get", "*.*:patch"]).app
    change_app(admin_client, app, granted=["grant_tests.reports:get", "grant_tests.a.b:*"])
    assert held(app) == ["grant_tests.a.b:*", "grant_tests.reports:get"]
    [said] = history(app)
    assert said == "Added grant “grant_tests.a.b:*”. Deleted grant “*.*:patch”."
    with override("zh-hans"):
        assert "授权" in history(app)[0]


OLD = ["gone.since:get", "demo.*:frobnicate", "*.reports:get"]


def test_grants_that_no_resource_has_are_shown_as_such_and_not_lost(
    admin_client, make_app, resources
):
    app = make_app("old", grants=OLD).app
    shown = boxes(admin_client, app)
    assert [grant for grant, ticked in shown.items() if ticked] == sorted(OLD)
    text = page(admin_client, f"{APPS}{app.pk}/change/")
    assert "Other grants" in text
    assert "gone.since:get: no resource here asks for it</label>" in text
    assert "*.reports:get</label>" in text  # one that has an effect
    change_app(admin_client, app, granted=[*OLD, "grant_tests.reports:get"])
    assert held(app) == sorted([*OLD, "grant_tests.reports:get"])


@pytest.mark.parametrize("grant", ["nonsense", "no.such:get", "*:*", "auth_tests.guarded:put"])
def test_what_is_no_choice_is_not_saved(admin_client, hermes, guarded, grant):
    answer = change_app(admin_client, hermes.app, granted=["*", grant])
    assert "is not one of the available choices" in answer.content.decode()
    assert held(hermes.app) == ["*"]


def test_nothing_ticked_grants_nothing_and_the_pages_say_so(admin_client, hermes, call):
    url = f"{APPS}{hermes.app.pk}/change/"
    assert "Nothing ticked grants nothing" in page(admin_client, url)
    token = hermes.token()
    change_app(admin_client, hermes.app, granted=[])
    assert held(hermes.app) == []
    assert call(token).status_code == 403
    assert "Nothing is granted to hermes" in page(admin_client, APPS)
    assert not any(boxes(admin_client, hermes.app).values())


def test_who_may_change_apps_and_not_their_grants_only_sees_them(staff, hermes, make_app):
    client = staff("change_app", "view_app")
    url = f"{APPS}{hermes.app.pk}/change/"
    assert "<ul><li>*</li></ul>" in page(client, url)
    assert 'name="granted"' not in page(client, url)
    change_app(client, hermes.app, granted=[], name="new")
    hermes.app.refresh_from_db()
    assert hermes.app.name == "new"
    assert held(hermes.app) == ["*"]
    poor = make_app("poor", grants=[]).app
    assert "Nothing: every call that takes a grant is refused." in page(
        client, f"{APPS}{poor.pk}/change/"
    )


def test_the_boxes_speak_chinese(admin_client, hermes, resources):
    admin_client.cookies["django_language"] = "zh-hans"
    with override("en"):  # LocaleMiddleware leaves the language it found behind
        shown = page(admin_client, f"{APPS}{hermes.app.pk}/change/")
    for text in ("可调用", "一项都不勾选即没有任何授权", "“*”", "公开：不需要令牌"):
        assert text in shown
