"""Revoking all tokens of apps, switching them off and on: asked about, done, remembered."""

import pytest
from django.test import Client

from eaglet.auth.models import AccessToken
from tests.auth.admin.pages import APPS, act, history, page


def url_of(app, way):
    return f"{APPS}{app.pk}/{way}/"


def test_all_tokens_of_an_app_are_revoked_on_a_page_of_its_own(admin_client, hermes, make_app):
    zeus = make_app("zeus")
    hermes.token()
    hermes.token()
    zeus.token()
    url = url_of(hermes.app, "revoke_tokens")
    assert url in page(admin_client, url_of(hermes.app, "change"))
    assert "Revoke every access token of hermes?" in page(admin_client, url)
    assert AccessToken.objects.live().count() == 3
    answer = admin_client.post(url, follow=True)
    assert "2 access tokens revoked." in answer.content.decode()
    assert [token.app for token in AccessToken.objects.live()] == [zeus.app]
    assert history(hermes.app) == ["2 access tokens revoked."]


def test_an_app_is_switched_off_and_on_again_on_pages_of_their_own(admin_client, hermes, call):
    token = hermes.token()
    off, on = url_of(hermes.app, "switch_off"), url_of(hermes.app, "switch_on")
    assert off in page(admin_client, url_of(hermes.app, "change"))
    assert "Switch hermes off?" in page(admin_client, off)
    assert call(token).status_code == 200
    answer = admin_client.post(off, follow=True)
    assert "“hermes”: Switched off." in answer.content.decode()
    assert on in answer.content.decode()
    assert call(token).status_code == 401
    assert "Switch hermes on?" in page(admin_client, on)
    admin_client.post(on)
    assert call(token).status_code == 200
    assert history(hermes.app) == ["Switched on.", "Switched off."]


def test_switching_off_twice_leaves_it_off(admin_client, hermes):
    for _ in range(2):
        admin_client.post(url_of(hermes.app, "switch_off"))
    hermes.app.refresh_from_db()
    assert not hermes.app.is_active
    assert history(hermes.app) == ["Switched off."]


@pytest.mark.parametrize(
    ("action", "question", "done"),
    [
        (
            "revoke_tokens",
            "Revoke every access token of the selected apps?",
            "“hermes”: 1 access token",
        ),
        ("switch_off", "Switch the selected apps off?", "“hermes”: Switched off."),
    ],
)
def test_an_action_on_apps_asks_first(admin_client, hermes, make_app, action, question, done):
    zeus = make_app("zeus")
    for app in (hermes, zeus):
        app.token()
    asked = act(admin_client, APPS, action, hermes.app, zeus.app, confirmed=False)
    assert question in asked.content.decode()
    for name in ("hermes", "zeus"):
        assert f"<li>{name}</li>" in asked.content.decode()
    assert AccessToken.objects.live().count() == 2
    answer = act(admin_client, APPS, action, hermes.app, zeus.app)
    assert done in answer.content.decode()
    assert not AccessToken.objects.live().exists()
    assert len(history(hermes.app)) == len(history(zeus.app)) == 1


@pytest.mark.parametrize("way", ["revoke_tokens", "switch_off", "switch_on"])
def test_neither_is_open_to_who_may_only_look(staff, hermes, way):
    client = staff("view_app", "view_accesstoken")
    hermes.token()
    for method in (client.get, client.post):
        assert method(url_of(hermes.app, way)).status_code == 403
    assert AccessToken.objects.live().exists()


@pytest.mark.parametrize("way", ["revoke_tokens", "switch_off", "switch_on", "secrets/add"])
def test_a_request_forged_elsewhere_changes_nothing(hermes, admin_user, way):
    hermes.token()
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    assert client.post(url_of(hermes.app, way)).status_code == 403
    assert AccessToken.objects.live().exists()
    assert hermes.app.secrets.count() == 1
